import type { Schedule } from '../../../domain/kernel/event.ts'
import { Random } from '../random.ts'
import type { FeedRecord } from '../sim/feed.ts'
import { Partitions } from '../sim/partitions.ts'
import type { Stored } from '../sim/refusal.ts'
import type { Faults } from './faults.ts'
import type { WorkQueue } from './queue.ts'
import type { World } from './world.ts'

const MINUTE = 60_000
const DAY = 86_400_000
const unit: Readonly<Record<string, number>> = {
  minute: MINUTE,
  minutes: MINUTE,
  hour: 60 * MINUTE,
  hours: 60 * MINUTE,
  day: DAY,
  days: DAY,
}

/** Milliseconds between runs: of a rate what it says, of a cron expression a week, which is what the product has. */
function periodOf(rate: string): number {
  const [, count = '1', of = ''] = /^rate\((\d+) (\w+)\)$/.exec(rate) ?? []
  return Number(count) * (unit[of] ?? 7 * DAY)
}

/** Share of runs in which jobs come as often as they are to. In the others the clock is slow: half the work. */
const PUNCTUAL = 1 / 8
const SLOW = 4 * 60 * MINUTE

/** A schedule and the queue that it puts its messages on. */
interface Timed {
  schedule: Schedule
  queue: WorkQueue
}

interface Job extends Timed {
  period: number
  /** The last run, and the one that is planned. Milliseconds since 1970. */
  last: number
  planned: number | undefined
  /** The first due item at the last run, and how many runs met it. */
  met: string | undefined
  times: number
}

/**
 * The clock that puts jobs on their queue. Runs that would find nothing due are left out, since they read an empty page
 * and write nothing: so a year passes in as many steps as there is work in it.
 */
export class Clockwork {
  readonly #due = new Partitions()
  readonly #jobs: Job[]
  readonly #facts: { world: World; faults: Faults; seed: number }
  #fired = 0
  /** Set while the past is told again, which must change nothing by itself. */
  stopped = false
  /** Whether anything became due, or was done, since runs were planned. */
  #moved = true
  /** Runs of tasks by the clock alone are few: each fits a model. */
  readonly #tasks: boolean

  constructor(all: readonly Timed[], facts: { world: World; faults: Faults; seed: number }) {
    this.#facts = facts
    const least = new Random(facts.seed, 'pace of the clock').chance(PUNCTUAL) ? 0 : SLOW
    this.#jobs = all.map(({ schedule, queue }) => ({
      schedule,
      queue,
      period: Math.max(least, periodOf(schedule.rate)),
      last: facts.world.now,
      planned: undefined,
      met: undefined,
      times: 0,
    }))
    this.#tasks = new Random(facts.seed, 'tasks by the clock').chance(1 / 8)
  }

  /** Follows a change of the table, to know what is due. */
  follow({ dynamodb: { Keys, OldImage, NewImage } }: FeedRecord): void {
    if (!OldImage?.['dpk'] && !NewImage?.['dpk']) return
    this.#moved = true
    const tie = `${Keys['pk']?.S} ${Keys['sk']?.S}`
    const [had, has] = [placeIn(OldImage), placeIn(NewImage)]
    if (had) this.#due.delete(had.job, had.order, tie)
    if (has && NewImage) this.#due.put(has.job, has.order, tie, NewImage)
  }

  /** The first due item of a job: when, and which. */
  firstDue(job: string): { at: number; order: string } | undefined {
    for (const { sort } of this.#due.range(job, {})) return { at: Date.parse(sort.slice(0, sort.lastIndexOf('#'))), order: sort }
    return undefined
  }
  /** Jobs with their items that should have been handled before a moment. */
  overdue(before: number): { job: string; order: string }[] {
    return this.#jobs.flatMap(({ schedule: { name } }) =>
      [...this.#due.range(name, { to: { key: new Date(before).toISOString() } })].map(({ sort }) => ({ job: name, order: sort })),
    )
  }

  /** Forgets how often jobs failed at something, so that what is left is tried at once. */
  hurry(): void {
    for (const job of this.#jobs) job.times = 0
    this.#moved = true
  }

  /** Plans the runs that have something to do. */
  plan(): void {
    if (this.stopped || !this.#moved) return
    this.#moved = false
    for (const job of this.#jobs) {
      const at = this.#nextRun(job)
      if (at === undefined || (job.planned !== undefined && job.planned <= at)) continue
      job.planned = at
      this.#facts.world.after(at - this.#facts.world.now, () => this.#fire(job, at))
    }
  }

  #nextRun(job: Job): number | undefined {
    if (job.schedule.job.kind === 'task') return this.#tasks ? job.last + job.period : undefined
    const first = this.firstDue(job.schedule.name)
    if (!first) return undefined
    // What several runs could not do is met less and less often, at last once a day.
    const wait = first.order === job.met ? Math.min(job.period * 2 ** Math.min(job.times, 20), Math.max(DAY, job.period)) : job.period
    return Math.ceil(Math.max(first.at, job.last + wait) / job.period) * job.period
  }

  #fire(job: Job, at: number): void {
    this.#moved = true
    if (job.planned !== at) return
    job.planned = undefined
    if (this.stopped) return
    const { faults, seed, world } = this.#facts
    const { name } = job.schedule
    const first = this.firstDue(name)?.order
    job.times = first === job.met ? job.times + 1 : 0
    job.met = first
    job.last = world.now
    const nth = ++this.#fired
    const by = new Random(seed, 'schedule', name, nth)
    const late = faults.strikes('schedule: fires late', by) ? by.between(MINUTE, 10 * MINUTE) : 0
    const times = faults.strikes('schedule: fires twice', by) ? 2 : 1
    for (let time = 0; time < times; time++)
      job.queue.send(`s${nth}.${time}`, JSON.stringify({ job: name }), late + time * by.between(0, 5_000))
  }
}

/** Where an item stands in the due index: its job and its order. */
function placeIn(item: Stored | undefined): { job: string; order: string } | undefined {
  const [partition, order] = [item?.['dpk']?.S, item?.['dsk']?.S]
  const job = partition?.split('#')[1]
  return job !== undefined && order !== undefined ? { job, order } : undefined
}
