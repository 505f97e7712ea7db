import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as e from './events.ts'
import * as p from './policy.actions.ts'
import { tierPolicy, tierRules } from './policy.store.ts'
import * as a from './tier.actions.ts'
import { tier } from './tier.store.ts'
import { showSimulation, simulate } from './walk.actions.ts'
import { tierWalk } from './walk.store.ts'
import { wordOfMouth } from './word-of-mouth.ts'

export { review } from './due.ts'
export { CLEARED, followFile, membershipChange, promote } from './follow.ts'
export { overrideEnded, tierAtRisk, tierDemoted, tierJoined, tierOverridden, tierPromoted, tierRenewed } from './events.ts'
export { mustKnowTiers, tierPolicy, tierRules, policyOf } from './policy.store.ts'
export { labelOf, rankOf, type Policy, type TierRule } from './policy.ts'
export { tierWalk } from './walk.store.ts'
export { netSpend, tier, type MembershipRecord } from './tier.store.ts'
export { monthsWith, wordOfMouth, type WordOfMouthRecord } from './word-of-mouth.ts'

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
  entities: [tier, tierPolicy, tierRules, tierWalk, wordOfMouth],
  events: [
    e.tierJoined,
    e.tierPromoted,
    e.tierRenewed,
    e.tierDemoted,
    e.tierAtRisk,
    e.tierOverridden,
    e.overrideEnded,
    e.tierLooked,
    e.policyDrafted,
    e.policyChanged,
    e.policyPublished,
    e.policyTookEffect,
    e.policyRetired,
    e.policyBlocked,
    e.policySimulated,
    e.rulesChanged,
    e.walkMoved,
  ],
  routes: [
    route('GET /tier-policy', p.showRules, { can: 'tier:read', summary: 'The tiers in force, from the lowest to the highest' }),
    route('GET /tier-policies', p.list, { can: 'tier:read', summary: 'The versions of the workspace’s tiers, the latest first' }),
    route('POST /tier-policies', p.draft, {
      can: 'tier:policy',
      summary: 'Draft a version of the workspace’s tiers',
      example: policyExample,
      description: 'It changes nothing until it is published.',
    }),
    route('GET /tier-policies/{id}', p.show, { can: 'tier:read', summary: 'One version of the workspace’s tiers' }),
    route('PATCH /tier-policies/{id}', p.change, {
      can: 'tier:policy',
      summary: 'Change a draft',
      example: { holdDays: 180 },
      faults: ['tier_policy.not_a_draft', 'tierpolicy.version_differs'],
    }),
    route('POST /tier-policies/{id}/simulate', simulate, {
      can: 'tier:policy',
      status: 202,
      summary: 'Find out whom a version would move, and the revenue touched',
      example: {},
      faults: ['tier_policy.not_a_draft'],
      description: 'Walks over the customers in the background; read the result at GET /tier-policies/{id}/simulation.',
    }),
    route('GET /tier-policies/{id}/simulation', showSimulation, {
      can: 'tier:read',
      summary: 'Whom a version would move from where to where, as far as it is known',
      faults: ['simulation.not_found'],
    }),
    route('POST /tier-policies/{id}/publish', p.publish, {
      can: 'tier:policy',
      summary: 'Publish a version, for now or for a date to come',
      example: { effectiveAt: '2027-01-01T00:00:00Z' },
      faults: ['tier.in_use', 'tier_policy.not_a_draft', 'tierpolicy.version_differs', 'effective_at.past', 'effective_at.too_late'],
      description:
        'Promotions go by it from then on, also of those who have reached a line already; nobody drops before their tier expires.',
    }),
    route('GET /customers/{id}/tier', a.show, { can: 'tier:read', summary: 'A customer’s tier, why they have it and what comes next' }),
    route('POST /customers/{id}/tier/override', a.override, {
      can: 'tier:override',
      summary: 'Give a customer a tier by hand',
      example: { tier: 'gold', reason: 'Founding customer', until: '2027-06-30' },
      faults: ['tier.unknown', 'until.past', 'until.too_late'],
    }),
    route('DELETE /customers/{id}/tier/override', a.endOverride, {
      can: 'tier:override',
      summary: 'Take back a tier given by hand',
      faults: ['tier.not_overridden'],
    }),
    route('GET /tiers/{name}/customers', a.members, { can: 'tier:read', summary: 'The customers of a tier, those who came last first' }),
  ],
})
