import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import { PUBLISHED_GAMMA_GAMMA, PUBLISHED_MBGNBD } from '../../../domain/insight/model/defaults.ts'
import { exactSpendCells } from '../../../domain/insight/model/exact-cells.ts'
import { expectedPurchases } from '../../../domain/insight/model/expected-purchases.ts'
import { expectedSpend, populationSpend, spendLikelihood } from '../../../domain/insight/model/gamma-gamma.ts'
import { WEEKS_PER_MONTH, lifetimeValue, valueAtStake } from '../../../domain/insight/model/lifetime-value.ts'
import { historyAt } from '../../../domain/customer/rhythm/index.ts'
import { modelSpendCells, spendCellsOf } from '../../../domain/insight/model/spend-cells.ts'
import { fitSpend } from '../../../domain/insight/model/spend-fit.ts'
import { model, state } from './arbitraries.ts'
import { CALIBRATION_END, statesAt } from './cdnow.ts'

const STATES = statesAt(CALIBRATION_END)
const EXACT = exactSpendCells(STATES)
const NAMES = ['p', 'q', 'v'] as const
const REFERENCE = { p: 6.248802, q: 3.744588, v: 15.447749 }

describe('Gamma-Gamma fit of the CDNOW sample to 1997-09-30', () => {
  test('the reference to all its digits, with mean spends to the cent as published', () => {
    const rounded = EXACT.map(({ n, x, mean }) => {
      const cents = Math.round(mean * 100 + 1e-9) / 100
      return { n, x, mean: cents, lnMean: Math.log(cents) }
    })
    const fit = fitSpend(rounded)
    expect(fit.repeaters).toBe(946)
    expect(fit.logLikelihood).toBeCloseTo(-4055.923244, 5)
    for (const name of NAMES) expect(Math.abs(fit.params[name] - REFERENCE[name])).toBeLessThan(2e-6)
  })

  test('mean spends unrounded, and from spend cells, agree to three digits', () => {
    for (const fit of [fitSpend(EXACT), fitSpend(modelSpendCells(spendCellsOf(STATES).values()))]) {
      for (const name of NAMES) expect(Math.abs(fit.params[name] / REFERENCE[name] - 1)).toBeLessThan(5e-4)
      expect(Math.abs(fit.logLikelihood + 4055.9232)).toBeLessThan(0.01)
    }
  })

  test('cents instead of dollars change v alone', () => {
    const cents = fitSpend(EXACT.map(({ n, x, mean, lnMean }) => ({ n, x, mean: mean * 100, lnMean: lnMean + Math.log(100) })))
    const dollars = fitSpend(EXACT)
    expect(cents.params.p).toBeCloseTo(dollars.params.p, 6)
    expect(cents.params.q).toBeCloseTo(dollars.params.q, 6)
    expect(cents.params.v / 100).toBeCloseTo(dollars.params.v, 5)
    expect(cents.logLikelihood).toBeCloseTo(dollars.logLikelihood - 946 * Math.log(100), 6)
  })

  test('fewer than 50 repeaters take the published shape at their own price level, and say so', () => {
    const fit = fitSpend(EXACT.slice(0, 49))
    const mean = EXACT.slice(0, 49).reduce((sum, cell) => sum + cell.mean, 0) / 49
    expect(fit).toMatchObject({ source: 'pooled', repeaters: 49, standardErrors: undefined })
    expect(populationSpend(fit.params)).toBeCloseTo(mean, 9)
    expect(fit.why).toContain('49 customers with repeat spend are too few to fit')
    expect(fitSpend([]).params).toEqual(PUBLISHED_GAMMA_GAMMA)
  })
})

describe('spend', () => {
  // By the Python library lifetimes 0.11.3.
  test.each([
    [2, 22.35, 24.66371391],
    [1, 11.77, 18.91685206],
    [0, 0, 35.2189781],
    [7, 73.74, 71.4696709],
  ])('expected after %d repeats of %d on average agrees with another implementation', (x, mean, expected) => {
    expect(expectedSpend(PUBLISHED_GAMMA_GAMMA, { x, mean })).toBeCloseTo(expected, 7)
  })

  test('the gradient of the likelihood is that of finite differences, spread cells included', () => {
    const positive = fc.double({ min: 0.2, max: 30, noNaN: true })
    const params = fc.record({ p: positive, q: positive.map((q) => q + 1), v: positive })
    const cell = fc.record({
      n: fc.integer({ min: 1, max: 9 }),
      x: fc.integer({ min: 1, max: 50 }),
      mean: positive,
      spread: fc.double({ min: 0, max: 1e-3, noNaN: true }),
    })
    fc.assert(
      fc.property(params, fc.array(cell, { minLength: 1, maxLength: 8 }), (at, drawn) => {
        const cells = drawn.map(({ spread, ...rest }) => ({ ...rest, lnMean: Math.log(rest.mean) - spread }))
        const { value, gradient } = spendLikelihood(at, cells)
        for (const [i, name] of NAMES.entries()) {
          const step = at[name] * 1e-5
          const shifted = (by: number) => spendLikelihood({ ...at, [name]: at[name] + by }, cells).value
          const difference = (shifted(step) - shifted(-step)) / (2 * step)
          expect(Math.abs((gradient[i] ?? 0) - difference)).toBeLessThan(1e-5 * (Math.abs(difference) + Math.abs(value) / at[name] + 1))
        }
      }),
    )
  })
})

describe('lifetime value', () => {
  const plain = { months: 12, margin: 1, monthlyDiscount: 0 }

  test('without discount it is expected purchases × spend × margin', () => {
    fc.assert(
      fc.property(model, state, (m, s) => {
        const history = historyAt(s, s.lastDay + 40)
        const expected = expectedPurchases(m, history, 12 * WEEKS_PER_MONTH) * 25 * 0.3
        expect(lifetimeValue(m, history, 25, { ...plain, margin: 0.3 })).toBeCloseTo(expected, 6)
      }),
    )
  })

  test('a discount lowers it by no more than its twelfth power; what is at stake is at least the value', () => {
    fc.assert(
      fc.property(model, state, (m, s) => {
        const history = historyAt(s, s.lastDay + 40)
        const whole = lifetimeValue(m, history, 25, plain)
        const discounted = lifetimeValue(m, history, 25)
        expect(discounted).toBeLessThanOrEqual(whole / 1.01 + 1e-9)
        expect(discounted).toBeGreaterThanOrEqual(whole / 1.01 ** 12 - 1e-9)
        expect(valueAtStake(m, history, 25)).toBeGreaterThanOrEqual(discounted)
      }),
    )
  })

  test('of a known customer, by hand', () => {
    const fitted = { kind: 'mbgnbd', params: PUBLISHED_MBGNBD } as const
    const history = { x: 2, tx: 30.43, T: 38.86 }
    let byHand = 0
    for (let i = 1; i <= 12; i++) {
      const gain = expectedPurchases(fitted, history, i * WEEKS_PER_MONTH) - expectedPurchases(fitted, history, (i - 1) * WEEKS_PER_MONTH)
      byHand += (gain * 24.66) / 1.01 ** i
    }
    expect(lifetimeValue(fitted, history, 24.66)).toBeCloseTo(byHand, 9)
  })
})
