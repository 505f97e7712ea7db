import { dayFrom, dayNumber, type Day } from '../../kernel/clock.ts'

/**
 * The Chinese calendar (GB/T 33661-2017), 1900 to 2100. By Gregorian year: in bits 17 and up the days from 20 January to the lunar
 * new year, from bit 4 on the months in order, set for 30 days and clear for 29, in bits 0 to 3 the month that is followed by a
 * leap month of the same number, 0 for none.
 *
 * A table and not Intl's `chinese` calendar: ICU 78 puts the new moons of 6 February 2027 (23:56 in Beijing) and 3 February
 * 2030 (00:07) on the wrong side of midnight and with them two new years on the wrong day, and some fifteen more in these years.
 * Computed from new moons and the sun's longitude (VSOP87), before 1929 by the local time of Beijing, 7:45:40 ahead; held against
 * the Hong Kong Observatory's published dates in the tests. The new moon of 28 September 2057 is 10 seconds before midnight, nearer
 * than anyone can tell now.
 */
const FIRST = 1900
// biome-ignore format: ten years a line
const YEARS: readonly number[] = [
  0x176d28, 0x3c7520, 0x26ea50, 0x1364a5, 0x3664b0, 0x1ea9b0, 0x0b55a4, 0x3056a0, 0x1ab590, 0x057522,
  0x2a7520, 0x15b256, 0x3ab250, 0x22a4b0, 0x0d4ab5, 0x322ad0, 0x1c56b0, 0x06b692, 0x2cda90, 0x19d927,
  0x3ee920, 0x26d250, 0x11a4d6, 0x36a560, 0x202b60, 0x095b54, 0x306d40, 0x1aea90, 0x07e922, 0x2ae920,
  0x14d266, 0x3852b0, 0x22a570, 0x0d2b65, 0x32b5a0, 0x1e6d40, 0x08ec93, 0x2c7490, 0x176937, 0x3ca930,
  0x2652b0, 0x0ea5b6, 0x34aad0, 0x2056a0, 0x0bb554, 0x30ba40, 0x1ab490, 0x05a932, 0x2aa950, 0x1352d7,
  0x385360, 0x22aad0, 0x0f5aa5, 0x325b20, 0x1cda50, 0x09d4a3, 0x2ed4a0, 0x16a958, 0x3aa970, 0x265560,
  0x10ab56, 0x34ad50, 0x206d20, 0x0aea54, 0x30ea50, 0x1a64a0, 0x02c973, 0x28a9b0, 0x1555a7, 0x3856a0,
  0x22b690, 0x0f7525, 0x34b520, 0x1cb250, 0x0764b4, 0x2ca4b0, 0x174ab8, 0x3a2ad0, 0x2456d0, 0x10b696,
  0x36da90, 0x20d920, 0x0bd254, 0x30d250, 0x1ba4da, 0x3ea560, 0x282b60, 0x125b56, 0x386d50, 0x22ea90,
  0x0fe925, 0x34e920, 0x1ed260, 0x06a563, 0x2aa570, 0x174d68, 0x3c35a0, 0x246d50, 0x116c95, 0x367490,
  0x206930, 0x0952b4, 0x2e52b0, 0x18a5b0, 0x0555a2, 0x2856a0, 0x13b557, 0x3aba40, 0x24b490, 0x0da935,
  0x32a950, 0x1c52d0, 0x06aad4, 0x2aab50, 0x175aa9, 0x3c5d20, 0x26da50, 0x11d4a6, 0x36d4a0, 0x20c950,
  0x0b52e4, 0x2e5560, 0x18ab50, 0x055b22, 0x2a6d20, 0x12ea56, 0x387250, 0x2264b0, 0x0cc975, 0x30cab0,
  0x1c55a0, 0x06ad63, 0x2cb690, 0x17752b, 0x3cb520, 0x26b250, 0x11a4b6, 0x34a4b0, 0x1e4ab0, 0x0855b5,
  0x2e5ad0, 0x18b6a0, 0x05b522, 0x2ad920, 0x15d257, 0x38d250, 0x22a550, 0x0d4ad5, 0x324b60, 0x1a5b50,
  0x06daa3, 0x2cec90, 0x19e928, 0x3ce920, 0x26d260, 0x10a566, 0x34a570, 0x1e5560, 0x086d54, 0x2e7550,
  0x1a7490, 0x02e933, 0x286930, 0x1352b7, 0x3852b0, 0x20a5b0, 0x0d55a5, 0x3256a0, 0x1cb650, 0x0774a4,
  0x2cb4a0, 0x17a958, 0x3ca950, 0x2452d0, 0x0eaad6, 0x34ab50, 0x205aa0, 0x08ba54, 0x2eda50, 0x1ad4a0,
  0x05c953, 0x28c960, 0x1394e7, 0x385560, 0x22ab50, 0x0d5b25, 0x326d20, 0x1cea50, 0x08e4a4, 0x2a68b0,
  0x14c978, 0x3a4ab0, 0x2455b0, 0x0ead66, 0x34b6a0, 0x207520, 0x0b7254, 0x2eb450, 0x18a8b0, 0x0349b2,
  0x284ab0,
]

