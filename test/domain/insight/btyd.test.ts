import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import { type BtydKind, type BtydModel, pAlive, pAny } from '../../../domain/insight/model/btyd.ts'
import { aliveCrossingAge, aliveCrossingDay, anyCrossingDay } from '../../../domain/insight/model/crossing.ts'
import { expectedPurchases, expectedPurchasesIfAlive } from '../../../domain/insight/model/expected-purchases.ts'
import { historyAt } from '../../../domain/customer/rhythm/index.ts'
import { model, state } from './arbitraries.ts'

const weeks = fc.double({ min: 0.1, max: 300, noNaN: true })

function modelOf(kind: BtydKind, r: number, alpha: number, a: number, b: number): BtydModel {
  return { kind, params: { r, alpha, a, b } }
}

const BG = modelOf('bgnbd', 0.243, 4.414, 0.793, 2.426)
const MBG = modelOf('mbgnbd', 0.525, 6.183, 0.891, 1.614)

describe('P(alive) and P(any purchase)', () => {
  // By the Python library lifetimes 0.11.3.
  test.each([
    [BG, { x: 2, tx: 30.43, T: 38.86 }, 0.72657857],
    [BG, { x: 0, tx: 0, T: 38.86 }, 1],
    [BG, { x: 1, tx: 1.71, T: 38.86 }, 0.21210099],
    [BG, { x: 29, tx: 37.86, T: 38.86 }, 0.95089933],
    [MBG, { x: 2, tx: 30.43, T: 38.86 }, 0.70620227],
    [MBG, { x: 0, tx: 0, T: 38.86 }, 0.38973508],
    [MBG, { x: 1, tx: 1.71, T: 38.86 }, 0.17083648],
    [MBG, { x: 29, tx: 37.86, T: 38.86 }, 0.94654598],
  ])('P(alive) agrees with another implementation: $0.kind $1', (fitted, history, expected) => {
    expect(pAlive(fitted, history)).toBeCloseTo(expected, 7)
  })

  test('both are probabilities and fall as the silence grows', () => {
    fc.assert(
      fc.property(model, state, fc.nat(2000), fc.nat(2000), weeks, (m, s, silence, more, t) => {
        const now = historyAt(s, s.lastDay + silence)
        const later = historyAt(s, s.lastDay + silence + more)
        expect(pAlive(m, now)).toBeGreaterThanOrEqual(0)
        expect(pAlive(m, now)).toBeLessThanOrEqual(1)
        expect(pAlive(m, later)).toBeLessThanOrEqual(pAlive(m, now))
        expect(pAny(m, now, t)).toBeLessThanOrEqual(pAlive(m, now))
        expect(pAny(m, later, t)).toBeLessThanOrEqual(pAny(m, now, t) * (1 + 1e-12))
        expect(pAny(m, now, t)).toBeLessThanOrEqual(pAny(m, now, t + 1))
      }),
    )
  })
})

describe('the date a line is crossed', () => {
  const theta = fc.double({ min: 0.02, max: 0.98, noNaN: true })

  test('P(alive) at the crossing age is the line', () => {
    fc.assert(
      fc.property(model, state, theta, (m, s, line) => {
        const tx = (s.lastDay - s.firstDay) / 7
        const age = aliveCrossingAge(m, { x: s.x, tx }, line)
        fc.pre(age >= tx && age < 1e9)
        expect(pAlive(m, { x: s.x, tx, T: age })).toBeCloseTo(line, 9)
      }),
    )
  })

  test('the crossing day is the first on or under the line', () => {
    fc.assert(
      fc.property(model, state, theta, fc.boolean(), (m, s, line, alive) => {
        const value = (at: number) => (alive ? pAlive(m, historyAt(s, at)) : pAny(m, historyAt(s, at), 90 / 7))
        const due = alive ? aliveCrossingDay(m, s, line) : anyCrossingDay(m, s, 90, line)
        // The day before is above the line; so is every day of a hundred years where it is never reached.
        const lastAbove = due === undefined ? s.lastDay + 36_000 : due - 1
        expect(lastAbove < s.lastDay || value(lastAbove) > line - 1e-6).toBe(true)
        expect(due === undefined || value(due) <= line + 1e-6).toBe(true)
      }),
    )
  })

  test('a one-time buyer never leaves in BG/NBD', () => {
    expect(aliveCrossingDay(BG, { firstDay: 1, lastDay: 1, x: 0, repeatSpend: 0 }, 0.5)).toBeUndefined()
  })
})

describe('expected purchases', () => {
  // The papers' ₂F₁ formulas at 40 digits by mpmath 1.3.
  test.each([
    [BG, 2, 30.43, 38.86, 39, 1.2260281747671444],
    [MBG, 0, 0, 38.86, 39, 0.15401274667514667],
    [MBG, 2, 30.43, 38.86, 39, 1.2629606232673658],
    [modelOf('mbgnbd', 0.525, 6.183, 1, 1.614), 7, 30, 33, 12, 1.7013738990063108],
    [modelOf('mbgnbd', 0.525, 6.183, 0.891, 1.614), 400, 250, 251, 52, 73.7494474974588],
    [modelOf('mbgnbd', 0.6, 9, 12.5, 40), 30, 50, 60, 13, 0.17126933599055105],
    [modelOf('mbgnbd', 0.6, 9, 300, 900), 12, 40, 50, 26, 0.6674716347830656],
    [modelOf('mbgnbd', 0.8, 10, 0.00001, 150000), 5, 20, 30, 13, 1.8849999991945743],
    [modelOf('bgnbd', 0.8, 10, 0.5, 0.3), 0, 0, 30, 13, 0.2219073804671416],
    [modelOf('mbgnbd', 3.5, 2, 0.4, 0.6), 3, 5, 5, 500, 99.6942064033608],
    [modelOf('bgnbd', 0.5, 6, 41, 20), 150, 100, 101, 52, 2.629142771265991],
  ])('agree with 40 digits, also for large x, at a = 1, a → 0 and large a: %j x %d', (m, x, tx, T, t, expected) => {
    expect(Math.abs(expectedPurchases(m, { x, tx, T }, t) / expected - 1)).toBeLessThan(1e-11)
  })

  test('are finite, grow with time, and are at least P(any purchase)', () => {
    fc.assert(
      fc.property(model, state, fc.nat(500), weeks, (m, s, silence, t) => {
        const history = historyAt(s, s.lastDay + silence)
        const expected = expectedPurchases(m, history, t)
        expect(Number.isFinite(expected)).toBe(true)
        expect(expected).toBeLessThanOrEqual(expectedPurchases(m, history, t * 1.5) * (1 + 1e-6) + 1e-12)
        // Buying at all is one purchase at least, unless the customer leaves with it in mind: E ≥ P.
        expect(expected).toBeGreaterThanOrEqual(pAny(m, history, t) * (1 - 1e-6) - 1e-12)
      }),
    )
  })

  test('the series and the quadrature agree where both hold', () => {
    fc.assert(
      fc.property(state, fc.nat(500), weeks, (s, silence, t) => {
        const history = historyAt(s, s.lastDay + silence)
        const series = expectedPurchasesIfAlive(modelOf('mbgnbd', 0.7, 8, 40, 90), history, t)
        const quadrature = expectedPurchasesIfAlive(modelOf('mbgnbd', 0.7, 8, 40.0000001, 90), history, t)
        expect(quadrature / series).toBeCloseTo(1, 6)
      }),
    )
  })

  test('nothing is expected of no time', () => {
    expect(expectedPurchases(MBG, { x: 2, tx: 3, T: 4 }, 0)).toBe(0)
  })
})
