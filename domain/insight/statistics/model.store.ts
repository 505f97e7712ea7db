import * as z from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { KEY_LENGTH } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import { modelShape, publishedModel, type CurrentModel, type Model } from './model.ts'
import { SCORE_PLACE, type Score } from './score.ts'
import { SETTINGS_PLACE, settingsIn } from './settings.ts'

/** The models of the workspace: one record, a new version with every fit, the earlier ones in its log. */
export const model = entity({
  noun: 'model',
  prefix: 'mod',
  home: 'workspace',
  single: true,
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

/** Where the models in use, the score chosen and the settings lie: read together, dropped together. */
export const MODEL_MEMO = 'model'

/** The models in use with the settings of insight, kept by a warm function for half a minute, so a read at half the price is as good. One of three items when not kept. */
export function modelOf(ctx: Ctx): Promise<CurrentModel> {
  return ctx.memo.get(MODEL_MEMO, ctx.now, async () => {
    const [fit, chosen, said] = await ctx.table.getAll([placeOf(model, model.id(MODEL_KEY)), SCORE_PLACE, SETTINGS_PLACE], {
      eventual: true,
    })
    const settings = settingsIn(said)
    const tested = chosen && recordIn<'score', Score>(chosen)
    return {
      ...(fit ? currentOf(recordIn<'model', Model>(fit)) : publishedModel),
      settings,
      ...(tested && { score: tested.choice }),
      ...(tested && tested.segmentBy === settings.segmentBy && { segments: tested.segments }),
    }
  })
}

function currentOf({ rhythm, spend, typicalValueMinor, version, customers }: ModelRecord): Omit<CurrentModel, 'settings'> {
  // Without a single repeat purchase a fit knows no price level either.
  const priced = spend.repeaters > 0
  return {
    customers,
    rhythm: { kind: rhythm.kind, params: rhythm.params },
    ...(priced && { spend: spend.params, typicalValueMinor }),
    version,
    source: rhythm.source,
    why: rhythm.why,
  }
}
