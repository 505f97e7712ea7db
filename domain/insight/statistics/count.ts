import type { Ctx } from '../../kernel/context.ts'
import type { Change, Projection } from '../../kernel/event.ts'
import type { Item, Key } from '../../kernel/table/table.ts'
import { addToCell, cellAdds, type CountedState } from './cells.store.ts'
import { recountLater } from './recounting.ts'
import { noteNewcomers } from './sample.ts'

/**
 * Which generation of cells purchases are counted into, and which one fits read. They differ only while a recount is
 * on its way. `after` is where that recount stands, `lost` how many changes failed to reach a cell since the last one.
 */
export interface Counting {
  generation: number
  ready: number
  lost: number
  after?: Item
  recounting?: true
}

export const COUNTING: Key = { pk: 'statistics', sk: 'counting' }

export async function countingOf(ctx: Ctx): Promise<Counting> {
  const item = await ctx.table.get(COUNTING)
  return { ...item, generation: Number(item?.['generation'] ?? 1), ready: Number(item?.['ready'] ?? 1), lost: Number(item?.['lost'] ?? 0) }
}

/** A customer's history as the statistics need it; no `state` when it holds no purchase any more. */
export interface Counted {
  pk: string
  version: number
  state?: CountedState
}

/** Where a customer's history lies, among what else is theirs. */
const HISTORY = '!history'

/** The history in an item of the table; undefined when the item is something else, such as an entry of its log. */
export function countedIn(item: Item | undefined): Counted | undefined {
  if (item?.['noun'] !== 'history' || item['sk'] !== HISTORY) return undefined
  const { pk, version, deletedAt } = item
  const state = deletedAt ? undefined : stateIn(item)
  return { pk: String(pk), version: Number(version), ...(state && { state }) }
}

function stateIn(item: Item): CountedState | undefined {
  const { net } = item
  const [firstDay, lastDay, x, repeatSpend] = ['firstDay', 'lastDay', 'x', 'repeatSpend'].map((name) => item[name])
  if (typeof firstDay !== 'number' || typeof lastDay !== 'number' || typeof x !== 'number' || typeof repeatSpend !== 'number')
    return undefined
  return { firstDay, lastDay, x, repeatSpend, ...(typeof net === 'number' && { net }) }
}

/** Customers whose marks are written at once. */
const AT_ONCE = 25

/**
 * Keeps the cells up to date with purchases, from the table's stream. Beside each customer's history lies a mark of what
 * was last counted of it: version, generation of cells, and the state. The mark is written first, on the condition that
 * it is older, and hands back what it replaces; the cells then get the difference. So a change told twice, late or out of
 * order counts once, and a change never told is made good by the next one.
 *
 * Cost: 1 write for the mark, 1 for each cell left and entered: 3 units a purchase at most; cells that several customers of one batch share are written once. A first purchase: 1 for the mark, 1 for the cell, 1 for
 * the note that the customer may be sampled.
 *
 * What can drift: a function killed between a mark and its cells loses that difference for the customers in flight (25 at
 * most), and a cell whose answer was lost on the network may be added to twice. Cells that fail are counted in `lost`,
 * and a recount makes all cells anew from the histories a while later.
 */
export const countPurchases: Projection = {
  name: 'statistics.count',
  async project(ctx: Ctx, changes: readonly Change[]): Promise<void> {
    const latest = new Map<string, Counted>()
    for (const { after } of changes) {
      const counted = countedIn(after)
      const known = counted && latest.get(counted.pk)
      if (counted && (!known || known.version < counted.version)) latest.set(counted.pk, counted)
    }
    await count(ctx, [...latest.values()])
  },
}

/** Marks customers as counted and moves them between the cells of the newest generation. @returns how many were not counted before */
export async function count(ctx: Ctx, customers: readonly Counted[]): Promise<number> {
  let counted = 0
  for (let from = 0; from < customers.length; from += AT_ONCE) counted += await countSome(ctx, customers.slice(from, from + AT_ONCE))
  return counted
}

async function countSome(ctx: Ctx, customers: readonly Counted[]): Promise<number> {
  const { generation } = await countingOf(ctx)
  const marks = await Promise.all(customers.map((one) => mark(ctx, one, generation)))
  const moves = marks.filter((one) => one !== undefined && one !== 'look again')
  await noteNewcomers(
    ctx,
    customers.flatMap(({ pk }, at) => (isNewcomer(marks[at]) ? [pk] : [])),
  )
  const results = await Promise.allSettled(cellAdds(generation, moves).map((adds) => addToCell(ctx, adds)))
  const failed = results.filter((result) => result.status === 'rejected').length
  if (failed > 0) await noteLoss(ctx, failed)
  const again = customers.filter((_, at) => marks[at] === 'look again')
  return moves.length + (again.length > 0 ? await count(ctx, await reread(ctx, again)) : 0)
}

/** Whether a mark is the first of its customer, in this generation of cells. */
function isNewcomer(marked: Move | 'look again' | undefined): boolean {
  return typeof marked === 'object' && marked.from === undefined && marked.to !== undefined
}

async function reread(ctx: Ctx, customers: readonly Counted[]): Promise<Counted[]> {
  const items = await ctx.table.getAll(customers.map(({ pk }) => ({ pk, sk: HISTORY })))
  return items.map(countedIn).filter((one) => one !== undefined)
}

async function noteLoss(ctx: Ctx, failed: number): Promise<void> {
  ctx.log.error('statistics cells were not updated; they will be counted anew', { failed })
  await ctx.table.write({ update: COUNTING, add: { lost: failed } })
  await recountLater(ctx)
}

interface Move {
  from?: CountedState
  to?: CountedState
}

/**
 * Writes a customer's mark unless it was counted already, and tells what it replaced. `look again`: what we hold was
 * overtaken, by a later purchase or by a recount that began meanwhile.
 */
async function mark(ctx: Ctx, customer: Counted, generation: number): Promise<Move | 'look again' | undefined> {
  const { pk, version, state } = customer
  const item = { pk, sk: 'counted', v: version, g: generation, ...(state && { state }) }
  const first = await ctx.table.write({ put: item, if: { lessThan: { v: version, g: generation + 1 } } }, { returns: 'old' })
  if (first.ok) return moveOf(first.item, generation, state)
  const there = first.refused[0]?.item
  const [v, g] = [Number(there?.['v']), Number(there?.['g'])]
  if (g === generation) return undefined
  if (g > generation) return v < version ? 'look again' : undefined
  if (v > version) return 'look again'
  // The same version, counted in an earlier generation: a recount brings it into this one.
  const again = await ctx.table.write({ put: item, if: { equals: { v: version, g } } }, { returns: 'old' })
  return again.ok ? moveOf(again.item, generation, state) : 'look again'
}

/** From the cell it was in, if that is of the same generation, to the cell it belongs in. */
function moveOf(before: Item | undefined, generation: number, to: CountedState | undefined): Move {
  const counted = before?.['g'] === generation ? stateIn((before['state'] ?? {}) as Item) : undefined
  return { ...(counted && { from: counted }), ...(to && { to }) }
}
