import * as z from 'zod'
import type { Issue } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { holidayCountries } from './holiday.ts'
import type { WorkTime } from './work-time.ts'

const START = /^([01]\d|2[0-3]):[0-5]\d$/
const END = /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/

/** Hours on some days of the week. A night is two: until 24:00, and from 00:00 on the days after. */
const shift = () =>
  z.strictObject({
    days: z.array(z.int().min(1).max(7)).max(7).describe('ISO 8601 days of the week: 1 Monday to 7 Sunday'),
    from: z.string().regex(START, 'a time of day such as 09:00'),
    to: z.string().regex(END, 'a time of day such as 18:00, at most 24:00'),
  })

/** Days off of a calendar: about three years of leave and closed days. */
const MOST_DAYS = 200

const dayShape = () => ({
  /** Days on which nobody works, beside the country's public holidays. */
  daysOff: z.array(f.day()).max(MOST_DAYS),
  /** Days on which work goes on although they are a holiday or at the weekend. */
  workOn: z.array(f.day()).max(MOST_DAYS),
})
const country = () => z.enum(holidayCountries).describe('public holidays of this country are days off')

/** The workspace's calendar. Its time zone is the workspace's. */
export const calendarShape = () => ({ hours: z.array(shift()).max(20), country: country().optional(), ...dayShape() })
export type Calendar = z.output<z.ZodObject<ReturnType<typeof calendarShape>>>

/** A person's calendar: what differs from the workspace's. Days off and days worked are added to the workspace's. */
export const ownShape = () => ({ hours: z.array(shift()).max(20).optional(), country: country().optional(), ...dayShape() })
export type OwnCalendar = z.output<z.ZodObject<ReturnType<typeof ownShape>>>

/** The product's own calendar, until the workspace has one. */
export const newCalendar: Calendar = { hours: [{ days: [1, 2, 3, 4, 5], from: '09:00', to: '18:00' }], daysOff: [], workOn: [] }

/** Why a calendar cannot be worked by: every reason at once. */
export function calendarIssues({ hours, daysOff, workOn }: Pick<OwnCalendar, 'hours' | 'daysOff' | 'workOn'>): Issue[] {
  const issues: Issue[] = []
  if (hours?.every(({ days }) => days.length === 0)) {
    issues.push({ path: 'hours', code: 'work_calendar.no_day', message: 'No day of the week is worked: nothing could ever fall due.' })
  }
  for (const [at, { from, to }] of (hours ?? []).entries()) {
    if (from >= to) {
      const message = `From ${from} to ${to} is no working hour. A night shift is two: to 24:00, and from 00:00 on the days after.`
      issues.push({ path: `hours.${at}.to`, code: 'work_calendar.no_hour', message })
    }
  }
  for (const day of [1, 2, 3, 4, 5, 6, 7]) {
    const shifts = (hours ?? []).filter(({ days }) => days.includes(day)).sort((a, b) => (a.from < b.from ? -1 : 1))
    const twice = shifts.find((one, at) => one.from < (shifts[at - 1]?.to ?? ''))
    if (twice)
      issues.push({ path: 'hours', code: 'work_calendar.overlap', message: `On day ${day} the hours from ${twice.from} overlap others.` })
  }
  const both = daysOff.find((day) => workOn.includes(day))
  if (both) issues.push({ path: 'workOn', code: 'work_calendar.both', message: `${both} is both worked and off.` })
  return issues
}

/** When somebody works, from the workspace's calendar and what differs for them. */
export function workTimeOf(timeZone: string, calendar: Calendar, own?: OwnCalendar): WorkTime {
  const country = own?.country ?? calendar.country
  return {
    timeZone,
    hours: own?.hours ?? calendar.hours,
    ...(country !== undefined && { country }),
    // A person's word goes before the company's.
    daysOff: [...calendar.daysOff.filter((day) => !own?.workOn.includes(day)), ...(own?.daysOff ?? [])],
    workOn: [...calendar.workOn.filter((day) => !own?.daysOff.includes(day)), ...(own?.workOn ?? [])],
  }
}
