import type { Ctx } from '../../kernel/context.ts'
import { pause } from '../../kernel/table/refusal.ts'
import type { Item, Key, Table } from '../../kernel/table/table.ts'

/**
 * The order in which the product has seen its events: pages numbered without a gap, each naming the log items of one batch
 * of the stream. Page n+1 is written only by who has read or written page n, and each only if it is not there, so a reader
 * who has come to a place has missed nothing before it, whichever functions write at the same time. Read strongly, in the
 * base table: an index could show a later event before an earlier one.
 */
const FEED = 'feed'
const PAGE_DIGITS = 12
/** Writers who meet at a page give way to each other this often before the batch is handed over again. */
const TRIES = 12

/** An event as a page names it. */
export interface FeedEntry extends Key {
  type: string
}
/** A page: its number, when it was written (never before the one before it), and what it names. */
export interface FeedPage {
  number: number
  at: string
  entries: readonly FeedEntry[]
}

/** A place in the feed: behind so many entries of a page. */
export interface Place {
  page: number
  index: number
}
export const START: Place = { page: 1, index: 0 }

type Store = Pick<Ctx, 'table' | 'memo' | 'now'>
type Head = Pick<FeedPage, 'number' | 'at'>

const pageKey = (number: number): Key => ({ pk: FEED, sk: `page#${String(number).padStart(PAGE_DIGITS, '0')}` })

/** Names are kept as one text each, `type|pk|sk`: a third less than as maps, and a page is paid by the kilobyte. */
const textOf = ({ type, pk, sk }: FeedEntry): string => `${type}|${pk}|${sk}`

function entryOf(text: string): FeedEntry {
  const [type = '', pk = '', sk = ''] = text.split('|')
  return { type, pk, sk }
}

function pageIn(item: Item): FeedPage {
  const number = Number(String(item['sk']).slice('page#'.length))
  return { number, at: String(item['at']), entries: (item['events'] as string[]).map(entryOf) }
}

/** The latest page; number 0 when there is none. Half a unit to three, as long as that page is. */
export async function latest(table: Table): Promise<Head> {
  const { items } = await table.query({ pk: FEED, begins: 'page#', limit: 1, descending: true })
  return items[0] ? pageIn(items[0]) : { number: 0, at: '' }
}

/** The latest page as a warm function knows it. Others may have written meanwhile. */
export function headOf({ table, memo, now }: Store): Promise<Head> {
  return memo.get('feed head', now, () => latest(table))
}

/**
 * Appends a page. One write of a unit per eleven events or so, and no read by a warm function that nobody came before.
 * @returns the page's number
 * @throws Error when others were always first
 */
export async function append(ctx: Store, entries: readonly FeedEntry[]): Promise<number> {
  const events = entries.map(textOf)
  for (let tries = 1; tries <= TRIES; tries++) {
    const head = await headOf(ctx)
    const number = head.number + 1
    const at = ctx.now > head.at ? ctx.now : head.at
    const outcome = await ctx.table.write({ put: { ...pageKey(number), at, events }, if: { absent: true } })
    const there = outcome.ok ? events : outcome.refused[0]?.item?.['events']
    ctx.memo.drop('feed head')
    // The same events at this very page: our own write, whose answer was lost.
    if (JSON.stringify(there) === JSON.stringify(events)) {
      await ctx.memo.get('feed head', ctx.now, () => Promise.resolve({ number, at }))
      return number
    }
    await pause(tries)
  }
  throw new Error('the feed is being written by many at once')
}

/** Whether the pages from one on name these log items: those written again and named before. @param pages how many to look at */
export async function named(table: Table, from: number, pages: number): Promise<ReadonlySet<string>> {
  const { items } = await table.query({ pk: FEED, from: pageKey(from).sk, to: pageKey(from + pages - 1).sk, limit: pages })
  return new Set(items.flatMap((item) => pageIn(item).entries.map(({ pk, sk }) => `${pk}|${sk}`)))
}

/** Pages looked at by one call, in steps, and entries after which it stops: a filter that fits little reads no more than this. */
const STEPS = [10, 40, 50]
const MOST_ENTRIES = 1_000

/**
 * What a stretch of the feed holds, up to a number of entries that fit, where it ends, and whether there is more behind.
 * @param end the page before which it ends in any case
 */
export async function stretch(
  table: Table,
  after: Place,
  limit: number,
  fits: (entry: FeedEntry) => boolean,
  end = 10 ** PAGE_DIGITS,
): Promise<{ entries: FeedEntry[]; place: Place; more: boolean }> {
  const entries: FeedEntry[] = []
  let place = after
  let seen = 0
  for (const step of STEPS) {
    if (place.page >= end) break
    const { items } = await table.query({ pk: FEED, from: pageKey(place.page).sk, to: pageKey(end - 1).sk, limit: step })
    for (const page of items.map(pageIn)) {
      const first = page.number === place.page ? place.index : 0
      for (let index = first; index < page.entries.length; index++) {
        const entry = page.entries[index]
        if (entry && fits(entry)) entries.push(entry)
        if (entries.length === limit || ++seen >= MOST_ENTRIES) {
          const last = index + 1 === page.entries.length
          return { entries, place: last ? { page: page.number + 1, index: 0 } : { page: page.number, index: index + 1 }, more: true }
        }
      }
      place = { page: page.number + 1, index: 0 }
    }
    if (items.length < step) return { entries, place, more: false }
  }
  return { entries, place, more: place.page < end }
}

/** The place before everything seen at a time or later. About twenty reads in a feed of a million pages. */
export async function placeAt(table: Table, at: string): Promise<Place> {
  let [low, high] = [1, (await latest(table)).number + 1]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const item = await table.get(pageKey(middle))
    if (item && pageIn(item).at < at) low = middle + 1
    else high = middle
  }
  return { page: low, index: 0 }
}
