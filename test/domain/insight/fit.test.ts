import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import type { BtydKind, BtydParams } from '../../../domain/insight/model/btyd.ts'
import { type ModelCell, likelihood } from '../../../domain/insight/model/btyd-likelihood.ts'
import { modelCells, rhythmCellsOf } from '../../../domain/insight/model/cells.ts'
import { PUBLISHED_MBGNBD } from '../../../domain/insight/model/defaults.ts'
import { exactModelCells } from '../../../domain/insight/model/exact-cells.ts'
import { expectedPurchases } from '../../../domain/insight/model/expected-purchases.ts'
import { fitRhythm } from '../../../domain/insight/model/fit.ts'
import { historyAt } from '../../../domain/customer/rhythm/index.ts'
import { stateAt } from '../../../domain/insight/model/snapshot.ts'
import { trackCumulative } from '../../../domain/insight/model/tracking.ts'
import { model, state } from './arbitraries.ts'
import { CALIBRATION_END, CDNOW, HOLDOUT_END, statesAt } from './cdnow.ts'
import { simulate } from './simulate.ts'

const STATES = statesAt(CALIBRATION_END)
const EXACT = exactModelCells(STATES, CALIBRATION_END)

/** The published summary of the sample gives weeks to two decimals; the reference numbers were fitted to that. */
const ROUNDED: ModelCell[] = EXACT.map(({ n, x, tx, T }) => ({ n, x, tx: Math.round(tx * 100) / 100, T: Math.round(T * 100) / 100 }))

const REFERENCE: readonly { kind: BtydKind; params: BtydParams; logLikelihood: number }[] = [
  { kind: 'bgnbd', params: { r: 0.242593, alpha: 4.413532, a: 0.792886, b: 2.425753 }, logLikelihood: -9582.425561 },
  { kind: 'mbgnbd', params: { r: 0.524838, alpha: 6.182993, a: 0.891356, b: 1.613998 }, logLikelihood: -9582.132685 },
]

const NAMES = ['r', 'alpha', 'a', 'b'] as const

describe('fit of the CDNOW sample to 1997-09-30', () => {
  test.each(REFERENCE)('$kind: the reference to all its digits', ({ kind, params, logLikelihood }) => {
    const fit = fitRhythm(kind, ROUNDED)
    expect(fit.logLikelihood).toBeCloseTo(logLikelihood, 5)
    for (const name of NAMES) expect(Math.abs(fit.params[name] - params[name])).toBeLessThan(2e-6)
  })

  test.each(REFERENCE)('$kind: with days kept exact, within 0.0003 standard errors of it', ({ kind, params, logLikelihood }) => {
    const fit = fitRhythm(kind, EXACT)
    expect(fit).toMatchObject({ source: 'fitted', degenerate: false, customers: 2357, repeats: 2457 })
    expect(Math.abs(fit.logLikelihood - logLikelihood)).toBeLessThan(0.005)
    for (const name of NAMES) {
      expect(Math.abs(fit.params[name] - params[name])).toBeLessThan(3e-4 * (fit.standardErrors?.[name] ?? 0))
    }
  })

  test.each(REFERENCE)('$kind: weekly cells give the same parameters to four digits', ({ kind, params }) => {
    const fit = fitRhythm(kind, modelCells(rhythmCellsOf(STATES).values(), CALIBRATION_END))
    for (const name of NAMES) expect(Math.abs(fit.params[name] / params[name] - 1)).toBeLessThan(1e-4)
  })

  test('holdout counts: MAE ≤ 0.765, RMSE ≤ 1.61, cumulative total at week 78 within 7 %', () => {
    const fit = fitRhythm('mbgnbd', EXACT)
    const errors = CDNOW.map((log) => {
      const known = stateAt(log, CALIBRATION_END)
      const whole = stateAt(log, HOLDOUT_END)
      return known && whole ? expectedPurchases(fit, historyAt(known, CALIBRATION_END), 39) - (whole.x - known.x) : 0
    })
    expect(errors.reduce((sum, error) => sum + Math.abs(error), 0) / errors.length).toBeLessThanOrEqual(0.765)
    expect(Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length)).toBeLessThanOrEqual(1.61)
    const options = { cohortUntilDay: CALIBRATION_END, untilDay: HOLDOUT_END + 1, everyDays: 7 }
    const [week39, week78] = [38, 77].map((i) => trackCumulative(fit, CDNOW, options)[i])
    expect(week39?.actual).toBe(2462)
    expect(Math.abs((week39?.expected ?? 0) / 2462 - 1)).toBeLessThan(0.01)
    expect(week78?.actual).toBe(4339)
    expect(Math.abs((week78?.expected ?? 0) / 4339 - 1)).toBeLessThan(0.07)
  })
})

