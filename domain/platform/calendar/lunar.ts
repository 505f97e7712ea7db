import { dayFrom, dayNumber, type Day } from '../../kernel/clock.ts'

/**
 * The Chinese calendar (GB/T 33661-2017). By Gregorian year: the day of the lunar new year, the month that is followed by a
 * leap month of the same number (0 for none), and the months in order, 1 for 30 days and 0 for 29.
 *
 * A table and not Intl's `chinese` calendar: ICU 78 puts the new moons of 6 February 2027 (23:56 in Beijing) and 3 February
 * 2030 (00:07) on the wrong side of midnight and with them two new years on the wrong day. Computed from the new moons of
 * Meeus, "Astronomical Algorithms", chapter 49, and the numbers of the months as ICU has them; held against the Hong Kong
 * Observatory's published dates in the tests.
 */
const YEARS: Readonly<Record<number, readonly [newYear: string, leap: number, months: string]>> = {
  2020: ['01-25', 4, '0111010010101'],
  2021: ['02-12', 0, '011010101010'],
  2022: ['02-01', 0, '101011010101'],
  2023: ['01-22', 2, '0100110110101'],
  2024: ['02-10', 0, '010010110110'],
  2025: ['01-29', 6, '1010010101110'],
  2026: ['02-17', 0, '101001001110'],
  2027: ['02-06', 0, '110100100110'],
  2028: ['01-26', 5, '1110100100110'],
  2029: ['02-13', 0, '110101010011'],
  2030: ['02-03', 0, '010110101010'],
  2031: ['01-23', 3, '0110101101010'],
  2032: ['02-11', 0, '100101101101'],
  2033: ['01-31', 11, '0100101011101'],
  2034: ['02-19', 0, '010010101101'],
  2035: ['02-08', 0, '101001001101'],
  2036: ['01-28', 6, '1101001001011'],
  2037: ['02-15', 0, '110100100101'],
  2038: ['02-04', 0, '110101010010'],
  2039: ['01-24', 5, '1101101010100'],
  2040: ['02-12', 0, '101101011010'],
  2041: ['02-01', 0, '010101101101'],
  2042: ['01-22', 2, '0100101011011'],
  2043: ['02-10', 0, '010010011011'],
  2044: ['01-30', 7, '1010010010111'],
  2045: ['02-17', 0, '101001001011'],
  2046: ['02-06', 0, '101010100101'],
  2047: ['01-26', 5, '1011010100101'],
  2048: ['02-14', 0, '011011010010'],
  2049: ['02-02', 0, '101011011010'],
  2050: ['01-23', 3, '0101010110110'],
}

/**
 * The day of a lunar date in the lunar year that begins in this Gregorian year; undefined for the 30th of a month of 29 days.
 * A leap month is never meant: festivals fall in the month before it, which has the number first. Outside 2020 to 2050 as
 * Intl has it, which may be a day off where a new moon is near midnight.
 */
export function lunarDay(year: number, month: number, day: number): Day | undefined {
  const known = YEARS[year]
  if (!known) return byIntl(year, month, day)
  const [newYear, leap, months] = known
  const at = month - 1 + (leap > 0 && month > leap ? 1 : 0)
  const before = 29 * at + months.slice(0, at).replaceAll('0', '').length
  if (day > lengthOf(months[at])) return undefined
  return dayFrom(dayNumber(`${year}-${newYear}`) + before + day - 1)
}

/** The last day of the lunar year before the one that begins in this Gregorian year: new year's eve. */
export function lunarEve(year: number): Day | undefined {
  const newYear = lunarDay(year, 1, 1)
  return newYear && dayFrom(dayNumber(newYear) - 1)
}

const lengthOf = (month: string | undefined): number => (month === '1' ? 30 : 29)

const found = new Map<string, Day | undefined>()

function byIntl(year: number, month: number, day: number): Day | undefined {
  const name = `${year}-${month}-${day}`
  if (!found.has(name)) found.set(name, searched(year, month, day))
  return found.get(name)
}

/** Lunar years begin from 21 January to 21 February and end within 385 days. */
function searched(year: number, month: number, day: number): Day | undefined {
  const format = new Intl.DateTimeFormat('en-u-ca-chinese', { timeZone: 'UTC', year: 'numeric', month: 'numeric', day: 'numeric' })
  const first = dayNumber(`${String(year).padStart(4, '0')}-01-20`)
  for (let number = first; number < first + 420; number++) {
    const part = Object.fromEntries(format.formatToParts(number * 86_400_000).map(({ type, value }) => [type as string, value]))
    if (part['month'] === String(month) && part['day'] === String(day) && part['relatedYear'] === String(year)) return dayFrom(number)
  }
  return undefined
}

/** 清明: 4 or 5 April. */
export function qingming(year: number): Day {
  return termDay(year, '04', 4.81)
}

/** 冬至, the winter solstice: 21 or 22 December. */
export function winterSolstice(year: number): Day {
  return termDay(year, '12', 21.91)
}

/**
 * The day of a solar term in the 21st century: a tropical year is 0.2422 days longer than 365, leap days take it back.
 * Agrees for 2001 to 2050 with the sun's longitude of Meeus, "Astronomical Algorithms", chapter 25.
 */
function termDay(year: number, month: string, constant: number): Day {
  const short = year % 100
  const date = Math.floor(short * 0.2422 + constant) - Math.floor(short / 4)
  return `${year}-${month}-${String(date).padStart(2, '0')}`
}
