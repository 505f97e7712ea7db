import * as z from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { KEY_LENGTH } from '../../kernel/id.ts'
import { facet, list } from '../../kernel/page.ts'
import { recordIn } from '../../kernel/place.ts'
import { defaultPipeline, pipelineShape } from './pipeline.ts'

/** The stages a workspace's deals go through. */
export const pipeline = entity({
  noun: 'pipeline',
  prefix: 'pip',
  home: 'workspace',
  fields: () => z.object(pipelineShape()),
  row: ['name', 'stages'],
  list: { on: ['name'], key: ({ name }) => ({ facet: 'all', order: name.toLowerCase() }) },
})
export type PipelineRecord = RecordOf<typeof pipeline>

/** The pipeline of deals that name none. Shipped in code (version 0) until the workspace changes it. */
export const DEFAULT_PIPELINE = pipeline.id('0'.repeat(KEY_LENGTH))

/** Pipelines a workspace may add, so that all of them are one small read. */
export const MOST_PIPELINES = 50

const shipped = (): PipelineRecord => {
  const start = '1970-01-01T00:00:00.000Z'
  return { ...defaultPipeline, id: DEFAULT_PIPELINE, version: 0, createdAt: start, updatedAt: start }
}

/** A pipeline as it stands, a deleted one too. One strong read. */
export async function readPipeline(ctx: Pick<Ctx, 'table'>, id: string): Promise<PipelineRecord | undefined> {
  if (!pipeline.is(id)) return undefined
  const item = await ctx.table.get(placeOf(pipeline, id))
  if (item) return recordIn<'pipeline', PipelineRecord>(item)
  return id === DEFAULT_PIPELINE ? shipped() : undefined
}

/** A pipeline by id, kept for half a minute; a deleted one is still known, since closed deals went through it. */
export function pipelineOf(ctx: Pick<Ctx, 'memo' | 'now' | 'table'>, id: string): Promise<PipelineRecord | undefined> {
  return ctx.memo.get(`pipeline ${id}`, ctx.now, () => readPipeline(ctx, id))
}

/** Every pipeline there is, the shipped one included. One read of the list. */
export async function allPipelines(ctx: Ctx): Promise<(Partial<PipelineRecord> & { id: PipelineRecord['id'] })[]> {
  const { items } = await list(ctx, pipeline, facet(pipeline, 'all'), { limit: 2 * MOST_PIPELINES })
  return items.some((one) => one.id === DEFAULT_PIPELINE) ? items : [shipped(), ...items]
}
