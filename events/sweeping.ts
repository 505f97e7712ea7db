import * as z from 'zod'
import { once, type Action } from '../domain/kernel/action.ts'
import type { Schedule } from '../domain/kernel/event.ts'
import { invoke } from '../domain/kernel/invoke.ts'
import { duePartition } from '../domain/kernel/place.ts'
import { keyNames, shards } from '../domain/kernel/table/shape.ts'
import type { Item, Table } from '../domain/kernel/table/table.ts'
import { count, errorFacts, observedBatch, type Invocation } from '../functions/observe.ts'
import { abreast } from './abreast.ts'
import { backgroundOf, systemCtx, type Background, type Surroundings } from './context.ts'
import type { Queue, QueueEvent } from './queue.ts'
import { isMoot } from './reacting.ts'

/** Due items of one shard read at once; keys alone, about 150 bytes each, so a page is 2 units at most. */
export const PAGE = 50
/** Due items handled at once. */
const ITEMS_ABREAST = 8
/** Runs without a pause of a job that comes in steps; what is left then waits for the clock. */
const MOST_ROUNDS = 1_000
/** Runs in a row that moved nothing of what they found, the pause doubled before each from one second: half a minute in all. */
const MOST_IDLE = 5
/** With less time left a run hands over to another. Milliseconds. */
const ENOUGH_MS = 20_000
/** Highest code point: ends a range of sort keys. */
const LAST = '\u{10FFFF}'

const messageSchema = once(() =>
  z.strictObject({
    job: z.string(),
    after: z.record(z.string(), z.string()).optional(),
    moved: z.boolean().optional(),
    round: z.int().min(0).optional(),
    idle: z.int().min(0).optional(),
  }),
)

/**
 * What the scheduler sends: the job. `after`, of a run handed over: the shards with work left, and the sort key each has
 * come to; `moved`, whether it changed anything so far. `round`: how many runs a job that comes in steps has had without a
 * pause; `idle`: how many of the last of them found something due and changed nothing.
 */
export type SweepMessage = z.output<ReturnType<typeof messageSchema>>

/** What a run did. `done` and `failed` are due items; a task by the clock counts as one. */
export interface Swept {
  job: string
  seen: number
  done: number
  failed: number
  /** Whether the rest was handed over to another run. */
  handedOver: boolean
}

/** The Lambda handler that does what is due. */
export function sweepHandler(facts: { edge: () => Surroundings; schedules: readonly Schedule[]; queue: () => Queue }) {
  const background = backgroundOf(facts.edge)
  return observedBatch<QueueEvent>('sweep', async ({ Records }, invocation) => {
    const around = background()
    const { errors } = await abreast(Records, 1, async ({ messageId, body }) => {
      const message = messageSchema().parse(JSON.parse(body))
      around.log.info('swept', { ...(await sweep(around, facts, message, messageId, invocation)) })
    })
    for (const [at, error] of errors) around.log.error('sweep failed', { messageId: Records[at]?.messageId, error: errorFacts(error) })
    if (errors.size > 0) count('SweepFailed', errors.size)
    return { batchItemFailures: [...errors.keys()].map((at) => ({ itemIdentifier: Records[at]?.messageId ?? '' })) }
  })
}

/** Runs one job once. @throws Error for a job that is not there, and what a task by the clock throws */
export async function sweep(
  background: Background,
  facts: { schedules: readonly Schedule[]; queue: () => Queue },
  message: SweepMessage,
  messageId: string,
  invocation: Invocation,
): Promise<Swept> {
  const schedule = facts.schedules.find(({ job }) => job.name === message.job)
  if (!schedule) throw new Error(`There is no job ${message.job}.`)
  const { job } = schedule
  if (job.kind === 'task') {
    await invoke(job.run, systemCtx(background, `schedule:${job.name}`, job.run.name, `${messageId}/${job.name}`), {})
    return { job: job.name, seen: 1, done: 1, failed: 0, handedOver: false }
  }
  const { left, moved, ...counts } = await sweepDue(
    background,
    job,
    positionsOf(message),
    () => invocation.getRemainingTimeInMillis() >= ENOUGH_MS,
    () => invocation.getRemainingTimeInMillis(),
  )
  await goOn(facts.queue, message, job, { found: counts.done > 0 || message.after !== undefined, moved, left })
  return { job: job.name, ...counts, handedOver: left.size > 0 }
}

/**
 * Sends what is to follow on a run: the rest of its work; or the next step, at once when this one changed something. A run
 * that found something due and changed nothing met what others do, or what the index shows late: it waits a little longer
 * each time, and in the end leaves the rest to the clock.
 */
async function goOn(
  queue: () => Queue,
  { moved: before = false, round = 0, idle = 0 }: SweepMessage,
  job: { name: string; again?: true },
  run: { found: boolean; moved: boolean; left: Positions },
): Promise<void> {
  const steps = job.again && round < MOST_ROUNDS
  const moved = before || run.moved
  const send = (message: Omit<SweepMessage, 'job'>, pause?: number) => queue().send({ job: job.name, ...message }, pause)
  if (run.left.size > 0)
    await send({ after: Object.fromEntries(run.left), ...(steps && { round, ...(moved ? { moved } : idle > 0 && { idle }) }) })
  else if (steps && moved) await send({ round: round + 1 })
  else if (steps && run.found && idle < MOST_IDLE) await send({ round: round + 1, idle: idle + 1 }, 2 ** idle)
}

