import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import { event } from '../../kernel/event.ts'
import { mustMatch, viewOf } from '../../kernel/record.ts'
import { mustKnowTiers } from '../../insight/tier/index.ts'
import { policyShape } from './policy.ts'
import { POLICY_ID, POLICY_MEMO, readPolicy, revisitPolicy } from './policy.store.ts'

export const policyChanged = event('revisit_policy.changed', 'The policy of regular contacts changed')

/** The policy as it stands; version 0 is the product's own. */
export const showPolicy = action('revisit_policy.show', () => ({ input: z.strictObject({}), output: viewOf(revisitPolicy) }), readPolicy)

/** Sets the whole policy, for tiers that there are. Open visits stay; a customer's next one follows it when their plan is looked at, within 14 days. */
export const setPolicy = action(
  'revisit_policy.set',
  () => ({ input: z.strictObject(policyShape()), output: viewOf(revisitPolicy) }),
  async (ctx, input) => {
    const named = Object.keys(input.cadenceDays).map((name) => ({ name, path: `cadenceDays.${name}` }))
    const [before] = await Promise.all([readPolicy(ctx), mustKnowTiers(ctx, named)])
    await mustMatch(ctx, revisitPolicy, before, input)
    const { record, change } =
      before.version === 0
        ? create(ctx, revisitPolicy, input, policyChanged, { own: POLICY_ID.slice(4) })
        : alter(ctx, revisitPolicy, before, input, policyChanged)
    await commit(ctx, [change], record)
    ctx.memo.drop(POLICY_MEMO)
    return record
  },
)
