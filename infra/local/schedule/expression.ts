import { Complaint, messageOf } from '../complaint.ts'
import { cron } from './cron.ts'
import { zone } from './zone.ts'

/** The next moment after `afterMs`; `lastMs` is when it last ran, from which a rate counts. Undefined: never again. */
export type Next = (afterMs: number, lastMs: number) => number | undefined

const unitMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const

const rate = (body: string): Next => {
  const [, count, unit] = /^(\d+) (minute|hour|day)s?$/.exec(body.trim()) ?? []
  const each = Number(count) * unitMs[(unit ?? 'minute') as keyof typeof unitMs]
  if (unit === undefined || each === 0) throw new RangeError('a rate is a number and minutes, hours or days')
  return (afterMs, lastMs) => lastMs + each * Math.max(1, Math.ceil((afterMs - lastMs + 1) / each))
}

const at = (body: string, timeZone: string): Next => {
  const [, year, month, day, hour, minute, second] = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)$/.exec(body.trim()) ?? []
  if (second === undefined) throw new RangeError('at() takes yyyy-mm-ddThh:mm:ss')
  const wall = {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
  }
  const moment = zone(timeZone).epoch(wall)
  return (afterMs) => (moment !== undefined && moment > afterMs ? moment : undefined)
}

/**
 * Reads `rate(1 hour)`, `cron(0 9 ? * MON-FRI *)` or `at(2026-01-31T09:00:00)` in a time zone.
 * @throws Complaint naming the expression when it is none of these.
 */
export const readExpression = (expression: string, timeZone: string): Next => {
  const [, kind, body = ''] = /^(rate|cron|at)\((.*)\)$/.exec(expression.trim()) ?? []
  try {
    if (kind === 'rate') return rate(body)
    if (kind === 'at') return at(body, timeZone)
    if (kind === 'cron') {
      const next = cron(body, zone(timeZone))
      return (afterMs) => next(afterMs)
    }
    throw new RangeError('it is neither rate, cron nor at')
  } catch (thrown) {
    throw new Complaint(`The schedule expression ${expression} (${timeZone}) cannot be read: ${messageOf(thrown)}.`)
  }
}
