import { describe, expect, test } from 'vitest'
import { pAny } from '../../../domain/insight/model/btyd.ts'
import { backTest } from '../../../domain/insight/model/back-test.ts'
import { exactModelCells } from '../../../domain/insight/model/exact-cells.ts'
import { fitRhythm } from '../../../domain/insight/model/fit.ts'
import { fitRegular, pAnyRegular, regularObjective, regularity } from '../../../domain/insight/model/regular.ts'
import { chooseScore, riskOf } from '../../../domain/insight/model/score-choice.ts'
import { type PurchaseLog, regularToday, takeSnapshots } from '../../../domain/insight/model/snapshot.ts'
import type { RhythmState } from '../../../domain/customer/rhythm/index.ts'
import { CALIBRATION_END, CDNOW, HOLDOUT_END, statesAt } from './cdnow.ts'
import { uniforms } from './simulate.ts'
import fc from '../../support/property.ts'

const END = 20_000

/** Customers with gaps of shape k about a mean of their own, who leave after a purchase with a chance of 0.12. */
function regularLogs(customers: number, k: number, seed: number): PurchaseLog[] {
  const uniform = uniforms(seed)
  return Array.from({ length: customers }, () => {
    const meanGap = 20 * Math.exp(1.2 * (uniform() - 0.5) * 2)
    let day = END - Math.floor(uniform() * 600)
    const entries = [{ day, amount: 10 }]
    while (uniform() > 0.12) {
      let gap = 0
      for (let i = 0; i < k; i++) gap -= (Math.log(uniform()) * meanGap) / k
      day += Math.max(1, Math.round(gap))
      if (day > END) break
      entries.push({ day, amount: 10 })
    }
    return { entries }
  })
}

function shares(count: number, k: number): number[] {
  const uniform = uniforms(7)
  const gap = () => Array.from({ length: k }, () => -Math.log(uniform())).reduce((sum, part) => sum + part, 0)
  return Array.from({ length: count }, () => {
    const first = gap()
    return first / (first + gap())
  })
}

describe('MBG/CNBD-k, the rhythm model with regular gaps', () => {
  test('with k = 1 is MBG/NBD: the same fit of the CDNOW sample, the same chances', () => {
    const cells = exactModelCells(statesAt(CALIBRATION_END), CALIBRATION_END)
    const plain = fitRhythm('mbgnbd', cells)
    const regular = fitRegular(1, cells)
    for (const name of ['r', 'alpha', 'a', 'b'] as const) {
      expect(regular?.params[name]).toBeCloseTo(plain.params[name], 3)
    }
    const history = fc
      .record({ x: fc.nat(60), tx: fc.double({ min: 0.2, max: 100, noNaN: true }), more: fc.double({ min: 0, max: 100, noNaN: true }) })
      .map(({ x, tx, more }) => ({ x, tx: x === 0 ? 0 : tx, T: (x === 0 ? 0 : tx) + more }))
    fc.assert(
      fc.property(history, fc.double({ min: 0.2, max: 60, noNaN: true }), (past, weeks) => {
        expect(pAnyRegular({ k: 1, params: plain.params }, past, weeks)).toBeCloseTo(pAny(plain, past, weeks), 10)
      }),
    )
  })

  test('gives the chance that integrating over rates and chances to leave gives', () => {
    const params = { r: 1.3, alpha: 4, a: 0.7, b: 3 }
    for (const [k, x, tx, T, t] of [
      [2, 0, 0, 6, 8],
      [3, 4, 20, 23, 6],
      [5, 2, 9, 30, 12.9],
    ] as const) {
      // Survival of a gap of shape k beyond u, the posterior weight of a rate, and the posterior odds of having left.
      const survival = (rate: number, u: number) => {
        let [term, sum] = [1, 0]
        for (let j = 0; j < k; j++) {
          sum += term
          term *= (rate * u) / (j + 1)
        }
        return sum * Math.exp(-rate * u)
      }
      let [silent, alive, gone] = [0, 0, 0]
      for (let i = 0; i < 200_000; i++) {
        const rate = (i + 0.5) * 1e-4
        const weight = rate ** (params.r - 1 + k * x) * Math.exp(-rate * (params.alpha + tx))
        gone += weight
        alive += weight * survival(rate, T - tx)
        silent += weight * survival(rate, T - tx + t)
      }
      const stays = (params.b + x) / (params.a + params.b + x)
      const byHand = (stays * (alive - silent)) / (stays * alive + (1 - stays) * gone)
      expect(pAnyRegular({ k, params }, { x, tx, T }, t)).toBeCloseTo(byHand, 5)
    }
  })

  test('its gradient is that of finite differences', () => {
    const states = regularLogs(60, 3, 2).map(({ entries }): RhythmState => {
      const days = entries.map(({ day }) => day)
      return { firstDay: days[0] ?? 0, lastDay: days.at(-1) ?? 0, x: days.length - 1, repeatSpend: 0 }
    })
    const objective = regularObjective(3, exactModelCells(states, END))
    const at = [0.3, 1.2, -0.4, 0.9]
    const { gradient } = objective(at)
    for (const [i, slope] of gradient.entries()) {
      const moved = (by: number) => objective(at.map((value, j) => (i === j ? value + by : value))).value
      expect(slope).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 6)
    }
  })

  test('regularity is the shape of the gaps, whatever the rates; 1 with few pairs', () => {
    for (const k of [1, 2, 3, 6]) expect(regularity(shares(20_000, k))).toBe(k)
    expect(regularity(shares(40, 6))).toBe(1)
    expect(regularity(Array.from({ length: 100 }, () => 0.5))).toBe(12)
  })
})

describe('a shop whose customers buy regularly', () => {
  const logs = regularLogs(1_000, 4, 11)
  const snapshots = takeSnapshots(logs, { untilDay: END, horizonDays: 60 })
  const tested = backTest(snapshots, 60)

  test('is ranked better by regular gaps than by irregular ones, and far better than by a fixed number of days', () => {
    const { regular, pAny: irregular, fixedDays } = tested.mean
    expect(regular?.aucActive).toBeGreaterThan((irregular?.aucActive ?? 1) + 0.02)
    expect(regular?.aucActive).toBeGreaterThan((fixedDays?.aucActive ?? 1) + 0.05)
    expect(regular?.aucAll).toBeGreaterThan(irregular?.aucAll ?? 1)
    expect(tested.calibration.regular?.length).toBeGreaterThan(5)
  })

  test('has a score that looks at regular gaps, and says how regular they are', () => {
    const choice = chooseScore(snapshots, tested, regularToday(logs, END, snapshots))
    expect(choice.kind).not.toBe('pAny')
    expect(choice.why).toContain('P(any purchase) with regular gaps')
    const early = chooseScore([], backTest([], 60), regularToday(logs, END, []))
    expect(early).toMatchObject({ kind: 'regular', regular: { k: 4 } })
    expect(early.why).toContain('with regular gaps (k = 4)')
    const [snapshot] = snapshots
    if (!snapshot) throw new Error('no snapshot')
    const risks = snapshot.customers.map(({ state }) => riskOf(choice, snapshot.fit, state, END))
    expect(Math.min(...risks)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...risks)).toBeLessThanOrEqual(1)
  })

  test('is told apart from the CDNOW sample, whose customers are not regular', () => {
    const cdnow = takeSnapshots(CDNOW, { untilDay: HOLDOUT_END, horizonDays: 90 })
    expect(cdnow.every(({ regular }) => regular === undefined)).toBe(true)
    expect(snapshots.at(-1)?.regular?.k).toBe(4)
  })
})
