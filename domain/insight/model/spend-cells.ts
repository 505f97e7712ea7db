import type { SpendCell } from './gamma-gamma.ts'
import { type RhythmState, meanRepeatSpend } from '../../customer/rhythm/index.ts'

/** Width of a band of mean spend: about 5 %. Within it only ln(v + xm) is approximate, to the second order; the rest is exact. */
const BAND_LN_WIDTH = 0.05

/** Sums are kept as integers, so that adding and taking away is exact: thousandths of the unit of the amounts … */
const PER_UNIT = 1e3

/** … and millionths of a natural logarithm. */
const PER_LN = 1e6

/** Sums of the customers who share a number of repeats and a narrow band of mean spend: what a Gamma-Gamma fit reads. */
export interface SpendSums {
  /** Repeat purchase days, of each customer in the cell. */
  readonly x: number
  /** Customers. */
  readonly n: number
  /** Sum of the mean spends, in thousandths of the unit of the amounts. */
  readonly meanMilli: number
  /** Sum of ln(mean spend), in millionths. */
  readonly lnMeanMicro: number
}

/** What a customer's change adds to one cell; negative where it leaves. */
export interface SpendCellChange extends SpendSums {
  readonly key: string
}

/** Cells by their key. */
export type SpendCells = Map<string, SpendSums>

/** Key of a customer's cell; undefined without a repeat purchase day or with no spend on them. */
export function spendCellKey(state: RhythmState): string | undefined {
  const mean = meanRepeatSpend(state)
  return mean > 0 ? `${state.x}.${Math.floor(Math.log(mean) / BAND_LN_WIDTH)}` : undefined
}

/** What a change of one customer's state does to the cells: at most two changes. */
export function spendCellChanges(before: RhythmState | undefined, after: RhythmState | undefined): SpendCellChange[] {
  const changes = new Map<string, SpendCellChange>()
  const add = (state: RhythmState, sign: 1 | -1) => {
    const key = spendCellKey(state)
    if (key === undefined) return
    const mean = meanRepeatSpend(state)
    const sums = changes.get(key)
    changes.set(key, {
      key,
      x: state.x,
      n: (sums?.n ?? 0) + sign,
      meanMilli: (sums?.meanMilli ?? 0) + sign * Math.round(mean * PER_UNIT),
      lnMeanMicro: (sums?.lnMeanMicro ?? 0) + sign * Math.round(Math.log(mean) * PER_LN),
    })
  }
  if (before) add(before, -1)
  if (after) add(after, 1)
  return [...changes.values()].filter((change) => change.n !== 0 || change.meanMilli !== 0 || change.lnMeanMicro !== 0)
}

/** Applies changes to cells in memory; a cell that empties is removed. */
export function applySpendCellChanges(cells: SpendCells, changes: readonly SpendCellChange[]): void {
  for (const { key, x, n, meanMilli, lnMeanMicro } of changes) {
    const sums = cells.get(key)
    const next = {
      x,
      n: (sums?.n ?? 0) + n,
      meanMilli: (sums?.meanMilli ?? 0) + meanMilli,
      lnMeanMicro: (sums?.lnMeanMicro ?? 0) + lnMeanMicro,
    }
    if (next.n === 0 && next.meanMilli === 0 && next.lnMeanMicro === 0) cells.delete(key)
    else cells.set(key, next)
  }
}

/** Cells of many customers at once. */
export function spendCellsOf(states: Iterable<RhythmState>): SpendCells {
  const cells: SpendCells = new Map()
  for (const state of states) applySpendCellChanges(cells, spendCellChanges(undefined, state))
  return cells
}

/** Cells as the Gamma-Gamma model reads them, at their means. */
export function modelSpendCells(cells: Iterable<SpendSums>): SpendCell[] {
  const model: SpendCell[] = []
  for (const { x, n, meanMilli, lnMeanMicro } of cells) {
    if (n <= 0 || meanMilli <= 0) continue
    model.push({ n, x, mean: meanMilli / n / PER_UNIT, lnMean: lnMeanMicro / n / PER_LN })
  }
  return model
}
