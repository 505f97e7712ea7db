import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import { lineAmount, settled, weightedBy } from '../../../domain/sales/deal/worth.ts'

/** A decimal of four places, with the whole number of ten-thousandths it stands for. */
const decimal = (most: number, least = 0) =>
  fc.integer({ min: least * 10_000, max: most * 10_000 }).map((units) => ({ units, value: units / 10_000 }))
const unitAmount = fc.integer({ min: 0, max: 1_000_000_000 })
const line = fc.record({
  name: fc.constant('x'),
  quantity: decimal(10_000).map(({ value }) => value),
  unitAmount,
  discountPercent: decimal(100).map(({ value }) => value),
})

describe('a line of a deal', () => {
  test('is quantity × unit amount less discount, never off by more than half a minor unit, and up at the half', () => {
    fc.assert(
      fc.property(decimal(10_000), unitAmount, decimal(100), (quantity, unit, discount) => {
        const amount = BigInt(lineAmount({ quantity: quantity.value, unitAmount: unit, discountPercent: discount.value }))
        const denominator = 10_000n * 1_000_000n
        const twiceOff = 2n * (amount * denominator - BigInt(unit) * BigInt(quantity.units) * BigInt(1_000_000 - discount.units))
        expect(twiceOff > -denominator && twiceOff <= denominator).toBe(true)
      }),
    )
  })

  test('without discount and with whole quantities is exact', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), unitAmount, (quantity, unit) => {
        expect(lineAmount({ quantity, unitAmount: unit })).toBe(quantity * unit)
      }),
    )
  })

  test('costs no more with a greater discount, nothing with all of it, and no less with more of it', () => {
    fc.assert(
      fc.property(decimal(1_000), unitAmount, decimal(100), decimal(100), (quantity, unit, one, two) => {
        const at = (discountPercent: number) => lineAmount({ quantity: quantity.value, unitAmount: unit, discountPercent })
        const [less, more] = [Math.min(one.value, two.value), Math.max(one.value, two.value)]
        expect(at(more)).toBeLessThanOrEqual(at(less))
        expect(at(100)).toBe(0)
        expect(lineAmount({ quantity: quantity.value + 1, unitAmount: unit, discountPercent: less })).toBeGreaterThanOrEqual(at(less))
      }),
    )
  })

  test.each([
    [{ quantity: 0.5, unitAmount: 333 }, 167],
    [{ quantity: 1, unitAmount: 1, discountPercent: 50 }, 1],
    [{ quantity: 1, unitAmount: 1, discountPercent: 50.0001 }, 0],
    [{ quantity: 3, unitAmount: 999, discountPercent: 33.3333 }, 1_998],
    [{ quantity: 1.1, unitAmount: 100 }, 110],
    [{ quantity: 0.0001, unitAmount: 5_000 }, 1],
  ])('%j is %i', (given, amount) => expect(lineAmount(given)).toBe(amount))
})

describe('the worth of a deal', () => {
  const nothing = { currency: 'CNY', lines: [] }

  test('is the sum of its lines as they are shown', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 30 }), (lines) => {
        const sum = lines.reduce((total, one) => total + lineAmount(one), 0)
        fc.pre(sum <= 1e14)
        const worth = settled({ lines }, nothing)
        expect(worth.value).toEqual({ amount: sum, currency: 'CNY' })
        expect(worth.lines.reduce((total, one) => total + one.amount, 0)).toBe(sum)
        expect(settled({ lines: [] }, worth)).toEqual(nothing)
      }),
    )
  })

  test('weighs between nothing and all of it, and exactly at both ends', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e14 }), decimal(1), (amount, probability) => {
        const value = { amount, currency: 'JPY' }
        expect(weightedBy(value, 0)).toEqual({ amount: 0, currency: 'JPY' })
        expect(weightedBy(value, 1)).toEqual(value)
        const twiceOff = 2n * (BigInt(weightedBy(value, probability.value).amount) * 10_000n - BigInt(amount) * BigInt(probability.units))
        expect(twiceOff > -10_000n && twiceOff <= 10_000n).toBe(true)
      }),
    )
  })
})
