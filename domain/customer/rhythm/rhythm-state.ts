/** Days of a week: states count days, models count weeks. */
export const DAYS_PER_WEEK = 7

/**
 * All that is kept of a customer's purchases for rhythm and value (Fader, Hardie & Lee 2005: recency and frequency
 * are sufficient). Purchases of one day count once.
 */
export interface RhythmState {
  /** Day of the first purchase, in days since 1970-01-01. */
  readonly firstDay: number
  /** Day of the last purchase, in days since 1970-01-01. */
  readonly lastDay: number
  /** Repeat purchase days: days with a purchase after the first. */
  readonly x: number
  /** Net amount of all repeat purchase days together, in the caller's unit (minor units in the product). */
  readonly repeatSpend: number
}

/**
 * One amount in a customer's purchase history. An amount of zero or more is a purchase (a free order is one too);
 * a negative amount is a return, and its day is the day of the purchase it reverses.
 */
export interface PurchaseEntry {
  /** Days since 1970-01-01. */
  readonly day: number
  /** Net amount in the caller's unit; negative for a return. */
  readonly amount: number
}

/** Outcome of {@link foldPurchase}: the next state, or the news that only the whole history can tell. */
export type Fold = { readonly kind: 'folded'; readonly state: RhythmState } | { readonly kind: 'recompute' }

/** A customer's history as the models see it, in weeks. */
export interface PurchaseHistory {
  /** Repeat purchase days. */
  readonly x: number
  /** Recency: weeks from the first to the last purchase. */
  readonly tx: number
  /** Age: weeks from the first purchase to the day of observation. */
  readonly T: number
}

/**
 * Folds one entry into a customer's state in constant time. A purchase dated before the last one, and a return of a
 * purchase not yet seen, answer `recompute`: the caller then reads the history and calls {@link recomputeRhythm}.
 *
 * @example foldPurchase(undefined, { day: 20000, amount: 1250 })
 */
export function foldPurchase(state: RhythmState | undefined, entry: PurchaseEntry): Fold {
  const { day, amount } = entry
  if (amount < 0) {
    if (!state || day < state.firstDay || day > state.lastDay) return { kind: 'recompute' }
    // A return of the first purchase leaves the repeat spend as it is.
    const repeatSpend = day === state.firstDay ? state.repeatSpend : state.repeatSpend + amount
    return { kind: 'folded', state: { ...state, repeatSpend } }
  }
  if (!state) return { kind: 'folded', state: { firstDay: day, lastDay: day, x: 0, repeatSpend: 0 } }
  if (day < state.lastDay) return { kind: 'recompute' }
  if (day === state.firstDay) return { kind: 'folded', state }
  const repeatSpend = state.repeatSpend + amount
  const x = day > state.lastDay ? state.x + 1 : state.x
  return { kind: 'folded', state: { ...state, lastDay: day, x, repeatSpend } }
}

/**
 * Dates every return on the day of a purchase: the latest purchase day on or before its own. For logs whose returns
 * do not name their purchase. Returns older than every purchase are left out. The answer is in order of day.
 */
export function attributeReturns(entries: readonly PurchaseEntry[]): PurchaseEntry[] {
  // Within a day purchases come first, so that a return finds the purchase of its own day.
  const sorted = entries.toSorted((p, q) => p.day - q.day || Number(p.amount < 0) - Number(q.amount < 0))
  const attributed: PurchaseEntry[] = []
  let purchaseDay: number | undefined
  for (const entry of sorted) {
    if (entry.amount >= 0) {
      purchaseDay = entry.day
      attributed.push(entry)
    } else if (purchaseDay !== undefined) attributed.push({ day: purchaseDay, amount: entry.amount })
  }
  return attributed
}

/** The state after a whole history, in any order; undefined when it holds no purchase. */
export function recomputeRhythm(entries: readonly PurchaseEntry[]): RhythmState | undefined {
  let state: RhythmState | undefined
  for (const entry of attributeReturns(entries)) {
    const fold = foldPurchase(state, entry)
    if (fold.kind === 'folded') state = fold.state
  }
  return state
}

/** A state as the models see it on a day of observation (days since 1970-01-01; not before the last purchase). */
export function historyAt(state: RhythmState, observationDay: number): PurchaseHistory {
  const day = Math.max(observationDay, state.lastDay)
  return {
    x: state.x,
    tx: (state.lastDay - state.firstDay) / DAYS_PER_WEEK,
    T: (day - state.firstDay) / DAYS_PER_WEEK,
  }
}

/** Mean net amount of a repeat purchase day, in the unit of the state; 0 without repeats or when returns outweigh them. */
export function meanRepeatSpend(state: RhythmState): number {
  return state.x === 0 ? 0 : Math.max(0, state.repeatSpend / state.x)
}
