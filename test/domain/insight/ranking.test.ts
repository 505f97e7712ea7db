import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import { fitLogistic, predict } from '../../../domain/insight/model/logistic.ts'
import { auc, calibration, liftByDecile, precisionAtTop } from '../../../domain/insight/model/ranking.ts'
import { learnScore } from '../../../domain/insight/model/learned-score.ts'
import { uniforms } from './simulate.ts'

const ranked = fc.array(fc.record({ score: fc.integer({ min: 0, max: 9 }), left: fc.boolean() }), { minLength: 1, maxLength: 60 })

describe('ranking', () => {
  test('AUC is the share of pairs in the right order, ties counting half', () => {
    fc.assert(
      fc.property(ranked, (all) => {
        let [won, pairs] = [0, 0]
        for (const p of all)
          for (const q of all)
            if (p.left && !q.left) {
              pairs += 1
              won += p.score > q.score ? 1 : p.score === q.score ? 0.5 : 0
            }
        expect(auc(all) ?? -1).toBeCloseTo(pairs === 0 ? -1 : won / pairs, 12)
      }),
    )
  })

  test('precision at the top does not depend on the order of ties', () => {
    expect(
      precisionAtTop(
        [
          { score: 2, left: true },
          { score: 1, left: true },
          { score: 1, left: false },
          { score: 0, left: false },
        ],
        0.5,
      ),
    ).toBe(0.75)
    fc.assert(
      fc.property(ranked, (all) => {
        expect(precisionAtTop(all, 0.3)).toBe(precisionAtTop(all.toReversed(), 0.3))
        expect(precisionAtTop(all, 1)).toBeCloseTo(all.filter(({ left }) => left).length / all.length, 12)
      }),
    )
  })

  test('calibration and lift count every customer once', () => {
    fc.assert(
      fc.property(ranked, (all) => {
        const bands = calibration(all.map(({ score, left }) => ({ probability: score / 9, came: left })))
        expect(bands.reduce((sum, band) => sum + band.customers, 0)).toBe(all.length)
        const tenths = liftByDecile(all)
        expect(tenths.reduce((sum, tenth) => sum + tenth.customers, 0)).toBe(all.length)
        expect(tenths.reduce((sum, tenth) => sum + tenth.customers * tenth.left, 0)).toBeCloseTo(all.filter(({ left }) => left).length, 9)
      }),
    )
  })
})

describe('logistic regression', () => {
  test('finds the truth, and a feature without spread does no harm', () => {
    const uniform = uniforms(1)
    const observations = Array.from({ length: 20_000 }, () => {
      const [u, w] = [uniform() * 10, uniform() - 0.5]
      return { features: [u, 7, w], outcome: uniform() < 1 / (1 + Math.exp(-(0.4 * u - 2 * w - 1))) }
    })
    const fit = fitLogistic(observations)
    expect(fit?.weights[1]).toBe(0)
    expect(fit && predict(fit, [5, 7, 0.2])).toBeCloseTo(1 / (1 + Math.exp(-(2 - 0.4 - 1))), 1)
    expect(fit && predict(fit, [5, 900, 0.2])).toBe(fit && predict(fit, [5, 7, 0.2]))
  })

  test('separable data stays finite; one outcome alone teaches nothing', () => {
    const separable = [1, 2, 3, 4].map((u) => ({ features: [u], outcome: u > 2 }))
    const fit = fitLogistic(separable)
    expect(Number.isFinite(fit?.weights[0])).toBe(true)
    expect(fit && predict(fit, [4])).toBeGreaterThan(0.7)
    expect(fitLogistic(separable.map(({ features }) => ({ features, outcome: true })))).toBeUndefined()
    expect(fitLogistic([])).toBeUndefined()
  })

  test('nothing is learned from fewer than three cuts or 200 customers', () => {
    const examples = Array.from({ length: 200 }, (_, i) => ({ features: [i], left: i % 3 === 0 }))
    expect(learnScore([examples, examples], 90)).toBeUndefined()
    expect(
      learnScore(
        [1, 2, 3].map(() => examples.slice(1)),
        90,
      ),
    ).toBeUndefined()
    expect(learnScore([examples, examples, examples], 90)).toMatchObject({ cuts: 3, examples: 600, horizonDays: 90 })
  })
})
