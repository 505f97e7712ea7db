import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { event } from '../../kernel/event.ts'
import { fault } from '../../kernel/fault.ts'
import { facet, page } from '../../kernel/page.ts'
import { mustMatch, viewOf } from '../../kernel/record.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { creating } from '../statistics/index.ts'
import { policyIssues, policyShape, type Policy } from './policy.ts'
import { POLICY_KEY, readPolicy, tierPolicy } from './policy.store.ts'
import { tier } from './tier.store.ts'

export const policyChanged = event('tier.policy_changed', 'The workspace’s tiers changed')

const view = () => viewOf(tierPolicy)

/** The workspace's tiers, from the lowest to the highest. */
export const showPolicy = action('tier.show_policy', () => ({ input: z.strictObject({}), output: view() }), readPolicy)

/**
 * Sets the workspace's tiers as a whole. Members keep the tier they have until a purchase promotes them or it expires;
 * a tier that still has members cannot be left out.
 */
export const setPolicy = action(
  'tier.set_policy',
  () => ({ input: z.strictObject(policyShape()), output: view() }),
  async (ctx, policy) => {
    const [before, { currency }] = await Promise.all([readPolicy(ctx), workspaceOf(ctx)])
    await mustMatch(ctx, tierPolicy, before, policy)
    const issues = policyIssues(policy, currency)
    if (issues.length > 0) throw fault('invalid', 'input.invalid', 'The input is not valid.', { errors: issues })
    await refuseOrphans(ctx, before, policy)
    const { record, change } =
      before.version === 0
        ? create(ctx, tierPolicy, policy, policyChanged, { own: POLICY_KEY })
        : alter(ctx, tierPolicy, before, policy, policyChanged)
    await creating('tierpolicy.exists', () => commit(ctx, [change], record))
    ctx.memo.drop('tier policy')
    return record
  },
)

/** @throws Fault `conflict` when a tier with members would go. One read of a tier left out. */
async function refuseOrphans(ctx: Ctx, before: Policy, after: Policy): Promise<void> {
  const gone = before.tiers.filter(({ name }) => !after.tiers.some((tier) => tier.name === name))
  for (const { name } of gone) {
    const { items } = await page(ctx, facet(tier, name), { limit: 1 })
    if (items.length > 0) throw fault('conflict', 'tier.in_use', `Customers still have the tier ${name}.`, { tier: name })
  }
}
