import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as a from './role.actions.ts'
import { role } from './role.store.ts'

export { role, roleOf } from './role.store.ts'
export { builtInRoles, type BuiltInRole } from './role.ts'

const example = {
  name: 'key-account',
  description: 'Looks after the largest customers.',
  grants: { '*:read': 'all', 'customer:write': 'team', 'deal:*': 'own' },
}

export default module('role', {
  verbs: ['read', 'write', 'delete'],
  entities: [role],
  events: [a.roleCreated, a.roleChanged, a.roleDeleted, a.roleRestored],
  routes: [
    route('POST /roles', a.define, {
      can: 'role:write',
      summary: 'Define a role',
      example,
      faults: ['role.built_in', 'role.exists', 'role.too_many'],
    }),
    route('GET /roles', a.list, { can: 'role:read', summary: 'Roles by name, built-in ones included, or in the bin' }),
    route('GET /roles/{id}', a.show, { can: 'role:read', summary: 'One role and what it grants' }),
    route('PATCH /roles/{id}', a.change, {
      can: 'role:write',
      summary: 'Change what a role may do',
      example: { grants: { '*:read': 'team' } },
      faults: ['role.version_differs', 'role.built_in'],
    }),
    route('DELETE /roles/{id}', a.bin_, { can: 'role:delete', summary: 'Put a role in the bin', faults: ['role.built_in'] }),
    route('POST /roles/{id}/restore', a.restore, {
      can: 'role:delete',
      summary: 'Take a role out of the bin',
      faults: ['role.built_in', 'role.not_deleted'],
    }),
  ],
})
