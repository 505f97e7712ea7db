import { type AwsCall, AwsError } from '../aws-json.ts'
import { type Json, type JsonObject, list, object, text } from '../json.ts'

/** One record of a table's stream, as the engine gives it. */
export interface StreamRecord {
  readonly shard: string
  readonly sequence: string
  /** As a function receives it. */
  readonly event: JsonObject
}

/** Where a reader stands: the last record done with in each shard. */
export interface Position {
  get(shard: string): string | undefined
  set(shard: string, sequence: string): void
}

/** Reads a table's stream in order, shard by shard, parents before children. */
export interface StreamReader {
  /** The next records, at most `limit`, none when there is nothing new. */
  next(limit: number): Promise<StreamRecord[]>
  /** Moves the kept position, from which the next run goes on. */
  done(record: StreamRecord): void
}

interface Shard {
  readonly id: string
  readonly parent: string | undefined
}

const shardsOf = async (call: AwsCall, arn: string): Promise<Shard[]> => {
  const shards: Shard[] = []
  let last: Json | undefined
  do {
    const input = { StreamArn: arn, ...(last === undefined ? {} : { ExclusiveStartShardId: last }) }
    const page = object((await call('DescribeStream', input))['StreamDescription'])
    for (const shard of list(page['Shards']).map(object)) {
      const parent = shard['ParentShardId']
      shards.push({ id: text(shard['ShardId']), parent: parent === undefined ? undefined : text(parent) })
    }
    last = page['LastEvaluatedShardId']
  } while (last !== undefined)
  const known = new Set(shards.map((shard) => shard.id))
  const roots = shards.filter((shard) => shard.parent === undefined || !known.has(shard.parent))
  const below = (shard: Shard): Shard[] => [shard, ...shards.filter((child) => child.parent === shard.id).flatMap(below)]
  return roots.flatMap(below)
}

/** Where to begin in a shard; `lost` when the position is older than what the stream still holds. */
const startOf = (sequence: string | undefined, fromStart: boolean, lost: boolean): JsonObject => {
  if (lost) return { ShardIteratorType: 'TRIM_HORIZON' }
  if (sequence !== undefined) return { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: sequence }
  return { ShardIteratorType: fromStart ? 'TRIM_HORIZON' : 'LATEST' }
}

/** A read costs the engine more than a record, so it asks for more than a batch. */
const perRead = 500

/** Iterators that can no longer be used: the reader takes a new one at its position. */
const stale = new Set(['ExpiredIteratorException', 'TrimmedDataAccessException'])

export interface StreamReaderOptions {
  readonly call: AwsCall
  readonly arn: string
  readonly position: Position
  /** Whether a reader without a position begins with the oldest record. */
  readonly fromStart: boolean
  /** Gives a record the region and source ARN that the function would see in the cloud. */
  readonly shape: (record: JsonObject) => JsonObject
}

class ShardReader implements StreamReader {
  readonly #options: StreamReaderOptions
  readonly #iterators = new Map<string, string>()
  readonly #finished = new Set<string>()
  readonly #lost = new Set<string>()
  #shards: Shard[] | undefined
  #fetched: StreamRecord[] = []

  constructor(options: StreamReaderOptions) {
    this.#options = options
  }

  async next(limit: number): Promise<StreamRecord[]> {
    if (this.#fetched.length === 0) this.#fetched = await this.#fetch()
    return this.#fetched.splice(0, limit)
  }

  done(record: StreamRecord): void {
    this.#options.position.set(record.shard, record.sequence)
  }

  async #fetch(): Promise<StreamRecord[]> {
    const { call, arn } = this.#options
    this.#shards ??= await shardsOf(call, arn)
    for (const shard of this.#shards.filter(({ id }) => !this.#finished.has(id))) {
      const records = await this.#read(shard.id)
      if (records.length > 0) return records
    }
    // An engine closes a shard after some hours and opens its children.
    if (this.#shards.every(({ id }) => this.#finished.has(id))) this.#shards = undefined
    return []
  }

  async #read(shard: string): Promise<StreamRecord[]> {
    const { call, shape } = this.#options
    try {
      const answer = await call('GetRecords', { ShardIterator: await this.#iterator(shard), Limit: perRead })
      const next = answer['NextShardIterator']
      if (next === undefined || next === null) this.#finished.add(shard)
      else this.#iterators.set(shard, text(next))
      const events = list(answer['Records']).map((record) => shape(object(record)))
      return events.map((event) => ({ shard, sequence: text(object(event['dynamodb'])['SequenceNumber']), event }))
    } catch (thrown) {
      if (!(thrown instanceof AwsError) || !stale.has(thrown.name)) throw thrown
      this.#iterators.delete(shard)
      if (thrown.name === 'TrimmedDataAccessException') this.#lost.add(shard)
      return []
    }
  }

  async #iterator(shard: string): Promise<string> {
    const { call, arn, position, fromStart } = this.#options
    const held = this.#iterators.get(shard)
    if (held !== undefined) return held
    const start = startOf(position.get(shard), fromStart, this.#lost.delete(shard))
    return text((await call('GetShardIterator', { StreamArn: arn, ShardId: shard, ...start }))['ShardIterator'])
  }
}

export const createStreamReader = (options: StreamReaderOptions): StreamReader => new ShardReader(options)
