import type { Wall, Zone } from './zone.ts'

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']

/** A date without a time, with what the day rules ask about it. */
interface Day {
  readonly year: number
  readonly month: number
  readonly day: number
  /** 1 is Sunday, as in EventBridge. */
  readonly weekday: number
  readonly lastDay: number
}

type Rule = (day: Day) => boolean

const refuse = (field: string): never => {
  throw new RangeError(`"${field}" is not a field of a cron expression`)
}

const range = (from: number, to: number, step: number): number[] => {
  const values: number[] = []
  for (let value = from; value <= to; value += step) values.push(value)
  return values
}

/** The numbers a field stands for: `*`, `5`, `MON-FRI`, `0/15`, `1,15`. */
const numbers = (field: string, least: number, most: number, names: readonly string[] = []): number[] => {
  const value = (word: string): number => {
    const named = names.indexOf(word.toUpperCase())
    const found = named >= 0 ? named + least : /^\d+$/.test(word) ? Number(word) : Number.NaN
    return found >= least && found <= most ? found : refuse(field)
  }
  const values = field.split(',').flatMap((part) => {
    const [span = '', every] = part.split('/')
    const step = every === undefined ? 1 : value(every === '0' ? 'x' : every)
    if (span === '*') return range(least, most, step)
    const [from = '', to] = span.split('-')
    if (to !== undefined) return range(value(from), value(to), step)
    return every === undefined ? [value(from)] : range(value(from), most, step)
  })
  return [...new Set(values)].toSorted((a, b) => a - b)
}

/** The working day nearest to a date, without leaving its month. */
const nearestWorkday = (day: Day, target: number): number => {
  const date = Math.min(target, day.lastDay)
  const weekday = ((((day.weekday - 1 + date - day.day) % 7) + 7) % 7) + 1
  if (weekday === 7) return date > 1 ? date - 1 : date + 2
  if (weekday === 1) return date < day.lastDay ? date + 1 : date - 2
  return date
}

const dayRule = (field: string): Rule => {
  if (field === '?') return () => true
  if (field === 'L') return (day) => day.day === day.lastDay
  if (field === 'LW') return (day) => day.day === nearestWorkday(day, day.lastDay)
  const work = /^(\d+)W$/.exec(field)?.[1]
  if (work !== undefined) return (day) => day.day === nearestWorkday(day, Number(work))
  const days = new Set(numbers(field, 1, 31))
  return (day) => days.has(day.day)
}

const weekdayRule = (field: string): Rule => {
  if (field === '?') return () => true
  if (field === 'L') return (day) => day.weekday === 7
  const [, last] = /^(\w+)L$/.exec(field) ?? []
  if (last !== undefined) {
    const [wanted] = numbers(last, 1, 7, weekdays)
    return (day) => day.weekday === wanted && day.day + 7 > day.lastDay
  }
  const [, nth, count] = /^(\w+)#([1-5])$/.exec(field) ?? []
  if (nth !== undefined) {
    const [wanted] = numbers(nth, 1, 7, weekdays)
    return (day) => day.weekday === wanted && Math.ceil(day.day / 7) === Number(count)
  }
  const days = new Set(numbers(field, 1, 7, weekdays))
  return (day) => days.has(day.weekday)
}

const dayAt = (start: Wall, offset: number): Day => {
  const date = new Date(Date.UTC(start.year, start.month - 1, start.day + offset))
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + 1]
  return { year, month, day: date.getUTCDate(), weekday: date.getUTCDay() + 1, lastDay: new Date(Date.UTC(year, month, 0)).getUTCDate() }
}

/** Nothing recurs less often than 29 February on a given weekday. */
const horizonDays = 366 * 41

/**
 * The moments of `cron(minutes hours day-of-month month day-of-week year)` after a given one. As in EventBridge
 * Scheduler, a time that the clocks leave out in spring is skipped, and one that comes twice in autumn counts once.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */
export const cron = (fields: string, zone: Zone): ((afterMs: number) => number | undefined) => {
  const [minute = '', hour = '', day = '', month = '', weekday = '', year = '', ...more] = fields.trim().split(/\s+/)
  if (year === '' || more.length > 0) throw new RangeError('a cron expression has six fields')
  if ((day === '?') === (weekday === '?')) throw new RangeError('exactly one of day-of-month and day-of-week is ?')
  const [minutes, hours] = [numbers(minute, 0, 59), numbers(hour, 0, 23)]
  const [monthSet, yearSet] = [new Set(numbers(month, 1, 12, months)), new Set(numbers(year, 1970, 2199))]
  const rules: Rule[] = [(d) => yearSet.has(d.year), (d) => monthSet.has(d.month), dayRule(day), weekdayRule(weekday)]
  return (afterMs) => {
    const start = zone.wall(afterMs)
    for (let offset = 0; offset <= horizonDays; offset += 1) {
      const candidate = dayAt(start, offset)
      if (!rules.every((rule) => rule(candidate))) continue
      const moments = hours.flatMap((h) => minutes.map((m) => zone.epoch({ ...candidate, hour: h, minute: m, second: 0 })))
      const next = moments.find((moment) => moment !== undefined && moment > afterMs)
      if (next !== undefined) return next
    }
    return undefined
  }
}
