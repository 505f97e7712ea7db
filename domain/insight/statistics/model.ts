import * as z from 'zod'
import * as f from '../../kernel/fields.ts'
import type { BtydModel } from '../model/btyd.ts'
import { PUBLISHED_MBGNBD, publishedSpendParams } from '../model/defaults.ts'
import type { GammaGammaParams } from '../model/gamma-gamma.ts'
import { DAYS_PER_WEEK, historyAt, type RhythmState } from '../../customer/rhythm/index.ts'
import { expectedSpend } from '../model/gamma-gamma.ts'
import { valueAtStake } from '../model/lifetime-value.ts'
import { warningDay, type WarningLine } from '../model/warning-line.ts'
import { DEFAULT_VALUE_POLICY, type ValuePolicy } from '../model/lifetime-value.ts'
import type { RhythmCell } from '../model/cells.ts'
import type { ScoreChoice } from '../model/score-choice.ts'
import type { Segment } from './score.ts'
import { newSettings, type Settings } from './settings.ts'

const btydParams = () => z.object({ r: z.number(), alpha: z.number(), a: z.number(), b: z.number() })
const spendParamsShape = () => z.object({ p: z.number(), q: z.number(), v: z.number() })

/** A fitted model of purchase rhythm. α is in weeks. */
const rhythmFit = () =>
  z.object({
    kind: z.enum(['mbgnbd', 'bgnbd']),
    params: btydParams(),
    source: z.enum(['fitted', 'pooled']),
    logLikelihood: z.number(),
    standardErrors: btydParams().optional(),
    /** The fit sees nobody leave. */
    degenerate: z.boolean(),
    why: z.string(),
  })

/** A fitted model of spend. v is in minor units of the workspace's currency. */
const spendFit = () =>
  z.object({
    params: spendParamsShape(),
    source: z.enum(['fitted', 'pooled']),
    logLikelihood: z.number(),
    standardErrors: spendParamsShape().optional(),
    repeaters: z.int(),
    why: z.string(),
  })

/** The workspace's current models, with how they came about. */
export const modelShape = () => ({
  fittedAt: f.instant(),
  /** The day up to which customers were observed. */
  observed: f.day(),
  customers: z.int(),
  /** Repeat purchase days of all customers. */
  repeats: z.int(),
  /** Cells the fit read. */
  cells: z.int(),
  /** The model that warns and values: MBG/NBD (Batislam, Denizel & Filiztekin 2007). */
  rhythm: rhythmFit(),
  /** For comparison: BG/NBD (Fader, Hardie & Lee 2005), which takes every one-time buyer for alive. */
  comparison: rhythmFit(),
  /** Gamma-Gamma (Fader & Hardie 2013). */
  spend: spendFit(),
  /** Value at stake, as revenue, of the customer in the middle, by which the severity of a warning is judged. Minor units; 0 while nobody bought twice. */
  typicalValueMinor: z.int(),
})
export type Model = z.output<z.ZodObject<ReturnType<typeof modelShape>>>

/** What of a workspace decides when a customer is warned of. */
export interface WarningPolicy {
  warningLine: number
  horizonDays: number
}

/** The workspace's line: on the probability of another purchase within its horizon. */
export function lineOf({ warningLine, horizonDays }: WarningPolicy): WarningLine {
  return { measure: 'any', theta: warningLine, horizonDays }
}

/** The models in use: the workspace's own, or published ones while there are none. */
export interface CurrentModel {
  rhythm: BtydModel
  /** Absent while the workspace's price level is unknown. */
  spend?: GammaGammaParams
  typicalValueMinor?: number
  /** Of the `model` record; 0 for published parameters. */
  version: number
  source: 'fitted' | 'pooled'
  why: string
  /** Customers the last fit saw; absent before it. */
  customers?: number
  settings: Settings
  /** The score that ranks risk, as the last back-test chose it. */
  score?: ScoreChoice
  /** Models of the segments that the settings name, where the last back-test found them worth it. */
  segments?: readonly Segment[]
}

/** What is used before the first fit. */
export const publishedModel: CurrentModel = {
  rhythm: { kind: 'mbgnbd', params: PUBLISHED_MBGNBD },
  version: 0,
  source: 'pooled',
  why: 'No fit has run yet, so the parameters are published ones (CDNOW).',
  settings: newSettings,
}

/** How value is counted: twelve months, with the workspace's margin and discount. */
export function valuePolicyOf({ settings: { margin, monthlyDiscount } }: Pick<CurrentModel, 'settings'>): ValuePolicy {
  return { ...DEFAULT_VALUE_POLICY, margin, monthlyDiscount }
}

/**
 * Parameters of spend for a customer: the workspace's, or before there are any the published shape at the price level of
 * the customer's own purchases, since published amounts are of another shop and another currency.
 */
export function spendParams(model: CurrentModel, { net, count }: { net: number; count: number }): GammaGammaParams {
  return model.spend ?? publishedSpendParams(net > 0 ? net / count : 1)
}

/** What a customer has at stake on their own warning day as revenue, in the unit of `spend`: at a margin of 1. */
export function stakeWhenWarned(model: BtydModel, spend: GammaGammaParams, state: RhythmState, line: WarningLine): number {
  const day = warningDay(model, state, line) ?? state.lastDay
  return valueAtStake(model, historyAt(state, day), expectedSpend(spend, { x: 0, mean: 0 }), DEFAULT_VALUE_POLICY)
}

/**
 * The typical value at stake: that of the customer in the middle when all are ordered by it. Customers with one number of
 * repeats are taken at their mean recency and at the workspace's mean spend, so a hundred evaluations do for a million.
 */
export function typicalStake(model: BtydModel, spend: GammaGammaParams, cells: readonly RhythmCell[], line: WarningLine): number {
  const byX = new Map<number, { n: number; days: number }>()
  for (const { x, n, firstWeek, lastWeek, f: first, l: last } of cells) {
    if (n <= 0) continue
    const group = byX.get(x) ?? { n: 0, days: 0 }
    byX.set(x, { n: group.n + n, days: group.days + n * (lastWeek - firstWeek) * DAYS_PER_WEEK + last - first })
  }
  const stakes = [...(byX.size > 0 ? byX : new Map([[0, { n: 1, days: 0 }]]))].map(([x, { n, days }]) => {
    const state = { firstDay: 0, lastDay: x === 0 ? 0 : Math.max(x, Math.round(days / n)), x, repeatSpend: 0 }
    return { n, stake: stakeWhenWarned(model, spend, state, line) }
  })
  stakes.sort((p, q) => p.stake - q.stake)
  const half = stakes.reduce((sum, { n }) => sum + n, 0) / 2
  let seen = 0
  return stakes.find(({ n }) => (seen += n) >= half)?.stake ?? 0
}
