import { type BtydModel, pAlive, pAny } from './btyd.ts'
import { aliveCrossingDay, anyCrossingDay } from './crossing.ts'
import type { RhythmFit } from './fit.ts'
import { type GammaGammaParams, expectedSpend } from './gamma-gamma.ts'
import { DEFAULT_VALUE_POLICY, type ValuePolicy, valueAtStake } from './lifetime-value.ts'
import { DAYS_PER_WEEK, type RhythmState, historyAt, meanRepeatSpend } from '../../customer/rhythm/index.ts'

/** The line under which a silence is worth a warning: on P(alive), or on P(any purchase within the horizon). */
export interface WarningLine {
  readonly measure: 'alive' | 'any'
  /** A probability between 0 and 1. */
  readonly theta: number
  /** Of P(any), and of the figures that explain the warning. */
  readonly horizonDays: number
}

/**
 * A customer who starts near or under the line is warned of only when this share of the starting probability is left:
 * otherwise every first purchase in a shop of one-time buyers would be a warning on the spot.
 */
const SHARE_LEFT = 0.75

/** Line on P(alive) ≤ ½; on P(any) ≤ ½ where the fit sees nobody leave, since P(alive) then never falls. */
export function defaultWarningLine(fit: RhythmFit, horizonDays: number): WarningLine {
  return { measure: fit.degenerate ? 'any' : 'alive', theta: 0.5, horizonDays }
}

/** The line as it applies to one customer: theta, but at most 0.75 of the probability on the last purchase day. */
export function customerTheta(model: BtydModel, state: RhythmState, line: WarningLine): number {
  const history = historyAt(state, state.lastDay)
  const weeks = line.horizonDays / DAYS_PER_WEEK
  const start = line.measure === 'alive' ? pAlive(model, history) : pAny(model, history, weeks)
  return Math.min(line.theta, SHARE_LEFT * start)
}

/**
 * The day (since 1970-01-01) a warning is due if no purchase comes before: when the probability reaches the
 * customer's line. Undefined when that takes more than a hundred years.
 *
 * @example warningDay(fit, state, defaultWarningLine(fit, 90))
 */
export function warningDay(model: BtydModel, state: RhythmState, line: WarningLine): number | undefined {
  const theta = customerTheta(model, state, line)
  return line.measure === 'alive' ? aliveCrossingDay(model, state, theta) : anyCrossingDay(model, state, line.horizonDays, theta)
}

/** Why a warning is raised, in numbers. */
export interface WarningReason {
  /** Mean days between the customer's purchase days, or the segment's average where there is only one. */
  readonly usualGapDays: number
  /** Whose gap that is. */
  readonly gapOf: 'customer' | 'segment'
  readonly daysSinceLast: number
  readonly pAlive: number
  /** Of a purchase within the line's horizon. */
  readonly pAny: number
  readonly horizonDays: number
  /** The line this customer crossed, see {@link customerTheta}. */
  readonly theta: number
  /** Expected spend of a purchase day, in the unit of the amounts. */
  readonly expectedSpend: number
  /** Spend of the next 12 months that is lost if the customer is gone, discounted, in the unit of the amounts. */
  readonly valueAtStake: number
}

/** Days between purchases of a customer who buys at the average rate, α/r weeks. */
export function segmentGapDays(model: BtydModel): number {
  return (DAYS_PER_WEEK * model.params.alpha) / model.params.r
}

/** The numbers that explain a warning on a given day (since 1970-01-01). */
export function warningReason(
  model: BtydModel,
  spend: GammaGammaParams,
  state: RhythmState,
  line: WarningLine,
  day: number,
  policy: ValuePolicy = DEFAULT_VALUE_POLICY,
): WarningReason {
  const history = historyAt(state, day)
  const perDay = expectedSpend(spend, { x: state.x, mean: meanRepeatSpend(state) })
  return {
    usualGapDays: state.x > 0 ? (state.lastDay - state.firstDay) / state.x : segmentGapDays(model),
    gapOf: state.x > 0 ? 'customer' : 'segment',
    daysSinceLast: Math.max(0, day - state.lastDay),
    pAlive: pAlive(model, history),
    pAny: pAny(model, history, line.horizonDays / DAYS_PER_WEEK),
    horizonDays: line.horizonDays,
    theta: customerTheta(model, state, line),
    expectedSpend: perDay,
    valueAtStake: valueAtStake(model, history, perDay, policy),
  }
}
