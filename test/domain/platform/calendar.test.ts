import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import { dayFrom } from '../../../domain/kernel/clock.ts'
import { dayIn } from '../../../domain/kernel/zone.ts'
import {
  dayAfter,
  holidayCountries,
  hoursOn,
  instantAt,
  isWorkingDay,
  newCalendar,
  startOn,
  weekday,
  workDaysLater,
  workStart,
  workStartBefore,
  workTimeOf,
  type WorkTime,
} from '../../../domain/platform/calendar/index.ts'

const zones = [
  'UTC',
  'Asia/Shanghai',
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'Africa/Casablanca',
]
const week = (timeZone: string, more: Partial<WorkTime> = {}): WorkTime => ({ ...workTimeOf(timeZone, newCalendar), ...more })

const zone = fc.constantFrom(...zones)
const moment = fc.date({ min: new Date('1995-01-01'), max: new Date('2037-12-31'), noInvalidDate: true }).map((date) => date.toISOString())
const work = fc.record({
  timeZone: zone,
  hours: fc
    .tuple(
      fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 7 }),
      fc.constantFrom('00:00', '02:30', '09:00', '23:45'),
    )
    .map(([days, from]) => [{ days, from, to: '24:00' }]),
  country: fc.constantFrom(undefined, ...holidayCountries),
  daysOff: fc.uniqueArray(fc.integer({ min: 9_200, max: 24_800 }).map(dayFrom), { maxLength: 5 }),
  workOn: fc.uniqueArray(fc.integer({ min: 9_200, max: 24_800 }).map(dayFrom), { maxLength: 5 }),
})

describe('the time on the wall', () => {
  test.each([
    ['2026-11-22', '09:00', 'Asia/Shanghai', '2026-11-22T01:00:00.000Z'],
    ['2026-01-15', '09:00', 'Europe/Berlin', '2026-01-15T08:00:00.000Z'],
    ['2026-07-15', '09:00', 'Europe/Berlin', '2026-07-15T07:00:00.000Z'],
    // Clocks go from 02:00 to 03:00: 02:30 is not there and becomes 03:30.
    ['2026-03-29', '02:30', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'],
    ['2026-03-29', '09:00', 'Europe/Berlin', '2026-03-29T07:00:00.000Z'],
    // Clocks go from 03:00 back to 02:00: the first of the two 02:30.
    ['2026-10-25', '02:30', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'],
    ['2026-10-25', '09:00', 'Europe/Berlin', '2026-10-25T08:00:00.000Z'],
    // A day that begins at 01:00, since midnight is skipped.
    ['2017-10-15', '00:00', 'America/Sao_Paulo', '2017-10-15T03:00:00.000Z'],
    // Half an hour of summer time, and a zone of a quarter of an hour.
    ['2026-10-04', '02:15', 'Australia/Lord_Howe', '2026-10-03T15:45:00.000Z'],
    ['2026-11-22', '09:00', 'Asia/Kathmandu', '2026-11-22T03:15:00.000Z'],
  ])('%s %s in %s is %s', (day, time, timeZone, instant) => {
    expect(instantAt(day, time, timeZone)).toBe(instant)
  })

  test('shows the day and time it was made for, in every zone, unless the clocks skip it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 9_200, max: 24_800 }).map(dayFrom), zone, (day, timeZone) => {
        fc.pre(timeZone !== 'Pacific/Apia' || day !== '2011-12-30')
        const at = instantAt(day, '12:00', timeZone)
        expect(dayIn(at, timeZone)).toBe(day)
        const clock = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }).format(Date.parse(at))
        expect(clock).toBe('12:00')
      }),
    )
  })
})

