import { dayFrom, MS_PER_DAY, type Day, type Instant } from './clock.ts'

/** Calendar days in a time zone: a purchase at 23:30 in Shanghai is not yesterday's because the server thinks in UTC. */

/** Making a formatter costs a hundred times what using one does. */
const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US-u-ca-iso8601', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
    formats.set(timeZone, format)
  }
  return format
}

/** What the clock on the wall says there, as if it were UTC. Milliseconds since 1970, whole seconds. */
function wallClock(ms: number, timeZone: string): number {
  if (timeZone === 'UTC') return ms
  const part: Record<string, number> = {}
  for (const { type, value } of formatOf(timeZone).formatToParts(ms)) part[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

/** The calendar day of an instant in a time zone, in whole days since 1970-01-01. */
export function dayNumberIn(instant: Instant, timeZone: string): number {
  return Math.floor(wallClock(Date.parse(instant), timeZone) / MS_PER_DAY)
}

/** The calendar day of an instant in a time zone. */
export function dayIn(instant: Instant, timeZone: string): Day {
  return dayFrom(dayNumberIn(instant, timeZone))
}

/**
 * The instant at which a clock on the wall there shows a time, in milliseconds since 1970. A time shown twice is the first
 * of the two; a time that the clocks skip is as much later as they were put on (the "compatible" rule of RFC 9557 and Temporal).
 * @param wall what the clock shows, as if it were UTC, in milliseconds since 1970
 */
export function shownAt(wall: number, timeZone: string): number {
  const before = wall - offsetAt(wall - MS_PER_DAY, timeZone)
  const after = wall - offsetAt(wall + MS_PER_DAY, timeZone)
  return [before, after].sort((a, b) => a - b).find((ms) => ms + offsetAt(ms, timeZone) === wall) ?? before
}

/** When a calendar day begins in a time zone, in milliseconds since 1970. @param day whole days since 1970-01-01 */
export function startOfDay(day: number, timeZone: string): number {
  return shownAt(day * MS_PER_DAY, timeZone)
}

/** How far the wall clock of a time zone is ahead of UTC at a moment. Milliseconds. @param ms whole seconds, in milliseconds since 1970 */
function offsetAt(ms: number, timeZone: string): number {
  return wallClock(ms, timeZone) - Math.floor(ms / 1000) * 1000
}
