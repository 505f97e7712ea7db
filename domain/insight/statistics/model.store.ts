import * as z from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { KEY_LENGTH } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import { modelShape, publishedModel, type CurrentModel, type Model } from './model.ts'

/** The models of the workspace: one record, a new version with every fit, the earlier ones in its log. */
export const model = entity({
  noun: 'model',
  prefix: 'mod',
  home: 'workspace',
  fields: () => z.object(modelShape()),
})
export type ModelRecord = RecordOf<typeof model>

/** Own key of the one record. */
export const MODEL_KEY = '0'.repeat(KEY_LENGTH)

/** The last fit; undefined before the first. */
export async function lastFit(ctx: Ctx): Promise<ModelRecord | undefined> {
  const item = await ctx.table.get(placeOf(model, model.id(MODEL_KEY)))
  return item && recordIn<'model', Model>(item)
}

/** The models in use, kept by a warm function for half a minute. One read when not kept. */
export function modelOf(ctx: Ctx): Promise<CurrentModel> {
  return ctx.memo.get('model', ctx.now, async () => {
    const fit = await lastFit(ctx)
    return fit ? currentOf(fit) : publishedModel
  })
}

function currentOf({ rhythm, spend, typicalValueMinor, version }: ModelRecord): CurrentModel {
  // Without a single repeat purchase a fit knows no price level either.
  const priced = spend.repeaters > 0
  return {
    rhythm: { kind: rhythm.kind, params: rhythm.params },
    ...(priced && { spend: spend.params, typicalValueMinor }),
    version,
    source: rhythm.source,
    why: rhythm.why,
  }
}
