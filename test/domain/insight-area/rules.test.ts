import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import { dayFrom, daysLater } from '../../../domain/kernel/clock.ts'
import { lineOf, publishedModel } from '../../../domain/insight/statistics/index.ts'
import { warningDay } from '../../../domain/insight/model/warning-line.ts'
import { retimed, type Timer } from '../../../domain/insight/rhythm/index.ts'
import { afterWarning } from '../../../domain/insight/warning/lifecycle.ts'
import { lifecycles } from '../../../domain/customer/customer/index.ts'
import { rankOf as placeOfWarning, severityOf, silenceKey } from '../../../domain/insight/warning/warning.ts'
import { defaultPolicy, policyIssues, rankOf, reachedBy } from '../../../domain/insight/tier/policy.ts'
import { changesAtOnce, goneFrom } from '../../../domain/insight/tier/policy.ts'
import { fateOf, moveBetween, spendMatters, withMoves } from '../../../domain/insight/tier/walk.ts'
import { nextLook, SETTLE_MS } from '../../../domain/insight/warning/docket.ts'
import { isStanding, isUnended, warningStates } from '../../../domain/insight/warning/warning.ts'
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

describe('a change of tier policy', () => {
  const usd = (amount: number) => ({ amount, currency: 'CNY' })
  /** Policies of the same tiers with rising lines and keep lines at most as high. */
  const policies = fc
    .tuple(fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 5, maxLength: 5 }), fc.integer({ min: 50, max: 100 }))
    .map(([steps, percent]) => {
      let line = 0
      const tiers = policy.tiers.map((tier, at) => {
        line += at === 0 ? 0 : (steps[at - 1] ?? 1) * 1_000
        return { ...tier, line: usd(line), keepLine: usd(Math.floor((line * percent) / 100)) }
      })
      return { ...policy, tiers }
    })
  const earned = fc.option(fc.constantFrom(...policy.tiers.map(({ name }) => name)), { nil: undefined })
  const spent = fc.nat(3_000_000)

  test('moves nobody when it is none, and is never made to read a spend that does not matter', () => {
    fc.assert(
      fc.property(policies, policies, earned, spent, spent, (before, after, tier, one, other) => {
        expect(policyIssues(before, 'CNY')).toEqual([])
        expect(moveBetween(before, before, tier, one)).toBeUndefined()
        const [less, atMost] = [Math.min(one, other), Math.max(one, other)]
        if (spendMatters(before, after, tier, atMost)) return
        const told = [less, atMost].map((net) => JSON.stringify({ ...moveBetween(before, after, tier, net), revenueMinor: 0 }))
        expect(told[0]).toBe(told[1])
      }),
    )
  })

  test('leads up at once and down by one tier at expiry', () => {
    fc.assert(
      fc.property(policies, earned, spent, (rules, tier, net) => {
        const fate = fateOf(rules, tier, net)
        const [from, to] = [rankOf(rules, tier), rankOf(rules, fate.tier)]
        expect(to === from || (fate.when === 'at_once' ? to > from : to === from - 1)).toBe(true)
      }),
    )
  })

  test('has somebody moved at once only where a line falls, a tier is new or the lowest is another', () => {
    fc.assert(
      fc.property(policies, policies, earned, spent, (before, after, tier, net) => {
        const pending = fateOf(before, tier, net).when === 'at_once'
        expect(pending || changesAtOnce(before, after) || fateOf(after, tier, net).when === 'at_expiry').toBe(true)
      }),
    )
    expect(goneFrom(policy, { ...policy, tiers: policy.tiers.slice(1) })).toEqual(['crystal'])
    expect(changesAtOnce(policy, { ...policy, tiers: policy.tiers.slice(1) })).toBe(true)
    expect(changesAtOnce(policy, { ...policy, holdDays: 1 })).toBe(false)
  })

  test('adds up the same in whatever pages customers come', () => {
    const moves = fc.array(
      fc.record({
        from: fc.constantFrom('a', 'b'),
        to: fc.constantFrom('c', 'd'),
        when: fc.constantFrom('at_once', 'at_expiry'),
        customerId: fc.string(),
        revenueMinor: fc.nat(1e9),
      }),
    )
    fc.assert(
      fc.property(moves, fc.nat(20), (all, cut) => {
        expect(withMoves(withMoves([], all.slice(0, cut)), all.slice(cut))).toEqual(withMoves([], all))
        expect(withMoves([], all).reduce((sum, one) => sum + one.customers, 0)).toBe(all.length)
      }),
    )
  })
})

describe('the places in a person’s day', () => {
  test('are looked at again after the last mark, then with the next day while some wait, then no more', () => {
    const markedAt = '2026-11-18T00:00:30.000Z'
    const tomorrow = '2026-11-19T00:00:00.000Z'
    const settled = new Date(Date.parse(markedAt) + SETTLE_MS).toISOString()
    expect(nextLook(markedAt, { markedAt, waiting: false, tomorrow })).toBe(settled)
    expect(nextLook(settled, { markedAt, waiting: true, tomorrow })).toBe(tomorrow)
    expect(nextLook(settled, { markedAt, waiting: false, tomorrow })).toBeUndefined()
  })

  test('are for warnings that ask for something: others wait, are late, or have ended', () => {
    expect(warningStates.filter((state) => isStanding({ state }))).toEqual(['open', 'snoozed'])
    expect(warningStates.filter((state) => !isUnended({ state }))).toEqual(['cleared', 'closed'])
  })
})
