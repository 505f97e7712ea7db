import { describe, expect, test } from 'vitest'
import { backTest } from '../../../domain/insight/model/back-test.ts'
import { auc } from '../../../domain/insight/model/ranking.ts'
import { chooseScore, riskOf, searchScore } from '../../../domain/insight/model/score-choice.ts'
import { stateAt, takeSnapshots } from '../../../domain/insight/model/snapshot.ts'
import { exactModelCells } from '../../../domain/insight/model/exact-cells.ts'
import { fitRhythm } from '../../../domain/insight/model/fit.ts'
import { CALIBRATION_END, CDNOW, HOLDOUT_END, day, statesAt } from './cdnow.ts'

const SNAPSHOTS = takeSnapshots(CDNOW, { untilDay: HOLDOUT_END, horizonDays: 90 })
const TESTED = backTest(SNAPSHOTS, 90)

describe('back-test on the CDNOW sample', () => {
  test('cuts lie 28 days apart and every horizon is complete', () => {
    const cuts = SNAPSHOTS.map(({ cutDay }) => cutDay)
    expect(cuts.at(-1)).toBe(day('1998-04-01'))
    expect(new Set(cuts.slice(1).map((cut, i) => cut - (cuts[i] ?? 0)))).toEqual(new Set([28]))
  })

  test('active customers: at least 0.09 above fixed days on average, and above at every cut', () => {
    const { pAny, learned, fixedDays, ownGap } = TESTED.mean
    expect((learned?.aucActive ?? 0) - (fixedDays?.aucActive ?? 1)).toBeGreaterThan(0.09)
    expect((pAny?.aucActive ?? 0) - (fixedDays?.aucActive ?? 1)).toBeGreaterThan(0.09)
    for (const { quality } of TESTED.cuts) {
      const best = quality.learned ?? quality.pAny
      expect(best?.aucActive).toBeGreaterThan(quality.fixedDays?.aucActive ?? 1)
    }
    expect(ownGap?.aucActive).toBeLessThan(fixedDays?.aucActive ?? 0)
  })

  test('all customers: never below fixed days; the fifth most at risk: precision at least 0.08 above', () => {
    for (const { quality } of TESTED.cuts.filter((cut) => cut.quality.learned)) {
      expect(quality.learned?.aucAll).toBeGreaterThanOrEqual(quality.fixedDays?.aucAll ?? 1)
    }
    const { learned, fixedDays } = TESTED.mean
    expect((learned?.precisionTop ?? 0) - (fixedDays?.precisionTop ?? 1)).toBeGreaterThan(0.08)
  })

  test('what is foretold comes: within 0.06 in every well-filled band of the learned score', () => {
    const filled = TESTED.calibration.learned?.filter((band) => band.customers > 500) ?? []
    expect(filled.length).toBeGreaterThan(3)
    for (const band of filled) expect(Math.abs(band.predicted - band.observed)).toBeLessThan(0.06)
    const lift = TESTED.lift.learned?.map((tenth) => tenth.lift) ?? []
    expect(lift[0]).toBeGreaterThan(1.3)
    expect(lift.at(-1)).toBeLessThan(0.5)
  })

  test('nothing after a cut is looked at', () => {
    const untilDay = day('1998-01-31')
    const blind = CDNOW.map(({ entries }) => ({ entries: entries.filter((entry) => entry.day <= untilDay) }))
    const options = { untilDay, horizonDays: 90 }
    expect(takeSnapshots(CDNOW, options)).toEqual(takeSnapshots(blind, options))
  })
})

describe('choice of the score', () => {
  test('the learned score is chosen where it ranked better, with the figures', () => {
    const choice = chooseScore(SNAPSHOTS, TESTED)
    expect(choice.kind).toBe('learned')
    expect(choice.why).toMatch(/^Learned from 15 earlier cut dates, and no worse in back-test\. AUC .* mean of \d+ cuts: learned 0\.8/)
    const fit = SNAPSHOTS[0]?.fit
    for (const state of fit ? statesAt(HOLDOUT_END).slice(0, 100) : []) {
      const risk = fit ? riskOf(choice, fit, state, HOLDOUT_END) : -1
      expect(risk).toBeGreaterThan(0)
      expect(risk).toBeLessThan(1)
    }
  })

  test('with too short a past it is P(any purchase), and says so', () => {
    const few = SNAPSHOTS.slice(0, 2)
    const choice = chooseScore(few, backTest(few, 90))
    expect(choice).toMatchObject({ kind: 'pAny', horizonDays: 90 })
    expect(choice.why).toContain('the past holds 2 usable cut dates')
    expect(chooseScore([], backTest([], 90)).kind).toBe('pAny')
  })

  test('with enough past to learn but not to test it is the learned one', () => {
    const three = SNAPSHOTS.slice(0, 3)
    expect(chooseScore(three, backTest(three, 90))).toMatchObject({ kind: 'learned' })
  })

  test('without a choice to make, risk is 1 − P(any purchase)', () => {
    const fit = SNAPSHOTS[0]?.fit
    const state = CDNOW[0] && stateAt(CDNOW[0], HOLDOUT_END)
    expect(fit && state && riskOf({ kind: 'pAny', horizonDays: 90, why: '' }, fit, state, HOLDOUT_END)).toBeGreaterThan(0.5)
  })

  test('a past too short for the horizon is learned from for a shorter one, which ranks the holdout better than fixed days', () => {
    const past = CDNOW.map(({ entries }) => ({ entries: entries.filter((entry) => entry.day <= CALIBRATION_END) }))
    const { choice, tested } = searchScore(past, CALIBRATION_END, HOLDOUT_END - CALIBRATION_END)
    expect(tested.cuts).toHaveLength(0)
    expect(choice).toMatchObject({ kind: 'learned', horizonDays: 273, learned: { horizonDays: 136 } })
    expect(choice.why).toMatch(/^The past is too short to learn who leaves within 273 days, so the ranking is by 136 days\. Learned from 3/)
    const fit = fitRhythm('mbgnbd', exactModelCells(statesAt(CALIBRATION_END), CALIBRATION_END))
    const judged = CDNOW.flatMap((log) => {
      const state = stateAt(log, CALIBRATION_END)
      const left = !log.entries.some((entry) => entry.day > CALIBRATION_END)
      return state ? [{ state, left }] : []
    })
    const rankedBy = (score: (state: (typeof judged)[number]['state']) => number) =>
      auc(judged.map(({ state, left }) => ({ score: score(state), left }))) ?? 0
    const byScore = rankedBy((state) => riskOf(choice, fit, state, CALIBRATION_END))
    expect(byScore).toBeGreaterThan(rankedBy((state) => CALIBRATION_END - state.lastDay))
    expect(byScore).toBeGreaterThan(0.775)
  })
})
