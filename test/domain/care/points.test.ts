import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import { after, credit, debit, lapse, NEVER, nothing, recomputed, type Posting, type Sums } from '../../../domain/care/points/account.ts'
import { earningOf, standingOf, tierAt } from '../../../domain/care/points/earning.ts'
import {
  defaultProgramme,
  expiryOf,
  lastDayOf,
  lotFor,
  monthsLater,
  programmeIssues,
  type Programme,
} from '../../../domain/care/points/programme.ts'

const lot = fc.constantFrom('2026-10', '2026-11', '2026-12', '2027-01', '2027-11', NEVER)
const points = fc.integer({ min: 1, max: 5_000 })
const movement = fc.oneof(
  fc.record({ kind: fc.constant('give' as const), points, lot }),
  fc.record({ kind: fc.constant('take' as const), points, mayOwe: fc.boolean(), lot }),
  fc.record({ kind: fc.constant('lapse' as const), month: lot.filter((one) => one !== NEVER) }),
)

/** Carries movements out one after the other. */
function play(movements: readonly (typeof movement extends fc.Arbitrary<infer M> ? M : never)[]): {
  sums: Sums
  postings: Posting[]
  all: Sums[]
} {
  let sums = nothing
  const postings: Posting[] = []
  const all: Sums[] = []
  for (const one of movements) {
    const posting =
      one.kind === 'give'
        ? credit(sums, 'earn', { [one.lot]: one.points })
        : one.kind === 'take'
          ? debit(sums, one.mayOwe ? 'reverse' : 'spend', one.points, { first: one.lot, mayOwe: one.mayOwe })
          : lapse(sums, one.month)
    if (!posting) continue
    sums = after(sums, posting)
    postings.push(posting)
    all.push(sums)
  }
  return { sums, postings, all }
}

describe('an account of points', () => {
  test('is never negative, owes only when it is empty, and is what its lots and its totals come to', () => {
    fc.assert(
      fc.property(fc.array(movement, { maxLength: 60 }), (movements) => {
        for (const { balance, owed, lots, totals } of play(movements).all) {
          expect(balance).toBeGreaterThanOrEqual(0)
          expect(owed).toBeGreaterThanOrEqual(0)
          expect(balance === 0 || owed === 0).toBe(true)
          expect(Object.values(lots).every((some) => some > 0)).toBe(true)
          expect(Object.values(lots).reduce((sum, some) => sum + some, 0)).toBe(balance)
          expect(Object.values(totals).reduce((sum, some) => sum + some, 0)).toBe(balance - owed)
        }
      }),
    )
  })

  test('is what its entries come to', () => {
    fc.assert(
      fc.property(fc.array(movement, { maxLength: 60 }), (movements) => {
        const { sums, postings } = play(movements)
        expect(recomputed(postings)).toEqual(sums)
      }),
    )
  })

  test('spends what expires first, and what never does last', () => {
    const sums = [{ [NEVER]: 50 }, { '2027-01': 30 }, { '2026-12': 20 }].reduce(
      (all, lots) => after(all, credit(all, 'earn', lots)),
      nothing,
    )
    expect(debit(sums, 'spend', 60)).toEqual({
      kind: 'spend',
      points: -60,
      owed: 0,
      lots: { '2026-12': -20, '2027-01': -30, [NEVER]: -10 },
    })
    expect(debit(sums, 'spend', 101)).toBeUndefined()
    expect(debit(sums, 'reverse', 130, { first: '2027-01', mayOwe: true })).toEqual({
      kind: 'reverse',
      points: -100,
      owed: 30,
      lots: { '2027-01': -30, '2026-12': -20, [NEVER]: -50 },
    })
  })
})

const rules = (more: Partial<Programme> = {}): Programme => ({ ...defaultProgramme('USD'), active: true, ...more })
const sale = (amount: number, items?: { sku: string; quantity: number; unitAmount: number }[]) => ({
  amount: { amount, currency: 'USD' },
  ...(items && { items }),
})

