import type { Entity } from '../../kernel/entity.ts'
import type { Happened } from '../../kernel/event.ts'
import type { Write } from '../../kernel/table/expression.ts'
import type { Item, Key } from '../../kernel/table/table.ts'
import { eventIn } from '../event/index.ts'

/**
 * What any table of the product must hold, whoever wrote it: the invariants that can be seen in the items alone. I3: live records and
 * the sentinels of their unique values match both ways. I5: the log has every version, and folding it gives the record. I7: sums are
 * what adding up gives. I8: what indexes and lists say of a record follows from it. I12: of who was erased nothing personal is left.
 */
export type Invariant = 'I3' | 'I5' | 'I7' | 'I8' | 'I12'

/** Something that is not as it must be. Says ids and names of fields; never a value, since findings go into logs. */
export interface Finding {
  invariant: Invariant
  /** The record's id; of a sentinel left behind, the id it names. */
  id: string
  words: string
  /** How it is put right; absent where only a person can say. */
  mend?: Mend
}

/**
 * Fields the record is to have, at this version at least (none: that it stands as it is, whatever its log says, is noted there); a
 * record that there is to be one of, with the version that follows its log; writes with their conditions; or a record to be indexed anew.
 */
export type Mend =
  | { fields: Item; version?: number }
  | { single: { kind: Entity; customerId: string; version: number; fields: Item } }
  | { writes: readonly Write[] }
  | { indexed: Key }

/** A record with the item it is in. */
export interface Kept {
  item: Item
  kind: Entity
  id: string
  version: number
}

/** A partition of the table, or a part of one too large to be looked at whole: then each record is held against itself alone. */
export interface Piece {
  pk: string
  items: readonly Item[]
  /** Purchases of customers merged into this one, which its history counts. */
  beside: readonly Item[]
  whole: boolean
}

/** A piece, sorted out. */
export interface Sorted {
  piece: Piece
  records: readonly Kept[]
  /** Events of the log by record id, in order of version. */
  log: ReadonlyMap<string, readonly Happened[]>
  /** Items that are neither, by the beginning of their sort key. */
  others: ReadonlyMap<string, readonly Item[]>
}

export type Kinds = ReadonlyMap<string, Entity>

export function sorted(kinds: Kinds, piece: Piece): Sorted {
  const records: Kept[] = []
  const log = new Map<string, Happened[]>()
  const others = new Map<string, Item[]>()
  for (const item of piece.items) {
    const sk = String(item['sk'])
    const kind = kinds.get(String(item['noun']))
    if (sk.startsWith('log#')) add(log, String(item['recordId']), eventIn(item))
    else if (kind && item['ev'] !== undefined) records.push({ item, kind, id: String(item['id']), version: Number(item['version']) })
    else add(others, sk.split('#')[0] ?? '', item)
  }
  for (const events of log.values()) events.sort((a, b) => a.version - b.version)
  return { piece, records, log, others }
}

function add<T>(to: Map<string, T[]>, key: string, one: T): void {
  const all = to.get(key)
  if (all) all.push(one)
  else to.set(key, [one])
}
