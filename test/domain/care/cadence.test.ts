import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import { daysLater } from '../../../domain/kernel/clock.ts'
import { dayIn } from '../../../domain/kernel/zone.ts'
import { explain, LOOK_AGAIN_DAYS, nextContact, timerFor } from '../../../domain/care/cadence/cadence.ts'
import { carries, causesOf, joined, without, type Task } from '../../../domain/care/task/task.ts'

const now = '2026-11-22T09:00:00.000Z'
const since = '2026-01-01T00:00:00.000Z'

describe('the next contact', () => {
  test('falls due some days after the last contact, at the beginning of the day there', () => {
    expect(nextContact({ everyDays: 14, since, lastContactAt: '2026-11-20T17:00:00.000Z' }, 'Asia/Shanghai')).toBe(
      '2026-12-04T16:00:00.000Z',
    )
    expect(dayIn('2026-12-04T16:00:00.000Z', 'Asia/Shanghai')).toBe('2026-12-05')
  })

  test('is counted from the last purchase where no contact is known, else from the plan’s beginning', () => {
    expect(nextContact({ everyDays: 10, since, lastPurchaseAt: '2026-11-01T12:00:00.000Z' }, 'UTC')).toBe('2026-11-11T00:00:00.000Z')
    expect(nextContact({ everyDays: 10, since }, 'UTC')).toBe('2026-01-11T00:00:00.000Z')
    expect(nextContact({ since }, 'UTC')).toBeUndefined()
  })

  test('waits after a try that reached nobody, and comes earlier for a warning’s next try', () => {
    expect(nextContact({ everyDays: 10, since, notBefore: '2026-11-25T10:00:00.000Z' }, 'UTC')).toBe('2026-11-25T00:00:00.000Z')
    expect(nextContact({ everyDays: 90, since: now, retryAt: '2026-11-25T10:00:00.000Z' }, 'UTC')).toBe('2026-11-25T10:00:00.000Z')
    expect(nextContact({ since: now, retryAt: '2026-11-25T10:00:00.000Z' }, 'UTC')).toBe('2026-11-25T10:00:00.000Z')
  })

  test('explains itself', () => {
    const grounds = { tier: 'black-gold', everyDays: 14, since, lastContactAt: '2026-11-07T12:00:00.000Z' }
    expect(explain(grounds, now, 'UTC')).toBe('black-gold customers are contacted every 14 days; last contact 15 days ago')
    expect(explain({ tier: 'gold', everyDays: 90, since, lastPurchaseAt: now }, now, 'UTC')).toBe(
      'gold customers are contacted every 90 days; no contact on record, last purchase today',
    )
    expect(explain({ tier: 'crystal', since }, now, 'UTC')).toBe('crystal customers have no regular contact.')
  })
})

describe('the timer', () => {
  const instant = fc.integer({ min: -100, max: 400 }).map((days) => daysLater(now, days))
  test('never fires after the next contact falls due, looks every fortnight, and stays when it stands early enough', () => {
    fc.assert(
      fc.property(instant, fc.option(instant, { nil: undefined }), fc.boolean(), (nextAt, stands, occupied) => {
        const timer = timerFor(nextAt, { occupied, stands, now }) ?? 'never'
        expect(timer <= daysLater(now, LOOK_AGAIN_DAYS)).toBe(true)
        expect(occupied || timer <= nextAt).toBe(true)
        expect(stands === undefined || timer <= stands || timer === timerFor(nextAt, { occupied, now })).toBe(true)
        expect(timerFor(nextAt, { occupied, stands: timer, now })).toBe(timer)
      }),
    )
  })

  test('is not set without a next contact', () => {
    expect(timerFor(undefined, { occupied: false, stands: now, now })).toBeUndefined()
  })
})

describe('a visit with several causes', () => {
  const visit: Task = {
    title: 'Regular contact',
    cause: 'cadence',
    reason: 'every 14 days',
    dueAt: '2026-11-30T09:00:00.000Z',
    priority: 'normal',
    state: 'open',
    valueAtStake: { amount: 500, currency: 'USD' },
  }
  const warned = {
    cause: 'warning',
    sourceId: 'war_1',
    reason: 'silent',
    at: now,
    dueAt: '2026-11-23T09:00:00.000Z',
    priority: 'high',
    valueAtStake: { amount: 900, currency: 'USD' },
  } as const

  test('takes the earliest time, the highest priority and the largest value, and keeps every reason', () => {
    const both = { ...visit, ...joined(visit, warned) }
    expect(both).toMatchObject({ cause: 'cadence', dueAt: warned.dueAt, priority: 'high', valueAtStake: { amount: 900 } })
    expect(causesOf(both).map(({ cause }) => cause)).toEqual(['cadence', 'warning'])
    expect(carries(both, 'warning', 'war_1')).toBe(true)
  })

  test('goes on for the others when one cause ends, and ends with the last', () => {
    const both = { ...visit, ...joined(visit, warned) }
    expect(without(both, 'warning', 'war_1')).toMatchObject({ cause: 'cadence', also: [] })
    const turned = { ...both, ...without(both, 'cadence', undefined) }
    expect(turned).toMatchObject({ cause: 'warning', sourceId: 'war_1', reason: 'silent', also: [] })
    expect(without(turned, 'warning', 'war_1')).toBeUndefined()
  })
})
