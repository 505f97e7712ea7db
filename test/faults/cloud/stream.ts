import { isDeepStrictEqual } from 'node:util'
import { streamFilters, type StreamEvent } from '../../../events/stream.ts'
import type { BatchAnswer } from '../../../functions/observe.ts'
import { Random } from '../random.ts'
import type { FeedRecord } from '../sim/feed.ts'
import type { Faults } from './faults.ts'
import type { Fleet } from './lambda.ts'
import type { World } from './world.ts'

/** The table's stream and its readers, set up as infra/automation.ts has them. */

/** Records of a batch, the wait for one to fill, and tries before a record is given up. */
const BATCH = 100
const WINDOW = 1_000
const TRIES = 10
const HOUR = 3_600_000
/** A batch that failed is tried again after this, doubled each time up to a minute. */
const AGAIN = 500
/** The stream keeps a record for a day, and a mapping gives up what is older than this, as infra/config.ts has it. Milliseconds. */
const KEPT = 24 * HOUR
const OLDEST = 6 * HOUR
const SHARDS = 2
const MOST_SHARDS = 8

interface Shard {
  id: number
  records: FeedRecord[]
  parent: Shard | undefined
  children: Shard[]
}

/** Records in order for each item, on shards that split. */
export class Stream {
  readonly shards: Shard[] = []
  readonly readers: Reader[] = []
  readonly #faults: Faults
  readonly #by: Random
  #poisons = 0

