import type { Day, Instant } from '../../kernel/clock.ts'
import { dayIn } from '../../kernel/zone.ts'
import { dayAfter, instantAt, weekday } from './day.ts'
import { isHoliday } from './holiday.ts'

/** Hours that are worked on some days of the week, as a clock on the wall shows them. */
export interface Shift {
  /** ISO 8601 days of the week: 1 Monday to 7 Sunday. */
  days: readonly number[]
  /** `09:00`, before `to`. */
  from: string
  /** `18:00`, at most `24:00`. */
  to: string
}

/** When somebody works. At least one hour a week is worked. */
export interface WorkTime {
  timeZone: string
  hours: readonly Shift[]
  /** Country whose public holidays are days off; none without it. */
  country?: string | undefined
  /** Further days off: the company's own holidays, a person's leave. */
  daysOff: readonly Day[]
  /** Days worked although they are a holiday or at the weekend, as China's days in lieu. */
  workOn: readonly Day[]
}

/** The hours of a day, the earliest first: none on a day off. A day of the weekend that is worked has the hours of the week's first day. */
export function hoursOn(day: Day, work: WorkTime): Pick<Shift, 'from' | 'to'>[] {
  const extra = work.workOn.includes(day)
  if (!extra && (work.daysOff.includes(day) || isHoliday(work.country, day))) return []
  const usual = shiftsOf(weekday(day), work)
  return usual.length > 0 || !extra ? usual : shiftsOf(Math.min(...work.hours.flatMap((shift) => shift.days)), work)
}

function shiftsOf(weekday: number, { hours }: WorkTime): Pick<Shift, 'from' | 'to'>[] {
  return hours.filter(({ days }) => days.includes(weekday)).sort((a, b) => (a.from < b.from ? -1 : 1))
}

export function isWorkingDay(day: Day, work: WorkTime): boolean {
  return hoursOn(day, work).length > 0
}

/** When work begins on a day; undefined on a day off, and on one that the time zone left out (Samoa, 2011-12-30). */
export function startOn(day: Day, work: WorkTime): Instant | undefined {
  const [first] = hoursOn(day, work)
  const at = first && instantAt(day, first.from, work.timeZone)
  return at !== undefined && dayIn(at, work.timeZone) === day ? at : undefined
}

/**
 * Days within which there is a working one. A week has none only when a day off meets each of its working days; a country has
 * at most 26 holidays a year, so in this many weeks there are fewer days off than weeks.
 */
const horizon = ({ daysOff }: WorkTime): number => 7 * (2 * daysOff.length + 80)

/** The first moment at or after an instant at which a working day begins. */
export function workStart(from: Instant, work: WorkTime): Instant {
  const first = dayIn(from, work.timeZone)
  for (let days = 0; days <= horizon(work); days++) {
    const at = startOn(dayAfter(first, days), work)
    if (at !== undefined && at >= from) return at
  }
  throw new Error('a calendar without a working day')
}

/** The beginning of the last working day up to a calendar day, that day included. */
export function workStartBefore(day: Day, work: WorkTime): Instant {
  for (let days = 0; days <= horizon(work); days++) {
    const at = startOn(dayAfter(day, -days), work)
    if (at !== undefined) return at
  }
  throw new Error('a calendar without a working day')
}

/** The beginning of the next working day but `days` after the one that begins at this instant. @param days at least 0 */
export function workDaysLater(start: Instant, days: number, work: WorkTime): Instant {
  let at = start
  for (let step = 0; step < days; step++) at = workStart(new Date(Date.parse(at) + 1).toISOString(), work)
  return at
}
