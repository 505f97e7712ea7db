import { type BackTest, type RankingQuality, backTest, examplesOf } from './back-test.ts'
import type { BtydModel } from './btyd.ts'
import { FEWEST_CUTS, FEWEST_LEARNERS, type LearnedScore, type RiskScore, learnScore, learnedRisk, pAnyOf } from './learned-score.ts'
import type { RegularModel } from './regular.ts'
import type { RhythmState } from '../../customer/rhythm/index.ts'
import { type PurchaseLog, type Snapshot, regularToday, takeSnapshots } from './snapshot.ts'

/** The score that ranks warnings, and why it was chosen, in a sentence for the user. */
export type ScoreChoice =
  | { readonly kind: 'pAny'; readonly horizonDays: number; readonly why: string }
  | { readonly kind: 'regular'; readonly horizonDays: number; readonly why: string; readonly regular: RegularModel }
  | { readonly kind: 'learned'; readonly horizonDays: number; readonly why: string; readonly learned: LearnedScore }

const NAMES: Readonly<Record<RiskScore, string>> = {
  pAny: 'P(any purchase)',
  regular: 'P(any purchase) with regular gaps',
  learned: 'learned',
}

function sum(quality: RankingQuality | undefined): number {
  return quality ? quality.aucAll + quality.aucActive : -Infinity
}

function figures({ mean, comparedCuts }: BackTest): string {
  const show = (name: string, quality: RankingQuality | undefined) =>
    quality ? [`${name} ${quality.aucAll.toFixed(3)} / ${quality.aucActive.toFixed(3)}`] : []
  const rows = [
    ...show(NAMES.learned, mean.learned),
    ...show(NAMES.regular, mean.regular),
    ...show(NAMES.pAny, mean.pAny),
    ...show('days since last', mean.fixedDays),
  ]
  return `AUC over all / active customers, mean of ${comparedCuts} cuts: ${rows.join(', ')}.`
}

/** What may be chosen, in the order of preference among equals. */
interface Candidates {
  readonly learned: LearnedScore | undefined
  readonly regular: RegularModel | undefined
}

/** The best of the candidates by back-test; what could not be judged is no candidate. */
function best({ learned, regular }: Candidates, { mean }: BackTest): RiskScore {
  const judged: RiskScore[] = [...(learned ? ['learned' as const] : []), ...(regular ? ['regular' as const] : []), 'pAny']
  return judged.reduce((chosen, rule) => (sum(mean[rule]) > sum(mean[chosen]) ? rule : chosen))
}

/** Without a learned score that can be judged: the rhythm model, with regular gaps unless they ranked worse. @param why learning has to wait */
function byModel(regular: RegularModel | undefined, tested: BackTest, why: string): ScoreChoice {
  const { horizonDays, mean } = tested
  const model = `P(any purchase within ${horizonDays} days) of the rhythm model`
  if (!regular || sum(mean.regular) < sum(mean.pAny)) return { kind: 'pAny', horizonDays, why: `${model}: ${why}` }
  const judged = mean.regular ? ` ${figures(tested)}` : ''
  return { kind: 'regular', horizonDays, why: `${model} with regular gaps (k = ${regular.k}): ${why}${judged}`, regular }
}

function tellChosen(rule: RiskScore, { learned, regular }: Candidates, tested: BackTest): ScoreChoice {
  const { horizonDays } = tested
  if (rule === 'learned' && learned) {
    const why = `Learned from ${learned.cuts} earlier cut dates, and no worse in back-test. ${figures(tested)}`
    return { kind: 'learned', horizonDays, why, learned }
  }
  if (rule === 'regular' && regular) {
    const why = `P(any purchase) with regular gaps (k = ${regular.k}) ranked best in back-test. ${figures(tested)}`
    return { kind: 'regular', horizonDays, why, regular }
  }
  return { kind: 'pAny', horizonDays, why: `P(any purchase) ranked best in back-test. ${figures(tested)}` }
}

/**
 * Chooses the score by back-test: the learned one where the past is long enough to train it, unless P(any purchase) of the
 * rhythm model, with regular gaps where customers buy regularly, ranked better at the cuts where all could be judged (AUC
 * over all and over active customers together).
 *
 * @param regular the model of regular gaps as fitted today; undefined where customers are not regular
 */
export function chooseScore(snapshots: readonly Snapshot[], tested: BackTest, regular?: RegularModel): ScoreChoice {
  const { horizonDays } = tested
  const learned = learnScore(examplesOf(snapshots, horizonDays), horizonDays, regular)
  if (!learned) {
    const needed = `learning takes ${FEWEST_CUTS} with ${FEWEST_LEARNERS} customers and both outcomes.`
    return byModel(regular, tested, `the past holds ${snapshots.length} usable cut dates, and ${needed}`)
  }
  if (tested.mean.learned) return tellChosen(best({ learned, regular }, tested), { learned, regular }, tested)
  if (regular)
    return byModel(regular, tested, `the past holds too few cut dates to try what could be learned from ${learned.cuts} of them.`)
  const why = `Learned from ${learned.cuts} earlier cut dates; too few to back-test it here, and on public purchase logs it ranked better than P(any purchase).`
  return { kind: 'learned', horizonDays, why, learned }
}

/** Everything a past says of the scores. */
export interface ScoreSearch {
  /** Cuts whose horizon is complete, oldest first. */
  readonly snapshots: readonly Snapshot[]
  readonly tested: BackTest
  readonly choice: ScoreChoice
}

/** Nearer than this nothing is learned: hardly anybody buys in so few days. */
const SHORTEST_HORIZON_DAYS = 28

/**
 * Judges the scores on a past and chooses one. A past too short to learn who leaves within the horizon may be long enough
 * to learn who does within half of it, or a quarter: those rank nearly alike, so that score is taken rather than none.
 *
 * @param untilDay nothing after it is looked at
 */
export function searchScore(logs: readonly PurchaseLog[], untilDay: number, horizonDays: number): ScoreSearch {
  const snapshots = takeSnapshots(logs, { untilDay, horizonDays })
  const tested = backTest(snapshots, horizonDays)
  const regular = regularToday(logs, untilDay, snapshots)
  const choice = chooseScore(snapshots, tested, regular)
  for (let shorter = horizonDays; choice.kind !== 'learned' && snapshots.length < FEWEST_CUTS && shorter > SHORTEST_HORIZON_DAYS; ) {
    shorter = Math.max(SHORTEST_HORIZON_DAYS, Math.floor(shorter / 2))
    const nearer = takeSnapshots(logs, { untilDay, horizonDays: shorter })
    const found = chooseScore(nearer, backTest(nearer, shorter), regular)
    if (found.kind !== 'learned') continue
    const why = `The past is too short to learn who leaves within ${horizonDays} days, so the ranking is by ${shorter} days. ${found.why}`
    return { snapshots, tested, choice: { ...found, horizonDays, why } }
  }
  return { snapshots, tested, choice }
}

/**
 * The risk that ranks warnings, between 0 and 1: the probability of no purchase within the horizon, or within the shorter one
 * that the score was learned for. Higher is more at risk.
 */
export function riskOf(choice: ScoreChoice, model: BtydModel, state: RhythmState, day: number): number {
  if (choice.kind === 'learned') return learnedRisk(choice.learned, model, state, day)
  return 1 - pAnyOf(model, choice.kind === 'regular' ? choice.regular : undefined, state, day, choice.horizonDays)
}
