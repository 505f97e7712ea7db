import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dayFrom, daysLater } from '../../../domain/kernel/clock.ts'
import { lineOf, publishedModel } from '../../../domain/insight/statistics/index.ts'
import { warningDay } from '../../../domain/insight/model/warning-line.ts'
import { retimed, type Timer } from '../../../domain/insight/rhythm/index.ts'
import { afterWarning } from '../../../domain/insight/warning/lifecycle.ts'
import { lifecycles } from '../../../domain/customer/customer/index.ts'
import { rankOf as placeOfWarning, severityOf, silenceKey } from '../../../domain/insight/warning/warning.ts'
import { defaultPolicy, policyIssues, rankOf, reachedBy } from '../../../domain/insight/tier/policy.ts'
import { earnedAfterExpiry, earnedNow, turned, type Membership } from '../../../domain/insight/tier/tier.ts'

const policy = defaultPolicy('CNY')
const settingAt = (day: number) => ({ policy, now: `${dayFrom(day)}T09:00:00.000Z`, today: dayFrom(day), timeZone: 'Asia/Shanghai' })

describe('a churn timer', () => {
  const days = fc.integer({ min: 15_000, max: 25_000 })

  test('never fires later than the line is crossed, whatever purchases come in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ due: fc.option(days, { nil: undefined }), lastDay: days }), { maxLength: 20 }), (looks) => {
        let timer: Timer | undefined
        const inTime = looks.map(({ due, lastDay }) => {
          const at = due === undefined ? undefined : `${dayFrom(due)}T00:00:00.000Z`
          timer = retimed(timer, at, lastDay) ?? timer
          return at === undefined || (timer?.dueAt !== undefined && timer.dueAt <= at)
        })
        return inTime.every(Boolean)
      }),
    )
    expect(retimed(undefined, '2026-01-01T00:00:00.000Z', 20_000)).toEqual({ state: 'waiting', dueAt: '2026-01-01T00:00:00.000Z' })
  })

  test('stays silent about a silence that was warned of', () => {
    fc.assert(
      fc.property(days, days, (warnedDay, lastDay) => {
        const next = retimed({ state: 'warned', warnedDay }, `${dayFrom(lastDay + 90)}T00:00:00.000Z`, lastDay)
        expect(next?.dueAt !== undefined).toBe(lastDay > warnedDay)
      }),
    )
  })

  test('lies further ahead for a customer with longer gaps', () => {
    const line = lineOf({ warningLine: 0.25, horizonDays: 90 })
    const after = (gap: number) => {
      const lastDay = 20_000 + 5 * gap
      return (warningDay(publishedModel.rhythm, { firstDay: 20_000, lastDay, x: 5, repeatSpend: 0 }, line) ?? Infinity) - lastDay
    }
    expect(after(30)).toBeLessThan(after(60))
    expect(after(7)).toBeLessThan(after(30))
  })
})

describe('a warning', () => {
  test('has one key a silence, and others for other silences and customers', () => {
    expect(silenceKey('cus_a', 20_000)).toBe(silenceKey('cus_a', 20_000))
    expect(new Set([silenceKey('cus_a', 20_000), silenceKey('cus_a', 20_001), silenceKey('cus_b', 20_000)]).size).toBe(3)
    expect(silenceKey('cus_a', 20_000) < silenceKey('cus_a', 20_001)).toBe(true)
  })

  test('is the more severe the more is at stake, and ranks by it', () => {
    const order = ['low', 'medium', 'high', 'critical']
    fc.assert(
      fc.property(fc.nat(1e9), fc.nat(1e9), fc.integer({ min: 1, max: 1e9 }), (one, other, typical) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)]
        expect(order.indexOf(severityOf(less, typical))).toBeLessThanOrEqual(order.indexOf(severityOf(more, typical)))
        const rank = (amount: number) => placeOfWarning({ state: 'open', valueAtStake: { amount, currency: 'CNY' } })
        expect(rank(less) <= rank(more)).toBe(true)
      }),
    )
  })

  test('moves a lifecycle once: what it leads to, it does not move again', () => {
    const told = [
      { state: 'open' },
      { state: 'snoozed' },
      { state: 'closed', outcome: 'lost' },
      { state: 'closed', outcome: 'saved' },
      { state: 'cleared', outcome: 'saved' },
      { state: 'cleared', outcome: 'false_alarm' },
    ] as const
    const moves = lifecycles.flatMap((from) => told.flatMap((one) => ({ one, next: afterWarning(from, one) })))
    const second = moves.flatMap(({ one, next }) => (next ? [afterWarning(next.to, one)] : []))
    expect(second.length).toBeGreaterThan(5)
    expect(second.filter((next) => next !== undefined)).toEqual([])
  })
})

describe('a tier', () => {
  const day = fc.integer({ min: 18_000, max: 22_000 })
  const spent = fc.nat(2_000_000)

  test('drops by exactly one at an expiry, or stays, for another year', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), day, spent, (rank, at, net) => {
        const earned = earnedNow(settingAt(at), policy.tiers[rank]?.name ?? '')
        const validUntil = earned.validUntil ?? ''
        const { earned: next, kept } = earnedAfterExpiry(settingAt(at + 800), { ...earned, validUntil }, net)
        expect(rankOf(policy, next.tier)).toBe(kept ? rank : rank - 1)
        expect(kept).toBe(net >= (policy.tiers[rank]?.keepLine.amount ?? 0))
        const nextYear = `${Number(validUntil.slice(0, 4)) + 1}-12-31`
        expect(next.validUntil).toBe(rank > 1 || kept ? nextYear : undefined)
      }),
    )
  })

  test('is valid for a year at least, and to the end of a year', () => {
    fc.assert(
      fc.property(day, (at) => {
        const { validUntil = '' } = earnedNow(settingAt(at), 'gold')
        expect(validUntil >= dayFrom(at + 364)).toBe(true)
        expect(validUntil.endsWith('-12-31') || validUntil === dayFrom(at + 365)).toBe(true)
      }),
    )
  })

  test('reached by more spend is never lower', () => {
    fc.assert(
      fc.property(spent, spent, (one, other) => {
        const rank = (net: number) => rankOf(policy, reachedBy(policy, net)?.name)
        expect(rank(Math.min(one, other))).toBeLessThanOrEqual(rank(Math.max(one, other)))
      }),
    )
  })

  test('keeps its last 20 changes and is always due before or at its end', () => {
    let member: Membership | undefined
    for (let n = 0; n < 30; n++) {
      const setting = settingAt(20_000 + n)
      member = turned(setting, member, 'cus_a', { earned: earnedNow(setting, n % 2 ? 'gold' : 'jade'), cause: 'promoted', words: 'x' })
    }
    expect(member?.changes).toHaveLength(20)
    expect(member?.dueAt && member.validUntil && member.dueAt < daysLater(`${member.validUntil}T00:00:00.000Z`, 1)).toBe(true)
  })

  test('of the default policy is in order for any currency', () => {
    for (const currency of ['CNY', 'USD', 'JPY', 'KWD']) expect(policyIssues(defaultPolicy(currency), currency)).toEqual([])
  })
})