describe('what a purchase earns', () => {
  const amount = fc.integer({ min: 0, max: 100_000_000_000_000 })

  test('is its amount at the rate, rounded once, exact for the largest amounts', () => {
    fc.assert(
      fc.property(amount, fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 100_000 }), (paid, rate, per) => {
        const programme = rules({ points: rate, per: { amount: per, currency: 'USD' } })
        const exact = (BigInt(paid) * BigInt(rate)) / BigInt(per)
        expect(earningOf(programme, sale(paid), {}).points).toBe(Number(exact < 1_000_000_000_000n ? exact : 1_000_000_000_000n))
      }),
    )
  })

  test('lies between what the smallest and the largest factor of its lines would give, whatever the lines list', () => {
    const items = fc.array(
      fc.record({
        sku: fc.constantFrom('A', 'B', 'C'),
        quantity: fc.integer({ min: 1, max: 5 }),
        unitAmount: fc.integer({ min: 0, max: 5_000 }),
      }),
      { maxLength: 5 },
    )
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), items, (paid, lines) => {
        const programme = rules({
          skus: [
            { sku: 'A', percent: 50 },
            { sku: 'B', percent: 400 },
          ],
        })
        const { points: earned } = earningOf(programme, sale(paid, lines), {})
        expect(earned).toBeGreaterThanOrEqual(Math.floor(paid / 200))
        expect(earned).toBeLessThanOrEqual(Math.floor((paid * 4) / 100))
      }),
    )
  })

  test('is measured in the workspace’s currency, and rounded as the programme says', () => {
    const foreign = { amount: { amount: 1_000, currency: 'EUR' }, baseAmount: { amount: 1_155, currency: 'USD' } }
    const by = (rounding: Programme['rounding']) => earningOf(rules({ rounding }), foreign, {}).points
    expect([by('down'), by('nearest'), by('up')]).toEqual([11, 12, 12])
  })

  test('stands in proportion to what was not given back, to nothing in the end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e12 }), fc.integer({ min: 0, max: 1e9 }), fc.nat(), (paid, earned, back) => {
        const returned = back % (paid + 1)
        const stands = standingOf(earned, { ...sale(paid), returned })
        expect(stands).toBeGreaterThanOrEqual(0)
        expect(stands).toBeLessThanOrEqual(earned)
        expect(standingOf(earned, { ...sale(paid), returned: paid })).toBe(0)
        expect(standingOf(earned, { ...sale(paid), returned: 0 })).toBe(earned)
      }),
    )
  })

  test('goes by the tier of its time, not by the one it leads to', () => {
    const changes = [
      { at: '2026-02-01T00:00:00.000Z', from: 'jade', to: 'gold' },
      { at: '2026-05-01T00:00:00.000Z', from: 'gold', to: 'jade' },
    ]
    expect(['2026-01-01', '2026-03-01', '2026-06-01'].map((day) => tierAt(changes, `${day}T00:00:00.000Z`))).toEqual([
      'jade',
      'gold',
      'jade',
    ])
    expect(tierAt([], '2026-01-01T00:00:00.000Z')).toBeUndefined()
  })
})

describe('a programme', () => {
  test('puts points into months of the workspace’s calendar', () => {
    const programme = rules({ expiryMonths: 14 })
    expect(lotFor(programme, '2026-11-30T20:00:00.000Z', 'Asia/Shanghai')).toBe('2028-02')
    expect(lastDayOf('2028-02')).toBe('2028-02-29')
    expect(expiryOf('2028-02', 'Asia/Shanghai')).toBe('2028-02-29T16:00:00.000Z')
    expect(lotFor(defaultProgramme('USD'), '2026-11-30T20:00:00.000Z', 'UTC')).toBe('2028-11')
    expect([monthsLater('2026-11', 1), monthsLater('2026-11', 2), monthsLater('2026-01', 24)]).toEqual(['2026-12', '2027-01', '2028-01'])
    expect(expiryOf(NEVER, 'UTC')).toBeUndefined()
  })

  test('names everything that is wrong with it', () => {
    const bad = rules({
      per: { amount: 0, currency: 'EUR' },
      tiers: [{ tier: 'tin', percent: 100 }],
      skus: [
        { sku: 'A', percent: 1 },
        { sku: 'A', percent: 2 },
      ],
    })
    expect(programmeIssues(bad, { currency: 'USD', tiers: ['gold'] }).map(({ path }) => path)).toEqual([
      'per.amount',
      'per.currency',
      'tiers.0.tier',
      'skus.1',
    ])
    expect(programmeIssues(rules(), { currency: 'USD', tiers: [] })).toEqual([])
  })
})
