import { modelCells, rhythmCellsOf } from './cells.ts'
import { exactModelCells } from './exact-cells.ts'
import { type RhythmFit, fitRhythm } from './fit.ts'
import { FEWEST_LEARNERS } from './learned-score.ts'
import { type RegularModel, fitRegular, regularity } from './regular.ts'
import { type PurchaseEntry, type RhythmState, foldPurchase } from '../../customer/rhythm/index.ts'

/** One customer's entries in order of day, purchases before returns within a day. */
export interface PurchaseLog {
  readonly entries: readonly PurchaseEntry[]
}

/** A customer as known at a cut date, and what then came. */
export interface SnapshotCustomer {
  readonly state: RhythmState
  /** Median days between the customer's purchase days; undefined for a one-time buyer. */
  readonly medianGapDays: number | undefined
  /** The gap before the last as a share of the last two; undefined with fewer than two repeat purchase days. */
  readonly gapShare: number | undefined
  /** Purchase days within the horizon after the cut. */
  readonly purchasesAfter: number
}

/** All customers at a cut date, with the rhythm model fitted to what was known then. */
export interface Snapshot {
  readonly cutDay: number
  readonly customers: readonly SnapshotCustomer[]
  readonly fit: RhythmFit
  /** The model of regular gaps; undefined where gaps are as irregular as MBG/NBD takes them to be. */
  readonly regular: RegularModel | undefined
}

/** Which snapshots to take. */
export interface SnapshotOptions {
  /** Nothing after this day is looked at; the newest cut lies a horizon before it. */
  readonly untilDay: number
  readonly horizonDays: number
}

/** Days between two cuts. */
export const CUT_EVERY_DAYS = 28

/** Two years of cuts: older ones say little of today's customers. */
const MOST_CUTS = 26

/** A history shorter than this has nothing to learn from. */
const FEWEST_HISTORY_DAYS = 56

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((p, q) => p - q)
  const upper = sorted[Math.floor(sorted.length / 2)]
  const lower = sorted[Math.floor((sorted.length - 1) / 2)]
  return upper === undefined || lower === undefined ? undefined : (upper + lower) / 2
}

function shareOfLastTwo(gaps: readonly number[]): number | undefined {
  const [former, last] = gaps.slice(-2)
  return former === undefined || last === undefined ? undefined : former / (former + last)
}

/** The state of a log at the end of a day. A return counts against the latest purchase before it. */
export function stateAt(log: PurchaseLog, day: number): RhythmState | undefined {
  let state: RhythmState | undefined
  for (const entry of log.entries) {
    if (entry.day > day) break
    if (entry.amount < 0 && !state) continue
    const fold = foldPurchase(state, entry.amount < 0 && state ? { ...entry, day: state.lastDay } : entry)
    if (fold.kind === 'folded') state = fold.state
  }
  return state
}

function customerAt(log: PurchaseLog, cutDay: number, horizonDays: number): SnapshotCustomer | undefined {
  const state = stateAt(log, cutDay)
  if (!state) return undefined
  const gaps: number[] = []
  let purchasesAfter = 0
  let last = state.firstDay
  for (const { day, amount } of log.entries) {
    if (amount < 0 || day <= last) continue
    if (day > cutDay + horizonDays) break
    if (day <= cutDay) gaps.push(day - last)
    else purchasesAfter += 1
    last = day
  }
  return { state, medianGapDays: median(gaps), gapShare: shareOfLastTwo(gaps), purchasesAfter }
}

/** Four parameters are settled by this many customers. */
const MOST_REGULAR = 2_000

/**
 * The model of regular gaps for customers as known at a day; undefined where they are not regular.
 *
 * @param start parameters of an earlier day to begin at
 */
function regularModelOf(customers: readonly SnapshotCustomer[], day: number, start?: RegularModel): RegularModel | undefined {
  const k = regularity(customers.flatMap(({ gapShare }) => gapShare ?? []))
  if (k === 1) return undefined
  const stride = Math.ceil(customers.length / MOST_REGULAR)
  const states = customers.filter((_, i) => i % stride === 0).map(({ state }) => state)
  return fitRegular(k, exactModelCells(states, day), start?.k === k ? start.params : undefined)
}

/** The customers of some logs as known at a day, with what came within the horizon after it. */
function customersAt(logs: readonly PurchaseLog[], day: number, horizonDays: number): SnapshotCustomer[] {
  return logs.flatMap((log) => customerAt(log, day, horizonDays) ?? [])
}

/** The model of regular gaps as of today, beginning where the last snapshot ended. */
export function regularToday(logs: readonly PurchaseLog[], today: number, snapshots: readonly Snapshot[]): RegularModel | undefined {
  return regularModelOf(customersAt(logs, today, 0), today, snapshots.at(-1)?.regular)
}

/**
 * Snapshots every 28 days whose horizon is complete by `untilDay`, oldest first. Cuts with fewer than 200 customers
 * are left out.
 */
export function takeSnapshots(logs: readonly PurchaseLog[], options: SnapshotOptions): Snapshot[] {
  const { untilDay, horizonDays } = options
  const firstDay = logs.reduce((least, { entries }) => Math.min(least, entries[0]?.day ?? Infinity), Infinity)
  const newest = untilDay - horizonDays
  const snapshots: Snapshot[] = []
  for (let i = MOST_CUTS - 1; i >= 0; i--) {
    const cutDay = newest - i * CUT_EVERY_DAYS
    if (cutDay < firstDay + FEWEST_HISTORY_DAYS) continue
    const customers = customersAt(logs, cutDay, horizonDays)
    if (customers.length < FEWEST_LEARNERS) continue
    const cells = modelCells(rhythmCellsOf(customers.map(({ state }) => state)).values(), cutDay)
    const regular = regularModelOf(customers, cutDay, snapshots.at(-1)?.regular)
    snapshots.push({ cutDay, customers, fit: fitRhythm('mbgnbd', cells), regular })
  }
  return snapshots
}
