import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { later, type Instant } from '../../kernel/clock.ts'
import { alter, commit, create, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import { fault } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { KEY_LENGTH } from '../../kernel/id.ts'
import { untilFresh } from '../../kernel/invoke.ts'
import { recordIn } from '../../kernel/place.ts'
import { viewOf } from '../../kernel/record.ts'

/** Recounts in the background: asked for by a person, or begun by itself when changes failed to reach a cell. */

export const recountBegun = event('recount.begun', 'The statistics behind the models are being made anew')
export const recountDone = event('recount.done', 'The statistics behind the models were made anew')
/** Housekeeping: a stretch of a recount. */
export const recountMoved = event('recount.moved', 'A recount went on', { published: false })

const recountShape = () => ({
  state: z.enum(['running', 'done']),
  looked: z.int().min(0).describe('items of the table looked at'),
  counted: z.int().min(0).describe('customers brought into the statistics'),
  startedAt: f.instant(),
  finishedAt: f.instant().optional(),
  /** Changes were lost while it ran: another one follows. */
  again: z.literal(true).optional(),
  dueAt: f.instant().optional(),
})

/** The recount of the workspace: one at a time, due for as long as it goes on. */
export const recounting = entity({
  noun: 'recount',
  prefix: 'rct',
  home: 'workspace',
  single: true,
  fields: () => z.object(recountShape()),
  due: { on: ['dueAt'], key: ({ dueAt }) => (dueAt ? { job: 'recounts', at: dueAt } : undefined) },
})
export type Recounting = RecordOf<typeof recounting>

/** Own key of the one record. */
const ONE = '0'.repeat(KEY_LENGTH)
/** What made a cell fail may go on for a while: so long a recount waits that begins by itself. Milliseconds. */
export const CALM_MS = 5 * 60_000
export const RECOUNT_ID = recounting.id(ONE)

const view = () => viewOf(recounting)

/** The recount under way, or the last one. */
export async function recountNow(ctx: Ctx): Promise<Recounting | undefined> {
  const item = await ctx.table.get(placeOf(recounting, RECOUNT_ID))
  return item && recordIn<'recount', Recounting>(item)
}

/** The change that begins a recount. */
export function recountFrom(ctx: Ctx, before: Recounting | undefined, dueAt: Instant): { record: Recounting; change: Change } {
  const fields = { state: 'running' as const, looked: 0, counted: 0, startedAt: ctx.now, dueAt }
  if (!before) return create(ctx, recounting, fields, recountBegun, { own: ONE })
  return alter(ctx, recounting, before, { ...fields, finishedAt: null, again: null }, recountBegun)
}

/** Begins a recount; one under way is answered as it stands. */
export const start = action(
  'recount.start',
  () => ({ input: z.strictObject({}), output: view() }),
  async (ctx) => {
    const before = await recountNow(ctx)
    if (before?.state === 'running') return before
    const { record, change } = recountFrom(ctx, before, ctx.now)
    return commit(ctx, [change], record)
  },
)

/** How far the recount is, or how the last one ended. */
export const show = action(
  'recount.show',
  () => ({ input: z.strictObject({}), output: view() }),
  async (ctx) => {
    const record = await recountNow(ctx)
    if (record) return record
    throw fault('missing', 'recount.not_found', 'The statistics were never made anew.')
  },
)

/** Has the statistics made anew since changes failed to reach a cell: in a while, or once more after the recount under way. */
export function recountLater(ctx: Ctx): Promise<unknown> {
  return untilFresh(async () => {
    const before = await recountNow(ctx)
    // One that has yet to begin will see what is lost until then.
    if (before?.again || (before?.dueAt !== undefined && before.dueAt > ctx.now)) return
    const { change } =
      before?.state === 'running'
        ? alter(ctx, recounting, before, { again: true }, recountMoved)
        : recountFrom(ctx, before, later(ctx.now, CALM_MS))
    await commit(ctx, [change])
  })
}
