import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type BackTest, RANKING_RULES, type RankingQuality, type RankingRule, backTest } from '../../domain/insight/model/back-test.ts'
import { exactModelCells, exactSpendCells } from '../../domain/insight/model/exact-cells.ts'
import { expectedPurchases } from '../../domain/insight/model/expected-purchases.ts'
import { type RhythmFit, fitRhythm } from '../../domain/insight/model/fit.ts'
import { auc, precisionAtTop } from '../../domain/insight/model/ranking.ts'
import { riskOf, searchScore } from '../../domain/insight/model/score-choice.ts'
import { stateAt, takeSnapshots } from '../../domain/insight/model/snapshot.ts'
import { type SpendFit, fitSpend } from '../../domain/insight/model/spend-fit.ts'
import { trackCumulative } from '../../domain/insight/model/tracking.ts'
import { type PurchaseHistory, type RhythmState, historyAt } from '../../domain/customer/rhythm/index.ts'
import { CALIBRATION_END, CDNOW, HOLDOUT_END, statesAt } from '../domain/insight/cdnow.ts'

const HOLDOUT_WEEKS = 39
const HORIZON_DAYS = 90

/** A way to foretell the purchases of the holdout, and how far off it is per customer. */
export interface CountError {
  readonly rule: string
  readonly meanAbsolute: number
  readonly rootMeanSquare: number
  readonly total: number
}

/** How well a score ranked those who then bought nothing, at the end of calibration. */
export interface HoldoutRanking extends RankingQuality {
  readonly rule: string
  readonly days: number
}

export interface Scale {
  readonly customers: number
  readonly cells: number
  readonly fitCpuSeconds: number
  readonly comparisonCpuSeconds: number
  readonly spendCpuSeconds: number
  readonly fitPeakMb: number
  readonly scoredPerSecond: number
  readonly valuedPerSecond: number
}

/** All figures of value-model.md that the shipped history can show. */
export interface InsightBench {
  readonly models: { readonly bgnbd: RhythmFit; readonly mbgnbd: RhythmFit; readonly gammaGamma: SpendFit }
  readonly counts: readonly CountError[]
  readonly actualTotal: number
  readonly week78: { readonly expected: number; readonly actual: number }
  readonly ranking: readonly HoldoutRanking[]
  readonly rolling: Pick<BackTest, 'comparedCuts' | 'mean' | 'cuts'>
  readonly scale: Scale
}

/** A customer of the sample at the end of calibration, with the purchase days of the holdout. */
interface Judged {
  readonly state: RhythmState
  readonly history: PurchaseHistory
  readonly medianGapDays: number | undefined
  /** Days after the end of calibration, in order. */
  readonly after: readonly number[]
}

function judgedCustomers(): Judged[] {
  return CDNOW.flatMap((log) => {
    const state = stateAt(log, CALIBRATION_END)
    if (!state) return []
    const days = [...new Set(log.entries.map(({ day }) => day))]
    const known = days.filter((day) => day <= CALIBRATION_END)
    const gaps = known
      .slice(1)
      .map((day, i) => day - (known[i] ?? day))
      .sort((p, q) => p - q)
    const after = days.filter((day) => day > CALIBRATION_END).map((day) => day - CALIBRATION_END)
    const medianGapDays = gaps.length > 0 ? gaps[Math.floor(gaps.length / 2)] : undefined
    return [{ state, history: historyAt(state, CALIBRATION_END), medianGapDays, after }]
  })
}

function countError(rule: string, customers: readonly Judged[], foretell: (history: PurchaseHistory) => number): CountError {
  let [absolute, square, total] = [0, 0, 0]
  for (const { history, after } of customers) {
    const foretold = foretell(history)
    const error = foretold - after.length
    absolute += Math.abs(error)
    square += error * error
    total += foretold
  }
  return { rule, meanAbsolute: absolute / customers.length, rootMeanSquare: Math.sqrt(square / customers.length), total }
}

/** The score in use at the end of calibration beside the simple rules, judged by who bought within some days after it. */
function ranked(customers: readonly Judged[], mbgnbd: RhythmFit, days: number): HoldoutRanking[] {
  const past = CDNOW.map(({ entries }) => ({ entries: entries.filter(({ day }) => day <= CALIBRATION_END) }))
  const { choice } = searchScore(past, CALIBRATION_END, days)
  const gaps = customers.flatMap(({ medianGapDays }) => medianGapDays ?? []).sort((p, q) => p - q)
  const typical = gaps[Math.floor(gaps.length / 2)] ?? 1
  const silence = ({ state }: Judged) => CALIBRATION_END - state.lastDay
  const rules: [string, (customer: Judged) => number][] = [
    ['fixed days', silence],
    ['own gap', (customer) => silence(customer) / (customer.medianGapDays ?? typical)],
    [`in use: ${choice.kind}`, ({ state }) => riskOf(choice, mbgnbd, state, CALIBRATION_END)],
  ]
  return rules.map(([rule, score]) => {
    const all = customers.map((customer) => ({
      score: score(customer),
      left: !customer.after.some((day) => day <= days),
      active: silence(customer) <= days,
    }))
    const active = all.filter((one) => one.active)
    return { rule, days, aucAll: auc(all) ?? 0, aucActive: auc(active) ?? 0, precisionTop: precisionAtTop(active, 0.2) ?? 0 }
  })
}

