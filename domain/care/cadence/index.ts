import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import { ask, takeBack } from './ask.actions.ts'
import { show } from './cadence.actions.ts'
import { cadence, cadenceMoved } from './cadence.store.ts'
import { policyChanged, setPolicy, showPolicy } from './policy.actions.ts'
import { newPolicy } from './policy.ts'
import { revisitPolicy } from './policy.store.ts'

export { comeDue, planShape, planView } from './cadence.actions.ts'
export { contact, reconsider, settle } from './cadence.reactions.ts'
export { followMerge } from './merged.reactions.ts'
export { cadence, standingIn, type CadenceRecord } from './cadence.store.ts'
export { newPolicy, type Policy } from './policy.ts'
export { revisitPolicy, rulesOf, type Rules } from './policy.store.ts'
export { roomFrom } from './room.ts'
export { followPurchase, followTicket } from './asked.reactions.ts'
export { want, withdraw } from './asked.ts'
export type { Want } from './want.ts'
export { calm, warn } from './warned.ts'

export default module('cadence', {
  verbs: ['read', 'write', 'ask'],
  entities: [cadence, revisitPolicy],
  events: [cadenceMoved, policyChanged],
  routes: [
    route('GET /customers/{id}/cadence', show, { can: 'cadence:read', summary: 'When a customer is contacted next, and why' }),
    route('POST /customers/{id}/cadence/ask', ask, {
      can: 'cadence:ask',
      status: 200,
      summary: 'Ask for a contact in time: before a contract ends, for a check, after a complaint kept elsewhere',
      description:
        'For your own systems and people. It becomes a visit on a working day of the account manager, or joins the one that is open. Asked again with another day, it moves.',
      example: { cause: 'contract', reference: 'C-2026-17', day: '2027-03-31', daysBefore: 60 },
      faults: ['customer.not_found', 'cadence.too_many', 'too_far', 'too_late'],
    }),
    route('POST /customers/{id}/cadence/withdraw', takeBack, {
      can: 'cadence:ask',
      status: 200,
      summary: 'Take back a contact that was asked for',
      example: { cause: 'contract', reference: 'C-2026-17', reason: 'The contract was prolonged without an end' },
      faults: ['customer.not_found'],
    }),
    route('GET /revisit-policy', showPolicy, {
      can: 'cadence:read',
      summary: 'How often customers of each tier are contacted, and what else asks for a contact',
    }),
    route('POST /revisit-policy', setPolicy, {
      can: 'cadence:write',
      summary: 'Set how often customers of each tier are contacted, and what else asks for a contact',
      example: { ...newPolicy },
      description: 'Sets the policy as a whole. Send If-Match with the version you read to refuse a change that overlooks another one.',
      faults: ['revisit_policy.version_differs'],
    }),
  ],
})
