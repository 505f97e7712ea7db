import { module } from '../../kernel/module.ts'
import { user } from './user.store.ts'

export { knownUser, peopleOfTeam, user, type User } from './user.store.ts'

export default module('user', { verbs: ['read', 'write', 'delete'], entities: [user], events: [], routes: [] })
