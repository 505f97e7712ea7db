import { type BtydModel, lnLeavingOdds, pAny } from './btyd.ts'
import { DAYS_PER_WEEK, type RhythmState, historyAt } from '../../customer/rhythm/index.ts'

/** A line not reached within this many weeks of the last purchase (a hundred years) is never reached. */
const NEVER_WEEKS = 5218

/**
 * Age in weeks at which P(alive) reaches theta, in closed form:
 * α+T* = (α+t_x)·[(1−θ)/θ · (b+x)/a]^(1/(r+x)). May lie before t_x, when P(alive) starts below theta, and is
 * Infinity when the model never lets the customer go.
 */
export function aliveCrossingAge(model: BtydModel, purchases: { readonly x: number; readonly tx: number }, theta: number): number {
  const { r, alpha } = model.params
  const lnOdds = Math.log1p(-theta) - Math.log(theta) - lnLeavingOdds(model, purchases.x)
  return (alpha + purchases.tx) * Math.exp(lnOdds / (r + purchases.x)) - alpha
}

/** The first whole day on which a quantity that crosses its line at the given age is on or under it. */
function dayOfAge(state: RhythmState, ageWeeks: number): number | undefined {
  const recencyWeeks = (state.lastDay - state.firstDay) / DAYS_PER_WEEK
  if (!(ageWeeks - recencyWeeks < NEVER_WEEKS)) return undefined
  // A hair less before rounding up, so that an age of whole days is not pushed to the next by rounding.
  return Math.max(state.lastDay, Math.ceil(state.firstDay + ageWeeks * DAYS_PER_WEEK - 1e-6))
}

/**
 * The first day (since 1970-01-01) on which P(alive) is at or below theta if no purchase comes: the last purchase
 * day itself when it starts below; undefined when it takes more than a hundred years.
 */
export function aliveCrossingDay(model: BtydModel, state: RhythmState, theta: number): number | undefined {
  const tx = (state.lastDay - state.firstDay) / DAYS_PER_WEEK
  return dayOfAge(state, aliveCrossingAge(model, { x: state.x, tx }, theta))
}

/**
 * The first day (since 1970-01-01) on which P(any purchase within the horizon) is at or below the line if no purchase
 * comes. P(any) falls with age, so whole days are bisected; undefined when it takes more than a hundred years.
 */
export function anyCrossingDay(model: BtydModel, state: RhythmState, horizonDays: number, line: number): number | undefined {
  const below = (day: number) => pAny(model, historyAt(state, day), horizonDays / DAYS_PER_WEEK) <= line
  if (below(state.lastDay)) return state.lastDay
  let above = state.lastDay
  let reached = state.lastDay + NEVER_WEEKS * DAYS_PER_WEEK
  if (!below(reached)) return undefined
  while (reached - above > 1) {
    const middle = Math.floor((above + reached) / 2)
    if (below(middle)) reached = middle
    else above = middle
  }
  return reached
}
