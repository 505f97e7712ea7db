import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import { myDay } from './day.actions.ts'

export { byScore, ranked, rankedShape, withoutDoubles, type Ranked, type Work } from './rank.ts'
export { ACTIVE_TICKETS, dealWork, offerWork, taskWork, ticketWork, warningWork, type Waiting } from './work.ts'

/** A view of tasks and of what else waits, so it goes by the permission to read tasks. */
export default module('task', {
  verbs: ['read'],
  entities: [],
  events: [],
  routes: [
    route('GET /me/day', myDay, {
      can: 'task:read',
      summary: 'What waits for me today: tasks, warnings, tickets and deals by value at stake',
      faults: ['scope.outside'],
      description: 'Each item says what its score adds up from. `for` names someone of one’s own team.',
    }),
  ],
})
