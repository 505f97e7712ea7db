import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { dueSchema } from '../../kernel/event.ts'
import { recordIn } from '../../kernel/place.ts'
import { inspect } from './inspect.ts'
import * as s from './inspection.store.ts'
import { allKinds } from './kinds.ts'
import { step } from './walk.ts'

/** Items of one step: some seconds of work, and well within the capacity that requests leave. */
const ITEMS_A_STEP = 1_000
/** Findings a step writes to the log; the metric counts them all. */
const MOST_SAID = 20

async function current(ctx: Ctx): Promise<s.InspectionRecord | undefined> {
  const item = await ctx.table.get(placeOf(s.inspection, s.inspection.id(s.INSPECTION_KEY)))
  return item && recordIn<'inspection', s.InspectionRecord>(item)
}

/** Begins the look at the whole table, unless one is under way. */
export const begin = action(
  'inspection.begin',
  () => ({ input: z.strictObject({}), output: z.object({}) }),
  async (ctx) => {
    const before = await current(ctx)
    if (before?.state === 'running') return {}
    const fresh = { state: 'running' as const, startedAt: ctx.now, dueAt: ctx.now, items: 0, found: {} }
    const { change } = before
      ? alter(ctx, s.inspection, before, { ...fresh, finishedAt: null, after: null }, s.inspectionBegun)
      : create(ctx, s.inspection, fresh, s.inspectionBegun, { own: s.INSPECTION_KEY })
    await commit(ctx, [change])
    return {}
  },
)

/** Looks at the next stretch of the table. Reads only. What it finds is logged by id and kind of fault. */
export const goOn = action(
  'inspection.go_on',
  () => ({ input: dueSchema(), output: z.object({ drift: z.int() }) }),
  async (ctx) => {
    const before = await current(ctx)
    if (before?.state !== 'running' || before.dueAt === undefined || before.dueAt > ctx.now) return { drift: 0 }
    const { after, place, items, drift, found } = await stretch(ctx, before)
    const facts = { items: before.items + items, found }
    const { change } = after
      ? alter(ctx, s.inspection, before, { ...facts, after: { ...place } }, s.inspectionMoved)
      : alter(ctx, s.inspection, before, { ...facts, state: 'done', finishedAt: ctx.now, dueAt: null, after: null }, s.inspectionDone)
    await commit(ctx, [change])
    return { drift }
  },
)

/** A step that ends where it can be gone on with: stretches that end among sentinels take in the next. */
async function stretch(ctx: Ctx, before: s.InspectionRecord) {
  const found: Record<string, number> = { ...before.found }
  let { after }: { after?: Record<string, unknown> | undefined } = before
  let [items, drift] = [0, 0]
  for (;;) {
    const read = await step(ctx.table, ITEMS_A_STEP, after)
    items += read.items
    for (const piece of read.pieces)
      for (const { invariant, id, words } of await inspect(ctx.table, allKinds(), piece, ctx.now)) {
        found[invariant] = (found[invariant] ?? 0) + 1
        if (drift++ < MOST_SAID) ctx.log.error('drift found', { invariant, id, words })
      }
    after = read.after
    if (!after || read.place) return { after, items, drift, found, ...(read.place && { place: { ...read.place } }) }
  }
}
