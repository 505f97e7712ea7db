import { expectedPurchases } from './expected-purchases.ts'
import {
  type Example,
  type LearnedScore,
  RISK_SCORES,
  type RiskScore,
  learnScore,
  learnedRisk,
  pAnyOf,
  regularFeatures,
  scoreFeatures,
} from './learned-score.ts'
import { type CalibrationBand, type LiftDecile, type Ranked, auc, calibration, liftByDecile, precisionAtTop } from './ranking.ts'
import { DAYS_PER_WEEK, historyAt } from '../../customer/rhythm/index.ts'
import type { Snapshot, SnapshotCustomer } from './snapshot.ts'

/**
 * What ranks customers by risk: two simple rules (days since the last purchase; the same over the customer's own
 * median gap), the rhythm model, the model of regular gaps where customers are regular, and the regression learned from
 * earlier cuts.
 */
export type RankingRule = 'fixedDays' | 'ownGap' | 'pAny' | 'regular' | 'learned'

/** The rules in the order they are shown. */
export const RANKING_RULES: readonly RankingRule[] = ['fixedDays', 'ownGap', 'pAny', 'regular', 'learned']

/** How well a rule ranked the customers of a cut, or of all cuts on average. */
export interface RankingQuality {
  /** Area under the curve over all customers. */
  readonly aucAll: number
  /** The same over active customers: last purchase within the horizon, those a warning can still save. */
  readonly aucActive: number
  /** Share who left among the fifth of the active customers most at risk. */
  readonly precisionTop: number
}

/** One cut of a back-test. A rule is missing where it could not be judged: no training yet, or one outcome only. */
export interface CutResult {
  readonly cutDay: number
  readonly customers: number
  readonly active: number
  readonly quality: Partial<Record<RankingRule, RankingQuality>>
  /** Purchase days foretold for the horizon, by the model fitted at the cut. */
  readonly expectedPurchases: number
  /** Purchase days that came within the horizon. */
  readonly actualPurchases: number
}

/** How the scores would have done on the workspace's own past. */
export interface BackTest {
  readonly horizonDays: number
  readonly cuts: readonly CutResult[]
  /** Cuts at which every rule could be judged; the means are over these, or over all cuts without the learned score. */
  readonly comparedCuts: number
  readonly mean: Partial<Record<RankingRule, RankingQuality>>
  /** Foretold probability of a purchase within the horizon against what came, all cuts together, by rule. */
  readonly calibration: Partial<Record<RiskScore, readonly CalibrationBand[]>>
  /** Active customers of all cuts by tenths of the risk, by rule. */
  readonly lift: Partial<Record<RiskScore, readonly LiftDecile[]>>
}

/** A customer at a cut with the score of every rule; higher is more at risk. */
interface Scored {
  readonly left: boolean
  readonly active: boolean
  readonly scores: Partial<Record<RankingRule, number>>
}

const TOP_SHARE = 0.2

/** Whether customers were regular at some cut: the model of regular gaps is then judged and looked at, at every cut. */
export function anyRegular(snapshots: readonly Snapshot[]): boolean {
  return snapshots.some(({ regular }) => regular !== undefined)
}

/** The customers of snapshots as examples to learn from, by snapshot. */
export function examplesOf(snapshots: readonly Snapshot[], horizonDays: number): Example[][] {
  const wide = anyRegular(snapshots)
  return snapshots.map(({ fit, regular, cutDay, customers }) =>
    customers.map(({ state, purchasesAfter }) => ({
      features: wide ? regularFeatures(fit, regular, state, cutDay, horizonDays) : scoreFeatures(fit, state, cutDay, horizonDays),
      left: purchasesAfter === 0,
    })),
  )
}

/** The middle of the medians: the gap by which the own-gap rule judges one-time buyers. */
function typicalGap(customers: readonly SnapshotCustomer[]): number {
  const gaps = customers.flatMap(({ medianGapDays }) => medianGapDays ?? []).toSorted((p, q) => p - q)
  return gaps[Math.floor(gaps.length / 2)] ?? 1
}

