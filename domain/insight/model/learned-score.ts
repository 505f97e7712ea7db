import { type BtydModel, pAny } from './btyd.ts'
import { type LogisticModel, fitLogistic, predict } from './logistic.ts'
import { DAYS_PER_WEEK, type RhythmState, historyAt } from '../../customer/rhythm/index.ts'

/** The workspace's own regression needs at least this many cut dates with complete labels … */
export const FEWEST_CUTS = 3

/** … and this many customers. */
export const FEWEST_LEARNERS = 200

/** Six weights are settled long before this many examples; beyond it an even sample is learned from. */
const MOST_EXAMPLES = 50_000

/** A customer at an earlier cut date, with what then happened. */
export interface Example {
  readonly features: readonly number[]
  /** No purchase within the horizon after the cut. */
  readonly left: boolean
}

/** A regression that foretells whether a customer leaves, learned from the workspace's own past. */
export interface LearnedScore {
  readonly horizonDays: number
  readonly regression: LogisticModel
  readonly cuts: number
  readonly examples: number
}

function logit(probability: number): number {
  const inside = Math.min(1 - 1e-12, Math.max(1e-12, probability))
  return Math.log(inside / (1 - inside))
}

/**
 * What the regression looks at: ln(1+days since last), ln(1+x), [x=0], ln(1+T), logit of P(any purchase within the
 * horizon) by the rhythm model as it was fitted at the cut.
 */
export function scoreFeatures(model: BtydModel, state: RhythmState, cutDay: number, horizonDays: number): number[] {
  const history = historyAt(state, cutDay)
  return [
    Math.log1p(Math.max(0, cutDay - state.lastDay)),
    Math.log1p(state.x),
    state.x === 0 ? 1 : 0,
    Math.log1p(history.T),
    logit(pAny(model, history, horizonDays / DAYS_PER_WEEK)),
  ]
}

/** Learns from snapshots at earlier cuts; undefined with fewer than 3 cuts or 200 customers, or one outcome only. */
export function learnScore(snapshots: readonly (readonly Example[])[], horizonDays: number): LearnedScore | undefined {
  const most = snapshots.reduce((size, snapshot) => Math.max(size, snapshot.length), 0)
  if (snapshots.length < FEWEST_CUTS || most < FEWEST_LEARNERS) return undefined
  const all = snapshots.flat()
  const stride = Math.ceil(all.length / MOST_EXAMPLES)
  const examples = all.filter((_, i) => i % stride === 0)
  const regression = fitLogistic(examples.map(({ features, left }) => ({ features, outcome: left })))
  return regression && { horizonDays, regression, cuts: snapshots.length, examples: examples.length }
}

/** Probability that the customer buys nothing within the horizon: the risk that ranks warnings. */
export function learnedRisk(score: LearnedScore, model: BtydModel, state: RhythmState, cutDay: number): number {
  return predict(score.regression, scoreFeatures(model, state, cutDay, score.horizonDays))
}
