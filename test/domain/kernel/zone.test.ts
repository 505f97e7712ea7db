import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import { dayIn, dayNumberIn, startOfDay } from '../../../domain/kernel/zone.ts'

describe('a calendar day in a time zone', () => {
  test('begins where its first instant is and the instant before is yesterday', () => {
    const zones = fc.constantFrom(
      'UTC',
      'Asia/Shanghai',
      'Asia/Kolkata',
      'America/New_York',
      'Europe/Berlin',
      'Pacific/Auckland',
      'Australia/Lord_Howe',
    )
    fc.assert(
      fc.property(fc.integer({ min: 7_300, max: 25_000 }), zones, (day, zone) => {
        const begins = startOfDay(day, zone)
        expect(dayNumberIn(new Date(begins).toISOString(), zone)).toBe(day)
        expect(dayNumberIn(new Date(begins - 1).toISOString(), zone)).toBe(day - 1)
      }),
    )
  })

  test('is tomorrow in Shanghai while it is today in London', () => {
    expect(dayIn('2026-11-22T16:30:00Z', 'Asia/Shanghai')).toBe('2026-11-23')
    expect(dayIn('2026-11-22T16:30:00Z', 'Europe/London')).toBe('2026-11-22')
  })

  test('is short or long on the days when clocks change', () => {
    const hours = (day: string): number => {
      const number = Date.parse(day) / 86_400_000
      return (startOfDay(number + 1, 'Europe/Berlin') - startOfDay(number, 'Europe/Berlin')) / 3_600_000
    }
    expect([hours('2026-03-29'), hours('2026-10-25'), hours('2026-11-22')]).toEqual([23, 25, 24])
  })
})
