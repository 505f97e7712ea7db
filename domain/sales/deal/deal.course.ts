import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { dueSchema } from '../../kernel/event.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { recordIn } from '../../kernel/place.ts'
import { find, idOf } from '../../kernel/record.ts'
import { pipeline, pipelineOf, stageOf } from '../pipeline/index.ts'
import { byId, livePipeline, mustBeOpen, namedStage, needed, view, weighed } from './deal.actions.ts'
import { lostReasons } from './deal.ts'
import { deal, dealLooked, dealLost, dealReopened, dealStageChanged, dealStale, dealWon, type DealRecord } from './deal.store.ts'
import { close, enter, lacking, reopen as reopened, staleAt } from './progress.ts'

/** Moves an open deal to another stage, of its pipeline or of another one. Where it is already, nothing changes. */
export const moveTo = action(
  'deal.stage',
  () => ({ input: z.strictObject({ ...byId(), stage: f.slug(), pipelineId: idOf(pipeline).optional() }), output: view() }),
  async (ctx, { id, stage: name, pipelineId }) => {
    const before = await find(ctx, deal, id)
    mustBeOpen(before)
    const place = { pipelineId: pipelineId ?? before.pipelineId, stage: name }
    if (place.pipelineId === before.pipelineId && place.stage === before.stage) return before
    const stage = namedStage(await livePipeline(ctx, place.pipelineId), name)
    const missing = lacking(stage.requiredFields, before)
    if (missing.length > 0) {
      throw fault('conflict', 'deal.fields_missing', `To enter ${name}, set ${missing.join(', ')}.`, {
        missing,
        errors: missing.map(needed),
      })
    }
    const step = { ...enter(before, place, stage, ctx.now), staleSince: null }
    const { record, change } = alter(ctx, deal, before, { ...step, ...weightAfter(before, step.probability) }, dealStageChanged)
    return commit(ctx, [change], record)
  },
)

const winInput = () => z.strictObject({ ...byId(), reason: f.line(300), closedAt: f.instant().optional().describe('now when left out') })

/** Closes a deal as won. */
export const win = action(
  'deal.win',
  () => ({ input: winInput(), output: view() }),
  async (ctx, { id, reason, closedAt }) => {
    const before = await find(ctx, deal, id)
    mustBeOpen(before)
    const step = close(before, 'won', pastOrNow(ctx, closedAt))
    const { record, change } = alter(ctx, deal, before, { ...step, wonReason: reason, ...weightAfter(before, 1) }, dealWon)
    return commit(ctx, [change], record)
  },
)

const loseInput = () =>
  z.strictObject({
    ...byId(),
    reason: z.enum(lostReasons),
    note: f.line(300).optional(),
    closedAt: f.instant().optional().describe('now when left out'),
  })

/** Closes a deal as lost, for a reason that can be counted and a note for people. */
export const lose = action(
  'deal.lose',
  () => ({ input: loseInput(), output: view() }),
  async (ctx, { id, reason, note, closedAt }) => {
    const before = await find(ctx, deal, id)
    mustBeOpen(before)
    const step = close(before, 'lost', pastOrNow(ctx, closedAt))
    const { record, change } = alter(
      ctx,
      deal,
      before,
      { ...step, lostReason: reason, lostNote: note ?? null, ...weightAfter(before, 0) },
      dealLost,
    )
    return commit(ctx, [change], record)
  },
)

/** Opens a closed deal again, in the stage it was closed in. */
export const reopen = action(
  'deal.reopen',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, deal, id)
    if (before.state === 'open') throw fault('conflict', 'deal.not_closed', 'This deal is open.')
    const through = await pipelineOf(ctx, before.pipelineId)
    const step = reopened(before, through && stageOf(through, before.stage), ctx.now)
    const { record, change } = alter(ctx, deal, before, { ...step, ...weightAfter(before, step.probability) }, dealReopened)
    return commit(ctx, [change], record)
  },
)

/**
 * Looks at a deal whose time has come: marks it stale once if it has not left its stage, or looks again when it will have.
 * A deal that was closed, deleted or moved meanwhile is left alone.
 */
export const age = action(
  'deal.age',
  () => ({ input: dueSchema(), output: z.object({}) }),
  async (ctx, { id }) => {
    const item = deal.is(id) ? await ctx.table.get(placeOf(deal, id)) : undefined
    const before = item && !item['deletedAt'] ? recordIn<'deal', DealRecord>(item) : undefined
    if (!before?.staleCheckAt || before.staleCheckAt > ctx.now) return {}
    const through = await pipelineOf(ctx, before.pipelineId)
    const due = staleAt(before, through && stageOf(through, before.stage)) ?? ctx.now
    const { change } =
      due > ctx.now
        ? alter(ctx, deal, before, { staleCheckAt: due }, dealLooked)
        : alter(ctx, deal, before, { staleCheckAt: null, staleSince: due }, dealStale)
    return commit(ctx, [change], {})
  },
)

function weightAfter(before: DealRecord, probability: number) {
  return { weighted: weighed({ ...(before.value && { value: before.value }), probability }).weighted ?? null }
}

/** The moment of a deal's end: now, or one that has passed. @throws Fault `invalid` */
function pastOrNow(ctx: Ctx, given: string | undefined): string {
  const at = given === undefined ? ctx.now : new Date(given).toISOString()
  if (at > ctx.now) throw invalid('deal.closed_in_future', 'closedAt', 'A deal closes now or has closed before.')
  return at
}
