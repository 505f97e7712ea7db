import { entity, type RecordOf } from '../../kernel/entity.ts'
import type { Ctx } from '../../kernel/context.ts'
import { KEY_LENGTH } from '../../kernel/id.ts'
import { placeOf } from '../../kernel/entity.ts'
import { recordIn } from '../../kernel/place.ts'
import { newWorkspace, workspaceShape, type Workspace } from './workspace.ts'
import * as z from 'zod'

export const workspace = entity({
  noun: 'workspace',
  prefix: 'wsp',
  home: 'workspace',
  fields: () => z.object(workspaceShape()),
})
export type WorkspaceRecord = RecordOf<typeof workspace>

/** The one workspace of a deployment. */
export const WORKSPACE_ID = workspace.id('0'.repeat(KEY_LENGTH))

/** The workspace's settings, kept by a warm function for half a minute. One read of at most one unit when not kept. */
export function workspaceOf(ctx: Ctx): Promise<Workspace> {
  return ctx.memo.get('workspace', ctx.now, async () => {
    const item = await ctx.table.get(placeOf(workspace, WORKSPACE_ID))
    return item ? recordIn<'workspace', Workspace>(item) : newWorkspace
  })
}
