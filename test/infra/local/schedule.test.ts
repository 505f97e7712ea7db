import { expect, test } from 'vitest'
import { Complaint } from '../../../infra/local/complaint.ts'
import { readExpression } from '../../../infra/local/schedule/expression.ts'

const next = (expression: string, after: string, timeZone = 'UTC', last = after) => {
  const moment = readExpression(expression, timeZone)(Date.parse(after), Date.parse(last))
  return moment === undefined ? undefined : new Date(moment).toISOString().slice(0, 16)
}

test.each([
  ['cron(0 9 ? * MON-FRI *)', '2026-01-02T01:00:00Z', 'Asia/Shanghai', '2026-01-05T01:00'],
  ['cron(0/15 * * * ? *)', '2026-01-01T00:07:00Z', 'UTC', '2026-01-01T00:15'],
  ['cron(30 8 1 * ? *)', '2026-01-01T08:30:00Z', 'UTC', '2026-02-01T08:30'],
  ['cron(0 0 L * ? *)', '2028-02-03T00:00:00Z', 'UTC', '2028-02-29T00:00'],
  ['cron(0 0 ? * 6L *)', '2026-01-01T00:00:00Z', 'UTC', '2026-01-30T00:00'],
  ['cron(0 0 ? * TUE#2 *)', '2026-01-01T00:00:00Z', 'UTC', '2026-01-13T00:00'],
  ['cron(0 0 15W * ? *)', '2026-02-01T00:00:00Z', 'UTC', '2026-02-16T00:00'],
  ['cron(0 0 LW * ? *)', '2026-05-01T00:00:00Z', 'UTC', '2026-05-29T00:00'],
  ['cron(0 12 29 2 ? *)', '2026-01-01T00:00:00Z', 'UTC', '2028-02-29T12:00'],
  ['cron(0 12 1 1 ? 2030)', '2026-01-01T00:00:00Z', 'UTC', '2030-01-01T12:00'],
  ['cron(0 0 1 JAN,JUL ? *)', '2026-01-01T00:00:00Z', 'UTC', '2026-07-01T00:00'],
])('%s after %s in %s is %s', (expression, after, timeZone, expected) => {
  expect(next(expression, after, timeZone)).toBe(expected)
})

test('a time that the clocks leave out in spring is skipped', () => {
  expect(next('cron(30 2 * * ? *)', '2026-03-28T12:00:00Z', 'Europe/Berlin')).toBe('2026-03-30T00:30')
})

test('a time that comes twice in autumn counts once', () => {
  const first = next('cron(30 2 * * ? *)', '2026-10-24T12:00:00Z', 'Europe/Berlin')
  expect(first).toBe('2026-10-25T00:30')
  expect(next('cron(30 2 * * ? *)', '2026-10-25T00:30:00Z', 'Europe/Berlin')).toBe('2026-10-26T01:30')
})

test('a rate counts from the last run and does not make up for missed ones', () => {
  expect(next('rate(1 hour)', '2026-01-01T10:00:00Z')).toBe('2026-01-01T11:00')
  expect(next('rate(1 hour)', '2026-01-01T13:20:00Z', 'UTC', '2026-01-01T10:00:00Z')).toBe('2026-01-01T14:00')
})

test('at() happens once, in its time zone', () => {
  expect(next('at(2026-06-01T09:00:00)', '2026-01-01T00:00:00Z', 'America/New_York')).toBe('2026-06-01T13:00')
  expect(next('at(2026-06-01T09:00:00)', '2026-06-01T13:00:00Z', 'America/New_York')).toBeUndefined()
})

test('a year that is over never comes', () => expect(next('cron(0 0 1 1 ? 2020)', '2026-01-01T00:00:00Z')).toBeUndefined())

test.each(['cron(0 9 * * * *)', 'cron(0 9 * * ?)', 'rate(0 hours)', 'rate(2 weeks)', 'cron(61 * * * ? *)', 'every hour'])(
  '%s is refused',
  (expression) => {
    expect(() => readExpression(expression, 'UTC')).toThrow(Complaint)
  },
)

test('an unknown time zone is refused', () => expect(() => readExpression('cron(0 9 * * ? *)', 'Mars/Olympus')).toThrow(Complaint))
