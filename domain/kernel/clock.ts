/** Time as the product writes it: instants are ISO 8601 in UTC, days are calendar dates. */

/** An instant, `2026-11-22T08:30:00.000Z`. Sorts as text. */
export type Instant = string
/** A calendar day, `2026-11-22`. Sorts as text. */
export type Day = string

export const MS_PER_DAY = 86_400_000

/** The calendar day of an instant in UTC. */
export function dayOf(instant: Instant): Day {
  return instant.slice(0, 10)
}

/** Whole days since 1970-01-01 of a day or an instant. */
export function dayNumber(day: Day): number {
  return Math.floor(Date.parse(day) / MS_PER_DAY)
}

/** The day with this number. @param number whole days since 1970-01-01 */
export function dayFrom(number: number): Day {
  return new Date(number * MS_PER_DAY).toISOString().slice(0, 10)
}

/** An instant some milliseconds later (earlier when negative). */
export function later(instant: Instant, ms: number): Instant {
  return new Date(Date.parse(instant) + ms).toISOString()
}

/** An instant some days later (earlier when negative), at the same time of day in UTC. */
export function daysLater(instant: Instant, days: number): Instant {
  return later(instant, days * MS_PER_DAY)
}
