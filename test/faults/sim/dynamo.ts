import { keyNames } from '../../../domain/kernel/table/shape.ts'
import { Base, writeUnits, type Circumstances } from './base.ts'
import { nameOf, placeIn } from './keys.ts'
import { answer, type Question } from './reading.ts'
import { cancelled, invalid, Refusal, type Reason, type Stored } from './refusal.ts'
import { itemSize, mapped } from './value.ts'
import { prepare, type Asked, type Prepared, type WriteKind } from './writing.ts'

/** What an operation consumed, in DynamoDB's words. */
export interface Consumed {
  TableName: string
  CapacityUnits: number
}
type Counted<T> = T & { ConsumedCapacity?: Consumed }
/** Whether a request asks what it costs. */
interface Costed {
  ReturnConsumedCapacity?: string | undefined
}

export interface TransactAsked extends Costed {
  TransactItems?: readonly Partial<Record<WriteKind, Asked>>[] | undefined
  ClientRequestToken?: string | undefined
}

export interface BatchAsked extends Costed {
  RequestItems?: Record<string, readonly { PutRequest?: { Item?: Stored }; DeleteRequest?: { Key?: Stored } }[]>
}

/** Most writes of one batch. */
const MOST_BATCHED = 25

/** Most writes of a transaction, and the bytes they may have together. */
const MOST_WRITES = 100
const LARGEST_TRANSACTION = 4 * 1024 * 1024
/** Keys of one batch read, and the bytes of its answer. */
const MOST_KEYS = 100
const LARGEST_BATCH = 16 * 1024 * 1024
/** How long a transaction's token is known. Milliseconds. */
const TOKEN_KEPT = 10 * 60_000

/** The operations of one DynamoDB table that the product uses: each happens at once or throws what DynamoDB would answer. */
export class Dynamo {
  readonly base: Base
  readonly name: string
  readonly #tokens = new Map<string, { at: number; asked: string }>()
  /** The partitions in the order of a scan, and how often one had come or gone when they were put in that order. */
  #scanned: { turns: number; all: readonly Scanned[] } = { turns: -1, all: [] }

  constructor(name = 'crm', circumstances: Circumstances = {}) {
    this.name = name
    this.base = new Base(circumstances)
  }