/** The shards to read, each with the sort key it has come to; all of them from their start unless told otherwise. */
type Positions = Map<string, string>

function positionsOf({ after }: SweepMessage): Positions {
  return new Map(after ? Object.entries(after) : Array.from({ length: shards.due }, (_, shard) => [String(shard), '']))
}

/**
 * Handles everything due, page after page of all shards at the same time, until nothing is left or time runs short; at
 * least one item, so a chain of runs comes to its end. An item that fails stays in the index for the next run and is
 * passed over in this one. The bound is the time at which the run began: what becomes due meanwhile is the next run's.
 * @param timeLeft milliseconds the invocation has, for work that bounds itself by them
 */
export async function sweepDue(
  background: Background,
  job: { name: string; each: Action },
  positions: Positions,
  go: () => boolean,
  timeLeft?: () => number,
): Promise<{ seen: number; done: number; failed: number; moved: boolean; left: Positions }> {
  const until = background.now() + LAST
  const counts = { seen: 0, done: 0, failed: 0 }
  let moved = false
  let left = positions
  let cut = false
  for (let rounds = 0; left.size > 0 && !cut && (rounds === 0 || go()); rounds++) {
    const pages = await Promise.all([...left].map(([shard, after]) => duePage(background, job.name, shard, after, until)))
    const items = pages.flatMap(({ items }) => items).sort((a, b) => (a.order < b.order ? -1 : 1))
    // The item by which a run gets on in any case is not cut short: there would be no end to the chain.
    const [first] = rounds === 0 ? items : []
    const work = async (item: Due): Promise<void> => {
      let wrote = false
      const around = { ...background, table: noticing(background.table, () => (wrote = true)) }
      await handle(around, job, item, item === first ? undefined : timeLeft)
      moved ||= wrote
    }
    const { begun, errors } = await abreast(items, ITEMS_ABREAST, work, go)
    counts.seen += begun
    counts.failed += errors.size
    counts.done += begun - errors.size
    cut = begun < items.length
    left = positionsAfter(pages, items.slice(0, begun), cut)
  }
  return { ...counts, moved, left }
}

/** A table that tells when something was written. */
function noticing(table: Table, wrote: () => void): Table {
  const noticed = <O extends { ok: boolean }>(outcome: O): O => {
    if (outcome.ok) wrote()
    return outcome
  }
  return {
    ...table,
    write: async (write, how) => noticed(await table.write(write, how)),
    writeAll: async (writes, token) => noticed(await table.writeAll(writes, token)),
    writeEach: (writes) => table.writeEach(writes).then(wrote),
  }
}

interface Due {
  shard: string
  /** Sort key: time, `#`, id. */
  order: string
  id: string
  at: string
}
interface DuePage {
  shard: string
  /** Where the page began, and where the one after it begins when there is one. */
  after: string
  next?: string
  items: Due[]
}

async function duePage(background: Background, job: string, shard: string, after: string, until: string): Promise<DuePage> {
  const from = after && `${after}\u0000`
  // Another instance's clock may be behind that of the one that handed over.
  if (from > until) return { shard, after, items: [] }
  const { items, last } = await background.table.query({
    index: 'due',
    pk: duePartition(job, Number(shard)),
    ...(from && { from }),
    to: until,
    limit: PAGE,
  })
  return { shard, after, items: items.map((item) => dueOf(shard, item)), ...(last && { next: String(last[keyNames.due.sk]) }) }
}

function dueOf(shard: string, item: Item): Due {
  const order = String(item[keyNames.due.sk])
  const cut = order.lastIndexOf('#')
  return { shard, order, id: order.slice(cut + 1), at: order.slice(0, cut) }
}

/** Where the shards stand: after their page, or, when time ran short, after the last item begun. */
function positionsAfter(pages: readonly DuePage[], begun: readonly Due[], cut: boolean): Positions {
  const left: Positions = new Map()
  for (const { shard, after, next, items } of pages) {
    const reached = begun.filter((item) => item.shard === shard)
    if (cut && reached.length < items.length) left.set(shard, reached.at(-1)?.order ?? after)
    else if (next !== undefined) left.set(shard, next)
  }
  return left
}

/** Handles one due item. The request is the item and its time, so two runs at once know each other's write for the same. */
async function handle(background: Background, job: { name: string; each: Action }, { id, at }: Due, left?: () => number): Promise<void> {
  const ctx = systemCtx(background, `schedule:${job.name}`, job.each.name, `${job.name}/${id}@${at}`)
  if (left) ctx.request.left = left
  try {
    await invoke(job.each, ctx, { id, at })
  } catch (error) {
    if (isMoot(error)) return
    background.log.error('due item failed', { job: job.name, id, at, error: errorFacts(error) })
    count('DueItemFailed')
    throw error
  }
}
