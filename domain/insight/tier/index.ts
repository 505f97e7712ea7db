import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as e from './events.ts'
import { policyChanged, setPolicy, showPolicy } from './policy.actions.ts'
import { tierPolicy } from './policy.store.ts'
import * as a from './tier.actions.ts'
import { tier } from './tier.store.ts'

export { review } from './due.ts'
export { followFile, promote } from './follow.ts'
export { overrideEnded, tierAtRisk, tierDemoted, tierJoined, tierOverridden, tierPromoted, tierRenewed } from './events.ts'
export { policyOf } from './policy.store.ts'
export { labelOf, rankOf, type Policy, type TierRule } from './policy.ts'
export { tier, type MembershipRecord } from './tier.store.ts'

const policyExample = {
  tiers: [
    {
      name: 'crystal',
      labels: { en: 'Crystal', zh: '水晶' },
      line: { amount: 0, currency: 'USD' },
      keepLine: { amount: 0, currency: 'USD' },
    },
    {
      name: 'gold',
      labels: { en: 'Gold', zh: '黃金' },
      line: { amount: 50_000, currency: 'USD' },
      keepLine: { amount: 40_000, currency: 'USD' },
    },
  ],
  holdDays: 365,
  warnDays: 60,
}

export default module('tier', {
  verbs: ['read', 'override', 'policy'],
  entities: [tier, tierPolicy],
  events: [
    e.tierJoined,
    e.tierPromoted,
    e.tierRenewed,
    e.tierDemoted,
    e.tierAtRisk,
    e.tierOverridden,
    e.overrideEnded,
    e.tierLooked,
    policyChanged,
  ],
  routes: [
    route('GET /tier-policy', showPolicy, { can: 'tier:read', summary: 'The workspace’s tiers, from the lowest to the highest' }),
    route('POST /tier-policy', setPolicy, {
      can: 'tier:policy',
      summary: 'Set the workspace’s tiers as a whole',
      example: policyExample,
      faults: ['tier.in_use', 'tierpolicy.version_differs'],
      description: 'Send If-Match with the version you read to refuse a change that overlooks another one.',
    }),
    route('GET /customers/{id}/tier', a.show, { can: 'tier:read', summary: 'A customer’s tier, why they have it and what comes next' }),
    route('POST /customers/{id}/tier/override', a.override, {
      can: 'tier:override',
      summary: 'Give a customer a tier by hand',
      example: { tier: 'gold', reason: 'Founding customer', until: '2027-06-30' },
    }),
    route('DELETE /customers/{id}/tier/override', a.endOverride, {
      can: 'tier:override',
      summary: 'Take back a tier given by hand',
      faults: ['tier.not_overridden'],
    }),
    route('GET /tiers/{name}/customers', a.members, { can: 'tier:read', summary: 'The customers of a tier, those who came last first' }),
  ],
})
