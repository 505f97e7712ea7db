import { module } from '../../kernel/module.ts'
import { role } from './role.store.ts'

export { roleOf } from './role.store.ts'
export { builtInRoles, type BuiltInRole } from './role.ts'

export default module('role', { verbs: ['read', 'write', 'delete'], entities: [role], events: [], routes: [] })
