import { type BtydModel, pAny } from './btyd.ts'
import { type LogisticModel, fitLogistic, predict } from './logistic.ts'
import { type RegularModel, pAnyRegular } from './regular.ts'
import { DAYS_PER_WEEK, type RhythmState, historyAt } from '../../customer/rhythm/index.ts'

/** What tells a risk: the rhythm model, the same with regular gaps, and what was learned from the workspace's own past. */
export const RISK_SCORES = ['pAny', 'regular', 'learned'] as const
export type RiskScore = (typeof RISK_SCORES)[number]

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
  /** The model of regular gaps that the regression looks at too; undefined where customers are not regular. */
  readonly regular?: RegularModel | undefined
  readonly cuts: number
  readonly examples: number
}

function logit(probability: number): number {
  const inside = Math.min(1 - 1e-12, Math.max(1e-12, probability))
  return Math.log(inside / (1 - inside))
}

/** P(any purchase within the horizon) by the model of regular gaps; by MBG/NBD, which is that of irregular ones, where there is none. */
export function pAnyOf(model: BtydModel, regular: RegularModel | undefined, state: RhythmState, day: number, horizonDays: number): number {
  const history = historyAt(state, day)
  const weeks = horizonDays / DAYS_PER_WEEK
  return regular ? pAnyRegular(regular, history, weeks) : pAny(model, history, weeks)
}

/**
 * What the regression looks at: ln(1+days since last), ln(1+x), [x=0], ln(1+T), logit of P(any purchase within the
 * horizon) by the rhythm model as it was fitted at the cut.
 */
export function scoreFeatures(model: BtydModel, state: RhythmState, cutDay: number, horizonDays: number): number[] {
  return [
    Math.log1p(Math.max(0, cutDay - state.lastDay)),
    Math.log1p(state.x),
    state.x === 0 ? 1 : 0,
    Math.log1p(historyAt(state, cutDay).T),
    logit(pAnyOf(model, undefined, state, cutDay, horizonDays)),
  ]
}

/** The same and the logit of P(any purchase) by the model of regular gaps: what is looked at where customers were regular at some cut. */
export function regularFeatures(
  model: BtydModel,
  regular: RegularModel | undefined,
  state: RhythmState,
  cutDay: number,
  horizonDays: number,
): number[] {
  return [...scoreFeatures(model, state, cutDay, horizonDays), logit(pAnyOf(model, regular, state, cutDay, horizonDays))]
}

/** Features without those of {@link regularFeatures}. */
const PLAIN_FEATURES = 5

/**
 * Learns from snapshots at earlier cuts; undefined with fewer than 3 cuts or 200 customers, or one outcome only.
 *
 * @param regular the model of regular gaps by which the score is to be told
 */
export function learnScore(
  snapshots: readonly (readonly Example[])[],
  horizonDays: number,
  regular?: RegularModel,
): LearnedScore | undefined {
  const most = snapshots.reduce((size, snapshot) => Math.max(size, snapshot.length), 0)
  if (snapshots.length < FEWEST_CUTS || most < FEWEST_LEARNERS) return undefined
  const all = snapshots.flat()
  const stride = Math.ceil(all.length / MOST_EXAMPLES)
  const examples = all.filter((_, i) => i % stride === 0)
  const regression = fitLogistic(examples.map(({ features, left }) => ({ features, outcome: left })))
  return regression && { horizonDays, regression, ...(regular && { regular }), cuts: snapshots.length, examples: examples.length }
}

/** Probability that the customer buys nothing within the horizon: the risk that ranks warnings. */
export function learnedRisk(score: LearnedScore, model: BtydModel, state: RhythmState, cutDay: number): number {
  const { regression, regular, horizonDays } = score
  const features =
    regression.weights.length > PLAIN_FEATURES
      ? regularFeatures(model, regular, state, cutDay, horizonDays)
      : scoreFeatures(model, state, cutDay, horizonDays)
  return predict(regression, features)
}
