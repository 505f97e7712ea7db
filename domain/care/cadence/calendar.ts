import { dayFrom, dayNumber, type Day, type Instant } from '../../kernel/clock.ts'
import { dayIn, shownAt } from '../../kernel/zone.ts'

/** When a workspace works: in which time zone, on which days of the week, from what time, and on which days not. */
export interface WorkTime {
  timeZone: string
  /** ISO 8601 days of the week: 1 Monday to 7 Sunday. At least one. */
  workDays: readonly number[]
  /** When work begins, `09:00`. */
  startsAt: string
  /** Holidays. */
  daysOff: readonly Day[]
}

/** The instant at which a clock on the wall there shows this day and time, `09:00`. */
export function instantAt(day: Day, time: string, timeZone: string): Instant {
  return new Date(shownAt(Date.parse(`${day}T${time}:00Z`), timeZone)).toISOString()
}

/** The calendar day some days later (earlier when negative). */
export function dayAfter(day: Day, days: number): Day {
  return dayFrom(dayNumber(day) + days)
}

/** ISO 8601 day of the week: 1 Monday to 7 Sunday. 1970-01-01 was a Thursday. */
export function weekday(day: Day): number {
  return ((((dayNumber(day) + 3) % 7) + 7) % 7) + 1
}

export function isWorkingDay(day: Day, work: Pick<WorkTime, 'workDays' | 'daysOff'>): boolean {
  return work.workDays.includes(weekday(day)) && !work.daysOff.includes(day)
}

/**
 * The first moment at or after an instant at which a working day begins. A day that the time zone left out (Samoa,
 * 2011-12-30) is no working day. Every week has a working day and days off are few, so the search ends.
 */
export function workStart(from: Instant, work: WorkTime): Instant {
  const first = dayIn(from, work.timeZone)
  for (let days = 0; days <= 7 * (work.daysOff.length + 2); days++) {
    const day = dayAfter(first, days)
    if (!isWorkingDay(day, work)) continue
    const at = instantAt(day, work.startsAt, work.timeZone)
    if (at >= from && dayIn(at, work.timeZone) === day) return at
  }
  throw new Error('a week without a working day')
}

/** The beginning of the next working day but `days` after the one that begins at this instant. @param days at least 0 */
export function workDaysLater(start: Instant, days: number, work: WorkTime): Instant {
  let at = start
  for (let step = 0; step < days; step++) at = workStart(new Date(Date.parse(at) + 1).toISOString(), work)
  return at
}
