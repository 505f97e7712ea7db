import { Absorbed } from '../../kernel/absorbed.ts'
import { alter, create, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { timeKey } from '../../kernel/id.ts'
import { history, historyChanged, historyOf, historyPlace, salesOf, together, type HistoryRecord } from '../../customer/purchase/index.ts'
import type { History } from '../../customer/purchase/index.ts'
import type { Item } from '../../kernel/table/table.ts'
import type { MergeRecord } from './merge.store.ts'

/** What purchases come to, over a merge and back. */

const DAY_MS = 86_400_000
const PAGE = 1_000

/** Whose history it is: a customer, and whom they absorbed. */
export interface Whose {
  id: string
  absorbed: readonly string[]
}
const all = ({ id, absorbed }: Whose): string[] => [id, ...absorbed]

/**
 * The histories after a merge: the survivor's counts both, the absorbed one's names the survivor. In constant time unless both
 * bought in the same stretch of time: then the purchases of that stretch are read, since a day on which both bought counts once.
 */
export async function sumsMerged(
  ctx: Ctx,
  survivor: Whose & { past: HistoryRecord | undefined },
  absorbed: Whose & { past: HistoryRecord | undefined },
): Promise<{ changes: Change[]; kept: MergeRecord['history'] }> {
  const [mine, theirs] = [live(survivor.past), live(absorbed.past)]
  const beside = [...survivor.absorbed, ...all(absorbed)]
  const next = mine && theirs ? together(mine, theirs, await sharedDays(ctx, survivor, absorbed, mine, theirs)) : (mine ?? theirs)
  const sums = next && { ...plain(next), beside }
  const changes = sums ? [written(ctx, survivor.id, survivor.past, sums)] : []
  const version = sums ? (survivor.past?.version ?? 0) + 1 : undefined
  const kept = { theirs: theirs !== undefined, ...(mine && { before: { ...plain(mine), ...besideOf(mine) } }), ...(version && { version }) }
  return { changes: [...changes, setAside(ctx, survivor.id, absorbed)], kept }
}

const live = (past: HistoryRecord | undefined): HistoryRecord | undefined =>
  past && !past.deletedAt && !past.mergedInto ? past : undefined
const besideOf = ({ beside }: History): { beside?: string[] } => (beside ? { beside } : {})

function written(ctx: Ctx, customerId: string, past: HistoryRecord | undefined, next: History): Change {
  if (!past) return create(ctx, history, next, historyChanged, { customer: customerId, own: '' }).change
  return alter(ctx, history, past, { beside: null, ...next, deletedAt: null }, historyChanged).change
}

/** A purchase recorded at this very moment meets what is written here, even where the absorbed customer had bought nothing. */
function setAside(ctx: Ctx, into: string, { id, past }: Whose & { past: HistoryRecord | undefined }): Change {
  const pointer = { mergedInto: into, deletedAt: ctx.now }
  if (past) return alter(ctx, history, past, pointer, historyChanged).change
  return create(ctx, history, { ...NOTHING, firstAt: ctx.now, lastAt: ctx.now, yearNetAt: ctx.now, ...pointer }, historyChanged, {
    customer: id,
    own: '',
  }).change
}
const NOTHING = { firstDay: 0, lastDay: 0, x: 0, repeatSpend: 0, count: 0, gross: 0, returned: 0, net: 0, yearNet: 0 }

/** The histories after a merge is undone: as they were when nothing was bought or given back since, else made anew from the purchases. */
export async function sumsParted(
  ctx: Ctx,
  survivor: Whose & { past: HistoryRecord | undefined },
  absorbed: Whose & { past: HistoryRecord | undefined },
  kept: MergeRecord['history'],
): Promise<Change[]> {
  if (!absorbed.past) throw new Absorbed(absorbed.id, survivor.id)
  const untouched = survivor.past?.version === kept.version || (survivor.past === undefined && kept.version === undefined)
  const mine = untouched ? (kept.before as History | undefined) : historyOf(await salesOf(ctx, all(survivor)), ctx.now)
  const theirs = untouched ? (kept.theirs ? plain(absorbed.past) : undefined) : historyOf(await salesOf(ctx, all(absorbed)), ctx.now)
  const besides = untouched ? {} : besideIn(survivor)
  return [
    ...(survivor.past ? [mine ? written(ctx, survivor.id, survivor.past, { ...mine, ...besides }) : gone(ctx, survivor.past)] : []),
    theirs
      ? alter(ctx, history, absorbed.past, { ...theirs, ...besideIn(absorbed), mergedInto: null, deletedAt: null }, historyChanged).change
      : alter(ctx, history, absorbed.past, { mergedInto: null }, historyChanged).change,
  ]
}

const besideIn = ({ absorbed }: Whose): { beside?: string[] } => (absorbed.length > 0 ? { beside: [...absorbed] } : {})

function gone(ctx: Ctx, past: HistoryRecord): Change {
  return alter(ctx, history, past, { deletedAt: ctx.now, beside: null }, historyChanged).change
}

/** A history's own sums, without the record's stamp and pointers. */
function plain({ firstDay, lastDay, x, repeatSpend, count, gross, returned, net, firstAt, lastAt, yearNet, yearNetAt }: History): History {
  return { firstDay, lastDay, x, repeatSpend, count, gross, returned, net, firstAt, lastAt, yearNet, yearNetAt }
}

/** Days on which both bought. Reads nothing when one had ended before the other began. */
async function sharedDays(ctx: Ctx, one: Whose, other: Whose, mine: History, theirs: History): Promise<number> {
  const [from, to] = [Math.max(mine.firstDay, theirs.firstDay), Math.min(mine.lastDay, theirs.lastDay)]
  if (from > to) return 0
  const [first, second] = await Promise.all([daysOf(ctx, all(one), from, to), daysOf(ctx, all(other), from, to)])
  return [...first].filter((day) => second.has(day)).length
}

async function daysOf(ctx: Ctx, ids: readonly string[], from: number, to: number): Promise<Set<number>> {
  const days = await Promise.all(ids.map((id) => daysIn(ctx, id, from, to)))
  return new Set(days.flat())
}

/** Days with a purchase between two days, by the workspace's calendar: the keys' time is UTC, so a day more is read on either side. */
async function daysIn(ctx: Ctx, id: string, from: number, to: number): Promise<number[]> {
  const range = { from: `purchase#${timeKey((from - 1) * DAY_MS)}`, to: `purchase#${timeKey((to + 2) * DAY_MS)}` }
  const days: number[] = []
  let after: Item | undefined
  do {
    const { items, last } = await ctx.table.query({ pk: historyPlace(id).pk, ...range, limit: PAGE, ...(after && { after }) })
    for (const item of items)
      if (!item['deletedAt'] && Number(item['day']) >= from && Number(item['day']) <= to) days.push(Number(item['day']))
    after = last
  } while (after)
  return days
}
