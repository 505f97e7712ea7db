import type { ModelCell } from './btyd-likelihood.ts'
import { DAYS_PER_WEEK, type RhythmState } from '../../customer/rhythm/index.ts'

/**
 * Sums of the customers who share a first week, a number of repeats and a last week. A fit reads these, never the
 * customers. f and l are the weekdays (0 to 6) of a customer's first and last purchase within those weeks; the sums
 * of their squares keep the fit true to the third digit where means alone lose it.
 */
export interface RhythmCell {
  /** Week of the first purchase: floor(days since 1970-01-01 / 7). */
  readonly firstWeek: number
  /** Repeat purchase days, of each customer in the cell. */
  readonly x: number
  /** Week of the last purchase. */
  readonly lastWeek: number
  /** Customers. */
  readonly n: number
  /** Σ f, in days. */
  readonly f: number
  /** Σ l, in days. */
  readonly l: number
  /** Σ f². */
  readonly ff: number
  /** Σ f·l. */
  readonly fl: number
  /** Σ l². */
  readonly ll: number
}

/** What a customer's change adds to one cell; the sums are negative where it leaves. */
export interface RhythmCellChange extends RhythmCell {
  /** `firstWeek.x.lastWeek`. */
  readonly key: string
}

/** Cells by their key. */
export type RhythmCells = Map<string, RhythmCell>

/** The cell one customer makes alone, or with sign −1 takes away. */
function cellOf(state: RhythmState, sign: 1 | -1): RhythmCellChange {
  const firstWeek = Math.floor(state.firstDay / DAYS_PER_WEEK)
  const lastWeek = Math.floor(state.lastDay / DAYS_PER_WEEK)
  const f = state.firstDay - firstWeek * DAYS_PER_WEEK
  const l = state.lastDay - lastWeek * DAYS_PER_WEEK
  return {
    key: `${firstWeek}.${state.x}.${lastWeek}`,
    firstWeek,
    x: state.x,
    lastWeek,
    n: sign,
    f: sign * f,
    l: sign * l,
    ff: sign * f * f,
    fl: sign * f * l,
    ll: sign * l * l,
  }
}

function plus<Cell extends RhythmCell>(left: RhythmCell | undefined, right: Cell): Cell {
  if (!left) return right
  const { n, f, l, ff, fl, ll } = right
  return { ...right, n: left.n + n, f: left.f + f, l: left.l + l, ff: left.ff + ff, fl: left.fl + fl, ll: left.ll + ll }
}

function isEmpty({ n, f, l, ff, fl, ll }: RhythmCell): boolean {
  return n === 0 && f === 0 && l === 0 && ff === 0 && fl === 0 && ll === 0
}

/**
 * What a change of one customer's state does to the cells: at most two changes, one where the cell stays the same,
 * none where nothing changes. All sums are integers, so adding and taking away is exact in any order.
 */
export function rhythmCellChanges(before: RhythmState | undefined, after: RhythmState | undefined): RhythmCellChange[] {
  const left = before ? cellOf(before, -1) : undefined
  const entered = after ? cellOf(after, 1) : undefined
  const changes = left && entered && left.key === entered.key ? [plus(left, entered)] : [left, entered]
  return changes.filter((change) => change !== undefined).filter((change) => !isEmpty(change))
}

/** Applies changes to cells in memory; a cell that empties is removed. */
export function applyRhythmCellChanges(cells: RhythmCells, changes: readonly RhythmCellChange[]): void {
  for (const { key, ...change } of changes) {
    const next = plus(cells.get(key), change)
    if (isEmpty(next)) cells.delete(key)
    else cells.set(key, next)
  }
}

/** Cells of many customers at once. */
export function rhythmCellsOf(states: Iterable<RhythmState>): RhythmCells {
  const cells: RhythmCells = new Map()
  for (const state of states) applyRhythmCellChanges(cells, rhythmCellChanges(undefined, state))
  return cells
}

/** Corners of an equilateral triangle with mean 0 and covariance 1: three equal points stand for a spread in two directions. */
const TRIANGLE: readonly (readonly [number, number])[] = [
  [Math.SQRT2, 0],
  [-Math.SQRT1_2, Math.sqrt(1.5)],
  [-Math.SQRT1_2, -Math.sqrt(1.5)],
]

/** Points (first, last) of weight n/3 with the cell's mean and covariance; one point where there is no spread. */
function points({ n, f, l, ff, fl, ll }: RhythmCell): { f: number; l: number; n: number }[] {
  const mean = { f: f / n, l: l / n }
  const varF = Math.max(0, ff / n - mean.f ** 2)
  const varL = Math.max(0, ll / n - mean.l ** 2)
  if (varF < 1e-9 && varL < 1e-9) return [{ ...mean, n }]
  const sdF = Math.sqrt(varF)
  const slope = varF < 1e-9 ? 0 : (fl / n - mean.f * mean.l) / sdF
  const rest = Math.sqrt(Math.max(0, varL - slope ** 2))
  return TRIANGLE.map(([u, w]) => ({ f: mean.f + u * sdF, l: mean.l + u * slope + w * rest, n: n / 3 }))
}

/**
 * Cells as a model reads them on a day of observation (days since 1970-01-01), in weeks: up to three points per cell
 * that have its mean and spread.
 */
export function modelCells(cells: Iterable<RhythmCell>, observationDay: number): ModelCell[] {
  const model: ModelCell[] = []
  for (const cell of cells) {
    if (cell.n <= 0) continue
    for (const { f, l, n } of points(cell)) {
      const firstDay = cell.firstWeek * DAYS_PER_WEEK + f
      const tx = cell.x === 0 ? 0 : Math.max(0, (cell.lastWeek - cell.firstWeek) * DAYS_PER_WEEK + l - f)
      const T = Math.max(observationDay - firstDay, tx)
      model.push({ n, x: cell.x, tx: tx / DAYS_PER_WEEK, T: T / DAYS_PER_WEEK })
    }
  }
  return model
}
