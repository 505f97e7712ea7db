import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import { overview } from './overview.actions.ts'

/** A view of the customer and of all that belongs to them, so it goes by the permission to read customers. */
export default module('customer', {
  verbs: ['read'],
  entities: [],
  events: [],
  routes: [
    route('GET /customers/{id}/overview', overview, {
      can: 'customer:read',
      summary: 'All about a customer in one call: file, totals, open work, latest timeline, and what to do next',
      description: 'Kinds of records that the caller may not read are left out.',
    }),
  ],
})
