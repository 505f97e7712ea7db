import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as e from './events.ts'
import { docket } from './docket.ts'
import { summary } from './summary.ts'
import * as a from './warning.actions.ts'
import { warning } from './warning.store.ts'

export { freePlace } from './allot.ts'
export { follow, reassign } from './follow.ts'
export { moveLifecycle } from './lifecycle.ts'
export { due } from './raise.ts'
export { tallies, tallyShape, type MonthTally } from './tally.ts'
export { warningCleared, warningClosed, warningLate, warningRaised, warningRanked, warningSnoozed, warningWoken } from './events.ts'
export { warning, warningIdOf, type WarningRecord } from './warning.store.ts'
export { docket } from './docket.ts'
export { isStanding, isUnended, type Severity, type Warning, type WarningState } from './warning.ts'

export default module('warning', {
  verbs: ['read', 'write'],
  entities: [warning, docket],
  events: [
    e.warningRanked,
    e.warningRaised,
    e.warningLate,
    e.warningCleared,
    e.warningClosed,
    e.warningSnoozed,
    e.warningWoken,
    e.warningAssigned,
    e.docketMoved,
  ],
  routes: [
    route('GET /warnings', a.list, {
      can: 'warning:read',
      summary: 'Churn warnings, by value at stake',
      description:
        'Filters: state (open unless given; ranked ones wait for a place in their owner’s day, late ones are nobody’s work), ownerId (`me` or an id). Without ownerId: all that one may see.',
    }),
    route('GET /warnings/summary', summary, {
      can: 'warning:read',
      summary: 'Churn warnings in a few numbers: counts and value, by severity, and how many wait',
      faults: ['scope.outside'],
    }),
    route('GET /warnings/{id}', a.show, { can: 'warning:read', summary: 'One churn warning, with its reason in words and numbers' }),
    route('GET /customers/{id}/warnings', a.ofCustomer, {
      can: 'warning:read',
      summary: 'A customer’s churn warnings, latest silence first',
    }),
    route('POST /warnings/{id}/snooze', a.snooze, {
      can: 'warning:write',
      summary: 'Put a warning off',
      faults: ['warning.already_ended', 'warning.not_open', 'until.past', 'until.too_late'],
      example: { until: '2027-01-15T09:00:00Z', reason: 'Closed over the holidays' },
    }),
    route('POST /warnings/{id}/close', a.close, {
      can: 'warning:write',
      summary: 'End a warning with what came of it',
      faults: ['warning.already_ended'],
      example: { outcome: 'saved', note: 'Ordered by phone' },
    }),
  ],
})
