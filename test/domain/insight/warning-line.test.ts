import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import { pAlive, pAny } from '../../../domain/insight/model/btyd.ts'
import { PUBLISHED_GAMMA_GAMMA } from '../../../domain/insight/model/defaults.ts'
import { exactModelCells } from '../../../domain/insight/model/exact-cells.ts'
import { fitRhythm } from '../../../domain/insight/model/fit.ts'
import { historyAt } from '../../../domain/customer/rhythm/index.ts'
import { customerTheta, defaultWarningLine, segmentGapDays, warningDay, warningReason } from '../../../domain/insight/model/warning-line.ts'
import { model, state } from './arbitraries.ts'
import { CALIBRATION_END, statesAt } from './cdnow.ts'
import { simulate } from './simulate.ts'

const FIT = fitRhythm('mbgnbd', exactModelCells(statesAt(CALIBRATION_END), CALIBRATION_END))
const LINE = defaultWarningLine(FIT, 90)

describe('the warning line', () => {
  const line = fc.record({
    measure: fc.constantFrom('alive' as const, 'any' as const),
    theta: fc.double({ min: 0.05, max: 0.95, noNaN: true }),
    horizonDays: fc.integer({ min: 7, max: 365 }),
  })

  test('a warning is never due on the purchase day itself, and the probability is under the line when it is due', () => {
    fc.assert(
      fc.property(model, state, line, (m, s, l) => {
        const due = warningDay(m, s, l)
        fc.pre(due !== undefined)
        expect(due).toBeGreaterThan(s.lastDay)
        const history = historyAt(s, due ?? 0)
        const value = l.measure === 'alive' ? pAlive(m, history) : pAny(m, history, l.horizonDays / 7)
        expect(value).toBeLessThanOrEqual(customerTheta(m, s, l) + 1e-6)
      }),
    )
  })

  test('a frequent buyer of equal standing is warned of sooner than a rare one', () => {
    const rare = { firstDay: 9900, lastDay: 10_100, x: 2, repeatSpend: 100 }
    const frequent = { ...rare, x: 20 }
    expect(warningDay(FIT, frequent, LINE)).toBeLessThan(warningDay(FIT, rare, LINE) ?? 0)
  })

  test('where no drop-out is visible the line is on P(any purchase)', () => {
    const states = [...simulate(2000, { r: 1.5, alpha: 6, a: 1e-6, b: 1 }, 400, 3)]
    const fit = fitRhythm('mbgnbd', exactModelCells(states, 20_000))
    expect(defaultWarningLine(fit, 60)).toEqual({ measure: 'any', theta: 0.5, horizonDays: 60 })
    expect(warningDay(fit, { firstDay: 100, lastDay: 400, x: 10, repeatSpend: 1 }, defaultWarningLine(fit, 60))).toBeGreaterThan(400)
    expect(LINE.measure).toBe('alive')
  })
})

describe('the reason of a warning', () => {
  test('says the usual gap, the silence and what is at stake', () => {
    const regular = { firstDay: 10_000, lastDay: 10_310, x: 10, repeatSpend: 300 }
    const reason = warningReason(FIT, PUBLISHED_GAMMA_GAMMA, regular, LINE, 10_364)
    expect(reason).toMatchObject({ usualGapDays: 31, gapOf: 'customer', daysSinceLast: 54, horizonDays: 90 })
    expect(reason.pAlive).toBe(pAlive(FIT, historyAt(regular, 10_364)))
    expect(reason.expectedSpend).toBeGreaterThan(30)
    expect(reason.valueAtStake).toBeGreaterThan(reason.expectedSpend)
  })

  test('a one-time buyer is judged by the rhythm of the segment', () => {
    const once = { firstDay: 10_000, lastDay: 10_000, x: 0, repeatSpend: 0 }
    const reason = warningReason(FIT, PUBLISHED_GAMMA_GAMMA, once, LINE, 10_091)
    expect(reason).toMatchObject({ usualGapDays: segmentGapDays(FIT), gapOf: 'segment', daysSinceLast: 91 })
    expect(segmentGapDays(FIT)).toBeCloseTo(82.5, 0)
  })
})
