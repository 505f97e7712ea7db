import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import { population, populationMeasured } from './population.store.ts'
import { show, showOf } from './rfm.actions.ts'

export { population, measureAll, populationOf } from './population.store.ts'
export { ALIVE, potentialOf, type Month, type Population } from './population.ts'
export { scoreOf, SCORES } from './quintile.ts'
export { scoresOf, type Scores } from './rfm.actions.ts'

export default module('rfm', {
  verbs: ['read'],
  entities: [population],
  events: [populationMeasured],
  routes: [
    route('GET /rfm', show, {
      can: 'rfm:read',
      summary: 'Recency, frequency and money: cut points, and customers by score',
      description: 'Quintiles of all customers with a purchase, from counts kept with the purchases; a large workspace is measured daily.',
    }),
    route('GET /customers/{id}/rfm', showOf, { can: 'rfm:read', summary: 'A customer’s recency, frequency and money scores, explained' }),
  ],
})
