import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import { daysLater } from '../../../domain/kernel/clock.ts'
import { byScore, ranked, withoutDoubles, type Work } from '../../../domain/care/day/rank.ts'

const now = '2026-11-22T09:00:00.000Z'
const work = fc.record({
  kind: fc.constantFrom('task' as const, 'warning' as const, 'ticket' as const, 'deal' as const),
  id: fc.string({ minLength: 1 }),
  title: fc.constant('x'),
  dueAt: fc.option(
    fc.integer({ min: -30, max: 30 }).map((days) => daysLater(now, days)),
    { nil: undefined },
  ),
  priority: fc.option(fc.constantFrom('low', 'normal', 'high', 'urgent', 'critical'), { nil: undefined }),
  valueAtStake: fc.option(
    fc.integer({ min: 0, max: 1e12 }).map((amount) => ({ amount, currency: 'USD' })),
    { nil: undefined },
  ),
  escalated: fc.boolean(),
})

describe('a score', () => {
  test('is the sum of its named parts', () => {
    fc.assert(
      fc.property(work, (one) => {
        const { score, parts } = ranked(one, now)
        expect(parts.reduce((sum, part) => sum + part.points, 0)).toBe(score)
        expect(parts.every((part) => part.because.length > 0 && part.points !== 0)).toBe(true)
      }),
    )
  })

  test('never falls when more is at stake or it is later', () => {
    fc.assert(
      fc.property(work, fc.nat(1e9), fc.nat(20), (one, more, days) => {
        const dearer: Work = { ...one, valueAtStake: { amount: (one.valueAtStake?.amount ?? 0) + more, currency: 'USD' } }
        expect(ranked(dearer, now).score).toBeGreaterThanOrEqual(ranked(one, now).score)
        expect(ranked(one, daysLater(now, days)).score).toBeGreaterThanOrEqual(ranked(one, now).score)
      }),
    )
  })

  test('says why', () => {
    const { parts } = ranked(
      {
        kind: 'task',
        id: 'tas_1',
        title: 'Call',
        dueAt: daysLater(now, -3),
        priority: 'high',
        valueAtStake: { amount: 1_200_000, currency: 'USD' },
      },
      now,
    )
    expect(parts.map((part) => part.because)).toEqual(['$12,000.00 at stake', '3 days late', 'high priority'])
  })
})

test('the order is the same however the work comes in', () => {
  fc.assert(
    fc.property(fc.uniqueArray(work, { selector: (one) => one.id }), (all) => {
      const sorted = (list: Work[]) =>
        list
          .map((one) => ranked(one, now))
          .sort(byScore)
          .map((one) => one.id)
      expect(sorted([...all].reverse())).toEqual(sorted(all))
    }),
  )
})

test('a warning that has a task is shown once, as the task', () => {
  const warning = { kind: 'warning' as const, id: 'war_1', title: 'quiet' }
  const task = { kind: 'task' as const, id: 'tas_1', title: 'call', causedBy: ['war_1'] }
  expect(withoutDoubles([warning, task]).map((one) => one.id)).toEqual(['tas_1'])
})
