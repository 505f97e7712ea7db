import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as a from './user.actions.ts'
import { user } from './user.store.ts'

export { knownUser, membersOf, mustBeActive, peopleOfTeam, user, type User } from './user.store.ts'
export { userChanged, userCreated, userDeleted, userDisabled, userEnabled, userRestored } from './user.actions.ts'
export type { IdentityProvider } from './identity.ts'

const example = { name: 'Grace Hopper', email: 'grace@example.com', roles: ['sales'], language: 'en', timeZone: 'America/New_York' }

export default module('user', {
  verbs: ['read', 'write', 'delete'],
  entities: [user],
  events: [a.userCreated, a.userChanged, a.userDisabled, a.userEnabled, a.userDeleted, a.userRestored],
  routes: [
    route('GET /me', a.me, { can: 'user:read', summary: 'Who the caller is and what they may do' }),
    route('POST /users', a.join, {
      can: 'user:write',
      summary: 'Take a person on',
      example,
      faults: ['user.email_taken', 'role.unknown', 'team.unknown', 'team.full', 'user.admin_only'],
    }),
    route('GET /users', a.list, { can: 'user:read', summary: 'People by name, of all or of a team, or in the bin' }),
    route('GET /users/{id}', a.show, { can: 'user:read', summary: 'One person' }),
    route('PATCH /users/{id}', a.change, {
      can: 'user:write',
      summary: 'Change a person’s details, roles or team',
      example: { roles: ['manager'] },
      faults: [
        'user.version_differs',
        'user.email_taken',
        'role.unknown',
        'team.unknown',
        'team.full',
        'user.own_admin_role',
        'user.admin_only',
      ],
    }),
    route('DELETE /users/{id}', a.bin_, {
      can: 'user:delete',
      summary: 'Put a person in the bin',
      faults: ['user.own_admin_role', 'user.admin_only'],
    }),
    route('POST /users/{id}/restore', a.restore, {
      can: 'user:delete',
      summary: 'Take a person out of the bin',
      faults: ['user.not_deleted', 'user.email_taken', 'team.full'],
    }),
    route('POST /users/{id}/disable', a.disable, {
      can: 'user:write',
      summary: 'Take from a person the power to act',
      faults: ['user.own_admin_role', 'user.admin_only'],
    }),
    route('POST /users/{id}/enable', a.enable, { can: 'user:write', summary: 'Let a person act again', faults: ['user.admin_only'] }),
  ],
})
