import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { dayFrom, later } from '../../kernel/clock.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { event } from '../../kernel/event.ts'
import { viewOf } from '../../kernel/record.ts'
import { dayNumberIn } from '../../kernel/zone.ts'
import { workspaceOf, type Workspace } from '../../platform/workspace/index.ts'
import { modelCells } from '../model/cells.ts'
import { fitRhythm, type RhythmFit } from '../model/fit.ts'
import { modelSpendCells } from '../model/spend-cells.ts'
import { fitSpend } from '../model/spend-fit.ts'
import { dropEmpty, readCells, type Cells } from './cells.store.ts'
import { countingOf } from './count.ts'
import { lastFit, model, MODEL_KEY, MODEL_MEMO } from './model.store.ts'
import { lineOf, typicalStake, type Model } from './model.ts'

export const modelFitted = event('model.fitted', 'The models of rhythm and spend were fitted to the workspace’s customers')

const view = () => viewOf(model)

/** A fit this young is given back as it is: several runs at once make one. Milliseconds. */
const FRESH_MS = 60_000

/**
 * Fits the models to the cells and makes them the workspace's own. Timers that are set stay: each looks with the new
 * model when it fires, and a customer whom the new model would warn of earlier is retimed by their next purchase.
 */
export const fit = action(
  'model.fit',
  () => ({ input: z.strictObject({}), output: view() }),
  async (ctx) => {
    const before = await lastFit(ctx)
    if (before && later(before.fittedAt, FRESH_MS) > ctx.now) return before
    const [{ ready }, workspace] = await Promise.all([countingOf(ctx), workspaceOf(ctx)])
    const cells = await readCells(ctx, ready)
    const fields = fitted(cells, workspace, ctx)
    const { record, change } = before
      ? alter(ctx, model, before, fields, modelFitted)
      : create(ctx, model, fields, modelFitted, { own: MODEL_KEY })
    await commit(ctx, [change], record)
    ctx.memo.drop(MODEL_MEMO)
    await dropEmpty(ctx, cells.empty)
    return record
  },
)

/** The models as they stand; version 0, before the first fit, are the published ones, and say so. */
export const show = action(
  'model.show',
  () => ({ input: z.strictObject({}), output: view() }),
  async (ctx) => {
    const record = await lastFit(ctx)
    if (record) return record
    const start = '1970-01-01T00:00:00.000Z'
    const published = fitted({ rhythm: [], spend: [], empty: [] }, await workspaceOf(ctx), ctx)
    return { ...published, fittedAt: start, id: model.id(MODEL_KEY), version: 0, createdAt: start, updatedAt: start }
  },
)

function fitted(cells: Cells, workspace: Workspace, ctx: Ctx): Model {
  const today = dayNumberIn(ctx.now, workspace.timeZone)
  const seen = modelCells(cells.rhythm, today)
  const rhythm = fitRhythm('mbgnbd', seen)
  const spend = fitSpend(modelSpendCells(cells.spend))
  const { standardErrors, ...amounts } = spend
  return {
    fittedAt: ctx.now,
    observed: dayFrom(today),
    customers: rhythm.customers,
    repeats: rhythm.repeats,
    cells: cells.rhythm.length,
    rhythm: stored(rhythm),
    comparison: stored(fitRhythm('bgnbd', seen)),
    spend: { ...amounts, ...(standardErrors && { standardErrors }) },
    typicalValueMinor: spend.repeaters > 0 ? Math.round(typicalStake(rhythm, spend.params, cells.rhythm, lineOf(workspace))) : 0,
  }
}

function stored({ kind, params, source, logLikelihood, standardErrors, degenerate, why }: RhythmFit): Model['rhythm'] {
  return { kind, params, source, logLikelihood, ...(standardErrors && { standardErrors }), degenerate, why }
}
