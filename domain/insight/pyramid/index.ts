import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import { policyChanged, pyramidPolicy, setPolicy, showPolicy } from './policy.store.ts'
import { show, showOf } from './pyramid.actions.ts'

export { pyramidPolicy, policyOf as pyramidPolicyOf } from './policy.store.ts'
export { meanings, potentialBand, strategies, strategyOf, valueBand, type Band, type Strategy } from './strategy.ts'

export default module('pyramid', {
  verbs: ['read', 'policy'],
  entities: [pyramidPolicy],
  events: [policyChanged],
  routes: [
    route('GET /pyramid', show, { can: 'pyramid:read', summary: 'Customers by value now and potential, with the strategy for each' }),
    route('GET /customers/{id}/pyramid', showOf, {
      can: 'pyramid:read',
      summary: 'A customer’s place in the pyramid and what it means, explained',
    }),
    route('GET /pyramid-policy', showPolicy, { can: 'pyramid:read', summary: 'The thresholds of the pyramid' }),
    route('POST /pyramid-policy', setPolicy, {
      can: 'pyramid:policy',
      summary: 'Set the thresholds of the pyramid',
      example: { value: { highFrom: 5, lowTo: 2 }, potential: { highFrom: 4, lowTo: 2 } },
      faults: ['pyramidpolicy.version_differs'],
      description: 'In quintiles. Send If-Match with the version you read to refuse a change that overlooks another one.',
    }),
  ],
})
