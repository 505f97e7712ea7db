import * as z from 'zod'
import { dayFrom, dayNumber, type Day, type Instant } from '../../kernel/clock.ts'
import { dayNumberIn } from '../../kernel/zone.ts'

/** A stretch of days of the workspace's calendar, both ends included. */
export interface Period {
  /** `2026`, `2026-Q4`, `2026-11`, or `365 days`. */
  name: string
  from: Day
  to: Day
  days: number
}

const SHAPE = /^((?:19|20|21)\d{2})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?$/

/** Schema of a period in a query. */
export const periodInput = () =>
  z.string().regex(SHAPE, 'a year, quarter or month: 2026, 2026-Q4 or 2026-11').describe('a year, quarter or month: 2026, 2026-Q4, 2026-11')

/** Days of the period that is taken when none is named. */
const USUAL_DAYS = 365

/** The named period, or without a name the last 365 days, today included. */
export function periodOf(name: string | undefined, now: Instant, timeZone: string): Period {
  const today = dayNumberIn(now, timeZone)
  if (name === undefined) return between(`${USUAL_DAYS} days`, today - USUAL_DAYS + 1, today)
  const { first, months } = monthsIn(name)
  const [year = 1970, month = 1] = first.split('-').map(Number)
  return between(name, dayNumber(`${first}-01`), Math.floor(Date.UTC(year, month - 1 + months, 1) / 86_400_000) - 1)
}

/** The period of the same length before another. */
export function periodBefore({ from, days }: Period): Period {
  const start = dayNumber(from)
  return between('the period before', start - days, start - 1)
}

function between(name: string, from: number, to: number): Period {
  return { name, from: dayFrom(from), to: dayFrom(to), days: to - from + 1 }
}

/** The months of a named period, `2026-10`, `2026-11` and `2026-12` for `2026-Q4`. */
export function monthsOf(name: string): string[] {
  const { first, months } = monthsIn(name)
  const [year = 1970, month = 1] = first.split('-').map(Number)
  return Array.from({ length: months }, (_, at) => new Date(Date.UTC(year, month - 1 + at, 1)).toISOString().slice(0, 7))
}

function monthsIn(name: string): { first: string; months: number } {
  const [, year = '1970', quarter, month] = SHAPE.exec(name) ?? []
  if (month !== undefined) return { first: `${year}-${month}`, months: 1 }
  if (quarter !== undefined) return { first: `${year}-${String(Number(quarter) * 3 - 2).padStart(2, '0')}`, months: 3 }
  return { first: `${year}-01`, months: 12 }
}
