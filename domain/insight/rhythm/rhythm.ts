import * as z from 'zod'
import type { Instant } from '../../kernel/clock.ts'
import * as f from '../../kernel/fields.ts'
import { startOfDay } from '../../kernel/zone.ts'
import type { BtydModel } from '../model/btyd.ts'
import type { RhythmState } from '../../customer/rhythm/index.ts'
import { warningDay } from '../model/warning-line.ts'
import { lineOf, type WarningPolicy } from '../statistics/index.ts'

/**
 * A customer's churn timer. `waiting`: it fires at `dueAt`. `warned`: this silence was warned of, the next purchase
 * starts the timer again. `idle`: nothing to wait for (the customer is in the bin, has no purchase, or the model never lets go).
 */
export const rhythmShape = () => ({
  state: z.enum(['waiting', 'warned', 'idle']),
  /** When to look: at or before the day on which the customer crosses the warning line. */
  dueAt: f.instant().optional(),
  /** Day of the purchase after which the last warning was raised, in whole days since 1970-01-01. */
  warnedDay: z.int().optional(),
})
export type Timer = z.output<z.ZodObject<ReturnType<typeof rhythmShape>>>

/** When a warning is due if no purchase comes: the start of the day on which the line is crossed; undefined when never. */
export function dueOf(model: BtydModel, state: RhythmState, policy: WarningPolicy & { timeZone: string }): Instant | undefined {
  const day = warningDay(model, state, lineOf(policy))
  return day === undefined ? undefined : new Date(startOfDay(day, policy.timeZone)).toISOString()
}

/**
 * The timer after a look at the purchases: undefined when it may stay as it is. A timer that would only fire too early
 * is left alone: it looks again when it fires, so a purchase that moves the day later costs no write.
 * @param due when the line is crossed after the purchase of `lastDay`; undefined when never
 */
export function retimed(timer: Timer | undefined, due: Instant | undefined, lastDay: number): Timer | undefined {
  const warnedDay = timer?.warnedDay
  const kept = warnedDay === undefined ? {} : { warnedDay }
  if (warnedDay !== undefined && lastDay <= warnedDay) return timer?.dueAt ? { state: 'idle', ...kept } : undefined
  if (due === undefined) return timer?.dueAt || timer?.state === 'warned' ? { state: 'idle', ...kept } : undefined
  if (timer?.dueAt && timer.dueAt <= due) return undefined
  return { state: 'waiting', dueAt: due, ...kept }
}
