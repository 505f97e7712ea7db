import { isDeepStrictEqual } from 'node:util'
import type { Log } from '../domain/kernel/context.ts'
import { happened, type Change, type Kind } from '../domain/kernel/event.ts'
import { itemIn, type Stored } from '../domain/kernel/table/attribute.ts'
import type { Item, Key } from '../domain/kernel/table/table.ts'
import { count, errorFacts, type BatchAnswer } from '../functions/observe.ts'

/** The parts of a table stream's record that the product reads. */
export interface StreamRecord {
  dynamodb?: { SequenceNumber?: string; NewImage?: Stored; OldImage?: Stored }
}
export interface StreamEvent {
  Records: readonly StreamRecord[]
}

/** What a stream record tells of a record of the product. */
export interface Told extends Change {
  /** Position in its batch. */
  at: number
  sequence: string
  /** Key of the item. */
  place: Key
  /** For the log alone, not for the bus. */
  quiet: boolean
}

/** Where work on a batch came to a halt: everything before is done. */
export interface Halt {
  at: number
  error: unknown
}

/** What an event source mapping of the stream lets through: records alone, so the log's own items call nobody. */
export function streamFilters(): object[] {
  const stamped = { ev: { M: { type: { S: [{ exists: true }] } } } }
  return [{ dynamodb: { NewImage: stamped } }, { eventName: ['REMOVE'], dynamodb: { OldImage: stamped } }]
}

/**
 * What a batch tells, in order, up to the first record that cannot be read. Items that are not records tell nothing,
 * nor do writes that changed nothing.
 */
export function tell(entities: ReadonlyMap<string, Kind>, records: readonly StreamRecord[]): { told: Told[]; halt?: Halt } {
  const told: Told[] = []
  for (const [at, record] of records.entries()) {
    try {
      const one = toldBy(entities, record, at)
      if (one) told.push(one)
    } catch (error) {
      return { told, halt: { at, error } }
    }
  }
  return { told }
}

function toldBy(entities: ReadonlyMap<string, Kind>, record: StreamRecord, at: number): Told | undefined {
  const { NewImage, OldImage, SequenceNumber = '' } = record.dynamodb ?? {}
  const before = OldImage && itemIn(OldImage)
  const after = NewImage && itemIn(NewImage)
  const item = after ?? before
  if (!item || !isStamped(item) || isDeepStrictEqual(before, after)) return undefined
  const event = happened(entities, before, after)
  return {
    at,
    sequence: SequenceNumber,
    place: { pk: String(item['pk']), sk: String(item['sk']) },
    quiet: 'quiet' in item['ev'],
    ...(before && { before }),
    ...(after && { after }),
    ...(event && { event }),
  }
}

function isStamped(item: Item): item is Item & { ev: object } {
  return typeof item['ev'] === 'object' && item['ev'] !== null && typeof item['noun'] === 'string'
}

/** The earlier of two halts. */
export function earlier(one: Halt | undefined, other: Halt | undefined): Halt | undefined {
  if (!one || !other) return one ?? other
  return other.at < one.at ? other : one
}

/** Thrown to have the event source mapping cut the batch in two. Says nothing itself: Lambda logs what it is thrown. */
export class Halted extends Error {
  constructor(name: string) {
    super(`${name} came to a halt at the first record of its batch`)
    this.name = 'Halted'
  }
}

/**
 * The answer to a stream batch: the record to begin again with. When that is the first of several, the batch is failed
 * as a whole, since only then is a mapping sure to bisect it; so a record that can never be worked ends up alone, and
 * gives up its own place and no other's when its tries are over.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export function streamAnswer(name: string, log: Log, records: readonly StreamRecord[], halt: Halt | undefined): BatchAnswer {
  if (!halt) return { batchItemFailures: [] }
  const itemIdentifier = records[halt.at]?.dynamodb?.SequenceNumber ?? ''
  log.error('stream halted', { function: name, sequence: itemIdentifier, error: errorFacts(halt.error) })
  count('StreamHalted')
  if (halt.at === 0 && records.length > 1) throw new Halted(name)
  return { batchItemFailures: [{ itemIdentifier }] }
}
