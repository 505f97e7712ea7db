import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as a from './rating.actions.ts'
import { rating, ratingDeleted, ratingRecorded, ratingRestored } from './rating.store.ts'
import { show, showOf } from './satisfaction.actions.ts'

export { countRating, countReferral } from './count.ts'
export { rating, ratingDeleted, ratingRecorded, ratingRestored, type RatingRecord } from './rating.store.ts'

export default module('satisfaction', {
  verbs: ['read', 'write', 'delete'],
  entities: [rating],
  events: [ratingRecorded, ratingDeleted, ratingRestored],
  routes: [
    route('GET /satisfaction', show, {
      can: 'satisfaction:read',
      summary: 'CSAT, NPS and CES of a period, by tier, lifecycle or country, and loyalty',
      description: 'period: 2026, 2026-Q4 or 2026-11. by: tier, lifecycle or country as they were when the customer answered.',
    }),
    route('GET /customers/{id}/satisfaction', showOf, { can: 'satisfaction:read', summary: 'How satisfied and loyal a customer is' }),
    route('POST /customers/{id}/ratings', a.record, {
      can: 'satisfaction:write',
      summary: 'Record what a customer answered',
      description:
        'csat 1–5, nps 0–10, ces 1–7. An answer with a responseId is recorded once: the same again answers 200 with what is there.',
      example: { kind: 'csat', score: 5, comment: 'Quick and friendly', responseId: 'survey-7781' },
      faults: ['rating.response_taken', 'ticket.unknown'],
    }),
    route('GET /customers/{id}/ratings', a.list, { can: 'satisfaction:read', summary: 'A customer’s ratings, newest first' }),
    route('GET /ratings/{id}', a.show, { can: 'satisfaction:read', summary: 'One rating' }),
    route('DELETE /ratings/{id}', a.bin, {
      can: 'satisfaction:delete',
      summary: 'Put a rating in the bin: it no longer counts',
      faults: ['rating.version_differs'],
    }),
    route('POST /ratings/{id}/restore', a.restore, {
      can: 'satisfaction:delete',
      summary: 'Take a rating out of the bin',
      faults: ['rating.not_deleted', 'rating.response_taken'],
    }),
  ],
})
