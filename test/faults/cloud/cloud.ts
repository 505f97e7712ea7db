import { entities, routes } from '../../../domain/index.ts'
import { DELIVERIES_JOB } from '../../../domain/data/webhook/index.ts'
import type { Log } from '../../../domain/kernel/context.ts'
import type { BusEntry } from '../../../events/bus.ts'
import { deliverHandler, deliverSchedules } from '../../../events/deliver.ts'
import { peopleReactions } from '../../../events/people.ts'
import { projectHandler } from '../../../events/project.ts'
import { projections } from '../../../events/projections.ts'
import { publishHandler } from '../../../events/publish.ts'
import { eventPattern, reactHandler } from '../../../events/reacting.ts'
import { reactions } from '../../../events/reactions.ts'
import { hauls } from '../../../events/hauls.ts'
import { schedules } from '../../../events/schedules.ts'
import type { StreamEvent } from '../../../events/stream.ts'
import type { QueueEvent } from '../../../events/queue.ts'
import { sweepHandler } from '../../../events/sweeping.ts'
import { httpHandler } from '../../../functions/http.ts'
import type { BatchAnswer } from '../../../functions/observe.ts'
import type { Answer } from '../../../functions/problem.ts'
import type { HttpEvent } from '../../../functions/request.ts'
import { Random } from '../random.ts'
import { Dynamo } from '../sim/dynamo.ts'
import type { FeedRecord } from '../sim/feed.ts'
import { memoryFiles, type MemoryFiles } from '../../support/files.ts'
import { EventBus, type Rule } from './bus.ts'
import { Clockwork } from './clockwork.ts'
import type { Faults } from './faults.ts'
import { filesFor } from './files.ts'
import { Fleet, type FleetFacts, type Invoked, type Life } from './lambda.ts'
import { accountsFor, type Accounts } from './people.ts'
import { WorkQueue } from './queue.ts'
import { Receivers } from './receivers.ts'
import { tableFor, type Wire } from './sdk.ts'
import { mustKnowFilters, Reader, Stream } from './stream.ts'
import type { World } from './world.ts'

const SECOND = 1_000
const HOUR = 3_600_000
const MONTH = 31 * 24 * HOUR
/** Time-outs of the functions, as infra/config.ts has them. Milliseconds. */
const timeouts = {
  deliver: 60 * SECOND,
  api: 20 * SECOND,
  project: 60 * SECOND,
  publish: 30 * SECOND,
  react: 60 * SECOND,
  people: 30 * SECOND,
  sweep: 120 * SECOND,
  haul: 120 * SECOND,
}

type QueueName = 'react' | 'people' | 'sweep' | 'haul' | 'deliver'

/** How long the bucket keeps files of a folder, as infra/files.ts has it. */
const KEPT_FILES = [
  ['export/', 14 * 24 * HOUR],
  ['import/', 30 * 24 * HOUR],
] as const

/** Share of runs in which events go to webhooks. */
const HOOKED = 1 / 6

/** Who reads the stream. */
export type ReaderName = 'project' | 'publish'

/** What a run is told as it goes. */
export interface Ears {
  changed?(record: FeedRecord): void
  published?(entry: BusEntry): void
  logged?(text: string): void
  /** The stream let go of changes before they were read, from a moment on. Milliseconds since 1970. */
  missed?(reader: ReaderName, since: number): void
}

/** The product, deployed on a cloud that is all in this process: the real handlers, everything around them simulated. */
export class Cloud {
  readonly world: World
  readonly faults: Faults
  readonly seed: number
  readonly dynamo: Dynamo
  readonly stream: Stream
  readonly clockwork: Clockwork
  readonly receivers: Receivers
  /** Whether events go to webhooks too: in some runs only, since each is one call more. */
  readonly hooked: boolean
  readonly bus: EventBus
  readonly readers: Reader[]
  readonly queues: Readonly<Record<QueueName, WorkQueue>>
  readonly accounts: Accounts = new Map()
  readonly files: MemoryFiles = memoryFiles()
  readonly #api: Fleet<HttpEvent, Answer>
  readonly #wire: Wire
  readonly #log: Log
  #expired: number
  /** When a file was first seen. */
  readonly #filed = new Map<string, number>()
  /** Messages that functions sent themselves. */
  #handed = 0

