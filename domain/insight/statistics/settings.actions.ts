import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { event } from '../../kernel/event.ts'
import { invalid } from '../../kernel/fault.ts'
import { patchOf } from '../../kernel/fields.ts'
import { keysOf } from '../../kernel/id.ts'
import { mustMatch, viewOf } from '../../kernel/record.ts'
import { MODEL_MEMO } from './model.store.ts'
import { insightSettings, newSettings, SETTINGS_ID, SETTINGS_PLACE, settingsIn, settingsShape, type Settings } from './settings.ts'

export const settingsChanged = event('insight.settings_changed', 'What the workspace decides about insight changed')

const view = () => viewOf(insightSettings)
const read = async (ctx: Ctx) => settingsIn(await ctx.table.get(SETTINGS_PLACE))

export const showSettings = action('insight.show_settings', () => ({ input: z.strictObject({}), output: view() }), read)

/** Changes settings. Another `segmentBy` takes effect with the next back-test, which fits the segments. */
export const changeSettings = action(
  'insight.change_settings',
  () => ({ input: z.strictObject(patchOf(settingsShape())), output: view() }),
  async (ctx, patch) => {
    if (Object.keys(patch).length === 0) throw invalid('patch.empty', '', 'Nothing to change was given.')
    const before = await read(ctx)
    await mustMatch(ctx, insightSettings, before, patch)
    const { first } = keysOf(SETTINGS_ID)
    const { record, change } =
      before.version === 0
        ? create(ctx, insightSettings, { ...newSettings, ...given(patch) }, settingsChanged, { own: first })
        : alter(ctx, insightSettings, before, patch, settingsChanged)
    await commit(ctx, [change], record)
    ctx.memo.drop(MODEL_MEMO)
    return record
  },
)

function given(patch: { [K in keyof Settings]?: Settings[K] | undefined }): Partial<Settings> {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined))
}
