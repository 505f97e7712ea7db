import * as z from 'zod'
import { dayNumber, type Day } from '../../kernel/clock.ts'
import * as f from '../../kernel/fields.ts'
import { dayAfter } from '../../platform/calendar/index.ts'
import { priorities } from '../task/index.ts'

/** How often a series repeats. */
export const rhythmOf = () =>
  z.strictObject({ n: z.int().min(1).max(366), unit: z.enum(['days', 'weeks', 'months']) }).describe('every so many days, weeks or months')
export type Every = z.output<ReturnType<typeof rhythmOf>>

/** What people say of a series. */
export const seriesInput = () => ({
  title: f.line(200),
  reason: f.line(300).optional(),
  every: rhythmOf(),
  /** The first day; later ones are counted from it. */
  start: f.day(),
  /** The last day on which it may still repeat. */
  until: f.day().optional(),
  /** Who does it; the customer's account manager unless named. */
  ownerId: z.string().max(64).optional(),
  priority: z.enum(priorities),
})

export const seriesShape = () => ({
  ...seriesInput(),
  state: z.enum(['running', 'stopped', 'ended']),
  /** The next day of the series; absent when it runs no more. */
  nextDay: f.day().optional(),
  /** The last day for which a task was opened. */
  lastDay: f.day().optional(),
  lastTaskId: z.string().optional(),
  /** When the next task is opened. */
  timerAt: f.instant().optional(),
})
export type Series = z.output<z.ZodObject<ReturnType<typeof seriesShape>>>
export type Course = Pick<Series, 'every' | 'start' | 'until'>

/**
 * The nth day of a series, from 0. Months are counted from the first day each time, so a series that begins on the 31st is on
 * the last day of shorter months and on the 31st again after them.
 */
export function dayOf({ start, every: { n, unit } }: Pick<Course, 'start' | 'every'>, nth: number): Day {
  if (unit !== 'months') return dayAfter(start, nth * n * (unit === 'weeks' ? 7 : 1))
  const [year = 0, month = 1, date = 1] = start.split('-').map(Number)
  const first = new Date(Date.UTC(year, month - 1 + nth * n, 1))
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate()
  return new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), Math.min(date, last))).toISOString().slice(0, 10)
}

/** Fewest days of a step, so that counting by it never overshoots. */
const LEAST_DAYS = { days: 1, weeks: 7, months: 28 } as const
const MOST_DAYS = { days: 1, weeks: 7, months: 31 } as const

/** The first day of a series at or after a day; undefined when the series is over by then. */
export function firstFrom(course: Course, from: Day): Day | undefined {
  const { every, start, until } = course
  const ahead = Math.max(0, dayNumber(from) - dayNumber(start))
  let nth = Math.max(0, Math.floor(ahead / (every.n * MOST_DAYS[every.unit])) - 1)
  while (dayOf(course, nth) < from) nth++
  const day = dayOf(course, nth)
  return until !== undefined && day > until ? undefined : day
}

/** The last day of a series up to a day; undefined when it had not begun. */
export function lastUpTo(course: Course, to: Day): Day | undefined {
  const { every, start, until } = course
  const end = until !== undefined && until < to ? until : to
  if (end < start) return undefined
  let nth = Math.ceil((dayNumber(end) - dayNumber(start)) / (every.n * LEAST_DAYS[every.unit])) + 1
  while (dayOf(course, nth) > end) nth--
  return dayOf(course, nth)
}

/** A series in words: "every 2 weeks since 2026-11-20". */
export function sayCourse({ every: { n, unit }, start }: Pick<Course, 'every' | 'start'>): string {
  return `every ${n === 1 ? unit.slice(0, -1) : `${n} ${unit}`} since ${start}`
}
