import type { BtydModel } from './btyd.ts'
import { expectedPurchases } from './expected-purchases.ts'
import { DAYS_PER_WEEK } from '../../customer/rhythm/index.ts'
import { type PurchaseLog, stateAt } from './snapshot.ts'

/** Repeat purchase days of a cohort up to a day: foretold and counted. */
export interface TrackingPoint {
  readonly day: number
  readonly expected: number
  readonly actual: number
}

/** What to track. */
export interface TrackingOptions {
  /** Customers whose first purchase is no later make the cohort. */
  readonly cohortUntilDay: number
  /** Last day tracked. */
  readonly untilDay: number
  readonly everyDays: number
}

/**
 * Cumulative repeat purchase days of a cohort beside the model's unconditional expectation Σ E[X(t − first day)]
 * (Fader, Hardie & Lee 2005, figure 3). Fitted on the past of a cut, the points after the cut are a forecast.
 */
export function trackCumulative(model: BtydModel, logs: readonly PurchaseLog[], options: TrackingOptions): TrackingPoint[] {
  const cohort = logs.flatMap((log) => {
    const state = stateAt(log, options.cohortUntilDay)
    return state ? [{ log, firstDay: state.firstDay }] : []
  })
  const beginners = new Map<number, number>()
  const repeatDays: number[] = []
  for (const { log, firstDay } of cohort) {
    beginners.set(firstDay, (beginners.get(firstDay) ?? 0) + 1)
    let last = firstDay
    for (const { day, amount } of log.entries) {
      if (amount < 0 || day <= last) continue
      repeatDays.push(day)
      last = day
    }
  }
  repeatDays.sort((p, q) => p - q)
  const start = Math.min(...beginners.keys())
  const points: TrackingPoint[] = []
  let actual = 0
  for (let day = start + options.everyDays; day <= options.untilDay; day += options.everyDays) {
    while ((repeatDays[actual] ?? Infinity) <= day) actual += 1
    let expected = 0
    for (const [firstDay, customers] of beginners) {
      const weeks = Math.max(0, day - firstDay) / DAYS_PER_WEEK
      expected += customers * expectedPurchases(model, { x: 0, tx: 0, T: 0 }, weeks)
    }
    points.push({ day, expected, actual })
  }
  return points
}
