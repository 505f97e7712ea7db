import * as z from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { KEY_LENGTH } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { defaultPolicy, policyShape, type Policy } from './policy.ts'

/** The workspace's tiers: one record, a new version with every change. */
export const tierPolicy = entity({
  noun: 'tierpolicy',
  prefix: 'tpo',
  home: 'workspace',
  fields: () => z.object(policyShape()),
})
export type PolicyRecord = RecordOf<typeof tierPolicy>

/** Own key of the one record. */
export const POLICY_KEY = '0'.repeat(KEY_LENGTH)

/** The policy as it stands; version 0 is the product's own. */
export async function readPolicy(ctx: Ctx): Promise<PolicyRecord> {
  const id = tierPolicy.id(POLICY_KEY)
  const item = await ctx.table.get(placeOf(tierPolicy, id))
  if (item) return recordIn<'tierpolicy', Policy>(item)
  const { currency } = await workspaceOf(ctx)
  const start = '1970-01-01T00:00:00.000Z'
  return { ...defaultPolicy(currency), id, version: 0, createdAt: start, updatedAt: start }
}

/** The same, kept by a warm function for half a minute. */
export function policyOf(ctx: Ctx): Promise<Policy> {
  return ctx.memo.get('tier policy', ctx.now, () => readPolicy(ctx))
}
