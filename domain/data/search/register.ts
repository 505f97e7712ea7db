import { createHash } from 'node:crypto'
import type { Item, Key } from '../../kernel/table/table.ts'
import { docOf, isFixed, isKnown } from './document.ts'
import { keyOf, longKey, type Common } from './row.ts'
import { tokensOf } from './token.ts'

/**
 * A record's register: beside it, which token rows there are of it. By it a change knows what to take away, a second telling
 * of the same change that nothing is to do, and an erasure what to erase, whatever code wrote the rows. One write unit.
 */
const PREFIX = 'find#'

/** Whether an item is a register. */
export const isRegister = (item: Item): boolean => String(item['sk']).startsWith(PREFIX)

export interface Register {
  /** Counts writes, so that two who write at once notice. */
  n: number
  /** Digest of what all rows carry: when it is another, all are written anew. */
  h: string
  /** Keys of the rows, in short. */
  keys: readonly string[]
}

export function registerKey(place: Key): Key {
  return { pk: place.pk, sk: PREFIX + place.sk }
}

export function registerIn(item: Item | undefined): Register | undefined {
  return item && { n: Number(item['n']), h: String(item['h']), keys: (item['keys'] ?? []) as string[] }
}

/** Raised when rows of the same document are made differently, so that a rebuild makes them anew. */
const LAYOUT = 1

export function digestOf(common: Common | undefined): string {
  return createHash('sha256')
    .update(JSON.stringify([LAYOUT, common]))
    .digest('base64url')
    .slice(0, 12)
}

/** A register's item. `id` is what its rows' keys end with. */
export function registerItem(place: Key, id: string, { n, h, keys }: Register): Item & Key {
  return { ...registerKey(place), of: id, n, h, keys }
}

/**
 * The keys of all token rows that an item of a customer's partition tells of: give it each item of the partition and delete
 * what it gives back, then the item. Nothing for items that have to do with no token.
 */
export function tokenKeys(item: Item): Key[] {
  if (String(item['sk']).startsWith(PREFIX)) return (registerIn(item)?.keys ?? []).map((short) => longKey(short, String(item['of'])))
  const id = String(item['id'])
  if (!isKnown(item) || !isFixed(id)) return []
  const doc = docOf({ ...item, deletedAt: undefined, erasedAt: undefined }, {})
  return doc ? tokensOf(doc).tokens.map((token) => keyOf(token, id)) : []
}
