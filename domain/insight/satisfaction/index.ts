import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as a from './rating.actions.ts'
import { rating, ratingDeleted, ratingRecorded, ratingRestored } from './rating.store.ts'
import * as m from './measurement.actions.ts'
import { measurement, measurementDone, measurementMoved } from './measurement.store.ts'
import { show, showOf } from './satisfaction.actions.ts'

export { step as stepMeasurement } from './measurement.actions.ts'
export { countRating, countReferral } from './count.ts'
export { measurement } from './measurement.store.ts'
export { rating, ratingDeleted, ratingRecorded, ratingRestored, type RatingRecord } from './rating.store.ts'

export default module('satisfaction', {
  verbs: ['read', 'write', 'delete'],
  entities: [rating, measurement],
  events: [ratingRecorded, ratingDeleted, ratingRestored, measurementMoved, measurementDone],
  routes: [
    route('GET /satisfaction', show, {
      can: 'satisfaction:read',
      summary: 'CSAT, NPS and CES of a period, by tier, lifecycle or country, and loyalty',
      description:
        'period: 2026, 2026-Q4 or 2026-11. by: tier, lifecycle or country as they were when the customer answered. Loyalty here is of all customers; of one tier or segment: POST /satisfaction/measurements.',
    }),
    route('POST /satisfaction/measurements', m.measure, {
      can: 'satisfaction:read',
      status: 200,
      summary: 'Measure satisfaction and loyalty of a tier or a segment in a period',
      description:
        'CSAT, NPS, CES, retention, repeat rate and share of referrals of its customers. Done at once for a hundred, in the background beyond: GET the measurement.',
      example: { tier: 'gold', period: '2026-Q3' },
      faults: ['scope.outside', 'measurement.name_one', 'tier.unknown', 'segment.not_found', 'segment.building', 'in_the_future'],
    }),
    route('GET /satisfaction/measurements', m.list, {
      can: 'satisfaction:read',
      summary: 'What was measured of tiers and segments, the latest first',
      faults: ['scope.outside'],
    }),
    route('GET /satisfaction/measurements/{id}', m.show, {
      can: 'satisfaction:read',
      summary: 'Satisfaction and loyalty of a tier or a segment in a period, with what they are made of',
      faults: ['scope.outside'],
    }),
    route('GET /customers/{id}/satisfaction', showOf, { can: 'satisfaction:read', summary: 'How satisfied and loyal a customer is' }),
    route('POST /customers/{id}/ratings', a.record, {
      can: 'satisfaction:write',
      summary: 'Record what a customer answered',
      description:
        'csat 1–5, nps 0–10, ces 1–7. An answer with a responseId is recorded once: the same again answers 200 with what is there.',
      example: { kind: 'csat', score: 5, comment: 'Quick and friendly', responseId: 'survey-7781' },
      faults: ['rating.response_taken', 'ticket.unknown', 'in_the_future', 'too_early'],
      existing: true,
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
