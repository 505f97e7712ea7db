import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import { show } from './profit.actions.ts'

export { readProfit, type Reading } from './profit.actions.ts'
export type { Profit } from './profit.ts'

export default module('profit', {
  verbs: ['read'],
  entities: [],
  events: [],
  routes: [
    route('GET /customers/{id}/profit', show, {
      can: 'profit:read',
      summary: 'What a customer brought and cost in a period, and what the next one is expected to',
      description:
        'period: a year, quarter or month (2026, 2026-Q4, 2026-11); the last 365 days unless given. Each number names its records and formula.',
    }),
  ],
})
