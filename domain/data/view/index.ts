import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as a from './view.actions.ts'
import { view, viewChanged, viewDeleted, viewSaved } from './view.store.ts'

const faults = ['filter.unsupported', 'field.unknown', 'view.no_team'] as const

export { view } from './view.store.ts'

export default module('view', {
  verbs: ['read', 'write'],
  entities: [view],
  events: [viewSaved, viewChanged, viewDeleted],
  routes: [
    route('POST /views', a.save, {
      can: 'view:write',
      summary: 'Save a list as you like to see it',
      description: 'Only what the list itself can do: its filters, the fields of its rows, its order.',
      example: {
        kind: 'customers',
        name: 'My leads',
        filters: { ownerId: 'usr_0000000000000000000A', lifecycle: 'lead' },
        columns: ['name', 'phones'],
      },
      faults: [...faults, 'view.too_many'],
    }),
    route('GET /views', a.list, { can: 'view:read', summary: 'The saved views you can use: yours, your team’s, everybody’s' }),
    route('GET /views/{id}', a.show, { can: 'view:read', summary: 'One saved view' }),
    route('PATCH /views/{id}', a.change, {
      can: 'view:write',
      summary: 'Change a saved view',
      example: { columns: ['name', 'lifecycle'], shared: 'team' },
      faults: [...faults, 'view.not_yours'],
    }),
    route('DELETE /views/{id}', a.bin, { can: 'view:write', summary: 'Delete a saved view', faults: ['view.not_yours'] }),
  ],
})
