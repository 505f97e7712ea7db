import { isDeepStrictEqual } from 'node:util'
import type { Ctx } from '../../kernel/context.ts'
import type { Condition, PlainWrite, Write } from '../../kernel/table/expression.ts'
import type { Item, Key } from '../../kernel/table/table.ts'
import { isFixed, type Doc } from './document.ts'
import { readingOf } from './pinyin.ts'
import type { Entry, SearchIndex } from './port.ts'
import { digestOf, registerIn, registerItem, registerKey, type Register } from './register.ts'
import { keyOf, longKey, rowOf, shortKey, type Common, type Token } from './row.ts'
import { tokensOf } from './token.ts'

/** Registers written at once, and keys read. */
const ABREAST = 25
const READ = 100

/** Writes rows that are new or say something else, takes away those that are no more, then notes in the register what there is. */
export const keepInTable: SearchIndex['keep'] = async (ctx, entries) => {
  const registered = entries.filter(({ id }) => !isFixed(id))
  const items = registered.length === 0 ? [] : await ctx.table.getAll(registered.map(({ place }) => registerKey(place)))
  const registers = new Map(registered.map(({ id }, at) => [id, registerIn(items[at])]))
  const plans = (await Promise.all(entries.map((entry) => planOf(ctx, entry, registers.get(entry.id))))).filter((one) => one !== undefined)
  await ctx.table.writeEach(plans.flatMap(({ writes }) => writes))
  const overtaken: string[] = []
  await abreast(plans, async ({ entry, note }) => {
    if (note && !(await ctx.table.write(note)).ok) overtaken.push(entry.id)
  })
  return overtaken
}

interface Plan {
  entry: Entry
  writes: PlainWrite[]
  note?: Write
}

/** What has to be written for a record; nothing when its register says that all is there, and no more is. */
async function planOf(ctx: Ctx, entry: Entry, register: Register | undefined): Promise<Plan | undefined> {
  const { id, doc, place, anew } = entry
  if (!register && !doc && entry.earlier.length === 0) return undefined
  const now = doc ? await made(doc) : undefined
  const rows = new Map((now?.tokens ?? []).map((token) => [shortKey(keyOf(token, id), id), token]))
  const h = digestOf(now?.common)
  const there = new Set(register?.h === h && !anew ? register.keys : [])
  const past = new Set(register?.keys)
  const doubtful = new Set<string>()
  for (const earlier of entry.earlier) {
    const { tokens, common } = await made(earlier)
    for (const token of tokens) {
      const key = shortKey(keyOf(token, id), id)
      past.add(key)
      if (there.has(key) && digestOf(common) !== h) doubtful.add(key)
    }
  }
  const wanted = [...rows].map(([key, token]) => ({ key, row: rowOf(token, id, now?.common ?? { t: '' }) }))
  const wrong = await strayed(
    ctx,
    wanted.filter(({ key }) => doubtful.has(key)),
  )
  const puts = wanted.filter(({ key }) => !there.has(key) || wrong.has(key)).map(({ row }) => ({ put: row }))
  const old = [...past].filter((key) => !rows.has(key)).map((key) => longKey(key, id))
  const kept = doc !== undefined && there.size === rows.size && puts.length === 0
  const gone = kept || !register ? await leftOf(ctx, old) : old
  if (kept && gone.length === 0) return undefined
  const note = isFixed(id) ? undefined : noteOf(place, id, register, doc && { h, keys: [...rows.keys()] })
  return { entry, writes: [...puts, ...gone.map((key) => ({ delete: key }))], ...(note && { note }) }
}

/**
 * Of rows that the register says are there, those that say something else: a run wrote them of the record as it was, broke off
 * before it wrote the register, and the record was again what the register says when it was made good.
 */
async function strayed(ctx: Ctx, rows: readonly { key: string; row: Item & Key }[]): Promise<Set<string>> {
  const items = await readAll(
    ctx,
    rows.map(({ row: { pk, sk } }) => ({ pk, sk })),
  )
  return new Set(rows.flatMap(({ key, row }, at) => (isDeepStrictEqual(items[at], row) ? [] : [key])))
}

/**
 * Rows that are there though no register names them: a run wrote them, broke off before it wrote the register, and the record
 * was another when it was made good. Mostly there are none, and a read is a fifth of a write.
 */
async function leftOf(ctx: Ctx, old: readonly Key[]): Promise<Key[]> {
  const items = await readAll(ctx, old)
  return old.filter((_, at) => items[at] !== undefined)
}

async function readAll(ctx: Ctx, keys: readonly Key[]): Promise<(Item | undefined)[]> {
  const items: (Item | undefined)[] = []
  for (let from = 0; from < keys.length; from += READ) items.push(...(await ctx.table.getAll(keys.slice(from, from + READ))))
  return items
}

/** The register's write, refused when another run wrote it meanwhile; a record that is not to be found has none. */
function noteOf(place: Key, id: string, before: Register | undefined, now: Omit<Register, 'n'> | undefined): Write | undefined {
  const unchanged: Condition = before ? { equals: { n: before.n } } : { absent: true }
  if (now) return { put: registerItem(place, id, { ...now, n: (before?.n ?? 0) + 1 }), if: unchanged }
  return before && { delete: registerKey(place), if: unchanged }
}

export const made = async (doc: Doc): Promise<{ tokens: Token[]; common: Common }> => tokensOf(doc, await readingOf(doc.names[0] ?? ''))

async function abreast<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < items.length; from += ABREAST) await Promise.all(items.slice(from, from + ABREAST).map(work))
}