/** What is known of the lunar year that begins in a Gregorian year; undefined outside the table. */
interface LunarYear {
  /** Days since 1970-01-01 of its first day. */
  start: number
  /** The month that a leap month follows; 0 for none. */
  leap: number
  /** Days of its months, in order. */
  months: readonly number[]
}

function yearOf(year: number): LunarYear | undefined {
  const code = YEARS[year - FIRST]
  if (code === undefined) return undefined
  const leap = code & 0b1111
  const months = Array.from({ length: leap > 0 ? 13 : 12 }, (_, at) => 29 + ((code >> (at + 4)) & 1))
  return { start: dayNumber(`${year}-01-20`) + (code >> 17), leap, months }
}

/** Where a month stands in its year, from 0. @param again whether the leap month of this number is meant */
const placeOf = (leap: number, month: number, again = false): number => month - 1 + (again || (leap > 0 && month > leap) ? 1 : 0)

/**
 * The day of a lunar date in the lunar year that begins in this Gregorian year; undefined for the 30th of a month of 29 days, and
 * before 1900 and after 2100. A leap month is never meant: festivals fall in the month before it, which has the number first.
 */
export function lunarDay(year: number, month: number, day: number): Day | undefined {
  const known = yearOf(year)
  if (!known) return undefined
  const at = placeOf(known.leap, month)
  return day > (known.months[at] ?? 0) ? undefined : dayFrom(known.start + daysIn(known.months.slice(0, at)) + day - 1)
}

/** The last day of a lunar month: the 29th or 30th of the one that has the number first. */
export function lastLunarDay(year: number, month: number): Day | undefined {
  return lunarDay(year, month, 30) ?? lunarDay(year, month, 29)
}

/** A date of the Chinese calendar. */
export interface LunarDate {
  /** The Gregorian year in which its year begins. */
  year: number
  month: number
  day: number
  /** In the leap month of this number. */
  leap: boolean
}

/** The lunar date of a day; undefined before 31 January 1900 and after the lunar year 2100. */
export function lunarDateOf(day: Day): LunarDate | undefined {
  const number = dayNumber(day)
  const year = Number(day.slice(0, 4))
  const found = [year, year - 1].flatMap((one) => {
    const known = yearOf(one)
    return known && number >= known.start ? [{ year: one, ...known }] : []
  })[0]
  if (!found) return undefined
  let left = number - found.start
  const at = found.months.findIndex((days) => {
    if (left < days) return true
    left -= days
    return false
  })
  if (at < 0) return undefined
  const passed = found.leap > 0 && at >= found.leap
  return { year: found.year, month: passed ? at : at + 1, day: left + 1, leap: passed && at === found.leap }
}

const daysIn = (months: readonly number[]): number => months.reduce((sum, days) => sum + days, 0)

/** The last day of the lunar year before the one that begins in this Gregorian year: new year's eve. */
export function lunarEve(year: number): Day | undefined {
  const newYear = lunarDay(year, 1, 1)
  return newYear && dayFrom(dayNumber(newYear) - 1)
}

/** 清明: 4 or 5 April. */
export function qingming(year: number): Day {
  return termDay(year, '04', 4.81)
}

/** 冬至, the winter solstice: 21 or 22 December. In 2087 the sun is there four minutes after midnight. */
export function winterSolstice(year: number): Day {
  return year === 2087 ? '2087-12-22' : termDay(year, '12', 21.91)
}

/**
 * The day of a solar term in the 21st century: a tropical year is 0.2422 days longer than 365, leap days take it back.
 * Agrees for 2000 to 2099 with the sun's longitude (VSOP87).
 */
function termDay(year: number, month: string, constant: number): Day {
  const short = year % 100
  const date = Math.floor(short * 0.2422 + constant) - Math.floor(short / 4)
  return `${year}-${month}-${String(date).padStart(2, '0')}`
}
