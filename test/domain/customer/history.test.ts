import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import { historyOf, withReturn, withSale, type History, type Sale } from '../../../domain/customer/purchase/history.ts'
import { isAhead, newPurchase, purchaseIssues, remaining, returnedBase, sameFacts } from '../../../domain/customer/purchase/purchase.ts'

const now = '2026-11-22T09:00:00.000Z'
const measure = { currency: 'USD', timeZone: 'UTC' }

const saleOn = (day: number, hour: number, gross: number): Sale => ({
  day,
  at: new Date((day * 24 + hour) * 3_600_000).toISOString(),
  gross,
  returned: 0,
})
const anySale = fc
  .record({
    day: fc.integer({ min: 20_000, max: 20_779 }),
    hour: fc.integer({ min: 0, max: 23 }),
    gross: fc.integer({ min: 0, max: 100_000 }),
  })
  .map(({ day, hour, gross }) => saleOn(day, hour, gross))
/** The share of a purchase that comes back, in percent; 0 for one that is kept. */
const withReturns = fc.array(fc.tuple(anySale, fc.integer({ min: 0, max: 100 })), { minLength: 1, maxLength: 30 })

/** Everything but the year's sum, which a fold keeps as an upper bound. */
const exact = ({ yearNet: _bound, yearNetAt: _at, ...rest }: History) => rest

describe('what purchases come to', () => {
  test('is the same folded one by one, returns among them, as made anew from all of them', () => {
    fc.assert(
      fc.property(withReturns, (all) => {
        const sales: Sale[] = []
        let folded: History | undefined
        for (const [sale, percent] of all) {
          folded = withSale(folded, sale, now) ?? historyOf([...sales, sale], now)
          const returned = Math.floor((sale.gross * percent) / 100)
          sales.push({ ...sale, returned })
          if (folded) folded = withReturn(folded, sale, returned) ?? historyOf(sales, now)
        }
        const anew = historyOf(sales, now)
        expect(folded && exact(folded)).toEqual(anew && exact(anew))
        expect(folded?.yearNet).toBeGreaterThanOrEqual(anew?.yearNet ?? 0)
      }),
    )
  })

  test('folds in constant time whatever comes in order, and asks for the purchases only when one comes late', () => {
    fc.assert(
      fc.property(fc.array(anySale, { minLength: 1, maxLength: 20 }), (sales) => {
        const sorted = sales.toSorted((a, b) => (a.at < b.at ? -1 : 1))
        let folded: History | undefined
        for (const sale of sorted) folded = withSale(folded, sale, now)
        expect(folded).toEqual(historyOf(sales, folded?.yearNetAt ?? now))
        const late = saleOn((sorted[0]?.day ?? 0) - 1, 12, 5)
        expect(withSale(folded, late, now)).toBeUndefined()
      }),
    )
  })

  test('does not depend on the order in which the purchases are read', () => {
    fc.assert(
      fc.property(fc.array(anySale, { maxLength: 20 }), (sales) => {
        expect(historyOf(sales.toReversed(), now)).toEqual(historyOf(sales, now))
      }),
    )
  })

  test('of nothing is nothing; of free purchases a rhythm without spend', () => {
    expect(historyOf([], now)).toBeUndefined()
    expect(historyOf([saleOn(20_000, 9, 0), saleOn(20_030, 9, 0)], now)).toMatchObject({
      x: 1,
      count: 2,
      net: 0,
      repeatSpend: 0,
      yearNet: 0,
    })
  })
})

describe('a purchase', () => {
  const facts = { orderId: { system: 'shop', id: '1' }, at: '2026-11-22T09:00:00Z', amount: { amount: 900, currency: 'EUR' } }

  test('gives back the same share of its base amount, all of it in the end, and never less than before', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e14 }),
        fc.integer({ min: 0, max: 1e14 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (amount, base, share) => {
          const one = { amount: { amount, currency: 'EUR' }, baseAmount: { amount: base, currency: 'USD' } }
          const part = Math.floor(amount * share)
          expect(returnedBase({ ...one, returned: amount })).toBe(base)
          expect(returnedBase({ ...one, returned: 0 })).toBe(0)
          expect(returnedBase({ ...one, returned: part })).toBeLessThanOrEqual(base)
          expect(returnedBase({ ...one, returned: Math.min(amount, part + 1) })).toBeGreaterThanOrEqual(
            returnedBase({ ...one, returned: part }),
          )
        },
      ),
    )
  })

  test('falls on the calendar day of the workspace', () => {
    const late = { ...facts, at: '2026-11-22T23:30:00+00:00'.replace('+00:00', 'Z') }
    expect(newPurchase(late, measure).day).toBe(20_779)
    expect(newPurchase(late, { ...measure, timeZone: 'Asia/Shanghai' }).day).toBe(20_780)
    expect(newPurchase({ ...late, at: '2026-11-22T03:30:00Z' }, { ...measure, timeZone: 'America/New_York' }).day).toBe(20_778)
  })

  test('needs its amount in the workspace’s currency, and only that', () => {
    expect(purchaseIssues(facts, measure, now).map((one) => one.code)).toEqual(['needed'])
    expect(purchaseIssues({ ...facts, baseAmount: { amount: 1, currency: 'CNY' } }, measure, now).map((one) => one.code)).toEqual([
      'not_the_workspaces',
    ])
    expect(
      purchaseIssues({ ...facts, baseAmount: { amount: 1, currency: 'EUR' } }, { ...measure, currency: 'EUR' }, now).map((one) => one.code),
    ).toEqual(['not_the_same'])
    expect(purchaseIssues({ ...facts, baseAmount: { amount: 990, currency: 'USD' } }, measure, now)).toEqual([])
  })

  test('is the same told again with other notes, another with other facts', () => {
    const base = { ...facts, baseAmount: { amount: 990, currency: 'USD' } }
    const one = newPurchase(base, measure)
    expect(sameFacts(one, newPurchase({ ...base, at: '2026-11-22T09:00:00.000Z', channel: 'web', notes: 'x' }, measure))).toBe(true)
    expect(sameFacts(one, newPurchase({ ...base, cost: 1 }, measure))).toBe(false)
    expect(remaining({ ...one, returned: 200 })).toBe(700)
  })

  test('may lie a day ahead of our clock and no further', () => {
    expect(isAhead('2026-11-23T09:00:00Z', now)).toBe(false)
    expect(isAhead('2026-11-23T09:00:01Z', now)).toBe(true)
  })
})
