import { placeOf } from '../../kernel/entity.ts'
import { KEY_LENGTH } from '../../kernel/id.ts'
import type { Item, Key, Table } from '../../kernel/table/table.ts'
import type { Piece } from './finding.ts'

/** The whole table, partition after partition. */

/** Items of one partition that are looked at together; of a larger one each record is looked at without its log and sums. */
export const MOST_ITEMS = 20_000
/** Items of one page of a partition. */
const PAGE = 1_000

/**
 * Partitions whose key is a record's own: safe to write down as the place a walk has come to. Sentinels have people's addresses in
 * their keys.
 */
const NAMELESS = new RegExp(`^[a-z_]+#[0-9A-Za-z]{${KEY_LENGTH}}$`)

export interface Step {
  pieces: Piece[]
  /** Items read. */
  items: number
  /** Partitions too large to be looked at whole. */
  large: number
  /** Where the walk goes on in this process; absent at the end. */
  after?: Item
  /** Where it may go on later: a key without anything personal. */
  place?: Key
}

/** The next partitions after a place, each whole unless it is too large. Reads about `limit` items, more when the last partition goes on. */
export async function step(table: Table, limit: number, after?: Item): Promise<Step> {
  const { items, last } = await table.scan({ limit, ...(after && { after }) })
  const groups = [...Map.groupBy(items, (item) => String(item['pk']))]
  const parts = new Set(groups.filter(([pk]) => pk === after?.['pk']).map(([pk]) => pk))
  const final = groups.at(-1)
  if (last && final && !parts.has(final[0])) {
    const [pk, some] = final
    const rest = await restOf(table, pk, String(some.at(-1)?.['sk']), MOST_ITEMS - some.length)
    if (rest) some.push(...rest)
    else parts.add(pk)
  }
  const pieces: Piece[] = []
  for (const [pk, all] of groups) pieces.push({ pk, items: all, whole: !parts.has(pk), beside: await besideOf(table, all) })
  const read = { pieces, items: pieces.reduce((sum, one) => sum + one.items.length, 0), large: parts.size }
  // A page may be empty and there is more.
  if (last && !final) return { ...read, after: last }
  const end = final?.[1].at(-1)
  if (!last || !end) return read
  const safe = groups.findLast(([pk]) => NAMELESS.test(pk))?.[1].at(-1)
  return { ...read, after: keyIn(end), ...(safe && { place: keyIn(safe) }) }
}

const keyIn = (item: Item): Key & Item => ({ pk: String(item['pk']), sk: String(item['sk']) })

/** What of a partition lies after a key; undefined when it is more than `most`. */
async function restOf(table: Table, pk: string, sk: string, most: number): Promise<Item[] | undefined> {
  const rest: Item[] = []
  let after: Item | undefined
  do {
    const page = await table.query({ pk, from: `${sk}\u0000`, limit: PAGE, ...(after && { after }) })
    rest.push(...page.items)
    if (rest.length > most) return undefined
    after = page.last
  } while (after)
  return rest
}

/** One partition, read anew and strongly; undefined when it is too large. */
export async function pieceOf(table: Table, pk: string): Promise<Piece | undefined> {
  const items = await restOf(table, pk, '', MOST_ITEMS)
  return items && { pk, items, whole: true, beside: await besideOf(table, items) }
}

/** Purchases of the customers merged into this one. */
async function besideOf(table: Table, items: readonly Item[]): Promise<Item[]> {
  const ids = (items.find((item) => item['noun'] === 'history')?.['beside'] ?? []) as string[]
  const found: Item[] = []
  for (const id of ids) {
    const { pk } = placeOf({ noun: 'customer', home: 'workspace' }, id)
    let after: Item | undefined
    do {
      const page = await table.query({ pk, begins: 'purchase#', limit: PAGE, ...(after && { after }) })
      found.push(...page.items)
      after = page.last
    } while (after)
  }
  return found
}
