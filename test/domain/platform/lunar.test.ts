import { describe, expect, test } from 'vitest'
import {
  dayAfter,
  holidayCountries,
  holidaysOf,
  lunarDateOf,
  lunarDay,
  lunarEve,
  weekday,
  winterSolstice,
} from '../../../domain/platform/calendar/index.ts'
import { qingming } from '../../../domain/platform/calendar/lunar.ts'

/** Dates as the Hong Kong Observatory publishes them (Gregorian-Lunar Calendar Conversion Table), 2020 to 2035. */
const published = {
  spring: [
    '2020-01-25',
    '2021-02-12',
    '2022-02-01',
    '2023-01-22',
    '2024-02-10',
    '2025-01-29',
    '2026-02-17',
    '2027-02-06',
    '2028-01-26',
    '2029-02-13',
    '2030-02-03',
    '2031-01-23',
    '2032-02-11',
    '2033-01-31',
    '2034-02-19',
    '2035-02-08',
  ],
  dragonBoat: [
    '2020-06-25',
    '2021-06-14',
    '2022-06-03',
    '2023-06-22',
    '2024-06-10',
    '2025-05-31',
    '2026-06-19',
    '2027-06-09',
    '2028-05-28',
    '2029-06-16',
    '2030-06-05',
    '2031-06-24',
    '2032-06-12',
    '2033-06-01',
    '2034-06-20',
    '2035-06-10',
  ],
  midAutumn: [
    '2020-10-01',
    '2021-09-21',
    '2022-09-10',
    '2023-09-29',
    '2024-09-17',
    '2025-10-06',
    '2026-09-25',
    '2027-09-15',
    '2028-10-03',
    '2029-09-22',
    '2030-09-12',
    '2031-10-01',
    '2032-09-19',
    '2033-09-08',
    '2034-09-27',
    '2035-09-16',
  ],
  doubleNinth: [
    '2020-10-25',
    '2021-10-14',
    '2022-10-04',
    '2023-10-23',
    '2024-10-11',
    '2025-10-29',
    '2026-10-18',
    '2027-10-08',
    '2028-10-26',
    '2029-10-16',
    '2030-10-05',
    '2031-10-24',
    '2032-10-12',
    '2033-10-01',
    '2034-10-20',
    '2035-10-09',
  ],
}
const years = Array.from({ length: 16 }, (_, at) => 2020 + at)