function scoreSnapshot(snapshot: Snapshot, learned: LearnedScore | undefined, wide: boolean, horizonDays: number): Scored[] {
  const { cutDay, customers, fit, regular } = snapshot
  const gap = typicalGap(customers)
  return customers.map(({ state, medianGapDays, purchasesAfter }) => {
    const silence = cutDay - state.lastDay
    return {
      left: purchasesAfter === 0,
      active: silence <= horizonDays,
      scores: {
        fixedDays: silence,
        ownGap: silence / (medianGapDays ?? gap),
        pAny: 1 - pAnyOf(fit, undefined, state, cutDay, horizonDays),
        ...(wide ? { regular: 1 - pAnyOf(fit, regular, state, cutDay, horizonDays) } : {}),
        ...(learned ? { learned: learnedRisk(learned, fit, state, cutDay) } : {}),
      },
    }
  })
}

function rank(scored: readonly Scored[], rule: RankingRule): Ranked[] {
  return scored.flatMap(({ left, scores }) => {
    const score = scores[rule]
    return score === undefined ? [] : [{ score, left }]
  })
}

function qualityOf(scored: readonly Scored[], rule: RankingRule): RankingQuality | undefined {
  const active = rank(
    scored.filter((customer) => customer.active),
    rule,
  )
  const aucAll = auc(rank(scored, rule))
  const aucActive = auc(active)
  const precisionTop = precisionAtTop(active, TOP_SHARE)
  if (aucAll === undefined || aucActive === undefined || precisionTop === undefined) return undefined
  return { aucAll, aucActive, precisionTop }
}

function cutResult(snapshot: Snapshot, scored: readonly Scored[], horizonDays: number): CutResult {
  const quality: Partial<Record<RankingRule, RankingQuality>> = {}
  for (const rule of RANKING_RULES) {
    const judged = qualityOf(scored, rule)
    if (judged) quality[rule] = judged
  }
  const { cutDay, customers, fit } = snapshot
  const weeks = horizonDays / DAYS_PER_WEEK
  return {
    cutDay,
    customers: customers.length,
    active: scored.filter((customer) => customer.active).length,
    quality,
    expectedPurchases: customers.reduce((sum, { state }) => sum + expectedPurchases(fit, historyAt(state, cutDay), weeks), 0),
    actualPurchases: customers.reduce((sum, { purchasesAfter }) => sum + purchasesAfter, 0),
  }
}

function meanQuality(qualities: readonly RankingQuality[]): RankingQuality {
  const mean = (pick: (quality: RankingQuality) => number) => qualities.reduce((sum, quality) => sum + pick(quality), 0) / qualities.length
  return { aucAll: mean((q) => q.aucAll), aucActive: mean((q) => q.aucActive), precisionTop: mean((q) => q.precisionTop) }
}

function meanOverCuts(cuts: readonly CutResult[]): Pick<BackTest, 'comparedCuts' | 'mean'> {
  const whole = cuts.filter(({ quality }) => quality.learned)
  const compared = whole.length > 0 ? whole : cuts
  const mean: Partial<Record<RankingRule, RankingQuality>> = {}
  for (const rule of RANKING_RULES) {
    const qualities = compared.flatMap(({ quality }) => quality[rule] ?? [])
    if (qualities.length > 0) mean[rule] = meanQuality(qualities)
  }
  return { comparedCuts: compared.length, mean }
}

/**
 * Rolling back-test: at each cut the learned score is trained on the cuts whose horizon was complete by then, and
 * every rule ranks the customers as they were known at the cut.
 */
export function backTest(snapshots: readonly Snapshot[], horizonDays: number): BackTest {
  const examples = examplesOf(snapshots, horizonDays)
  const wide = anyRegular(snapshots)
  const cuts: CutResult[] = []
  const pooled: Scored[] = []
  for (const snapshot of snapshots) {
    const past = examples.filter((_, i) => (snapshots[i]?.cutDay ?? Infinity) + horizonDays <= snapshot.cutDay)
    const scored = scoreSnapshot(snapshot, learnScore(past, horizonDays, snapshot.regular), wide, horizonDays)
    cuts.push(cutResult(snapshot, scored, horizonDays))
    for (const customer of scored) pooled.push(customer)
  }
  const calibrations: BackTest['calibration'] = {}
  const lift: BackTest['lift'] = {}
  for (const rule of RISK_SCORES) {
    const ranked = rank(pooled, rule)
    if (ranked.length === 0) continue
    calibrations[rule] = calibration(ranked.map(({ score, left }) => ({ probability: 1 - score, came: !left })))
    lift[rule] = liftByDecile(
      rank(
        pooled.filter((customer) => customer.active),
        rule,
      ),
    )
  }
  return { horizonDays, cuts, ...meanOverCuts(cuts), calibration: calibrations, lift }
}
