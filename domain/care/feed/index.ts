import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as a from './feed.actions.ts'
import { feed, feedMade, feedRevoked } from './feed.store.ts'

/** A view of one's own tasks, so it goes by the permission to read them. */
export { feed } from './feed.store.ts'

export default module('task', {
  verbs: ['read'],
  entities: [feed],
  events: [feedMade, feedRevoked],
  routes: [
    route('POST /me/calendar', a.make, {
      can: 'task:read',
      summary: 'Make a secret address at which calendar programs read one’s tasks, in place of the one before',
      description: 'The address is in this answer alone. Who has it can read the calendar until it is made anew or revoked.',
      faults: ['feed.people_only'],
    }),
    route('GET /me/calendar', a.show, {
      can: 'task:read',
      summary: 'Whether one has a calendar address, and since when',
      faults: ['feed.not_found', 'feed.people_only'],
    }),
    route('DELETE /me/calendar', a.revoke, {
      can: 'task:read',
      summary: 'Revoke one’s calendar address',
      faults: ['feed.not_found', 'feed.people_only', 'feed.version_differs'],
    }),
    route('GET /calendar/{file}', a.serve, {
      can: 'task:read',
      public: true,
      type: 'text/calendar; charset=utf-8',
      summary: 'The calendar at a secret address, as iCalendar (RFC 5545)',
      description:
        'Open tasks of the person whose address it is, a month back and half a year ahead, and their deals on the day they are to close.',
      faults: ['calendar.not_found'],
    }),
  ],
})