/** Fits and scores so many simulated customers, in processes of their own. */
function measureScale(customers: number): Scale {
  const folder = mkdtempSync(join(tmpdir(), 'crm-insight-'))
  const file = join(folder, 'histogram.json')
  const script = resolve(import.meta.dirname, 'insight-scale.ts')
  const half = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`insight-scale ${args.join(' ')} failed: ${stderr}`)
    return stdout
  }
  try {
    half('make', file, String(customers))
    return JSON.parse(half('fit', file)) as Scale
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Fits the shipped history at the end of its calibration period and judges it on the holdout, then fits many. */
export function measureInsight({ customers }: { customers: number }): InsightBench {
  const states = statesAt(CALIBRATION_END)
  const cells = exactModelCells(states, CALIBRATION_END)
  const [mbgnbd, bgnbd] = [fitRhythm('mbgnbd', cells), fitRhythm('bgnbd', cells)]
  const judged = judgedCustomers()
  const rate = ({ x, T }: PurchaseHistory) => (T > 0 ? (x / T) * HOLDOUT_WEEKS : 0)
  const points = trackCumulative(mbgnbd, CDNOW, { cohortUntilDay: CALIBRATION_END, untilDay: HOLDOUT_END + 1, everyDays: 7 })
  const rolling = backTest(takeSnapshots(CDNOW, { untilDay: HOLDOUT_END, horizonDays: HORIZON_DAYS }), HORIZON_DAYS)
  return {
    models: { bgnbd, mbgnbd, gammaGamma: fitSpend(exactSpendCells(states)) },
    counts: [
      countError('MBG/NBD', judged, (history) => expectedPurchases(mbgnbd, history, HOLDOUT_WEEKS)),
      countError('BG/NBD', judged, (history) => expectedPurchases(bgnbd, history, HOLDOUT_WEEKS)),
      countError('own rate x/T', judged, rate),
      countError('nobody buys', judged, () => 0),
    ],
    actualTotal: judged.reduce((sum, { after }) => sum + after.length, 0),
    week78: points.at(-1) ?? { expected: 0, actual: 0 },
    ranking: [...ranked(judged, mbgnbd, HORIZON_DAYS), ...ranked(judged, mbgnbd, HOLDOUT_END - CALIBRATION_END)],
    rolling: { comparedCuts: rolling.comparedCuts, mean: rolling.mean, cuts: rolling.cuts },
    scale: measureScale(customers),
  }
}

/** A goal of value-model.md and what was reached. */
export interface Goal {
  readonly goal: string
  readonly reached: string
  readonly met: boolean
}

const best = (mean: Partial<Record<RankingRule, RankingQuality>>): RankingQuality | undefined => mean.learned ?? mean.regular ?? mean.pAny

/** The goals, each beside what was reached. */
export function goalsOf({ counts: [mbg], rolling, week78, scale }: InsightBench): Goal[] {
  const [score, days] = [best(rolling.mean), rolling.mean.fixedDays]
  const above = (pick: (quality: RankingQuality) => number) => (score && days ? pick(score) - pick(days) : -1)
  const everyCut = rolling.cuts.every(({ quality }) => (best(quality)?.aucActive ?? 0) > (quality.fixedDays?.aucActive ?? 1))
  const off = Math.abs(week78.expected / week78.actual - 1)
  const fitSeconds = scale.fitCpuSeconds + scale.comparisonCpuSeconds + scale.spendCpuSeconds
  const goal = (text: string, reached: string, met: boolean): Goal => ({ goal: text, reached, met })
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`
  const [active, all, top] = [above((q) => q.aucActive), above((q) => q.aucAll), above((q) => q.precisionTop)]
  return [
    goal('AUC active: 0.09 above fixed days', signed(active), active >= 0.09),
    goal('AUC active: above fixed days at every cut', everyCut ? 'yes' : 'no', everyCut),
    goal('AUC all: not below fixed days', signed(all), all >= 0),
    goal('top 20 %: precision 0.08 above fixed days', signed(top), top >= 0.08),
    goal('holdout MAE ≤ 0.765', (mbg?.meanAbsolute ?? 9).toFixed(4), (mbg?.meanAbsolute ?? 9) <= 0.765),
    goal('holdout RMSE ≤ 1.61', (mbg?.rootMeanSquare ?? 9).toFixed(4), (mbg?.rootMeanSquare ?? 9) <= 1.61),
    goal('cumulative total at week 78 within 7 %', `${(100 * off).toFixed(1)} %`, off <= 0.07),
    goal(`all models of ${scale.customers} customers: 5 s of CPU`, `${fitSeconds.toFixed(2)} s`, fitSeconds < 5),
    goal('the same: 512 MB', `${scale.fitPeakMb.toFixed(0)} MB`, scale.fitPeakMb < 512),
    goal('100,000 customers scored a second', Math.round(scale.valuedPerSecond).toLocaleString('en'), scale.valuedPerSecond >= 100_000),
  ]
}

/** The rules that a back-test judged, in the order they are shown. */
export function judgedRules(mean: BackTest['mean']): [RankingRule, RankingQuality][] {
  return RANKING_RULES.flatMap((rule) => (mean[rule] ? [[rule, mean[rule]] as [RankingRule, RankingQuality]] : []))
}
