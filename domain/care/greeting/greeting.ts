import * as z from 'zod'
import { dayFrom, type Day, type Instant } from '../../kernel/clock.ts'
import * as f from '../../kernel/fields.ts'
import { dayAfter, instantAt, lastLunarDay, lunarDateOf, lunarDay } from '../../platform/calendar/index.ts'
import type { Policy } from './policy.ts'

/** Days of a customer's own on which they are greeted. */
export const ownOccasions = ['birthday', 'anniversary'] as const
export type OwnOccasion = (typeof ownOccasions)[number]

/** When a customer is greeted for a day of their own. */
export const greetingShape = () => ({
  birthday: f.day().optional(),
  /** Set where the birthday comes round by the Chinese calendar. */
  lunar: z.literal(true).optional(),
  /** The day of the first purchase. */
  firstDay: f.day().optional(),
  /** The year up to which an occasion is settled: greeted, or passed over by the policy. Of a lunar birthday, the lunar year. */
  settled: z.object({ birthday: z.int().optional(), anniversary: z.int().optional() }),
  /** When to look: a month ahead of the next occasion, then on the day its greeting is prepared. */
  timerAt: f.instant().optional(),
})
export type Greeting = z.output<z.ZodObject<ReturnType<typeof greetingShape>>>

/** Most days that a policy may prepare a greeting ahead. */
export const MOST_AHEAD = 30

/** The day of a year on which a date comes round. The 29th of February has a day in every year, by the policy's choice. */
export function dayInYear(date: Day, year: number, leapDay: Policy['leapDay']): Day {
  const isLeap = new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1
  const monthDay = date.slice(5)
  if (monthDay !== '02-29' || isLeap) return `${year}-${monthDay}`
  return leapDay === 'february_28' ? `${year}-02-28` : `${year}-03-01`
}

/**
 * The day on which a lunar birthday comes round in a lunar year; undefined where the calendar is not known. Who was born on the
 * 30th has the 29th in a short month; who was born in a leap month has the month before it, which has the number every year.
 */
export function lunarBirthday(date: Day, lunarYear: number): Day | undefined {
  const born = lunarDateOf(date)
  return born && (lunarDay(lunarYear, born.month, born.day) ?? lastLunarDay(lunarYear, born.month))
}

/** Years looked ahead for the next lunar birthday: each lunar year has one. */
const YEARS_AHEAD = 3

function nextLunar(date: Day, settled: number, from: Day): Day | undefined {
  const first = Math.max(Number(from.slice(0, 4)) - 1, settled + 1)
  const days = Array.from({ length: YEARS_AHEAD }, (_, more) => lunarBirthday(date, first + more))
  return days.find((day) => day !== undefined && day >= from)
}

/** The year that a day of an occasion settles. */
export function turnOf(occasion: OwnOccasion, { lunar }: Pick<Greeting, 'lunar'>, day: Day): number {
  const year = Number(day.slice(0, 4))
  return occasion === 'birthday' && lunar ? (lunarDateOf(day)?.year ?? year) : year
}

/** The next time an occasion comes round, from a day on and in a year that is not settled. An anniversary is a year on at the earliest. */
export function nextDay(occasion: OwnOccasion, greeting: Greeting, from: Day, leapDay: Policy['leapDay']): Day | undefined {
  const date = occasion === 'birthday' ? greeting.birthday : greeting.firstDay
  if (date === undefined) return undefined
  if (occasion === 'birthday' && greeting.lunar) return nextLunar(date, greeting.settled.birthday ?? 0, from)
  const first = occasion === 'birthday' ? 0 : Number(date.slice(0, 4)) + 1
  const year = Math.max(Number(from.slice(0, 4)), first, (greeting.settled[occasion] ?? 0) + 1)
  const day = dayInYear(date, year, leapDay)
  return day >= from ? day : dayInYear(date, year + 1, leapDay)
}

/** What is to be greeted now, and when to look again. */
export interface Look {
  due: { occasion: OwnOccasion; day: Day }[]
  settled: Greeting['settled']
  timerAt?: Instant
}

/**
 * Looks at a customer's own days: those whose greeting is to be prepared are due and settled for the year, those for which the
 * policy has no rule are settled when their month is looked at, and the timer is set for the next.
 */
export function look(greeting: Greeting, { occasions, leapDay }: Policy, today: Day, timeZone: string): Look {
  const settled = { ...greeting.settled }
  const due: Look['due'] = []
  const wakes: Day[] = []
  for (const occasion of ownOccasions) {
    const rule = occasions.find((one) => one.occasion === occasion)
    let day = nextDay(occasion, greeting, today, leapDay)
    while (day !== undefined && dayAfter(day, -(rule?.daysAhead ?? MOST_AHEAD)) <= today) {
      if (rule) due.push({ occasion, day })
      settled[occasion] = turnOf(occasion, greeting, day)
      day = nextDay(occasion, { ...greeting, settled }, today, leapDay)
    }
    if (day === undefined) continue
    const early = dayAfter(day, -MOST_AHEAD)
    wakes.push(early > today ? early : dayAfter(day, -(rule?.daysAhead ?? 0)))
  }
  const [first] = wakes.sort()
  return { due, settled, ...(first !== undefined && { timerAt: instantAt(first, '00:00', timeZone) }) }
}

/** The day of a first purchase, from a history's number of it. */
export const firstDayOf = (number: number): Day => dayFrom(number)