  constructor(faults: Faults, seed: number) {
    this.#faults = faults
    this.#by = new Random(seed, 'unreadable records')
    for (let id = 0; id < SHARDS; id++) this.#open(undefined)
  }
  #open(parent: Shard | undefined): Shard {
    const shard: Shard = { id: this.shards.length, records: [], parent, children: [] }
    this.shards.push(shard)
    return shard
  }
  add(record: FeedRecord): void {
    const partition = record.dynamodb.Keys['pk']?.S ?? ''
    let hash = hashOf(partition)
    let shard = this.shards[hash % SHARDS]
    hash = Math.floor(hash / SHARDS)
    while (shard && shard.children.length > 0) {
      shard = shard.children[hash % 2]
      hash = Math.floor(hash / 2)
    }
    shard?.records.push(record)
    if (this.#faults.strikes('stream: a record that nobody can read', this.#by, 1 / 60))
      shard?.records.push(poison(++this.#poisons, record))
    for (const reader of this.readers) if (shard) reader.wake(shard)
  }
  /** Ends a shard; what comes for it goes to two new ones. */
  split(shard: Shard): boolean {
    if (shard.children.length > 0 || this.shards.length >= MOST_SHARDS) return false
    shard.children = [this.#open(shard), this.#open(shard)]
    return true
  }
}

const POISON = 'poison#'

/** A record whose image cannot be read: a number beyond what the product's numbers hold. */
function poison(nth: number, { dynamodb: { ApproximateCreationDateTime } }: FeedRecord): FeedRecord {
  const Keys = { pk: { S: `${POISON}${nth}` }, sk: { S: '!customer' } }
  return {
    eventID: `p${nth}`,
    eventName: 'INSERT',
    dynamodb: {
      Keys,
      NewImage: {
        ...Keys,
        noun: { S: 'customer' },
        ev: { M: { type: { S: 'customer.created' } } },
        version: { N: '99999999999999999999.5' },
      },
      SequenceNumber: `9${String(nth).padStart(20, '0')}`,
      ApproximateCreationDateTime,
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
  }
}
const madeAt = ({ dynamodb }: FeedRecord): number => dynamodb.ApproximateCreationDateTime * 1000
const isPoison = ({ dynamodb: { Keys } }: FeedRecord): boolean => Keys['pk']?.S?.startsWith(POISON) === true

export interface ReaderFacts {
  name: string
  world: World
  faults: Faults
  seed: number
  stream: Stream
  fleet: Fleet<StreamEvent, BatchAnswer>
  /** Told of a stretch that the stream kept no longer, with when its first change was; absent for a reader that is never down so long. */
  missed?: (since: number) => void
}

/** One event source mapping: a batch at a time of each shard, a parent before its children. */
export class Reader {
  readonly #facts: ReaderFacts
  readonly #places = new Map<Shard, number>()
  readonly #busy = new Set<Shard>()
  #batches = 0
  /** When it was last down, or will have been. */
  #downUntil = -Infinity
  /** Stretches given up, waiting for the operator. */
  dead = 0
  given = 0
  done = 0
  /** Records that were given up only because one nobody can read was in their batch. */
  dragged = 0

  constructor(facts: ReaderFacts) {
    this.#facts = facts
    facts.stream.readers.push(this)
  }
  get idle(): boolean {
    return (
      this.#busy.size === 0 &&
      this.dead === 0 &&
      this.#facts.stream.shards.every((shard) => (this.#places.get(shard) ?? 0) >= shard.records.length)
    )
  }

  /** In words. */
  get state(): string {
    const { name, stream } = this.#facts
    const behind = stream.shards.filter((shard) => (this.#places.get(shard) ?? 0) < shard.records.length)
    const first = behind.map((shard) => `${shard.id} at ${JSON.stringify(shard.records[this.#places.get(shard) ?? 0]?.dynamodb.Keys)}`)
    return `${name} reads ${this.#busy.size} shards, ${this.dead} stretches given up, behind on ${first.join(', ')}`
  }

  /** Tells records again that were told before. */
  retell(records: readonly FeedRecord[]): void {
    const told = records.filter(passes)
    this.#facts.faults.note('stream: the whole past told again')
    const by = new Random(this.#facts.seed, this.#facts.name, 'again', ++this.#batches)
    this.dead++
    const next = async (from: number): Promise<void> => {
      if (from >= told.length) return void this.dead--
      await this.#deliver(told.slice(from, from + BATCH), by, 1)
      return next(from + BATCH)
    }
    void next(0)
  }

  wake(shard: Shard): void {
    if (this.#busy.has(shard) || !this.#mayRead(shard)) return
    this.#busy.add(shard)
    const { world, faults, seed, name } = this.#facts
    const by = new Random(seed, name, 'batch', ++this.#batches)
    const late = faults.strikes('stream: delayed', by) ? by.between(1, 600_000) : 0
    const apart = faults.strikes('stream: records of a transaction far apart', by) ? by.between(1_000, 90_000) : 0
    this.#down(by)
    world.after(Math.max(WINDOW, this.#downUntil - world.now) + late + apart, () => void this.#read(shard, by))
  }
  /** Now and then it is down, all of it, and comes back to everything that waits; between two such times it catches up. */
  #down(by: Random): void {
    const { world, faults, missed } = this.#facts
    if (this.#downUntil + KEPT > world.now) return
    if (faults.strikes('stream: consumer down for hours', by, 1 / 8)) this.#downUntil = world.now + by.between(HOUR, 23 * HOUR)
    else if (missed && faults.strikes('stream: consumer down for over a day, and what it missed is gone', by, 1 / 16))
      this.#downUntil = world.now + by.between(25 * HOUR, 30 * HOUR)
  }
  #mayRead({ parent }: Shard): boolean {
    return (
      parent === undefined || (this.#mayRead(parent) && (this.#places.get(parent) ?? 0) >= parent.records.length && !this.#busy.has(parent))
    )
  }

  async #read(shard: Shard, by: Random): Promise<void> {
    const { faults, stream } = this.#facts
    const from = this.#places.get(shard) ?? 0
    const taken = shard.records.slice(from, from + BATCH)
    const { batch, old, lost } = this.#byAge(taken.filter(passes))
    if (lost[0]) this.#facts.missed?.(madeAt(lost[0]))
    if (old.length > 0) {
      this.given += old.length
      const readable = old.filter((one) => !isPoison(one))
      this.done += old.length - readable.length
      this.#giveUp(readable, by, by.between(1, 30) * 60_000)
    }
    if (batch.length > 0) {
      this.given += batch.length
      await this.#deliver(batch, by, 1)
      if (faults.strikes('stream: a batch comes twice', by)) await this.#deliver(batch, by, 1)
    }
    this.#places.set(shard, from + taken.length)
    if (
      shard.children.length === 0 &&
      this.#facts.world.now > 0 &&
      faults.has('stream: a shard splits') &&
      by.chance(1 / 16) &&
      stream.split(shard)
    )
      faults.note('stream: a shard splits')
    this.#busy.delete(shard)
    for (const one of [shard, ...shard.children]) if ((this.#places.get(one) ?? 0) < one.records.length) this.wake(one)
  }

  /** Records to hand over, those that the mapping gives up for their age, and those that the stream has let go of. */
  #byAge(records: readonly FeedRecord[]): Record<'batch' | 'old' | 'lost', FeedRecord[]> {
    const age = (record: FeedRecord) => this.#facts.world.now - madeAt(record)
    const lost = this.#facts.missed ? records.filter((one) => age(one) > KEPT) : []
    const old = records.slice(lost.length).filter((one) => age(one) > OLDEST)
    return { lost, old, batch: records.slice(lost.length + old.length) }
  }

  /** Hands a batch over until it is done with: from the record reported, in halves, and a lone record for its last tries. */
  async #deliver(batch: readonly FeedRecord[], by: Random, tries: number): Promise<void> {
    const { world, fleet } = this.#facts
    const first = batch[0]?.dynamodb.SequenceNumber
    const ended = await fleet.invoke(`${first}+${batch.length}/${tries}/${this.#batches}`, { Records: batch })
    const reported = 'done' in ended ? ended.done.batchItemFailures[0]?.itemIdentifier : first
    if (reported === undefined) {
      this.done += batch.length
      return
    }
    const begin = Math.max(
      0,
      batch.findIndex((one) => one.dynamodb.SequenceNumber === reported),
    )
    this.done += begin
    const left = batch.slice(begin)
    await world.sleep(Math.min(60_000, AGAIN * 2 ** tries))
    if (tries >= TRIES) return this.#giveUp(left, by, by.between(1, 12) * HOUR)
    if (begin > 0 || left.length === 1 || 'done' in ended) return this.#deliver(left, by, begin > 0 ? 1 : tries + 1)
    const middle = Math.ceil(left.length / 2)
    this.#facts.faults.note('stream: a batch cut in two')
    // Cutting a batch in two uses up none of its tries ("Using AWS Lambda with Amazon DynamoDB", bisecting).
    await this.#deliver(left.slice(0, middle), by, tries)
    await this.#deliver(left.slice(middle), by, tries)
  }

  /** What was given up an operator has done again after a while, as the runbook says; what nobody can read is left aside. */
  #giveUp(given: readonly FeedRecord[], by: Random, after: number): void {
    const left = given.filter((one) => !isPoison(one))
    if (left.length < given.length) this.dragged += left.length
    this.done += given.length - left.length
    if (left.length === 0) return
    this.dead++
    const { world } = this.#facts
    world.after(after, () => {
      void this.#deliver(left, by, 1).then(() => this.dead--)
    })
  }
}

/** Whether a mapping lets a record through, by the filters that the stack gives it. */
export function passes(record: FeedRecord): boolean {
  const stamped = record.dynamodb.NewImage?.['ev']?.M?.['type']?.S !== undefined
  return stamped || (record.eventName === 'REMOVE' && record.dynamodb.OldImage?.['ev']?.M?.['type']?.S !== undefined)
}

const ev = { M: { type: { S: [{ exists: true }] } } }
const known = [{ dynamodb: { NewImage: { ev } } }, { eventName: ['REMOVE'], dynamodb: { OldImage: { ev } } }]
/** @throws Error when the product's filters are other than those above */
export function mustKnowFilters(): void {
  if (!isDeepStrictEqual(streamFilters(), known))
    throw new Error('streamFilters() changed: bring `passes` in test/faults/cloud/stream.ts in step with it')
}

function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}
