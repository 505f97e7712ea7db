import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import { run } from './bulk.actions.ts'

export { newPlan, SameRecord, tokenOf, type Plan } from './plan.ts'

export default module('bulk', {
  verbs: ['write'],
  entities: [],
  events: [],
  routes: [
    route('POST /bulk', run, {
      can: 'bulk:write',
      status: 207,
      summary: 'Carry out up to 100 operations, with a result for each',
      description:
        'Each operation is a POST, PUT, PATCH or DELETE of customers, contacts, purchases, interactions, deals, tickets, tasks or settings, with your own rights for it. They run in their order; one that is refused stops no other. With allOrNone up to 25 go into one transaction, each changing other records.',
      example: {
        operations: [
          { method: 'POST', path: '/customers', body: { name: 'Ada Lovelace', emails: [{ address: 'ada@example.com' }] } },
          { method: 'PUT', path: '/customers/by/erp/C-77', body: { name: 'Grace Hopper' } },
        ],
      },
      faults: ['bulk.too_large'],
    }),
  ],
})
