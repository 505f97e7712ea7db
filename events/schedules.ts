import { every, type Schedule } from '../domain/kernel/event.ts'
import { comeDue } from '../domain/care/cadence/index.ts'
import { beginFestivals, comeDue as greet, greetPage } from '../domain/care/greeting/index.ts'
import { expire as expirePoints } from '../domain/care/points/index.ts'
import { expire as expireReferral } from '../domain/care/referral/index.ts'
import { repeat } from '../domain/care/series/index.ts'
import { escalate } from '../domain/care/task/index.ts'
import { measureAll } from '../domain/insight/rfm/index.ts'
import { stepMeasurement } from '../domain/insight/satisfaction/index.ts'
import { fit } from '../domain/insight/statistics/index.ts'
import { review } from '../domain/insight/tier/index.ts'
import { due } from '../domain/insight/warning/index.ts'
import { age } from '../domain/sales/deal/index.ts'
import { elapse } from '../domain/service/ticket/index.ts'
import { elapse as elapseSegment } from '../domain/data/segment/index.ts'
import { startBacktest, stepBacktest } from '../domain/insight/backtest/index.ts'

/** Every job of customers' own dates, one line each: what falls due for one of them, and what is worked out of all. Long hauls: hauls.ts. */
export const schedules: readonly Schedule[] = [
  every(
    'rate(1 minute)',
    { kind: 'due', name: 'warnings', each: due, again: true },
    'Raises the churn warnings that are due, opens those put off again',
  ),
  every(
    'rate(1 minute)',
    { kind: 'due', name: 'tiers', each: review, again: true },
    'Renews, drops and looks ahead of tiers; brings policies into force, simulates them',
  ),
  every('cron(0 2 ? * MON *)', { kind: 'task', name: 'model', run: fit }, 'Fits the models of rhythm and spend to the customers'),
  every('rate(1 hour)', { kind: 'due', name: 'deals', each: age }, 'Marks deals that have been in their stage for too long'),
  every('rate(1 hour)', { kind: 'due', name: 'tickets', each: elapse }, 'Closes tickets resolved a week ago, wakes pending ones'),
  every('rate(1 hour)', { kind: 'due', name: 'revisits', each: comeDue }, 'Plans the regular contacts that are due'),
  every('rate(1 hour)', { kind: 'due', name: 'series', each: repeat }, 'Opens the tasks of recurring series whose day has come'),
  every('rate(1 hour)', { kind: 'due', name: 'greetings', each: greet }, 'Prepares greetings for birthdays and anniversaries'),
  every(
    'rate(6 hours)',
    { kind: 'task', name: 'festivals', run: beginFestivals },
    'Begins the festivals for which greetings are to be prepared',
  ),
  every(
    'rate(1 hour)',
    { kind: 'due', name: 'festival-pages', each: greetPage, again: true },
    'Greets the customers of a tier for a festival',
  ),
  every('rate(1 hour)', { kind: 'due', name: 'tasks', each: escalate }, 'Puts tasks that are two working days late before the team’s lead'),
  every('rate(1 hour)', { kind: 'due', name: 'points', each: expirePoints }, 'Takes out points that have expired'),
  every('rate(1 hour)', { kind: 'due', name: 'referrals', each: expireReferral }, 'Ends referrals whose window is past'),
  every(
    'cron(0 3 * * ? *)',
    { kind: 'task', name: 'population', run: measureAll },
    'Measures all customers for quintiles, pyramid and retention',
  ),
  every(
    'rate(1 minute)',
    { kind: 'due', name: 'segments', each: elapseSegment, again: true },
    'Looks at customers for segments: all of them for a new rule, one when time alone changes something',
  ),
  every(
    'cron(0 3 ? * MON *)',
    { kind: 'task', name: 'backtest-start', run: startBacktest },
    'Begins a back-test of the scores on the workspace’s own past',
  ),
  every('rate(5 minutes)', { kind: 'due', name: 'backtest', each: stepBacktest, again: true }, 'Goes on with a back-test under way'),
  every(
    'rate(5 minutes)',
    { kind: 'due', name: 'measurements', each: stepMeasurement, again: true },
    'Goes on with measuring a tier or a segment',
  ),
]
