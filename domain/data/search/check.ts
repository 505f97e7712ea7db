import { isDeepStrictEqual } from 'node:util'
import type { Instant } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { KEY_LENGTH, keysOf } from '../../kernel/id.ts'
import type { Item, Key } from '../../kernel/table/table.ts'
import { childNouns, docOf, isFixed, isKnown, type Doc } from './document.ts'
import { standing } from './keep.ts'
import { digestOf, isRegister, registerIn, registerKey } from './register.ts'
import { rowIn, rowOf, shortKey } from './row.ts'
import { made } from './table-keep.ts'

/**
 * Whether the index is what the records say: every row they are to have is there as it must be, and no other. It follows the table's
 * stream, so of what changed since a moment nothing is said.
 */

/** Keys of one read. */
const READ = 100

type Reader = Pick<Ctx, 'table'>

/** A record of which the index holds something else than it should. */
export interface Astray {
  id: string
  place: Key
  /** What is wrong, in words without a value. */
  words: string
}

/**
 * Records of a customer's whole partition that are not kept as they say: by their registers, then by each row, read eventually. Half
 * a read unit a row: about nine a customer.
 * @param since of records changed since then, or whose customer was, nothing is said
 */
export async function astray(ctx: Reader, items: readonly Item[], since: Instant): Promise<Astray[]> {
  const bySk = new Map(items.map((item) => [String(item['sk']), item]))
  const file = bySk.get('!customer')
  const found: Astray[] = []
  const rows: { of: Astray; row: Item & Key }[] = []
  for (const item of items.filter(isRecord)) {
    const [id, place] = [String(item['id']), placeIn(item)]
    const told = await docIn(ctx, item, file, bySk.get(threadKey(id)))
    if (told.changedAt >= since) continue
    const said = await saying(told.doc, id)
    const wrong = isFixed(id) ? undefined : registerWrong(bySk.get(registerKey(place).sk), said)
    if (wrong !== undefined) found.push({ id, place, words: wrong })
    else
      for (const row of said?.rows ?? [])
        rows.push({ of: { id, place, words: 'a row by which search finds it is not as it should be' }, row })
  }
  const seen = new Set<string>()
  for (let from = 0; from < rows.length; from += READ) {
    const some = rows.slice(from, from + READ)
    const there = await ctx.table.getAll(
      some.map(({ row }) => ({ pk: row.pk, sk: row.sk })),
      { eventual: true },
    )
    for (const [at, { of, row }] of some.entries()) {
      if (isDeepStrictEqual(there[at], row) || seen.has(of.id)) continue
      seen.add(of.id)
      found.push(of)
    }
  }
  return found
}

/** Rows of a partition of the index that no record is to have. Half a read unit for each record they name. */
export async function ghosts(
  ctx: Reader,
  items: readonly Item[],
  placeOfId: (id: string) => Key | undefined,
  since: Instant,
): Promise<(Key & { id: string })[]> {
  const found: (Key & { id: string })[] = []
  // What an id of a kind that this code does not know leads to is for the code that wrote it to say.
  const rows = items.flatMap((item) => {
    const { id } = rowIn(item)
    const place = placeOfId(id)
    return place ? [{ row: placeIn(item), id, place }] : []
  })
  for (let from = 0; from < rows.length; from += READ) {
    const some = rows.slice(from, from + READ)
    const keys = some.flatMap(({ id, place }) => (isFixed(id) ? [] : [registerKey(place)]))
    const registers = new Map(
      (await ctx.table.getAll(keys, { eventual: true })).map((item) => [String(item?.['of']), registerIn(item)?.keys]),
    )
    const doubtful = some.filter(({ row, id }) => !registers.get(id)?.includes(shortKey(row, id)))
    for (let at = 0; at < doubtful.length; at += DOUBTFUL) found.push(...(await unwanted(ctx, doubtful.slice(at, at + DOUBTFUL), since)))
  }
  return found
}

/** Rows read with their records in one call: three keys each. */
const DOUBTFUL = Math.floor(READ / 3)

/** Those that their records, as they stand, are not to have: a row is written a moment before the register that names it. */
async function unwanted(
  ctx: Reader,
  rows: readonly { row: Key; id: string; place: Key }[],
  since: Instant,
): Promise<(Key & { id: string })[]> {
  const keys = rows.flatMap(({ id, place }) => {
    const file = placeOf({ noun: 'customer', home: 'workspace' }, `cus_${keysOf(id).first}`)
    const thread = threadKey(id)
    return [place, file, thread === '' ? place : { pk: place.pk, sk: thread }]
  })
  const items = await ctx.table.getAll(keys)
  const found: (Key & { id: string })[] = []
  for (const [at, { row, id }] of rows.entries()) {
    const told = await docIn(ctx, items[at * 3], items[at * 3 + 1], items[at * 3 + 2])
    if (told.changedAt >= since) continue
    const said = await saying(told.doc, id)
    if (!said?.keys.has(shortKey(row, id))) found.push({ ...row, id })
  }
  return found
}

const isRecord = (item: Item): boolean => isKnown(item) && item['ev'] !== undefined && !isRegister(item)
const placeIn = (item: Item): Key => ({ pk: String(item['pk']), sk: String(item['sk']) })

/** Where the ticket of a message lies in its partition; of other records nowhere. */
function threadKey(id: string): string {
  const { prefix, second } = keysOf(id)
  return prefix === 'msg' ? `ticket#${second.slice(0, KEY_LENGTH)}` : ''
}

/** What the index is to be told of a record, and when that last changed: with itself, its customer, or the ticket of a message. */
async function docIn(
  ctx: Reader,
  item: Item | undefined,
  file: Item | undefined,
  thread: Item | undefined,
): Promise<{ doc: Doc | undefined; changedAt: Instant }> {
  const stands = await standing(ctx, item, file)
  const times = [item, file, stands, thread].flatMap((one) => (one ? String(one['updatedAt']) : [])).sort()
  return { doc: docOf(item, stands, thread), changedAt: times.at(-1) ?? '' }
}

/** The rows that a document is found by, and what its register says of them. */
async function saying(doc: Doc | undefined, id: string): Promise<{ rows: (Item & Key)[]; keys: Set<string>; h: string } | undefined> {
  if (!doc) return undefined
  const { tokens, common } = await made(doc)
  const rows = [...new Map(tokens.map((token) => rowOf(token, id, common)).map((row) => [shortKey(row, id), row])).entries()]
  return { rows: rows.map(([, row]) => row), keys: new Set(rows.map(([key]) => key)), h: digestOf(common) }
}

function registerWrong(item: Item | undefined, said: { keys: Set<string>; h: string } | undefined): string | undefined {
  const register = registerIn(item)
  if (!said) return register && 'search still finds it, though it is not to be found'
  if (!register) return 'search does not find it'
  const same = register.h === said.h && register.keys.length === said.keys.size && register.keys.every((key) => said.keys.has(key))
  return same ? undefined : 'search finds it by something else than it says'
}

/** Whether a partition holds records that search knows. */
export const isSearched = (items: readonly Item[]): boolean =>
  items.some(({ noun }) => noun === 'customer' || childNouns.includes(String(noun)))

/** Whether a partition is one of the index. */
export const isIndex = (pk: string): boolean => pk.startsWith('find#')