describe('working days', () => {
  test('are counted from Monday', () => {
    expect(['2026-11-16', '2026-11-21', '2026-11-22', '1969-12-31', '1970-01-01'].map(weekday)).toEqual([1, 6, 7, 3, 4])
  })

  test('begin at nine, today when it is early, else on the next, after a weekend on Monday', () => {
    const shanghai = week('Asia/Shanghai')
    expect(workStart('2026-11-19T22:00:00.000Z', shanghai)).toBe('2026-11-20T01:00:00.000Z')
    expect(workStart('2026-11-20T01:00:00.000Z', shanghai)).toBe('2026-11-20T01:00:00.000Z')
    expect(workStart('2026-11-20T01:00:00.001Z', shanghai)).toBe('2026-11-23T01:00:00.000Z')
    expect(workStart('2026-12-24T12:00:00.000Z', week('Europe/Berlin', { daysOff: ['2026-12-25', '2026-12-28'] }))).toBe(
      '2026-12-29T08:00:00.000Z',
    )
  })

  test('keep nine o’clock across the change of clocks', () => {
    const berlin = week('Europe/Berlin', { hours: [{ days: [1, 2, 3, 4, 5, 6, 7], from: '09:00', to: '18:00' }] })
    expect(workDaysLater('2026-10-24T07:00:00.000Z', 1, berlin)).toBe('2026-10-25T08:00:00.000Z')
    expect(workDaysLater('2026-03-28T08:00:00.000Z', 2, berlin)).toBe('2026-03-30T07:00:00.000Z')
  })

  test('leave out a day that the zone left out', () => {
    // Samoa had no Friday 30 December 2011; the next working day is Monday 2 January.
    expect(workStart('2011-12-30T09:00:00.000Z', week('Pacific/Apia'))).toBe('2012-01-01T19:00:00.000Z')
  })

  test('a start lies at or after the moment asked, on a working day, with none before it', () => {
    fc.assert(
      fc.property(moment, work, (from, rules) => {
        const at = workStart(from, rules)
        const day = dayIn(at, rules.timeZone)
        expect(at >= from).toBe(true)
        expect(isWorkingDay(day, rules)).toBe(true)
        for (let one = dayIn(from, rules.timeZone); one < day; one = dayAfter(one, 1)) {
          expect((startOn(one, rules) ?? '') >= from).toBe(false)
        }
      }),
    )
  })

  test('steps of working days never go back and never skip one', () => {
    fc.assert(
      fc.property(moment, work, fc.integer({ min: 0, max: 10 }), (from, rules, days) => {
        const start = workStart(from, rules)
        const there = workDaysLater(start, days, rules)
        expect(there >= start).toBe(true)
        expect(workDaysLater(there, 1, rules)).toBe(workDaysLater(start, days + 1, rules))
      }),
    )
  })
})

describe('hours', () => {
  const lunch = week('Asia/Shanghai', {
    hours: [
      { days: [1, 2, 3, 4, 5], from: '13:30', to: '18:00' },
      { days: [1, 2, 3, 4, 5], from: '09:00', to: '12:30' },
    ],
    country: 'CN',
    daysOff: ['2026-10-05'],
    workOn: ['2026-10-10', '2026-10-02'],
  })

  test('of a day are in order, none on a holiday or a day off, and a weekend that is worked has those of Monday', () => {
    expect(hoursOn('2026-11-23', lunch).map(({ from }) => from)).toEqual(['09:00', '13:30'])
    expect(hoursOn('2026-10-01', lunch)).toEqual([])
    expect(hoursOn('2026-10-05', lunch)).toEqual([])
    expect(hoursOn('2026-10-10', lunch).map(({ from }) => from)).toEqual(['09:00', '13:30'])
    expect(isWorkingDay('2026-10-02', lunch)).toBe(true)
  })

  test('a person’s word goes before the company’s', () => {
    const both = workTimeOf(
      'UTC',
      { ...newCalendar, daysOff: ['2026-12-24'], workOn: ['2026-12-26'] },
      { daysOff: ['2026-12-26', '2026-12-28'], workOn: ['2026-12-24'] },
    )
    expect(['2026-12-24', '2026-12-26', '2026-12-28'].map((day) => isWorkingDay(day, both))).toEqual([true, false, false])
  })

  test('the last working morning up to a day is on it or before, with none between', () => {
    fc.assert(
      fc.property(fc.integer({ min: 18_300, max: 24_000 }).map(dayFrom), work, (day, rules) => {
        const at = workStartBefore(day, rules)
        const found = dayIn(at, rules.timeZone)
        expect(found <= day && isWorkingDay(found, rules)).toBe(true)
        for (let one = dayAfter(found, 1); one <= day; one = dayAfter(one, 1)) expect(startOn(one, rules)).toBeUndefined()
      }),
    )
  })
})
