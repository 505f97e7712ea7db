import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as a from './points.actions.ts'
import * as e from './points.events.ts'
import { accrual, points, pointsEntry, programme } from './points.store.ts'
import * as p from './programme.actions.ts'

export { nothing, recomputed, type Lots, type Posting, type Sums } from './account.ts'
export { commitPosted, post, type Movement, type Posted } from './ledger.ts'
export {
  points,
  accrual,
  programme,
  accountIn,
  accountOf,
  standingAccount,
  accountPlace,
  pointsEntry,
  readProgramme,
  type AccountRecord,
  type EntryRecord,
} from './points.store.ts'
export { lotFor, type Programme } from './programme.ts'
export { expire, reckon } from './reckon.ts'

const programmeExample = {
  active: true,
  startsOn: '2026-01-01',
  points: 1,
  per: { amount: 100, currency: 'USD' },
  rounding: 'down',
  tiers: [{ tier: 'gold', percent: 150 }],
  channels: [{ channel: 'web', percent: 110 }],
  skus: [{ sku: 'TEA-100', percent: 300 }],
  expiryMonths: 24,
  referral: { windowDays: 90, valueDays: 365, referrerPoints: 500, referredPoints: 200 },
}

export default module('points', {
  verbs: ['read', 'adjust', 'programme'],
  entities: [points, pointsEntry, accrual, programme],
  events: [
    e.pointsEarned,
    e.pointsSpent,
    e.pointsExpired,
    e.pointsReversed,
    e.pointsAdjusted,
    e.programmeChanged,
    e.pointsPosted,
    e.pointsReckoned,
    e.programmeKept,
  ],
  routes: [
    route('GET /points-programme', p.showProgramme, {
      can: 'points:read',
      summary: 'How points are earned, kept and given for word of mouth',
    }),
    route('GET /points-programme/versions/{version}', p.showVersion, {
      can: 'points:read',
      summary: 'The points programme as a version had it',
      faults: ['programme.not_found'],
    }),
    route('POST /points-programme', p.setProgramme, {
      can: 'points:programme',
      summary: 'Set the points programme as a whole',
      example: programmeExample,
      faults: ['programme.version_differs'],
      description:
        'Send If-Match with the version you read to refuse a change that overlooks another one. Purchases that were recorded before the first programme earn, from startsOn on, when their events are told again: POST /replays.',
    }),
    route('GET /customers/{id}/points', a.show, { can: 'points:read', summary: 'A customer’s points, by expiry, and what they come from' }),
    route('GET /customers/{id}/points/entries', a.ledger, { can: 'points:read', summary: 'A customer’s points ledger, newest first' }),
    route('GET /points-entries/{id}', a.showEntry, { can: 'points:read', summary: 'One entry of a points ledger and why it is' }),
    route('POST /customers/{id}/points/adjust', a.adjust, {
      can: 'points:adjust',
      summary: 'Give or take points by hand',
      example: { points: 200, reason: 'Goodwill after the late delivery' },
      faults: ['points.insufficient', 'points.zero'],
    }),
  ],
})
