import fc from '../../support/property.ts'
import { expect, test } from 'vitest'
import { calendarText, type Appointment } from '../../../domain/care/feed/ics.ts'
import { allOf, plain, readCalendar } from '../../support/ics.ts'

const stamp = '2026-11-22T09:00:00.000Z'
const text = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 200 }),
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom('客戶'.repeat(60), '👩‍👩‍👧‍👦'.repeat(12), 'BEGIN:VEVENT\r\nUID:x', 'a\\;b,c\nd', '\\n', 'x'.repeat(75), ' '.repeat(80)),
  )
  .map((one) => one.toWellFormed())
const when: fc.Arbitrary<Appointment['when']> = fc.oneof(
  fc.record({
    at: fc.date({ min: new Date('2000-01-01'), max: new Date('2090-01-01'), noInvalidDate: true }).map((date) => date.toISOString()),
    minutes: fc.integer({ min: 1, max: 600 }),
  }),
  fc.record({ day: fc.constantFrom('2026-12-01', '2028-02-29') }),
)
const appointment = fc.record({
  summary: text,
  description: fc.option(text, { nil: undefined }),
  when,
  priority: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
})

test('whatever people write is calendar text by the grammar of RFC 5545, and is read back as it was', () => {
  fc.assert(
    fc.property(text, fc.array(appointment, { maxLength: 5 }), (name, given) => {
      const all = given.map((one, at) => ({ ...one, uid: `tas_${at}@crm` }))
      const calendar = readCalendar(calendarText(name, stamp, all))
      // oxlint-disable-next-line no-control-regex
      const kept = (value: string) => value.replace(/\r\n|\r/g, '\n').replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '')
      expect(allOf(calendar, 'SUMMARY').map((one) => plain(one ?? ''))).toEqual(all.map((one) => kept(one.summary)))
      expect(allOf(calendar, 'DESCRIPTION').map((one) => one && plain(one))).toEqual(
        all.map((one) => one.description && kept(one.description)),
      )
      expect(allOf(calendar, 'UID')).toEqual(all.map((one) => one.uid))
    }),
    { numRuns: 300 },
  )
})

test('a moment is in UTC and takes its minutes, a day has no time', () => {
  const calendar = readCalendar(
    calendarText('CRM', stamp, [
      { uid: 'a', summary: 'Call', when: { at: '2026-12-31T23:45:00.000Z', minutes: 30 } },
      { uid: 'b', summary: 'Close', when: { day: '2026-12-01' } },
    ]),
  )
  expect(allOf(calendar, 'DTSTART')).toEqual(['20261231T234500Z', '20261201'])
  expect(allOf(calendar, 'DTEND')).toEqual(['20270101T001500Z', undefined])
})
