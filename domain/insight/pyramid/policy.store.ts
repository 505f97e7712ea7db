import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import { fault } from '../../kernel/fault.ts'
import { KEY_LENGTH } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import { mustMatch, viewOf } from '../../kernel/record.ts'
import { defaultPolicy, policyIssues, policyShape, type Policy } from './strategy.ts'

/** The workspace's thresholds: one record, a new version with every change. */
export const pyramidPolicy = entity({
  noun: 'pyramidpolicy',
  prefix: 'ppo',
  home: 'workspace',
  single: true,
  fields: () => z.object(policyShape()),
})
type PolicyRecord = RecordOf<typeof pyramidPolicy>

export const policyChanged = event('pyramid.policy_changed', 'The thresholds of the customer pyramid changed')

const KEY = '0'.repeat(KEY_LENGTH)
const view = () => viewOf(pyramidPolicy)

async function readPolicy(ctx: Ctx): Promise<PolicyRecord> {
  const id = pyramidPolicy.id(KEY)
  const item = await ctx.table.get(placeOf(pyramidPolicy, id))
  if (item) return recordIn<'pyramidpolicy', Policy>(item)
  const start = '1970-01-01T00:00:00.000Z'
  return { ...defaultPolicy, id, version: 0, createdAt: start, updatedAt: start }
}

/** The thresholds as they stand, kept by a warm function for half a minute; version 0 are the product's own. */
export function policyOf(ctx: Ctx): Promise<PolicyRecord> {
  return ctx.memo.get('pyramid policy', ctx.now, () => readPolicy(ctx))
}

export const showPolicy = action('pyramid.show_policy', () => ({ input: z.strictObject({}), output: view() }), readPolicy)

/** Sets the thresholds as a whole. Nothing is written of any customer: strategies are told when asked for. */
export const setPolicy = action(
  'pyramid.set_policy',
  () => ({ input: z.strictObject(policyShape()), output: view() }),
  async (ctx, policy) => {
    const before = await readPolicy(ctx)
    await mustMatch(ctx, pyramidPolicy, before, policy)
    const issues = policyIssues(policy)
    if (issues.length > 0) throw fault('invalid', 'input.invalid', 'The input is not valid.', { errors: issues })
    const { record, change } =
      before.version === 0
        ? create(ctx, pyramidPolicy, policy, policyChanged, { own: KEY })
        : alter(ctx, pyramidPolicy, before, policy, policyChanged)
    await commit(ctx, [change], record)
    ctx.memo.drop('pyramid policy')
    return record
  },
)
