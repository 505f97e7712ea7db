import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import { recommend, together } from './recommendation.actions.ts'

export { learnTogether } from './learn.ts'
export { isTimely, replenishments, sayRhythm, type Bought, type Replenishment } from './replenish.ts'

export default module('recommendation', {
  verbs: ['read'],
  entities: [],
  events: [],
  routes: [
    route('GET /customers/{id}/recommendations', recommend, {
      can: 'recommendation:read',
      summary: 'What to offer a customer next, why, and the purchases behind it',
      faults: ['customer.not_found'],
    }),
    route('GET /products/{sku}/together', together, {
      can: 'recommendation:read',
      summary: 'What is bought together with a product, and what next',
      description: 'Counts are those of the most frequent partners; of a product that sells much only a part of the purchases is counted.',
    }),
  ],
})
