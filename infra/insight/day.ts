const MS_PER_DAY = 86_400_000

/**
 * Days since 1970-01-01 of an ISO date or timestamp (the date as written, whatever its zone), also without separators or
 * with slashes, as long as the year comes first; undefined when it is not one, or no such day exists.
 */
export function dayOf(text: string): number | undefined {
  const match = /^(\d{4})([-/]?)(\d{2})\2(\d{2})(?:[T ]\d{2}:\d{2}.*)?$/.exec(text)
  if (!match) return undefined
  const [, year, , month, date] = match.map(Number)
  if (year === undefined || month === undefined || date === undefined) return undefined
  const time = new Date(Date.UTC(year, month - 1, date))
  time.setUTCFullYear(year)
  // February 30 would roll over into March.
  return time.getUTCMonth() === month - 1 && time.getUTCDate() === date ? time.getTime() / MS_PER_DAY : undefined
}

/** The ISO date of a day since 1970-01-01. */
export function isoDate(day: number): string {
  return new Date(day * MS_PER_DAY).toISOString().slice(0, 10)
}
