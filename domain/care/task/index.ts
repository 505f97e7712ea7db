import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as a from './task.actions.ts'
import { task } from './task.store.ts'

export {
  carries,
  causes,
  causesOf,
  joined,
  moreUrgent,
  NOBODY,
  PLANNED,
  priorities,
  raised,
  without,
  type Cause,
  type FurtherCause,
  type Joining,
  type Outcome,
  type Priority,
  type Task,
} from './task.ts'
export { customerFacet, task, taskAt, taskKeyFor, type TaskRecord } from './task.store.ts'
export { list as listTasks } from './task.actions.ts'
export { taskCancelled, taskChanged, taskDeleted, taskDone, taskOpened, taskOverdue, taskReopened, taskRestored } from './task.actions.ts'
export { cancelAll, escalate, followOwner } from './task.reactions.ts'

export default module('task', {
  verbs: ['read', 'write', 'delete'],
  entities: [task],
  events: [
    a.taskOpened,
    a.taskChanged,
    a.taskDone,
    a.taskCancelled,
    a.taskReopened,
    a.taskOverdue,
    a.taskWaits,
    a.taskDeleted,
    a.taskRestored,
  ],
  routes: [
    route('POST /customers/{id}/tasks', a.plan, {
      can: 'task:write',
      summary: 'Plan a contact with a customer',
      example: { title: 'Call about the new collection', dueAt: '2026-12-01T09:00:00Z', priority: 'normal' },
      faults: ['user.unknown', 'due_at.too_far'],
    }),
    route('GET /customers/{id}/tasks', a.listOfCustomer, { can: 'task:read', summary: 'A customer’s tasks by due time' }),
    route('GET /tasks', a.list, { can: 'task:read', summary: 'A person’s tasks by due time; one’s own unless an owner is named' }),
    route('GET /tasks/{id}', a.show, { can: 'task:read', summary: 'One task' }),
    route('PATCH /tasks/{id}', a.change, {
      can: 'task:write',
      summary: 'Change an open task',
      example: { dueAt: '2026-12-02T09:00:00Z' },
      faults: ['task.closed', 'task.version_differs', 'user.unknown', 'due_at.too_far'],
    }),
    route('POST /tasks/{id}/done', a.done, {
      can: 'task:write',
      summary: 'Record what came of the contact',
      faults: ['task.closed'],
      example: { outcome: 'reached', note: 'Will come in on Saturday.' },
    }),
    route('POST /tasks/{id}/cancel', a.cancel, {
      can: 'task:write',
      summary: 'Cancel a task',
      example: { reason: 'The customer wrote by themselves.' },
      faults: ['task.closed'],
    }),
    route('POST /tasks/{id}/reopen', a.reopen, {
      can: 'task:write',
      summary: 'Take back the closing of a task',
      faults: ['task.not_closed'],
    }),
    route('DELETE /tasks/{id}', a.bin_, { can: 'task:delete', summary: 'Put a task in the bin' }),
    route('POST /tasks/{id}/restore', a.restore, {
      can: 'task:delete',
      summary: 'Take a task out of the bin',
      faults: ['task.not_deleted'],
    }),
  ],
})
