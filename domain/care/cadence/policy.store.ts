import * as z from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { KEY_LENGTH } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { newPolicy, policyShape, type Policy } from './policy.ts'

/** How the workspace looks after its customers; the workspace has one. */
export const revisitPolicy = entity({ noun: 'revisit_policy', prefix: 'rpo', home: 'workspace', fields: () => z.object(policyShape()) })
export type PolicyRecord = RecordOf<typeof revisitPolicy>

export const POLICY_ID = revisitPolicy.id('0'.repeat(KEY_LENGTH))
export const POLICY_MEMO = 'revisit policy'

/** The policy as it stands; version 0 is the product's own. */
export async function readPolicy(ctx: Ctx): Promise<PolicyRecord> {
  const item = await ctx.table.get(placeOf(revisitPolicy, POLICY_ID))
  if (item) return recordIn<'revisit_policy', Policy>(item)
  const start = '1970-01-01T00:00:00.000Z'
  return { ...newPolicy, id: POLICY_ID, version: 0, createdAt: start, updatedAt: start }
}

/** The policy and the workspace's time zone, kept by a warm function for half a minute. */
export async function rulesOf(ctx: Ctx): Promise<Rules> {
  const [policy, { timeZone }] = await Promise.all([ctx.memo.get(POLICY_MEMO, ctx.now, () => readPolicy(ctx)), workspaceOf(ctx)])
  return { policy, timeZone }
}
export interface Rules {
  policy: Policy
  timeZone: string
}