describe('likelihood', () => {
  test('its gradient is that of finite differences', () => {
    fc.assert(
      fc.property(model, fc.array(fc.tuple(state, fc.nat(400)), { minLength: 1, maxLength: 8 }), (m, customers) => {
        const cells = customers.map(([s, silence], i) => ({ n: i + 0.5, ...historyAt(s, s.lastDay + silence) }))
        const { value, gradient } = likelihood(m, cells)
        for (const [i, name] of NAMES.entries()) {
          const step = m.params[name] * 1e-4
          const at = (by: number) => likelihood({ ...m, params: { ...m.params, [name]: m.params[name] + by } }, cells).value
          const difference = (at(step) - at(-step)) / (2 * step)
          const scale = Math.abs(value) / m.params[name]
          expect(Math.abs((gradient[i] ?? 0) - difference)).toBeLessThan(1e-6 * scale + 1e-6 * Math.abs(difference))
        }
      }),
    )
  })
})

describe('fitting many', () => {
  test('a million customers are a quarter as many cells at most, and the truth is found from them', () => {
    const truth = { r: 0.6, alpha: 9, a: 0.9, b: 2.2 }
    const cells = rhythmCellsOf(simulate(1_000_000, truth, 5 * 365, 42))
    expect(cells.size).toBeLessThan(250_000)
    const fit = fitRhythm('mbgnbd', modelCells(cells.values(), 20_000))
    expect(fit.customers).toBe(1_000_000)
    // Several purchases of one day count once, which the model does not know of: a few percent.
    for (const name of NAMES) expect(Math.abs(fit.params[name] / truth[name] - 1)).toBeLessThan(0.08)
  }, 60_000)

  test('weekly cells are within a twentieth of a standard error of the ungrouped fit', () => {
    const states = [...simulate(20_000, { r: 0.6, alpha: 9, a: 0.9, b: 2.2 }, 3 * 365, 7)]
    const exact = fitRhythm('mbgnbd', exactModelCells(states, 20_000))
    const grouped = fitRhythm('mbgnbd', modelCells(rhythmCellsOf(states).values(), 20_000))
    for (const name of NAMES) {
      expect(Math.abs(grouped.params[name] - exact.params[name])).toBeLessThan(0.05 * (exact.standardErrors?.[name] ?? 0))
    }
  })

  test('customers who never leave are recognised: no drop-out visible yet', () => {
    const states = [...simulate(3000, { r: 1.5, alpha: 6, a: 1e-6, b: 1 }, 400, 3)]
    const fit = fitRhythm('mbgnbd', exactModelCells(states, 20_000))
    expect(fit.degenerate).toBe(true)
    expect(fit.why).toContain('No drop-out is visible yet')
  })
})

describe('too little to fit', () => {
  test('fewer than 200 customers take published parameters, and say so', () => {
    const fit = fitRhythm('mbgnbd', exactModelCells(STATES.slice(0, 199), CALIBRATION_END))
    expect(fit).toMatchObject({ params: PUBLISHED_MBGNBD, source: 'pooled', standardErrors: undefined, customers: 199 })
    expect(fit.why).toBe(
      `199 customers with ${fit.repeats} repeat purchases are too few to fit (200 and 50 are needed), so the parameters are published ones (CDNOW).`,
    )
    expect(Number.isFinite(fit.logLikelihood)).toBe(true)
  })

  test('fewer than 50 repeat purchases do too', () => {
    const buyOnce = Array.from({ length: 300 }, (_, i) => ({ n: 1, x: 0, tx: 0, T: 10 + i / 10 }))
    expect(fitRhythm('bgnbd', buyOnce).source).toBe('pooled')
  })

  test('a small segment takes the parameters of its workspace', () => {
    const workspace = fitRhythm('mbgnbd', EXACT)
    const fit = fitRhythm('mbgnbd', EXACT.slice(0, 50), { fallback: workspace })
    expect(fit).toMatchObject({ params: workspace.params, source: 'pooled' })
    expect(fit.why).toContain('those of a wider group (2357 customers)')
  })

  test('nobody at all is no failure', () => {
    expect(fitRhythm('mbgnbd', [])).toMatchObject({ source: 'pooled', customers: 0, repeats: 0 })
  })
})
