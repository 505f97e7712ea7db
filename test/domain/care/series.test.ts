import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import { dayFrom } from '../../../domain/kernel/clock.ts'
import { dayOf, firstFrom, lastUpTo, sayCourse, type Course } from '../../../domain/care/series/series.ts'
import { dayAfter } from '../../../domain/platform/calendar/index.ts'

const day = fc.integer({ min: 19_000, max: 24_000 }).map(dayFrom)
const course: fc.Arbitrary<Course> = fc.record({
  start: day,
  every: fc.record({ n: fc.integer({ min: 1, max: 40 }), unit: fc.constantFrom('days' as const, 'weeks' as const, 'months' as const) }),
})

describe('the days of a series', () => {
  test('of months stay on the date, or on the last day of a month that lacks it', () => {
    const monthly = { start: '2027-10-31', every: { n: 1, unit: 'months' as const } }
    expect([0, 1, 2, 3, 4, 5].map((nth) => dayOf(monthly, nth))).toEqual([
      '2027-10-31',
      '2027-11-30',
      '2027-12-31',
      '2028-01-31',
      '2028-02-29',
      '2028-03-31',
    ])
    expect(dayOf({ start: '2028-02-29', every: { n: 12, unit: 'months' } }, 1)).toBe('2029-02-28')
    expect(dayOf({ start: '2028-02-29', every: { n: 12, unit: 'months' } }, 4)).toBe('2032-02-29')
  })

  test('are found from a day on and up to a day, with none left out between', () => {
    fc.assert(
      fc.property(course, day, (one, asked) => {
        const next = firstFrom(one, asked) ?? ''
        expect(next >= asked && next >= one.start).toBe(true)
        const last = lastUpTo(one, dayAfter(next, -1))
        expect(last === undefined || last < asked).toBe(true)
        expect(lastUpTo(one, next)).toBe(next)
        expect(firstFrom(one, next)).toBe(next)
      }),
    )
  })

  test('end with the last day that is allowed', () => {
    const weekly: Course = { start: '2026-11-20', every: { n: 2, unit: 'weeks' }, until: '2026-12-10' }
    expect(firstFrom(weekly, '2026-12-04')).toBe('2026-12-04')
    expect(firstFrom(weekly, '2026-12-05')).toBeUndefined()
    expect(lastUpTo(weekly, '2027-05-01')).toBe('2026-12-04')
    expect(lastUpTo(weekly, '2026-11-19')).toBeUndefined()
    expect(sayCourse(weekly)).toBe('every 2 weeks since 2026-11-20')
    expect(sayCourse({ ...weekly, every: { n: 1, unit: 'months' } })).toBe('every month since 2026-11-20')
  })
})
