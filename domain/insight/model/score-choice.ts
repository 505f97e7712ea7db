import { type BackTest, examplesOf } from './back-test.ts'
import { type BtydModel, pAny } from './btyd.ts'
import { FEWEST_CUTS, FEWEST_LEARNERS, type LearnedScore, learnScore, learnedRisk } from './learned-score.ts'
import { DAYS_PER_WEEK, type RhythmState, historyAt } from '../../customer/rhythm/index.ts'
import type { Snapshot } from './snapshot.ts'

/** The score that ranks warnings, and why it was chosen, in a sentence for the user. */
export type ScoreChoice =
  | { readonly kind: 'pAny'; readonly horizonDays: number; readonly why: string }
  | { readonly kind: 'learned'; readonly horizonDays: number; readonly why: string; readonly learned: LearnedScore }

function sum(quality: { readonly aucAll: number; readonly aucActive: number }): number {
  return quality.aucAll + quality.aucActive
}

/**
 * Chooses the score by back-test: the learned one where the past is long enough to train it, unless it ranked worse
 * than P(any purchase) at the cuts where both could be judged (AUC over all and over active customers together).
 */
export function chooseScore(snapshots: readonly Snapshot[], tested: BackTest): ScoreChoice {
  const { horizonDays } = tested
  const learned = learnScore(
    snapshots.map((snapshot) => examplesOf(snapshot, horizonDays)),
    horizonDays,
  )
  if (!learned) {
    const why = `P(any purchase within ${horizonDays} days) of the rhythm model: the past holds ${snapshots.length} usable cut dates, and learning takes ${FEWEST_CUTS} with ${FEWEST_LEARNERS} customers and both outcomes.`
    return { kind: 'pAny', horizonDays, why }
  }
  const { pAny: byModel, learned: byLearning, fixedDays } = tested.mean
  if (!byModel || !byLearning) {
    const why = `Learned from ${learned.cuts} earlier cut dates; too few to back-test it here, and on public purchase logs it ranked better than P(any purchase).`
    return { kind: 'learned', horizonDays, why, learned }
  }
  const show = (name: string, quality: typeof byModel) => `${name} ${quality.aucAll.toFixed(3)} / ${quality.aucActive.toFixed(3)}`
  const rows = [show('learned', byLearning), show('P(any purchase)', byModel), ...(fixedDays ? [show('days since last', fixedDays)] : [])]
  const figures = `AUC over all / active customers, mean of ${tested.comparedCuts} cuts: ${rows.join(', ')}.`
  return sum(byLearning) >= sum(byModel)
    ? {
        kind: 'learned',
        horizonDays,
        why: `Learned from ${learned.cuts} earlier cut dates, and no worse in back-test. ${figures}`,
        learned,
      }
    : { kind: 'pAny', horizonDays, why: `P(any purchase) ranked better than the learned score in back-test. ${figures}` }
}

/** The risk that ranks warnings, between 0 and 1: the probability of no purchase within the horizon. Higher is more at risk. */
export function riskOf(choice: ScoreChoice, model: BtydModel, state: RhythmState, day: number): number {
  return choice.kind === 'learned'
    ? learnedRisk(choice.learned, model, state, day)
    : 1 - pAny(model, historyAt(state, day), choice.horizonDays / DAYS_PER_WEEK)
}
