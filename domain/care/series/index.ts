import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as a from './series.actions.ts'
import { series, seriesChanged, seriesMoved, seriesOpened, seriesStopped } from './series.store.ts'

export { repeat } from './repeat.ts'
export { series, type SeriesRecord } from './series.store.ts'

/** Series make tasks, so they go by the permissions for tasks. */
export default module('task', {
  verbs: ['read', 'write'],
  entities: [series],
  events: [seriesOpened, seriesChanged, seriesStopped, seriesMoved],
  routes: [
    route('POST /customers/{id}/task-series', a.plan, {
      can: 'task:write',
      summary: 'Plan contacts that repeat',
      example: { title: 'Ask about the machine’s hours', every: { n: 3, unit: 'months' }, start: '2026-12-01' },
      description: 'One task at a time is opened, on the day or the next working one of who does it.',
      faults: ['task_series.never', 'task_series.start_far', 'user.unknown'],
    }),
    route('GET /customers/{id}/task-series', a.list, {
      can: 'task:read',
      summary: 'A customer’s recurring contacts, newest first',
      faults: ['customer.not_found'],
    }),
    route('GET /task-series/{id}', a.show, {
      can: 'task:read',
      summary: 'One series of recurring contacts',
      faults: ['task_series.not_found'],
    }),
    route('PATCH /task-series/{id}', a.change, {
      can: 'task:write',
      summary: 'Change a series: how often, until when, who, what',
      example: { every: { n: 6, unit: 'weeks' }, until: null },
      faults: ['task_series.not_found', 'task_series.stopped', 'task_series.version_differs', 'user.unknown', 'patch.empty'],
    }),
    route('POST /task-series/{id}/stop', a.stop, {
      can: 'task:write',
      summary: 'Stop a series; tasks that are open stay',
      faults: ['task_series.not_found', 'task_series.stopped'],
    }),
  ],
})
