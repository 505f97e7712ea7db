import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as a from './team.actions.ts'
import { team } from './team.store.ts'

export { team, type TeamRecord } from './team.store.ts'

export default module('team', {
  verbs: ['read', 'write', 'delete'],
  entities: [team],
  events: [a.teamCreated, a.teamChanged, a.teamDeleted, a.teamRestored],
  routes: [
    route('POST /teams', a.form, { can: 'team:write', summary: 'Form a team', example: { name: 'South' }, faults: ['user.unknown'] }),
    route('GET /teams', a.list, { can: 'team:read', summary: 'Teams by name, or in the bin' }),
    route('GET /teams/{id}', a.show, { can: 'team:read', summary: 'One team' }),
    route('PATCH /teams/{id}', a.change, {
      can: 'team:write',
      summary: 'Change a team',
      example: { name: 'South and west' },
      faults: ['team.version_differs', 'user.unknown'],
    }),
    route('DELETE /teams/{id}', a.bin_, {
      can: 'team:delete',
      summary: 'Put a team without members in the bin',
      faults: ['team.has_members'],
    }),
    route('POST /teams/{id}/restore', a.restore, {
      can: 'team:delete',
      summary: 'Take a team out of the bin',
      faults: ['team.not_deleted'],
    }),
    route('GET /teams/{id}/members', a.members, { can: 'team:read', summary: 'A team’s people by name' }),
  ],
})
