import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { later } from '../../kernel/clock.ts'
import { alter, commit } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { dueSchema } from '../../kernel/event.ts'
import type { Item } from '../../kernel/table/table.ts'
import { dropCells } from './cells.store.ts'
import { count, countedIn, COUNTING, countingOf, type Counting } from './count.ts'
import { CALM_MS, RECOUNT_ID, recountDone, recountFrom, recounting, recountMoved, recountNow } from './recounting.ts'

/** Items looked at by one call: some seconds of work. */
const ITEMS_A_CALL = 10_000
/** Items of one read of the table. */
const ITEMS_A_READ = 1_000

/**
 * Makes the cells of the statistics anew from every customer's history, one stretch of the table a call: a new generation
 * of cells is filled beside the old one, purchases that arrive meanwhile are counted into it, and fits go on reading the
 * old one until the last stretch is done. Safe to repeat, to stop at any point, and to run twice at once.
 */
export const recount = action(
  'statistics.recount',
  () => ({ input: z.strictObject({}), output: z.object({ done: z.boolean(), looked: z.int(), counted: z.int() }) }),
  async (ctx) => {
    const counting = await begun(ctx)
    let { after } = counting
    let looked = 0
    let counted = 0
    do {
      const page = await ctx.table.scan({ limit: ITEMS_A_READ, ...(after && { after }) })
      counted += await count(
        ctx,
        page.items.map(countedIn).filter((one) => one !== undefined),
      )
      looked += page.items.length
      after = page.last
      if (after) await keepPlace(ctx, counting, after)
    } while (after && looked < ITEMS_A_CALL)
    if (!after) await finish(ctx, counting)
    return { done: !after, looked, counted }
  },
)

/** One stretch of the table. The record is the condition, so its sums count a stretch once; what it counts is safe to count twice. */
export const step = action(
  'recount.step',
  () => ({ input: dueSchema(), output: z.object({ outcome: z.enum(['stepped', 'not_due']) }) }),
  async (ctx, { id }) => {
    const before = id === RECOUNT_ID ? await recountNow(ctx) : undefined
    if (!before?.dueAt || before.dueAt > ctx.now || before.state !== 'running') return { outcome: 'not_due' as const }
    const { done, looked, counted } = await recount.run(ctx, {})
    const sums = { looked: before.looked + looked, counted: before.counted + counted }
    const end = { ...sums, state: 'done' as const, finishedAt: ctx.now, dueAt: null }
    const { change } =
      done && before.again
        ? recountFrom(ctx, before, later(ctx.now, CALM_MS))
        : alter(ctx, recounting, before, done ? end : sums, done ? recountDone : recountMoved)
    await commit(ctx, [change])
    return { outcome: 'stepped' as const }
  },
)

/** The recount on its way, or a new one. */
async function begun(ctx: Ctx): Promise<Counting> {
  const counting = await countingOf(ctx)
  if (counting.recounting) return counting
  const { generation } = counting
  const started = { generation: generation + 1, ready: counting.ready, lost: 0, recounting: true as const }
  const known = await ctx.table.get(COUNTING)
  const unchanged =
    known?.['generation'] === undefined ? { equals: { generation: undefined } } : { equals: { generation, recounting: undefined } }
  const outcome = await ctx.table.write({ put: { ...COUNTING, ...started }, if: unchanged })
  return outcome.ok ? started : begun(ctx)
}

/** Where the next call goes on. Of two runs at once either place will do: what lies between is looked at twice. */
async function keepPlace(ctx: Ctx, { generation }: Counting, after: Item): Promise<void> {
  await ctx.table.write({ update: COUNTING, set: { after }, if: { equals: { generation, recounting: true } } })
}

async function finish(ctx: Ctx, { generation, ready }: Counting): Promise<void> {
  const outcome = await ctx.table.write({
    update: COUNTING,
    set: { ready: generation },
    remove: ['recounting', 'after'],
    if: { equals: { generation, recounting: true } },
  })
  if (outcome.ok && ready !== generation) await dropCells(ctx, ready)
}
