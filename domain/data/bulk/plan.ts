import { createHash } from 'node:crypto'
import type { Write } from '../../kernel/table/expression.ts'
import type { Item, Key, Outcome, Query, Table } from '../../kernel/table/table.ts'

/** Most writes of one transaction of DynamoDB ("Quotas", TransactWriteItems). */
export const MOST_WRITES = 100

/** Two operations of one transaction that touch the same item, which DynamoDB does not allow. */
export class SameRecord extends Error {
  readonly earlier: number
  constructor(earlier: number) {
    super(`operation ${earlier} changes the same record`)
    this.name = 'SameRecord'
    this.earlier = earlier
  }
}

/** A write that is planned: whose it is, and by which of its calls. */
export interface Planned {
  operation: number
  call: number
  /** Its place among the writes of its call. */
  place: number
  write: Write
}

/** A refusal to be given to a call of an operation that is planned once more, to hear what it makes of it. */
export interface Refusal {
  call: number
  refused: Extract<Outcome, { ok: false }>['refused']
}

/** Writes that several operations would do, put off until all of them are known. */
export interface Plan {
  readonly writes: readonly Planned[]
  /** The table as an operation sees it: what earlier ones would write is there already. */
  tableFor(operation: number, refusal?: Refusal): Table
  /** What an item was and would be, for those that are written. */
  images(): { before: Item | undefined; after: Item | undefined }[]
  /** Forgets what an operation would write. */
  drop(operation: number): void
}

const nameOf = ({ pk, sk }: Key): string => `${pk}|${sk}`

function keyOf(write: Write): Key {
  if ('put' in write) return { pk: String(write.put['pk']), sk: String(write.put['sk']) }
  return 'update' in write ? write.update : 'delete' in write ? write.delete : write.check
}

interface Held {
  operation: number
  before: Item | undefined
  after: Item | undefined
}

/**
 * A plan over a table. Reads go to the table, writes nowhere.
 * @param how.images what was there before each write is wanted too: a read more for each
 */
export function newPlan(table: Table, how: { images?: boolean } = {}): Plan {
  let writes: Planned[] = []
  const held = new Map<string, Held>()

  async function hold(operation: number, call: number, place: number, write: Write): Promise<void> {
    const key = keyOf(write)
    const known = held.get(nameOf(key))
    if (known) throw new SameRecord(known.operation)
    const isNeeded = 'update' in write || ('put' in write && write.if?.absent ? false : how.images)
    const before = isNeeded ? await table.get(key) : undefined
    held.set(nameOf(key), { operation, before, after: imageOf(write, before) })
    writes.push({ operation, call, place, write })
  }

  return {
    get writes() {
      return writes
    },
    images: () => [...held.values()].map(({ before, after }) => ({ before, after })),
    drop(operation) {
      writes = writes.filter((one) => one.operation !== operation)
      for (const [name, one] of held) if (one.operation === operation) held.delete(name)
    },
    tableFor(operation, refusal) {
      let calls = 0
      const one = async (some: readonly Write[]): Promise<Outcome> => {
        const call = calls++
        if (refusal?.call === call) return { ok: false, refused: refusal.refused }
        if (!refusal) for (const [place, write] of some.entries()) await hold(operation, call, place, write)
        return { ok: true }
      }
      return {
        get: async (key, how) => (held.has(nameOf(key)) ? held.get(nameOf(key))?.after : table.get(key, how)),
        getAll: async (keys, how) => {
          const items = await table.getAll(keys, how)
          return keys.map((key, at) => (held.has(nameOf(key)) ? held.get(nameOf(key))?.after : items[at]))
        },
        query: (query) => queried(table, query, held, operation),
        write: async (write) => {
          const outcome = await one([write])
          if (!outcome.ok) return outcome
          const item = held.get(nameOf(keyOf(write)))?.after
          return { ok: true, ...(item && { item }) }
        },
        writeAll: (some) => one(some),
        writeEach: async (some) => void (await one(some)),
        scan: () => Promise.reject(new Error('a plan reads no whole table')),
      }
    },
  }
}

/** A query of a partition in which an earlier operation writes cannot be answered: it would miss that. */
function queried(table: Table, query: Query, held: ReadonlyMap<string, Held>, operation: number): Promise<{ items: Item[]; last?: Item }> {
  for (const [name, one] of held) {
    if (query.index === undefined && one.operation !== operation && name.startsWith(`${query.pk}|${query.begins ?? ''}`))
      throw new SameRecord(one.operation)
  }
  return table.query(query)
}

/** An item after a write. */
function imageOf(write: Write, before: Item | undefined): Item | undefined {
  if ('put' in write) return write.put
  if ('delete' in write) return undefined
  if ('check' in write) return before
  const after: Item = structuredClone({ ...before, ...write.update })
  for (const [path, value] of Object.entries(write.set ?? {})) setAt(after, path.split('.'), value)
  for (const path of write.remove ?? []) setAt(after, path.split('.'), undefined)
  for (const [path, by] of Object.entries(write.add ?? {})) setAt(after, [path], Number(after[path] ?? 0) + by)
  return after
}

function setAt(item: Item, [name = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length > 0) {
    const inner = item[name]
    if (typeof inner === 'object' && inner !== null) setAt(inner as Item, rest, value)
  } else if (value === undefined) Reflect.deleteProperty(item, name)
  else item[name] = value
}

/** A token by which DynamoDB knows the same transaction again when its answer was lost. At most 36 characters. */
export function tokenOf(request: string, tries: number): string {
  return createHash('sha256').update(`${request} ${tries}`).digest('base64url').slice(0, 36)
}
