import { dayFrom, dayNumber, type Day, type Instant } from '../../kernel/clock.ts'
import { shownAt } from '../../kernel/zone.ts'

/** The calendar day some days later (earlier when negative). */
export function dayAfter(day: Day, days: number): Day {
  return dayFrom(dayNumber(day) + days)
}

/** ISO 8601 day of the week: 1 Monday to 7 Sunday. 1970-01-01 was a Thursday. */
export function weekday(day: Day): number {
  return ((((dayNumber(day) + 3) % 7) + 7) % 7) + 1
}

/** The instant at which a clock on the wall there shows this day and time, `09:00`. */
export function instantAt(day: Day, time: string, timeZone: string): Instant {
  const [hour = 0, minute = 0] = time.split(':').map(Number)
  return new Date(shownAt(Date.parse(`${day}T00:00:00Z`) + (hour * 60 + minute) * 60_000, timeZone)).toISOString()
}
