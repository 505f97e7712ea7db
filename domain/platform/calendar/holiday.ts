import { dayFrom, dayNumber, type Day } from '../../kernel/clock.ts'
import { dayAfter, weekday } from './day.ts'
import { lunarDay, lunarEve, qingming } from './lunar.ts'

/** Public holidays that follow from a rule: a date, the Chinese calendar, Easter, or a weekday of a month. */

export interface Holiday {
  day: Day
  name: string
}

type Rule =
  | { name: string; date: `${number}-${number}` }
  | { name: string; lunar: readonly [month: number, day: number] }
  /** Days before the lunar new year. */
  | { name: string; beforeNewYear: number }
  | { name: string; qingming: true }
  /** Days from Easter Sunday. */
  | { name: string; easter: number }
  /** The nth such day of the week (1 Monday) in a month, −1 the last. */
  | { name: string; nth: readonly [month: number, weekday: number, nth: number] }

interface Country {
  rules: readonly Rule[]
  /** A holiday on one of these days of the week is kept on another: the next free day, or Friday for Saturday and Monday for Sunday. */
  moves?: { from: readonly number[]; to: 'next' | 'nearest' }
  /** What the rules do not say: dates set anew each year belong into the calendar's own days. */
  omits?: string
}

const newYear = { name: 'New Year’s Day', date: '01-01' } as const
const labour = { name: 'Labour Day', date: '05-01' } as const
const christmas = { name: 'Christmas Day', date: '12-25' } as const
const boxing = { name: 'Second day of Christmas', date: '12-26' } as const
const goodFriday = { name: 'Good Friday', easter: -2 } as const
const easterMonday = { name: 'Easter Monday', easter: 1 } as const
const ascension = { name: 'Ascension Day', easter: 39 } as const
const whitMonday = { name: 'Whit Monday', easter: 50 } as const
const springFestival = ([1, 2, 3] as const).map((day) => ({ name: 'Spring Festival', lunar: [1, day] as const }))
const eve = { name: 'Lunar New Year’s Eve', beforeNewYear: 1 } as const
const tombs = { name: 'Qingming Festival', qingming: true } as const
const dragonBoat = { name: 'Dragon Boat Festival', lunar: [5, 5] } as const
const midAutumn = { name: 'Mid-Autumn Festival', lunar: [8, 15] } as const

/** By ISO 3166-1 code. Sources: the law or authority named with each. */
const COUNTRIES: Readonly<Record<string, Country>> = {
  // State Council of the PRC, Regulation on Public Holidays for National Annual Festivals and Memorial Days, as of 1 January 2025.
  CN: {
    rules: [
      newYear,
      eve,
      ...springFestival,
      tombs,
      labour,
      { name: 'Labour Day', date: '05-02' },
      dragonBoat,
      midAutumn,
      ...(['10-01', '10-02', '10-03'] as const).map((date) => ({ name: 'National Day', date })),
    ],
    omits: 'bridge days and the days worked in lieu, which the State Council sets each year',
  },
  // General Holidays Ordinance (Cap. 149).
  HK: {
    rules: [
      newYear,
      ...springFestival,
      tombs,
      goodFriday,
      { name: 'The day following Good Friday', easter: -1 },
      easterMonday,
      { name: 'Birthday of the Buddha', lunar: [4, 8] },
      labour,
      dragonBoat,
      { name: 'HKSAR Establishment Day', date: '07-01' },
      { name: 'The day following the Mid-Autumn Festival', lunar: [8, 16] },
      { name: 'National Day', date: '10-01' },
      { name: 'Chung Yeung Festival', lunar: [9, 9] },
      christmas,
      { name: 'The first weekday after Christmas Day', date: '12-26' },
    ],
    moves: { from: [7], to: 'next' },
  },
  // Act on the Implementation of Memorial Days and Festivals, 28 May 2025.
  TW: {
    rules: [
      newYear,
      { name: 'The day before Lunar New Year’s Eve', beforeNewYear: 2 },
      eve,
      ...springFestival,
      { name: 'Peace Memorial Day', date: '02-28' },
      { name: 'Children’s Day', date: '04-04' },
      tombs,
      labour,
      dragonBoat,
      midAutumn,
      { name: 'Teachers’ Day', date: '09-28' },
      { name: 'National Day', date: '10-10' },
      { name: 'Retrocession Day', date: '10-25' },
      { name: 'Constitution Day', date: '12-25' },
    ],
    moves: { from: [6, 7], to: 'nearest' },
    omits: 'days in lieu beyond the usual Friday or Monday, which are announced each year',
  },
  // Holidays Act 1998, First Schedule.
  SG: {
    rules: [newYear, ...springFestival.slice(0, 2), goodFriday, labour, { name: 'National Day', date: '08-09' }, christmas],
    moves: { from: [7], to: 'next' },
    omits: 'Vesak Day, Hari Raya Puasa, Hari Raya Haji and Deepavali, which are gazetted each year',
  },
  // 5 U.S.C. § 6103: federal holidays.
  US: {
    rules: [
      newYear,
      { name: 'Birthday of Martin Luther King, Jr.', nth: [1, 1, 3] },
      { name: 'Washington’s Birthday', nth: [2, 1, 3] },
      { name: 'Memorial Day', nth: [5, 1, -1] },
      { name: 'Juneteenth', date: '06-19' },
      { name: 'Independence Day', date: '07-04' },
      { name: 'Labor Day', nth: [9, 1, 1] },
      { name: 'Columbus Day', nth: [10, 1, 2] },
      { name: 'Veterans Day', date: '11-11' },
      { name: 'Thanksgiving Day', nth: [11, 4, 4] },
      christmas,
    ],
    moves: { from: [6, 7], to: 'nearest' },
  },
  // Banking and Financial Dealings Act 1971 and the yearly proclamations that repeat it: England and Wales.
  GB: {
    rules: [
      newYear,
      goodFriday,
      easterMonday,
      { name: 'Early May bank holiday', nth: [5, 1, 1] },
      { name: 'Spring bank holiday', nth: [5, 1, -1] },
      { name: 'Summer bank holiday', nth: [8, 1, -1] },
      christmas,
      { name: 'Boxing Day', date: '12-26' },
    ],
    moves: { from: [6, 7], to: 'next' },
    omits: 'those of Scotland and Northern Ireland, and single days by proclamation',
  },
  // Holidays of all Länder: Einigungsvertrag, Art. 2, and the Feiertagsgesetze.
  DE: {
    rules: [
      newYear,
      goodFriday,
      easterMonday,
      labour,
      ascension,
      whitMonday,
      { name: 'Day of German Unity', date: '10-03' },
      christmas,
      boxing,
    ],
    omits: 'holidays of single Länder',
  },
  // Code du travail, art. L3133-1.
  FR: {
    rules: [
      newYear,
      easterMonday,
      labour,
      { name: 'Victory Day', date: '05-08' },
      ascension,
      whitMonday,
      { name: 'Bastille Day', date: '07-14' },
      { name: 'Assumption', date: '08-15' },
      { name: 'All Saints’ Day', date: '11-01' },
      { name: 'Armistice Day', date: '11-11' },
      christmas,
    ],
    omits: 'those of Alsace-Moselle and overseas',
  },
}

