import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import { patchOf } from '../../kernel/fields.ts'
import { recordIn } from '../../kernel/place.ts'
import { mustMatch, viewOf } from '../../kernel/record.ts'
import { newWorkspace, workspaceShape, type Workspace } from './workspace.ts'
import { workspace, WORKSPACE_ID, type WorkspaceRecord } from './workspace.store.ts'

export const workspaceChanged = event('workspace.changed', 'The workspace’s settings changed')

async function read(ctx: Ctx): Promise<WorkspaceRecord> {
  const item = await ctx.table.get(placeOf(workspace, WORKSPACE_ID))
  if (item) return recordIn<'workspace', Workspace>(item)
  const start = '1970-01-01T00:00:00.000Z'
  return { ...newWorkspace, id: WORKSPACE_ID, version: 0, createdAt: start, updatedAt: start }
}

/** The settings as they stand; version 0 is the product's own defaults. */
export const show = action('workspace.show', () => ({ input: z.strictObject({}), output: viewOf(workspace) }), read)

/** Changes settings. The currency stands once money was recorded in it. */
export const change = action(
  'workspace.change',
  () => ({ input: z.strictObject(patchOf(workspaceShape())), output: viewOf(workspace) }),
  async (ctx, patch) => {
    const before = await read(ctx)
    await mustMatch(ctx, workspace, before, patch)
    const names = patch.customFields?.map((field) => field.name) ?? []
    const twice = names.find((name, at) => names.indexOf(name) !== at)
    if (twice) throw invalid('custom_field.twice', 'customFields', `The field ${twice} is defined twice.`)
    const choiceless = patch.customFields?.find((field) => field.type === 'choice' && !field.choices)
    if (choiceless) throw invalid('custom_field.no_choices', 'customFields', `The choice ${choiceless.name} has no choices.`)
    if (patch.currency && patch.currency !== before.currency && (await ctx.table.get({ pk: 'workspace', sk: 'currency' }))) {
      throw fault('conflict', 'workspace.currency_in_use', `Purchases are already recorded in ${before.currency}.`)
    }
    const { record, change } =
      before.version === 0
        ? create(ctx, workspace, { ...newWorkspace, ...given(patch) }, workspaceChanged, { own: WORKSPACE_ID.slice(4) })
        : alter(ctx, workspace, before, patch, workspaceChanged)
    await commit(ctx, [change], record)
    ctx.memo.drop('workspace')
    return record
  },
)

/** The fields of a patch that say something. */
function given<T extends object>(patch: T): { [K in keyof T]: Exclude<T[K], undefined | null> } {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined && value !== null)) as {
    [K in keyof T]: Exclude<T[K], undefined | null>
  }
}
