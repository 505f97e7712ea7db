import * as z from 'zod'
import { dayFrom } from '../../kernel/clock.ts'
import * as f from '../../kernel/fields.ts'
import { RANKING_RULES } from '../model/back-test.ts'
import { likelihood } from '../model/btyd-likelihood.ts'
import { modelCells, rhythmCellsOf } from '../model/cells.ts'
import { fitRhythm, type RhythmFit } from '../model/fit.ts'
import { RISK_SCORES, type RiskScore } from '../model/learned-score.ts'
import { searchScore, type ScoreChoice } from '../model/score-choice.ts'
import { stateAt } from '../model/snapshot.ts'
import { trackCumulative } from '../model/tracking.ts'
import { MOST_SEGMENTS, type Segment } from '../statistics/index.ts'
import type { SampledLog } from './log.ts'

const share = () => z.number().min(0).max(1)
const quality = () => z.object({ aucAll: share(), aucActive: share(), precisionTop: share() })
const byRule = () => z.partialRecord(z.enum(RANKING_RULES), quality())
const byScore = <T extends z.ZodType>(value: T) => z.partialRecord(z.enum(RISK_SCORES), value)
const bands = () => z.array(z.object({ from: share(), customers: z.int(), predicted: share(), observed: share() }))
const deciles = () => z.array(z.object({ decile: z.int(), customers: z.int(), left: share(), lift: z.number().min(0).max(1e6) }))

/** How the scores would have done on the workspace's own past, and what follows from it. */
export const resultShape = () => ({
  testedAt: f.instant(),
  /** Nothing after this day was looked at. */
  until: f.day(),
  horizonDays: z.int(),
  /** Customers looked at, an even sample, and those left out since they buy too often to be read whole. */
  customers: z.int(),
  leftOut: z.int(),
  cuts: z.array(
    z.object({
      day: f.day(),
      customers: z.int(),
      active: z.int(),
      quality: byRule(),
      expectedPurchases: z.number().min(0).max(1e12),
      actualPurchases: z.int(),
    }),
  ),
  /** Cuts at which every rule could be judged: the means are over these. */
  comparedCuts: z.int(),
  mean: byRule(),
  calibration: byScore(bands()),
  lift: byScore(deciles()),
  /** Cumulative repeat purchases of those who had begun by the middle cut, foretold from there, and counted. */
  tracking: z.array(z.object({ day: f.day(), expected: z.number().min(0).max(1e12), actual: z.int() })),
  score: z.object({ kind: z.enum(RISK_SCORES), why: z.string() }),
  words: z.string(),
})
export type Result = z.output<z.ZodObject<ReturnType<typeof resultShape>>>

/** Customers whose past is judged: beyond it another one changes no third digit. Segments are fitted to all that were sampled. */
const MOST_JUDGED = 5_000
const TRACK_EVERY_DAYS = 28

/** What is judged, and up to when. */
export interface Question {
  logs: readonly SampledLog[]
  leftOut: number
  /** Whole days since 1970-01-01. */
  today: number
  horizonDays: number
  now: string
}

/** Judges every rule on the past of a sample, and chooses the score by it. */
export function judge({ logs, leftOut, today, horizonDays, now }: Question): { result: Result; choice: ScoreChoice } {
  const judged = logs.slice(0, MOST_JUDGED)
  const { snapshots, tested, choice } = searchScore(judged, today, horizonDays)
  const middle = snapshots[Math.floor((snapshots.length - 1) / 2)]
  const points = middle
    ? trackCumulative(middle.fit, judged, { cohortUntilDay: middle.cutDay, untilDay: today, everyDays: TRACK_EVERY_DAYS })
    : []
  const result = {
    testedAt: now,
    until: dayFrom(today),
    horizonDays,
    customers: judged.length,
    leftOut,
    cuts: tested.cuts.map(({ cutDay, ...cut }) => ({ day: dayFrom(cutDay), ...cut })),
    comparedCuts: tested.comparedCuts,
    mean: tested.mean,
    calibration: copied(tested.calibration),
    lift: copied(tested.lift),
    tracking: points.map(({ day, ...point }) => ({ day: dayFrom(day), ...point })),
    score: { kind: choice.kind, why: choice.why },
  }
  return { result: { ...result, words: sayResult(result) }, choice }
}

function copied<T>(tables: Readonly<Partial<Record<RiskScore, readonly T[]>>>): Partial<Record<RiskScore, T[]>> {
  const copies: Partial<Record<RiskScore, T[]>> = {}
  for (const rule of RISK_SCORES) if (tables[rule]) copies[rule] = [...tables[rule]]
  return copies
}

function sayResult({ cuts, mean, comparedCuts, customers, horizonDays, score }: Omit<Result, 'words'>): string {
  if (cuts.length === 0) {
    return `The past of ${customers} customers is too short or too small to judge: it takes 200 customers, eight weeks and then ${horizonDays} days to see what came.`
  }
  const used = mean[score.kind]
  const days = mean.fixedDays
  const figures = (of: typeof used) =>
    of ? `${of.aucAll.toFixed(3)} over all and ${of.aucActive.toFixed(3)} over active customers` : 'not to be judged'
  return [
    `On ${comparedCuts} dates of the past of ${customers} customers, the score in use ranked who bought nothing within ${horizonDays} days with an AUC of ${figures(used)};`,
    `days since the last purchase: ${figures(days)}.`,
    used ? `Of the fifth of the active customers most at risk, ${Math.round(used.precisionTop * 100)} % left.` : '',
  ]
    .join(' ')
    .trim()
}

/** Parameters of its own are worth it to a segment from this gain in log-likelihood on (Akaike 1974: one for each parameter). */
const WORTH_IT = 4

/** A model for each of the largest segments: its own where it has the data and they say so, else everybody's. */
export function fitSegments(logs: readonly SampledLog[], today: number): Segment[] {
  const cellsOf = (some: readonly SampledLog[]) =>
    modelCells(rhythmCellsOf(some.flatMap((log) => stateAt(log, today) ?? [])).values(), today)
  const groups = Map.groupBy(
    logs.filter((log) => log.segment !== undefined),
    (log) => log.segment ?? '',
  )
  const largest = [...groups].sort(([, a], [, b]) => b.length - a.length).slice(0, MOST_SEGMENTS)
  if (largest.length === 0) return []
  const everybody = fitRhythm('mbgnbd', cellsOf(logs))
  return largest.map(([value, some]) => {
    const cells = cellsOf(some)
    const own = fitRhythm('mbgnbd', cells, { fallback: everybody })
    const gain = own.logLikelihood - likelihood(everybody, cells).value
    return segmentOf(value, own, everybody, gain)
  })
}

function segmentOf(value: string, own: RhythmFit, everybody: RhythmFit, gain: number): Segment {
  const facts = { value, customers: own.customers, repeats: own.repeats }
  if (own.source === 'pooled') return { ...facts, source: 'pooled', params: own.params, why: own.why }
  const figure = `log-likelihood gained on its ${own.customers} customers: ${gain.toFixed(1)}, ${WORTH_IT} are needed`
  return gain > WORTH_IT
    ? { ...facts, source: 'fitted', params: own.params, why: `${own.why} Its customers buy to a rhythm of their own (${figure}).` }
    : { ...facts, source: 'pooled', params: everybody.params, why: `Everybody’s parameters serve it as well (${figure}).` }
}
