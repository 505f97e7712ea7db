import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as a from './customer.actions.ts'
import { customer } from './customer.store.ts'
import { putBy, showBy } from './upsert.ts'

export { customer, fileStands, fileUnmoved, type CustomerRecord } from './customer.store.ts'
export { change as changeCustomer, cleanPatch, list as listCustomers, open as openCustomer, type FilePatch } from './customer.actions.ts'
export { normalised } from './normalise.ts'
export {
  customerNamed,
  differing,
  externalIdsShape,
  isOf,
  namedShape,
  namesOf,
  openedOnce,
  recordNamed,
  whoseShape,
  withName,
  type ExternalId,
} from './external.ts'
export {
  afterPurchase,
  channels,
  type Channel,
  identitiesOf,
  MOST_ABSORBED,
  MOST_ALIASES,
  fileShape,
  birthdayCalendars,
  familyStatuses,
  incomeBands,
  lifecycles,
  type Lifecycle,
  type SomeFields,
} from './customer.ts'
export {
  customerAssigned,
  customerChanged,
  customerCreated,
  customerDeleted,
  customerRestored,
  lifecycleChanged,
} from './customer.actions.ts'

export default module('customer', {
  verbs: ['read', 'write', 'delete', 'assign'],
  entities: [customer],
  events: [a.customerCreated, a.customerChanged, a.customerAssigned, a.lifecycleChanged, a.customerDeleted, a.customerRestored],
  routes: [
    route('POST /customers', a.open, {
      can: 'customer:write',
      summary: 'Open a customer file',
      faults: ['customer.identity_taken', 'customer.duplicate', 'user.unknown'],
      description:
        'Where the workspace’s `duplicates` policy says `warn`, files like the new one come with the answer as `duplicates`; where it says `refuse`, one that is much like another is a 409 unless `allowDuplicate` is sent.',
      example: {
        kind: 'person',
        name: 'Ada Lovelace',
        emails: [{ address: 'ada@example.com', primary: true }],
        phones: [{ number: '+442079460000' }],
      },
    }),
    route('GET /customers', a.list, { can: 'customer:read', summary: 'Customers by name, by account manager, or in the bin' }),
    route('GET /customers/by/{system}/{externalId}', showBy, {
      can: 'customer:read',
      summary: 'The customer with an id in another system',
    }),
    route('PUT /customers/by/{system}/{externalId}', putBy, {
      can: 'customer:write',
      status: 201,
      summary: 'Open or change the file of another system’s customer',
      faults: ['customer.identity_taken', 'customer.version_differs', 'customer.kind_stands', 'customer.needs_name', 'user.unknown'],
      existing: true,
      description: '201 when the file was opened, 200 when it was there. Fields not given stay; what is the same already writes nothing.',
      example: { name: 'Ada Lovelace', emails: [{ address: 'ada@example.com', primary: true }] },
    }),
    route('GET /customers/{id}', a.show, { can: 'customer:read', summary: 'One customer file' }),
    route('PATCH /customers/{id}', a.change, {
      can: 'customer:write',
      summary: 'Change a customer file',
      example: { occupation: 'Analyst', notes: null },
      faults: ['customer.version_differs', 'customer.identity_taken'],
    }),
    route('DELETE /customers/{id}', a.bin_, { can: 'customer:delete', summary: 'Put a customer file in the bin' }),
    route('POST /customers/{id}/restore', a.restore, {
      can: 'customer:delete',
      summary: 'Take a customer file out of the bin',
      faults: ['customer.not_deleted', 'customer.identity_taken'],
    }),
    route('POST /customers/{id}/assign', a.assign, {
      can: 'customer:assign',
      summary: 'Give a customer to an account manager',
      example: { ownerId: 'usr_0000000000000000000A' },
      faults: ['user.unknown'],
    }),
    route('POST /customers/{id}/lifecycle', a.become, {
      can: 'customer:write',
      summary: 'Move a customer to another lifecycle',
      example: { lifecycle: 'prospect', reason: 'Asked for a quote' },
      faults: ['customer.lifecycle_not_possible'],
    }),
  ],
})
