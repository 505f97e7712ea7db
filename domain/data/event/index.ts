import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as a from './event.actions.ts'

export { append, headOf, named, placeAt, START, stretch, type FeedEntry, type Place } from './feed.ts'
export { eventIn, logged, logItem, toldOf } from './log.ts'
export { mustExist, typePattern, wanted } from './type.ts'

export default module('event', {
  verbs: ['read', 'follow'],
  entities: [],
  events: [],
  routes: [
    route('GET /events', a.feed, {
      can: 'event:follow',
      summary: 'All events in order, from a place on',
      description:
        'Poll it for ever: send `after` of the answer before. Late events come late, none is left out; one may come twice, with the same id.',
      example: { type: 'customer.*', limit: 100 },
      faults: ['event.type_unknown'],
    }),
    route('GET /customers/{id}/events', a.ofOne, {
      can: 'event:read',
      summary: 'What happened to a customer, newest first',
      faults: ['customer.not_found'],
    }),
    route('GET /records/{id}/history', a.history, {
      can: 'event:read',
      summary: 'Who changed what of a record, from what, to what, when',
      example: { field: 'stage' },
      faults: ['record.not_found'],
    }),
  ],
})
