import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { event } from '../../kernel/event.ts'
import { fault, invalid, missing } from '../../kernel/fault.ts'
import { patchOf } from '../../kernel/fields.ts'
import { bin, facet, few, list as listPage, pageInput, pageOf, rowView } from '../../kernel/page.ts'
import { find, idOf, mustMatch, viewOf } from '../../kernel/record.ts'
import { pipelineShape, repeatedStages, stretchOf, type Stage } from './pipeline.ts'
import { allPipelines, DEFAULT_PIPELINE, MOST_PIPELINES, pipeline, readPipeline, type PipelineRecord } from './pipeline.store.ts'

export const pipelineCreated = event('pipeline.created', 'A pipeline was defined')
export const pipelineChanged = event('pipeline.changed', 'A pipeline or its stages changed')
export const pipelineDeleted = event('pipeline.deleted', 'A pipeline was put in the bin')
export const pipelineRestored = event('pipeline.restored', 'A pipeline was taken out of the bin')

const view = () => viewOf(pipeline)
const byId = () => ({ id: idOf(pipeline) })

export const define = action(
  'pipeline.create',
  () => ({ input: z.strictObject(pipelineShape()), output: view() }),
  async (ctx, input) => {
    mustBeDistinct(input.stages)
    if ((await allPipelines(ctx)).length > MOST_PIPELINES)
      throw fault('conflict', 'pipeline.too_many', `A workspace has at most ${MOST_PIPELINES} pipelines.`)
    const { record, change } = create(ctx, pipeline, input, pipelineCreated)
    return commit(ctx, [change], record)
  },
)

/** A pipeline; version 0 is the one the product ships. */
export const show = action(
  'pipeline.show',
  () => ({ input: z.strictObject(byId()), output: view() }),
  (ctx, { id }) => live(ctx, id),
)

/** Changes a pipeline. Deals keep the probability they entered their stage with. */
export const change = action(
  'pipeline.change',
  () => ({ input: z.strictObject({ ...byId(), ...patchOf(pipelineShape()) }), output: view() }),
  async (ctx, { id, ...patch }) => {
    if (Object.keys(patch).length === 0) throw invalid('patch.empty', '', 'Nothing to change was given.')
    const before = await live(ctx, id)
    await mustMatch(ctx, pipeline, before, patch)
    if (patch.stages) await mayReplace(ctx, before, patch.stages)
    const { record, change } =
      before.version === 0
        ? create(ctx, pipeline, { name: patch.name ?? before.name, stages: patch.stages ?? before.stages }, pipelineChanged, {
            own: id.slice(4),
          })
        : alter(ctx, pipeline, before, patch, pipelineChanged)
    await commit(ctx, [change], record)
    ctx.memo.drop(`pipeline ${id}`)
    return record
  },
)

/** Puts a pipeline without open deals in the bin. */
export const bin_ = action(
  'pipeline.delete',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    if (id === DEFAULT_PIPELINE) throw fault('conflict', 'pipeline.is_default', 'The default pipeline can be changed, not deleted.')
    const before = await find(ctx, pipeline, id)
    await mustMatch(ctx, pipeline, before, {})
    if (await holdsOpenDeals(ctx, id))
      throw fault('conflict', 'pipeline.in_use', 'Open deals are in this pipeline. Close or move them first.')
    const { record, change } = alter(ctx, pipeline, before, { deletedAt: ctx.now }, pipelineDeleted)
    await commit(ctx, [change], record)
    ctx.memo.drop(`pipeline ${id}`)
    return record
  },
)

export const restore = action(
  'pipeline.restore',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, pipeline, id, { deleted: true })
    if (!before.deletedAt) throw fault('conflict', 'pipeline.not_deleted', 'This pipeline is not in the bin.')
    const { record, change } = alter(ctx, pipeline, before, { deletedAt: null }, pipelineRestored)
    await commit(ctx, [change], record)
    ctx.memo.drop(`pipeline ${id}`)
    return record
  },
)

const listInput = () => z.strictObject({ ...pageInput(), deleted: z.enum(['true', 'false']).optional().describe('what is in the bin') })

/** Every pipeline by name, the shipped one included, or those in the bin, latest first. */
export const list = action(
  'pipeline.list',
  () => ({ input: listInput(), output: pageOf(rowView(pipeline)) }),
  async (ctx, input) =>
    input.deleted === 'true'
      ? listPage(ctx, pipeline, bin(pipeline), input, { descending: true })
      : few(ctx, pipeline, await allPipelines(ctx), 'name', input),
)

async function live(ctx: Ctx, id: string): Promise<PipelineRecord> {
  const found = await readPipeline(ctx, id)
  if (!found || found.deletedAt) throw missing('pipeline', id)
  return found
}

function mustBeDistinct(stages: readonly Stage[]): void {
  const [twice] = repeatedStages(stages)
  if (twice !== undefined) throw invalid('pipeline.stage_twice', 'stages', `The stage ${twice} is there twice.`)
}

/** Refuses to take away stages that open deals are in. */
async function mayReplace(ctx: Ctx, before: PipelineRecord, stages: readonly Stage[]): Promise<void> {
  mustBeDistinct(stages)
  const removed = before.stages.filter((stage) => !stages.some((one) => one.name === stage.name)).map((stage) => stage.name)
  const busy = await Promise.all(removed.map((stage) => holdsOpenDeals(ctx, before.id, stage)))
  const used = removed.filter((_, at) => busy[at])
  if (used.length > 0)
    throw fault('conflict', 'pipeline.stage_in_use', `Open deals are in ${used.join(', ')}. Move them first.`, { stages: used })
}

/**
 * Whether open deals are in a pipeline or in one stage of it: one query for one row. The index follows a moment later,
 * so a deal that enters at this very instant may be left in a stage that is gone; every rule of deals bears that.
 */
async function holdsOpenDeals(ctx: Ctx, pipelineId: string, stage?: string): Promise<boolean> {
  const found = await Promise.all(
    facet({ noun: 'deal' }, 'open', stretchOf(pipelineId, stage)).map((one) => ctx.table.query({ ...one, limit: 1 })),
  )
  return found.some(({ items }) => items.length > 0)
}