export const holidayCountries = Object.keys(COUNTRIES)

/** What a country's rules leave to the calendar's own days. */
export function omitted(country: string): string | undefined {
  return COUNTRIES[country]?.omits
}

const kept = new Map<string, readonly Holiday[]>()

/** The public holidays of a country in a year, as they are kept, by day; none for a country without rules here. */
export function holidaysOf(country: string, year: number): readonly Holiday[] {
  const name = `${country} ${year}`
  const known = kept.get(name)
  if (known) return known
  const rules = COUNTRIES[country]
  // New Year's Day of the next year may be kept on 31 December.
  const all = rules ? [year, year + 1].flatMap((one) => observed(rules, one)) : []
  const made = all.filter(({ day }) => day.startsWith(`${year}-`)).sort((a, b) => (a.day < b.day ? -1 : 1))
  kept.set(name, made)
  return made
}

export function isHoliday(country: string | undefined, day: Day): boolean {
  return country !== undefined && holidaysOf(country, Number(day.slice(0, 4))).some((one) => one.day === day)
}

function observed({ rules, moves }: Country, year: number): Holiday[] {
  const days = rules.flatMap((rule): Holiday[] => {
    const day = dayOfRule(rule, year)
    return day === undefined ? [] : [{ day, name: rule.name }]
  })
  if (!moves) return days
  const taken = new Set(days.map(({ day }) => day))
  const moved = days
    .filter(({ day }) => moves.from.includes(weekday(day)))
    .map((one) => {
      const day = moves.to === 'nearest' ? dayAfter(one.day, weekday(one.day) === 6 ? -1 : 1) : nextFree(one.day, moves.from, taken)
      taken.add(day)
      return { day, name: `${one.name} (kept on this day)` }
    })
  return [...days, ...moved.filter(({ day }) => days.every((one) => one.day !== day))]
}

function nextFree(day: Day, closed: readonly number[], taken: ReadonlySet<Day>): Day {
  let next = dayAfter(day, 1)
  while (closed.includes(weekday(next)) || taken.has(next)) next = dayAfter(next, 1)
  return next
}

function dayOfRule(rule: Rule, year: number): Day | undefined {
  if ('date' in rule) return `${year}-${rule.date}`
  if ('lunar' in rule) return lunarDay(year, ...rule.lunar)
  if ('qingming' in rule) return qingming(year)
  if ('easter' in rule) return dayAfter(easter(year), rule.easter)
  if ('nth' in rule) return nthWeekday(year, ...rule.nth)
  const last = lunarEve(year)
  return last && dayAfter(last, 1 - rule.beforeNewYear)
}

/** The nth day of the week in a month, the last one for −1. */
export function nthWeekday(year: number, month: number, day: number, nth: number): Day {
  const first = dayNumber(new Date(Date.UTC(year, month - 1, 1)).toISOString())
  const last = dayNumber(new Date(Date.UTC(year, month, 0)).toISOString())
  if (nth > 0) return dayFrom(first + ((day - weekday(dayFrom(first)) + 7) % 7) + 7 * (nth - 1))
  return dayFrom(last - ((weekday(dayFrom(last)) - day + 7) % 7))
}

/** Easter Sunday of the Gregorian calendar (Meeus, "Astronomical Algorithms", chapter 8). */
export function easter(year: number): Day {
  const a = year % 19
  const b = Math.floor(year / 100)
  const c = year % 100
  const g = Math.floor((8 * b + 13) / 25)
  const h = (19 * a + b - Math.floor(b / 4) - g + 15) % 30
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7
  const m = Math.floor((a + 11 * h + 19 * l) / 433)
  const month = Math.floor((h + l - 7 * m + 90) / 25)
  const day = (h + l - 7 * m + 33 * month + 19) % 32
  return new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10)
}