describe('the Chinese calendar', () => {
  test('has the festivals on their published days, leap months and the new moons at midnight included', () => {
    expect(years.map((year) => lunarDay(year, 1, 1))).toEqual(published.spring)
    expect(years.map((year) => lunarDay(year, 1, 15))).toEqual(published.spring.map((day) => dayAfter(day, 14)))
    expect(years.map((year) => lunarEve(year))).toEqual(published.spring.map((day) => dayAfter(day, -1)))
    expect(years.map((year) => lunarDay(year, 5, 5))).toEqual(published.dragonBoat)
    expect(years.map((year) => lunarDay(year, 8, 15))).toEqual(published.midAutumn)
    expect(years.map((year) => lunarDay(year, 9, 9))).toEqual(published.doubleNinth)
  })

  test('has Qingming and the winter solstice on their days', () => {
    const fourth = [2020, 2021, 2024, 2025, 2028, 2029, 2032, 2033]
    expect(years.map(qingming)).toEqual(years.map((year) => `${year}-04-0${fourth.includes(year) ? 4 : 5}`))
    const first = [2020, 2021, 2024, 2025, 2028, 2029, 2032, 2033]
    expect(years.map(winterSolstice)).toEqual(years.map((year) => `${year}-12-${first.includes(year) ? 21 : 22}`))
  })

  test('agrees with ICU on every month from 2020 to 2050 but the two whose new moon it puts on the wrong side of midnight', () => {
    const format = new Intl.DateTimeFormat('en-u-ca-chinese', { timeZone: 'UTC', month: 'numeric', day: 'numeric' })
    const wrong: string[] = []
    for (let year = 2020; year <= 2050; year++) {
      for (let month = 1; month <= 12; month++) {
        const day = lunarDay(year, month, 1) ?? ''
        const said = Object.fromEntries(format.formatToParts(Date.parse(day)).map(({ type, value }) => [type as string, value]))
        if (said['month'] !== String(month) || said['day'] !== '1') wrong.push(day)
      }
    }
    expect(wrong).toEqual(['2027-02-06', '2030-02-03'])
  })

  test('has no 30th in a short month, and an answer beyond the table', () => {
    expect(lunarDay(2026, 2, 30)).toBeUndefined()
    expect(lunarDay(2026, 1, 30)).toBe('2026-03-18')
    expect(lunarDay(2019, 8, 15)).toBe('2019-09-13')
    expect(lunarDay(2060, 1, 1)).toBe('2060-02-02')
    expect([lunarDay(1899, 1, 1), lunarDay(2101, 1, 1), lunarDateOf('1900-01-30')]).toEqual([undefined, undefined, undefined])
  })

  test('tells the lunar date of every day from 1900 to 2100, and of that date the day', () => {
    let before = { month: 0, day: 0 }
    for (let day = '1900-01-31'; day < '2101-01-01'; day = dayAfter(day, 1)) {
      const date = lunarDateOf(day)
      if (!date) throw new Error(day)
      expect(date.day === 1 ? date.month !== before.month || date.leap : date.day === before.day + 1, day).toBe(true)
      if (!date.leap) expect(lunarDay(date.year, date.month, date.day)).toBe(day)
      before = date
    }
  })

  test('has the leap months, and the new moons near midnight, where almanacs have them', () => {
    // Hong Kong Observatory: the first days of leap months.
    for (const [day, month] of [
      ['1976-09-24', 8],
      ['1984-11-23', 10],
      ['1995-09-25', 8],
      ['2006-08-24', 7],
      ['2014-10-24', 9],
      ['2017-07-23', 6],
      ['2033-12-22', 11],
    ] as const)
      expect(lunarDateOf(day)).toMatchObject({ month, day: 1, leap: true })
    expect([lunarDay(1979, 1, 1), lunarDay(1985, 1, 1), lunarDay(2012, 8, 15), lunarDay(2057, 8, 15)]).toEqual([
      '1979-01-28',
      '1985-02-20',
      '2012-09-30',
      '2057-09-13',
    ])
    // 2018: the ninth month ends on the 7th of November, its new moon two minutes after midnight.
    expect(lunarDay(2018, 10, 1)).toBe('2018-11-08')
    expect(winterSolstice(2087)).toBe('2087-12-22')
  })
})

describe('public holidays', () => {
  const days = (country: string, year: number) => holidaysOf(country, year).map(({ day }) => day.slice(5))

  test.each([
    // The Government of the HKSAR, General Holidays for 2026.
    [
      'HK',
      2026,
      [
        '01-01',
        '02-17',
        '02-18',
        '02-19',
        '04-03',
        '04-04',
        '04-06',
        '04-07',
        '05-01',
        '05-25',
        '06-19',
        '07-01',
        '09-26',
        '10-01',
        '10-19',
        '12-25',
        '12-26',
      ],
    ],
    // U.S. Office of Personnel Management, 2026: Independence Day on Friday 3 July.
    ['US', 2026, ['01-01', '01-19', '02-16', '05-25', '06-19', '07-03', '09-07', '10-12', '11-11', '11-26', '12-25']],
    // Gov.uk, bank holidays in England and Wales 2027: Boxing Day kept on the 28th.
    ['GB', 2027, ['01-01', '03-26', '03-29', '05-03', '05-31', '08-30', '12-27', '12-28']],
    ['DE', 2026, ['01-01', '04-03', '04-06', '05-01', '05-14', '05-25', '10-03', '12-25', '12-26']],
  ])('of %s in %i are the ones that were published', (country, year, published) => {
    const working = days(country, year).filter((day) => country === 'DE' || weekday(`${year}-${day}`) !== 7)
    const expected = published.filter((day) => country === 'DE' || weekday(`${year}-${day}`) !== 7)
    expect(working.filter((day) => (country !== 'GB' && country !== 'US' ? true : weekday(`${year}-${day}`) < 6))).toEqual(expected)
  })

  test('of China follow the regulation of 2025: thirteen days', () => {
    expect(days('CN', 2026)).toEqual([
      '01-01',
      '02-16',
      '02-17',
      '02-18',
      '02-19',
      '04-05',
      '05-01',
      '05-02',
      '06-19',
      '09-25',
      '10-01',
      '10-02',
      '10-03',
    ])
  })

  test('are at most 26 in any year, so that a search for a working day ends', () => {
    for (const country of holidayCountries) {
      for (let year = 2020; year <= 2049; year++) expect(holidaysOf(country, year).length, `${country} ${year}`).toBeLessThanOrEqual(26)
    }
  })
})