  constructor(world: World, faults: Faults, seed: number, ears: Ears = {}) {
    mustKnowFilters()
    this.world = world
    this.faults = faults
    this.seed = seed
    this.stream = new Stream(faults, seed)
    this.dynamo = new Dynamo('crm', circumstances(world, faults, seed))
    this.#wire = { world, dynamo: this.dynamo, faults }
    this.#log = logInto((text) => ears.logged?.(text))
    this.#api = this.#fleet('api', (edge) => {
      const handler = httpHandler(routes, edge)
      return (event: HttpEvent) => handler(event, {} as never)
    })
    this.receivers = new Receivers(world, faults)
    this.hooked = new Random(seed, 'webhooks').chance(HOOKED)
    this.queues = this.#queues()
    const rules: Rule[] = [
      { queue: this.queues.react, types: typesOf(eventPattern(reactions)) },
      { queue: this.queues.people, types: typesOf(eventPattern(peopleReactions(() => accountsFor(this.accounts, world)))) },
      ...(this.hooked ? [{ queue: this.queues.deliver, types: undefined }] : []),
    ]
    this.bus = new EventBus({ world, faults, seed, rules, heard: (entry) => ears.published?.(entry) })
    this.readers = this.#readers(ears)
    const { sweep, haul, deliver } = this.queues
    const hooks = deliverSchedules(
      () => ({ post: () => Promise.reject(new Error('only asked when these fall due')) }),
      () => ({ put: () => Promise.reject(new Error('only asked when these fall due')) }),
    )
    const jobs = [
      ...schedules.map((schedule) => ({ schedule, queue: sweep })),
      ...hauls.map((schedule) => ({ schedule, queue: haul })),
      ...hooks.map((schedule) => ({ schedule, queue: deliver })),
    ]
    this.clockwork = new Clockwork(jobs, { world, faults, seed })
    this.#expired = world.now
    this.dynamo.base.onChange = (record) => {
      this.stream.add(record)
      this.clockwork.follow(record)
      ears.changed?.(record)
    }
    world.before = () => this.#timePasses()
  }

  #fleet<E, A>(name: keyof typeof timeouts, make: FleetFacts<E, A>['make']): Fleet<E, A> {
    const { world, faults, seed } = this
    return new Fleet<E, A>({
      name,
      world,
      faults,
      seed,
      log: this.#log,
      timeout: timeouts[name],
      table: (life) => tableFor(this.#wire, life),
      files: (life) => filesFor(this.files, world, life),
      make,
    })
  }

  #queues(): Record<QueueName, WorkQueue> {
    const { world, faults, seed } = this
    const queue = (name: QueueName, make: FleetFacts<QueueEvent, BatchAnswer>['make'], size: { batch: number; abreast: number }) =>
      new WorkQueue({ name, world, faults, seed, fleet: this.#fleet(name, make), hidden: 6 * timeouts[name], ...size })
    const swept = (name: 'sweep' | 'haul', jobs: typeof schedules) =>
      queue(name, (edge, life) => sweepHandler({ edge, schedules: jobs, queue: () => this.#handOver(name, life) }), {
        batch: 1,
        abreast: 2,
      })
    const deliver = queue(
      'deliver',
      (edge, life) =>
        deliverHandler({
          edge,
          receiver: () => this.receivers.for(life),
          bus: () => this.bus.for(life),
          queue: () => this.#handOver('deliver', life),
        }),
      { batch: 10, abreast: 2 },
    )
    return {
      sweep: swept('sweep', schedules),
      haul: swept('haul', hauls),
      deliver,
      react: queue('react', (edge) => reactHandler({ edge, reactions }), { batch: 10, abreast: 3 }),
      people: queue(
        'people',
        (edge, life) => reactHandler({ edge, reactions: peopleReactions(() => accountsFor(this.accounts, world, life)) }),
        { batch: 10, abreast: 2 },
      ),
    }
  }

  /** How work that runs out of time goes on: by a message to itself. */
  #handOver(name: 'sweep' | 'haul' | 'deliver', life: Life) {
    return {
      send: async (message: object, delaySeconds = 0) => {
        await this.world.sleep(life.by.between(2, 20))
        if (!life.goOn()) return new Promise<never>(() => {})
        this.queues[name].send(`h${++this.#handed}`, JSON.stringify(message), delaySeconds * SECOND)
        return life.goOn() ? undefined : new Promise<never>(() => {})
      },
    }
  }

  #readers(ears: Ears): Reader[] {
    const { world, faults, seed, stream } = this
    // One of the two only: what both missed nobody could tell any more.
    const lossy = new Random(seed, 'down for over a day').pick<ReaderName>(['project', 'publish'])
    const reader = (name: ReaderName, make: FleetFacts<StreamEvent, BatchAnswer>['make']) =>
      new Reader({
        name,
        world,
        faults,
        seed,
        stream,
        fleet: this.#fleet(name, make),
        ...(name === lossy && ears.missed && { missed: (since) => ears.missed?.(name, since) }),
      })
    return [
      reader('project', (edge) => projectHandler({ edge, entities, projections })),
      reader('publish', (_, life) => publishHandler({ entities, bus: () => this.bus.for(life), log: this.#log })),
    ]
  }

  /** One request over HTTP, whatever becomes of it. */
  request(name: string, event: HttpEvent): Promise<Invoked<Answer>> {
    return this.#api.invoke(name, event)
  }

  #timePasses(): void {
    this.clockwork.plan()
    if (this.world.now - this.#expired < 20 * HOUR) return
    this.#expired = this.world.now
    this.dynamo.base.expire()
    this.#expireFiles()
  }

  /** What the bucket's rules remove by themselves, within a day. */
  #expireFiles(): void {
    for (const key of this.files.kept.keys()) {
      const since = this.#filed.get(key) ?? this.world.now
      this.#filed.set(key, since)
      if (this.world.now - since < (KEPT_FILES.find(([folder]) => key.startsWith(folder))?.[1] ?? Infinity)) continue
      this.files.kept.delete(key)
      this.#filed.delete(key)
    }
  }

  /** Whether nothing is under way: no change untold, no message waiting. */
  get idle(): boolean {
    return this.readers.every(({ idle }) => idle) && Object.values(this.queues).every(({ idle }) => idle)
  }

  /**
   * Lets everything come to its end, with nothing going wrong any more: calls of receivers that failed before have their next
   * attempts, which may be a day away. @returns what does not within a month, in words
   */
  async settle(): Promise<string | undefined> {
    this.faults.active = false
    this.clockwork.hurry()
    // What fell due while everything failed is done by the next run of its job; what is not even then is I9's to tell.
    const pending = () => !this.idle || this.clockwork.overdue(this.world.now).length > 0
    for (let hours = 0; hours < 48 && pending(); hours++) await this.world.run(this.world.now + HOUR)
    const until = this.world.now + MONTH
    while (this.world.now < until) {
      const call = this.idle ? this.clockwork.firstDue(DELIVERIES_JOB) : undefined
      if (this.idle && !call) return undefined
      await this.world.run(Math.max(this.world.now, call?.at ?? 0) + HOUR)
    }
    const busy = [...this.readers, ...Object.values(this.queues)].filter(({ idle }) => !idle).map((one) => one.state)
    const call = this.clockwork.firstDue(DELIVERIES_JOB)
    return `it does not come to rest: ${[...busy, ...(call ? [`the call ${call.order} is not made`] : [])].join('; ')}`
  }
}

function circumstances(world: World, faults: Faults, seed: number) {
  const [lag, replica, page] = [new Random(seed, 'index lag'), new Random(seed, 'replica lag'), new Random(seed, 'page end')]
  return {
    now: () => world.now,
    indexLag: () => (faults.strikes('index: lags, out of base order', lag, 4) ? Math.floor(60_000 * lag.next() ** 3) : lag.between(0, 200)),
    replicaLag: () => (faults.strikes('read: a replica behind', replica, 4) ? replica.between(1, 1_500) : 0),
    pageEnd: (limit: number) => (faults.strikes('page: ends short, or empty with a cursor', page) ? page.between(0, limit) : limit),
  }
}

function typesOf(pattern: { 'detail-type'?: string[] }): ReadonlySet<string> | undefined {
  return pattern['detail-type'] && new Set(pattern['detail-type'])
}

function logInto(hear: (text: string) => void): Log {
  const line =
    (level: string) =>
    (message: string, facts: Record<string, unknown> = {}) =>
      hear(`${level} ${message} ${JSON.stringify(facts)}`)
  return { info: line('info'), warn: line('warn'), error: line('error') }
}
