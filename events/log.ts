import type { Ctx } from '../domain/kernel/context.ts'
import type { Happened } from '../domain/kernel/event.ts'
import { append, headOf, logItem, named, type FeedEntry } from '../domain/data/event/index.ts'
import type { Item } from '../domain/kernel/table/table.ts'
import { abreast } from './abreast.ts'
import type { Halt, Told } from './stream.ts'

/** Log items written at once; each has its own key, so their order does not matter. */
const WRITES_ABREAST = 8
/** Pages after the one a log item was meant for in which it is looked for: others may have come first that often. */
const PAGES_LATE = 5

type Store = Pick<Ctx, 'table' | 'memo' | 'now'>
type Logged = Told & { event: Happened }

/**
 * Writes the log of what is told, an item an event, and names the events others hear of in the feed. Halts at the first that
 * could not be written; later ones may be written all the same.
 *
 * An item says for which page of the feed it was meant. When a batch comes again, what is in the log already is looked for
 * there, so that it is named once; and since the log is written first, nothing is in the log for good and not in the feed.
 */
export async function writeLog(ctx: Store, told: readonly Told[]): Promise<Halt | undefined> {
  const events = told.filter((one): one is Logged => one.event !== undefined)
  if (events.length === 0) return undefined
  try {
    const page = events.every(({ quiet }) => quiet) ? 0 : (await headOf(ctx)).number + 1
    const { items, before, halt } = await writeItems(ctx, events, page)
    const done = events.map((one, at) => ({ ...one, item: items[at], there: before.get(at) })).filter(({ at }) => !halt || at < halt.at)
    const shown = done.filter(({ quiet }) => !quiet)
    const known = await namedBefore(ctx, shown)
    const fresh = shown.filter(({ item }) => item && !known.has(`${String(item['pk'])}|${String(item['sk'])}`))
    if (fresh.length > 0) await name(ctx, fresh)
    return halt
  } catch (error) {
    return { at: events[0]?.at ?? 0, error }
  }
}

/** Puts the items. @returns them, those that were there before by position, and where it came to a halt */
async function writeItems(ctx: Store, events: readonly Logged[], page: number) {
  const items = events.map(
    ({ place, event, sequence, quiet }): Item => ({
      ...logItem(place, event, { sequence, quiet }),
      ...(!quiet && { page }),
    }),
  )
  const before = new Map<number, Item>()
  const [loud, quiet] = [false, true].map((is) => [...items.entries()].filter(([at]) => Boolean(events[at]?.quiet) === is))
  const put = async ([at, item]: [number, Item]) => {
    const outcome = await ctx.table.write({ put: item, if: { absent: true } })
    if (!outcome.ok) before.set(at, outcome.refused[0]?.item ?? {})
  }
  const [{ errors: failed }, unkept] = await Promise.all([abreast(loud ?? [], WRITES_ABREAST, put), putQuiet(ctx, quiet ?? [])])
  const errors = new Map([...failed].map(([at, error]) => [loud?.[at]?.[0] ?? 0, error]))
  if (unkept) errors.set(unkept.at, unkept.error)
  const first = Math.min(...errors.keys())
  const halt: Halt | undefined = errors.size > 0 ? { at: events[first]?.at ?? 0, error: errors.get(first) } : undefined
  return { items, before, halt }
}

/** Events for the log alone are in no feed, so whether they were there before is no question: many go in one call. */
async function putQuiet({ table }: Store, quiet: readonly [number, Item][]): Promise<{ at: number; error: unknown } | undefined> {
  try {
    await table.writeEach(quiet.map(([, item]) => ({ put: { ...item, pk: String(item['pk']), sk: String(item['sk']) } })))
    return undefined
  } catch (error) {
    return { at: quiet[0]?.[0] ?? 0, error }
  }
}

/** Names events in the feed. Those that came on a much later page than they were meant for are told, so that they are found. */
async function name(ctx: Store, fresh: readonly { item: Item | undefined; there: Item | undefined; event: Happened }[]): Promise<void> {
  const entries = fresh.map(({ item, event }): FeedEntry => ({ type: event.type, pk: String(item?.['pk']), sk: String(item?.['sk']) }))
  const page = await append(ctx, entries)
  const astray = fresh.flatMap(({ item, there }, at) => {
    const meant = Number((there ?? item)?.['page'] ?? 0)
    return page - meant < PAGES_LATE ? [] : (entries[at] ?? [])
  })
  await Promise.all(astray.map(({ pk, sk }) => ctx.table.write({ update: { pk, sk }, set: { page }, if: { present: true } })))
}

/** Of what was in the log before: what the feed names already. */
async function namedBefore(ctx: Store, shown: readonly { there: Item | undefined }[]): Promise<ReadonlySet<string>> {
  const meant = new Set(shown.flatMap(({ there }) => (typeof there?.['page'] === 'number' ? there['page'] : [])))
  const found = await Promise.all([...meant].map((page) => named(ctx.table, page, PAGES_LATE)))
  return new Set(found.flatMap((one) => [...one]))
}
