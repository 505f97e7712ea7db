import * as z from 'zod'
import { MS_PER_DAY, type Instant } from '../../kernel/clock.ts'
import { minorDigits, money, sayMoney, type Money } from '../../kernel/money.ts'

/** Something that waits for somebody, as the day and the overview weigh it. */
export interface Work {
  kind: 'task' | 'warning' | 'ticket' | 'deal' | 'offer'
  id: string
  /** What to do, in words. */
  title: string
  /** Why it is here. */
  reason?: string | undefined
  dueAt?: Instant | undefined
  priority?: string | undefined
  valueAtStake?: Money | undefined
  /** Told before the team's lead. */
  escalated?: boolean | undefined
  /** A deal that has been in its stage for too long. */
  stale?: boolean | undefined
}

/** A part of a score and what it is for. */
export interface Part {
  because: string
  points: number
}
export interface Ranked extends Work {
  score: number
  parts: Part[]
}

/** A tenfold value weighs this many points: value leads, urgency decides between like values. */
const POINTS_PER_TENFOLD = 12
/** Urgency of what is late: at once, and a little more for every day, up to a week's worth. */
const LATE = 20
const LATE_PER_DAY = 2
const LATE_DAYS = 10
const DUE_TODAY = 15
const DUE_THIS_WEEK = 5
const ESCALATED = 10
const STALE = 8
const PRIORITY: Readonly<Record<string, number>> = { low: -5, normal: 0, medium: 5, high: 12, urgent: 25, critical: 25 }

/**
 * A score that adds up from named parts: the value at stake by its size (logarithm, so that one giant does not hide a
 * breach), lateness, priority, escalation. Amounts in a currency other than the first weigh by their number: the product
 * has no exchange rates yet.
 */
export function ranked(work: Work, now: Instant): Ranked {
  const given = [valuePart(work.valueAtStake), duePart(work.dueAt, now), priorityPart(work.priority), ...flags(work)]
  const parts = given.filter((one) => one !== undefined).filter((one) => one.points !== 0)
  return { ...work, parts, score: parts.reduce((sum, one) => sum + one.points, 0) }
}

function valuePart(value: Money | undefined): Part | undefined {
  if (!value || value.amount === 0) return undefined
  const major = value.amount / 10 ** minorDigits(value.currency)
  return { because: `${sayMoney(value)} at stake`, points: Math.round(POINTS_PER_TENFOLD * Math.log10(1 + major)) }
}

function duePart(dueAt: Instant | undefined, now: Instant): Part | undefined {
  if (dueAt === undefined) return undefined
  const days = (Date.parse(now) - Date.parse(dueAt)) / MS_PER_DAY
  const whole = Math.floor(days)
  if (whole >= 1)
    return { because: `${whole} ${whole === 1 ? 'day' : 'days'} late`, points: LATE + LATE_PER_DAY * Math.min(LATE_DAYS, whole) }
  if (days >= 0) return { because: 'due now', points: LATE }
  if (days > -1) return { because: 'due within a day', points: DUE_TODAY }
  return days > -7 ? { because: 'due within a week', points: DUE_THIS_WEEK } : undefined
}

function priorityPart(priority: string | undefined): Part | undefined {
  const points = PRIORITY[priority ?? ''] ?? 0
  return points === 0 ? undefined : { because: `${priority} priority`, points }
}

function flags({ escalated, stale }: Work): Part[] {
  return [
    ...(escalated ? [{ because: 'escalated', points: ESCALATED }] : []),
    ...(stale ? [{ because: 'not moved for too long', points: STALE }] : []),
  ]
}

/** Highest score first; what is due first among equals, then by id, so that the order is always the same. */
export function byScore(a: Ranked, b: Ranked): number {
  return b.score - a.score || (a.dueAt ?? '9').localeCompare(b.dueAt ?? '9') || (a.id < b.id ? -1 : 1)
}

/** One matter once: a warning that has a task is that task's reason. */
export function withoutDoubles<W extends Work>(work: readonly (W & { causedBy?: readonly string[] | undefined })[]): W[] {
  const covered = new Set(work.flatMap((one) => one.causedBy ?? []))
  return work.filter((one) => !covered.has(one.id))
}

/** Schema of ranked work as it leaves. */
export const rankedShape = () => ({
  kind: z.enum(['task', 'warning', 'ticket', 'deal', 'offer']),
  id: z.string(),
  title: z.string(),
  reason: z.string().optional(),
  dueAt: z.string().optional(),
  priority: z.string().optional(),
  valueAtStake: money().optional(),
  score: z.number(),
  parts: z.array(z.object({ because: z.string(), points: z.number() })).describe('what the score adds up from'),
})