  /** An answer with what it cost, if that was asked for. */
  #counted<T extends object>(asked: Costed, answered: T, units: () => number): Counted<T> {
    if (asked.ReturnConsumedCapacity === undefined) return answered
    return { ...answered, ConsumedCapacity: { TableName: this.name, CapacityUnits: units() } }
  }

  #cost({ ReturnConsumedCapacity }: Costed, units: number): { ConsumedCapacity?: Consumed[] } {
    return ReturnConsumedCapacity === undefined ? {} : { ConsumedCapacity: [{ TableName: this.name, CapacityUnits: units }] }
  }

  get(asked: Costed & { Key?: Stored | undefined; ConsistentRead?: boolean | undefined }): Counted<{ Item?: Stored }> {
    const item = this.#read(asked.Key, asked.ConsistentRead === true)
    return this.#counted(asked, item ? { Item: item } : {}, () => readUnits(item ? itemSize(item) : 0, asked.ConsistentRead))
  }

  #read(key: Stored | undefined, consistent: boolean): Stored | undefined {
    const place = placeIn(key)
    const lag = consistent ? 0 : (this.base.circumstances.replicaLag?.() ?? 0)
    const past = lag > 0 ? this.base.recent.since(this.base.now() - lag).get(nameOf(place)) : undefined
    return past ? past.before : this.base.get(place)
  }

  batchGet(
    asked: Costed & { RequestItems?: Record<string, { Keys?: Stored[] | undefined; ConsistentRead?: boolean | undefined }> | undefined },
  ) {
    const { Keys: keys = [], ConsistentRead } = asked.RequestItems?.[this.name] ?? {}
    if (keys.length === 0 || keys.length > MOST_KEYS) throw invalid('Too many items requested for the BatchGetItem call')
    if (new Set(keys.map((key) => nameOf(placeIn(key)))).size < keys.length) throw invalid('Provided list of item keys contains duplicates')
    const [found, left]: [Stored[], Stored[]] = [[], []]
    let [size, units] = [0, 0]
    for (const key of keys) {
      const item = this.#read(key, ConsistentRead === true)
      const bytes = item ? itemSize(item) : 0
      if (size + bytes > LARGEST_BATCH) left.push(key)
      else {
        size += bytes
        units += readUnits(bytes, ConsistentRead)
        if (item) found.push(item)
      }
    }
    return {
      Responses: { [this.name]: found },
      UnprocessedKeys: left.length > 0 ? { [this.name]: { Keys: left, ConsistentRead: ConsistentRead === true } } : {},
      ...this.#cost(asked, units),
    }
  }

  query(asked: Question & Costed): Counted<{ Items: Stored[]; Count: number; ScannedCount: number; LastEvaluatedKey?: Stored }> {
    const { items, last, size } = answer(this.base, asked)
    const told = { Items: items, Count: items.length, ScannedCount: items.length, ...(last && { LastEvaluatedKey: last }) }
    return this.#counted(asked, told, () => readUnits(size, asked.ConsistentRead))
  }

  /** Everything, in the order of a hash of the partition keys: as good as none. */
  scan(
    asked: Costed & {
      Limit?: number | undefined
      ExclusiveStartKey?: Stored | undefined
      Segment?: number | undefined
      TotalSegments?: number | undefined
    },
  ) {
    const [segment, segments] = [asked.Segment ?? 0, asked.TotalSegments ?? 1]
    const start = asked.ExclusiveStartKey && placeIn(asked.ExclusiveStartKey)
    const all = this.#inOrder()
    const most = asked.Limit ?? Infinity
    const items: Stored[] = []
    for (let at = start === undefined ? 0 : firstFrom(all, orderOf(start.pk)); at < all.length && items.length < most; at++) {
      const { hash, partition } = all[at] as Scanned
      if (hash % segments !== segment) continue
      const from = start?.pk === partition ? { from: { key: start.sk, without: true } } : {}
      for (const { item } of this.base.rows.range(partition, from)) {
        if (items.push(item) >= most) break
      }
    }
    const end = items.at(-1)
    const { pk, sk } = keyNames.base
    const last = end?.[pk] && end[sk] && asked.Limit === items.length && { LastEvaluatedKey: { [pk]: end[pk], [sk]: end[sk] } }
    return this.#counted(asked, { Items: items, Count: items.length, ...last }, () =>
      readUnits(
        items.reduce((sum, one) => sum + itemSize(one), 0),
        false,
      ),
    )
  }

  #inOrder(): readonly Scanned[] {
    const { turns } = this.base.rows
    if (this.#scanned.turns !== turns) {
      const all = Array.from(this.base.rows.names(), (partition) => ({ partition, hash: hashOf(partition), order: orderOf(partition) }))
      this.#scanned = { turns, all: all.sort((a, b) => (a.order < b.order ? -1 : 1)) }
    }
    return this.#scanned.all
  }

  /** A single write. @throws ConditionalCheckFailedException, ValidationException */
  write(kind: Exclude<WriteKind, 'ConditionCheck'>, asked: Asked): Counted<{ Attributes?: Stored }> {
    const one = prepare(kind, asked)
    const before = this.base.get(one.place)
    const after = one.apply(before)
    const units = this.base.set(one.place, after, { counted: asked.ReturnConsumedCapacity !== undefined })
    const told = asked.ReturnValues === 'ALL_NEW' ? after : asked.ReturnValues === 'ALL_OLD' ? before : undefined
    return this.#counted(asked, told ? { Attributes: told } : {}, () => units)
  }

  /** Puts and deletes, each for itself; all are checked before the first is done. @throws ValidationException */
  batchWrite(asked: BatchAsked) {
    const requests = asked.RequestItems?.[this.name] ?? []
    if (requests.length === 0 || requests.length > MOST_BATCHED) throw invalid('Too many items requested for the BatchWriteItem call')
    const prepared = requests.map(({ PutRequest, DeleteRequest }) =>
      PutRequest ? prepare('Put', { Item: PutRequest.Item }) : prepare('Delete', { Key: DeleteRequest?.Key }),
    )
    if (new Set(prepared.map(({ place }) => nameOf(place))).size < prepared.length)
      throw invalid('Provided list of item keys contains duplicates')
    const counted = asked.ReturnConsumedCapacity !== undefined
    const units = prepared.reduce((sum, one) => sum + this.base.set(one.place, one.apply(this.base.get(one.place)), { counted }), 0)
    return { UnprocessedItems: {}, ...this.#cost(asked, units) }
  }

  /** All writes or none. @throws TransactionCanceledException with a reason for each write, ValidationException */
  transact(asked: TransactAsked): { ConsumedCapacity?: Consumed[] } {
    const writes = (asked.TransactItems ?? []).flatMap((item) =>
      Object.entries(item).map(([kind, facts]) => ({ kind: kind as WriteKind, facts })),
    )
    if (writes.length === 0 || writes.length > MOST_WRITES)
      throw invalid(`1 validation error detected: Member must have length less than or equal to ${MOST_WRITES}`)
    if (this.#isKnown(asked)) return this.#cost(asked, writes.length * 2)
    const prepared = writes.map(({ kind, facts }) => prepare(kind, facts))
    if (new Set(prepared.map(({ place }) => nameOf(place))).size < prepared.length)
      throw invalid('Transaction request cannot include multiple operations on one item')
    const planned = this.#planned(prepared)
    if (planned.reduce((sum, { after }) => sum + (after ? itemSize(after) : 0), 0) > LARGEST_TRANSACTION)
      throw invalid('Collection size of the transaction exceeded')
    const counted = asked.ReturnConsumedCapacity !== undefined
    let units = 0
    for (const { one, before, after } of planned) {
      if (one.kind === 'ConditionCheck') units += counted ? 2 * writeUnits(before, before) : 0
      else units += this.base.set(one.place, after, { counted }) + (counted ? writeUnits(before, after) : 0)
    }
    if (asked.ClientRequestToken !== undefined)
      this.#tokens.set(asked.ClientRequestToken, { at: this.base.now(), asked: JSON.stringify(asked.TransactItems) })
    return this.#cost(asked, units)
  }

  #isKnown({ ClientRequestToken: token, TransactItems }: TransactAsked): boolean {
    const known = token === undefined ? undefined : this.#tokens.get(token)
    if (!known || known.at + TOKEN_KEPT < this.base.now()) return false
    if (known.asked === JSON.stringify(TransactItems)) return true
    throw new Refusal('IdempotentParameterMismatchException', 'The transaction token was used with other parameters')
  }

  #planned(prepared: readonly Prepared[]) {
    const reasons: Reason[] = []
    const planned = prepared.map((one) => {
      const before = this.base.get(one.place)
      let after: Stored | undefined
      try {
        after = one.apply(before)
        reasons.push({ Code: 'None' })
      } catch (error) {
        reasons.push(reasonOf(error))
      }
      return { one, before, after }
    })
    if (reasons.some(({ Code }) => Code !== 'None')) throw cancelled(reasons)
    return planned
  }
}

function reasonOf(error: unknown): Reason {
  if (!(error instanceof Refusal)) throw error
  if (error.name === 'ConditionalCheckFailedException') {
    return { Code: 'ConditionalCheckFailed', Message: error.message, ...(error.Item && { Item: mapped(error.Item, (value) => value) }) }
  }
  return { Code: 'ValidationError', Message: error.message }
}

/** Units of a read: each begun 4 kilobytes, half of it when it need not be the latest. */
function readUnits(size: number, consistent: boolean | undefined): number {
  return Math.max(1, Math.ceil(size / 4096)) * (consistent ? 1 : 0.5)
}

/** A partition where a scan meets it. */
interface Scanned {
  order: string
  hash: number
  partition: string
}

function firstFrom(all: readonly Scanned[], order: string): number {
  let [low, high] = [0, all.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((all[middle]?.order ?? '') < order) low = middle + 1
    else high = middle
  }
  return low
}

/** Where a scan meets a partition. */
const orderOf = (partition: string): string => String(hashOf(partition)).padStart(10, '0') + partition

function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}
