import type { Day } from '../../kernel/clock.ts'
import { easter, lunarDay, lunarEve, nthWeekday, winterSolstice } from '../../platform/calendar/index.ts'

/** Festivals on which customers are greeted, in the order of the year, and the day each is on. */
const FESTIVALS = {
  new_year: (year: number) => `${year}-01-01`,
  new_year_eve_lunar: lunarEve,
  spring_festival: (year: number) => lunarDay(year, 1, 1),
  lantern: (year: number) => lunarDay(year, 1, 15),
  valentines: (year: number) => `${year}-02-14`,
  womens_day: (year: number) => `${year}-03-08`,
  easter,
  labour_day: (year: number) => `${year}-05-01`,
  mothers_day: (year: number) => nthWeekday(year, 5, 7, 2),
  dragon_boat: (year: number) => lunarDay(year, 5, 5),
  fathers_day: (year: number) => nthWeekday(year, 6, 7, 3),
  qixi: (year: number) => lunarDay(year, 7, 7),
  teachers_day_cn: (year: number) => `${year}-09-10`,
  mid_autumn: (year: number) => lunarDay(year, 8, 15),
  national_day_cn: (year: number) => `${year}-10-01`,
  double_ninth: (year: number) => lunarDay(year, 9, 9),
  thanksgiving_us: (year: number) => nthWeekday(year, 11, 4, 4),
  winter_solstice: winterSolstice,
  christmas: (year: number) => `${year}-12-25`,
} as const satisfies Record<string, (year: number) => Day | undefined>

export type Festival = keyof typeof FESTIVALS
export const festivals = Object.keys(FESTIVALS) as [Festival, ...Festival[]]

export const occasions = ['birthday', 'anniversary', ...festivals] as const
export type Occasion = (typeof occasions)[number]

export function isFestival(occasion: Occasion): occasion is Festival {
  return occasion in FESTIVALS
}

/** The day of a festival in a Gregorian year. Lunar festivals are never in a leap month. */
export function festivalDay(festival: Festival, year: number): Day | undefined {
  return FESTIVALS[festival](year)
}

/** A festival's next day from a day on. */
export function nextFestival(festival: Festival, from: Day): Day | undefined {
  const year = Number(from.slice(0, 4))
  return [year, year + 1].map((one) => festivalDay(festival, one)).find((day) => day !== undefined && day >= from)
}
