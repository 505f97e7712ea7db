import type { BackTest } from '../../domain/insight/model/back-test.ts'
import { pAlive, pAny } from '../../domain/insight/model/btyd.ts'
import { modelCells, rhythmCellsOf } from '../../domain/insight/model/cells.ts'
import { exactModelCells, exactSpendCells } from '../../domain/insight/model/exact-cells.ts'
import { expectedPurchases } from '../../domain/insight/model/expected-purchases.ts'
import { type RhythmFit, fitRhythm } from '../../domain/insight/model/fit.ts'
import { expectedSpend } from '../../domain/insight/model/gamma-gamma.ts'
import { lifetimeValue } from '../../domain/insight/model/lifetime-value.ts'
import { DAYS_PER_WEEK, type RhythmState, historyAt, meanRepeatSpend } from '../../domain/customer/rhythm/index.ts'
import { type ScoreChoice, riskOf, searchScore } from '../../domain/insight/model/score-choice.ts'
import { stateAt } from '../../domain/insight/model/snapshot.ts'
import { modelSpendCells, spendCellsOf } from '../../domain/insight/model/spend-cells.ts'
import { type SpendFit, fitSpend } from '../../domain/insight/model/spend-fit.ts'
import { type TrackingPoint, trackCumulative } from '../../domain/insight/model/tracking.ts'
import { type WarningLine, defaultWarningLine, warningDay } from '../../domain/insight/model/warning-line.ts'
import { isoDate } from './day.ts'
import type { CustomerLog } from './purchases.ts'
import { Refusal } from './refusal.ts'

/** Up to here customers are fitted one by one; beyond, by the weekly cells that the product keeps. */
const MOST_UNGROUPED = 50_000

/** Learning and back-test take an even sample of the customers beyond this number. */
const MOST_SAMPLED = 10_000

const TRACK_EVERY_DAYS = 28

/** A customer of the file with the state at the cut. */
interface Known {
  readonly id: string
  readonly state: RhythmState
}

/** Everything said of a file as it stood at the cut. */
export interface Analysis {
  readonly cutDay: number
  readonly horizonDays: number
  readonly known: readonly Known[]
  readonly bgnbd: RhythmFit
  readonly mbgnbd: RhythmFit
  readonly gammaGamma: SpendFit
  readonly choice: ScoreChoice
  readonly line: WarningLine
  readonly tested: BackTest
  /** Foretold by the model of the middle cut; empty when there is none. */
  readonly tracking: readonly TrackingPoint[]
  /** Customers that learning and back-test looked at. */
  readonly sampled: number
}

/** A customer's figures, as the command prints them. */
export interface CustomerFigures {
  readonly id: string
  readonly x: number
  /** Weeks. */
  readonly tx: number
  /** Weeks. */
  readonly T: number
  readonly meanSpend: number
  readonly pAlive: number
  readonly pAny: number
  readonly expected: number
  readonly risk: number
  readonly expectedSpend: number
  readonly clv12m: number
  /** ISO date, null when the line is not reached within a hundred years. */
  readonly warnOn: string | null
}

function sample(logs: readonly CustomerLog[]): CustomerLog[] {
  const stride = Math.ceil(logs.length / MOST_SAMPLED)
  return logs.filter((_, i) => i % stride === 0)
}

/** Mean amount of the purchases that cost something; undefined where none does. */
function meanPurchase(logs: readonly CustomerLog[]): number | undefined {
  let [sum, count] = [0, 0]
  for (const { entries } of logs) {
    for (const { amount } of entries) {
      if (amount <= 0) continue
      sum += amount
      count += 1
    }
  }
  return count > 0 ? sum / count : undefined
}

/** A word about a cut so long after the last purchase that everybody seems to have left; undefined otherwise. */
export function silentTail(customers: readonly CustomerLog[], cutDay: number, horizonDays: number): string | undefined {
  const lastDay = customers.reduce((last, { entries }) => Math.max(last, entries.at(-1)?.day ?? -Infinity), -Infinity)
  if (!Number.isFinite(lastDay) || cutDay - lastDay <= horizonDays) return undefined
  return `the last purchase of the file is of ${isoDate(lastDay)}, ${cutDay - lastDay} days before the cut: all are taken to have bought nothing since`
}

/** Runs the product's models on purchase logs, looking at nothing after the cut. */
export function analyse(customers: readonly CustomerLog[], cutDay: number, horizonDays: number): Analysis {
  const logs = customers
    .map(({ id, entries }) => ({ id, entries: entries.filter((entry) => entry.day <= cutDay) }))
    .filter(({ entries }) => entries.length > 0)
  const known = logs.flatMap((log) => {
    const state = stateAt(log, cutDay)
    return state ? [{ id: log.id, state }] : []
  })
  if (known.length === 0) throw new Refusal(`there is no purchase on or before the cut ${isoDate(cutDay)}`)
  const states = known.map(({ state }) => state)
  const ungrouped = states.length <= MOST_UNGROUPED
  const cells = ungrouped ? exactModelCells(states, cutDay) : modelCells(rhythmCellsOf(states).values(), cutDay)
  const spend = ungrouped ? exactSpendCells(states) : modelSpendCells(spendCellsOf(states).values())
  const mbgnbd = fitRhythm('mbgnbd', cells)
  const sampled = sample(logs)
  const { snapshots, tested, choice } = searchScore(sampled, cutDay, horizonDays)
  const middle = snapshots[Math.floor((snapshots.length - 1) / 2)]
  return {
    cutDay,
    horizonDays,
    known,
    bgnbd: fitRhythm('bgnbd', cells),
    mbgnbd,
    gammaGamma: fitSpend(spend, meanPurchase(logs)),
    choice,
    line: defaultWarningLine(mbgnbd, horizonDays),
    tested,
    tracking: middle
      ? trackCumulative(middle.fit, sampled, { cohortUntilDay: middle.cutDay, untilDay: cutDay, everyDays: TRACK_EVERY_DAYS })
      : [],
    sampled: sampled.length,
  }
}

/** One customer's figures at the cut. */
export function figuresOf(analysis: Analysis, { id, state }: Known): CustomerFigures {
  const { mbgnbd, gammaGamma, cutDay, horizonDays, line, choice } = analysis
  const history = historyAt(state, cutDay)
  const meanSpend = meanRepeatSpend(state)
  const spend = expectedSpend(gammaGamma.params, { x: state.x, mean: meanSpend })
  const weeks = horizonDays / DAYS_PER_WEEK
  const warnDay = warningDay(mbgnbd, state, line)
  return {
    id,
    ...history,
    meanSpend,
    pAlive: pAlive(mbgnbd, history),
    pAny: pAny(mbgnbd, history, weeks),
    expected: expectedPurchases(mbgnbd, history, weeks),
    risk: riskOf(choice, mbgnbd, state, cutDay),
    expectedSpend: spend,
    clv12m: lifetimeValue(mbgnbd, history, spend),
    warnOn: warnDay === undefined ? null : isoDate(warnDay),
  }
}
