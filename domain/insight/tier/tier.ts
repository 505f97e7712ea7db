import * as z from 'zod'
import { dayFrom, dayNumber, type Day, type Instant } from '../../kernel/clock.ts'
import * as f from '../../kernel/fields.ts'
import { money } from '../../kernel/money.ts'
import { startOfDay } from '../../kernel/zone.ts'
import { keeps, rankOf, type Habits, type Policy, type TierRule } from './policy.ts'

/** Why a tier changed. */
export const causes = ['joined', 'promoted', 'renewed', 'demoted', 'overridden', 'override_ended'] as const
export type Cause = (typeof causes)[number]

const changeShape = () =>
  z.object({ at: f.instant(), cause: z.enum(causes), from: f.slug().optional(), to: f.slug().optional(), words: z.string() })
export type TierChange = z.output<ReturnType<typeof changeShape>>

/** Changes a record keeps; the log keeps them all. */
const KEPT_CHANGES = 20

export const membershipShape = () => ({
  customerId: z.string(),
  /** The tier the customer has: the overriding one while there is one, else the one earned. */
  tier: f.slug().optional(),
  since: f.instant(),
  /** Last day of the tier; absent for the lowest, which nobody drops from. */
  validUntil: f.day().optional(),
  /** What purchases earned. */
  earned: z.object({ tier: f.slug(), since: f.instant(), validUntil: f.day().optional() }).optional(),
  /** What a person decided instead. */
  override: z.object({ tier: f.slug(), reason: z.string(), by: z.string(), at: f.instant(), until: f.day() }).optional(),
  /** Found to drop at `validUntil` unless more is spent. */
  atRisk: z
    .object({ at: f.instant(), validUntil: f.day(), spent: money(), toStay: money(), purchasesToStay: z.int().optional() })
    .optional(),
  /** The expiry for which the customer was looked at ahead of it. */
  lookedAhead: f.day().optional(),
  /** The day on which loyalty is enough for a tier whose spend and purchases are: then the customer is looked at. */
  loyalOn: f.day().optional(),
  dueAt: f.instant().optional(),
  changes: z.array(changeShape()).max(KEPT_CHANGES),
})
export type Membership = z.output<z.ZodObject<ReturnType<typeof membershipShape>>>
type Earned = NonNullable<Membership['earned']>

/** When and by which rules a membership is looked at. */
export interface Setting {
  policy: Policy
  now: Instant
  today: Day
  timeZone: string
}

const daysAfter = (day: Day, days: number): Day => dayFrom(dayNumber(day) + days)
const yearEnd = (year: number): Day => `${String(year).padStart(4, '0')}-12-31`
const yearOf = (day: Day): number => Number(day.slice(0, 4))

/** Last day of a tier reached on a day: the end of next year, or the end of the minimum hold when that is later. */
export function validFrom({ policy, today }: Pick<Setting, 'policy' | 'today'>): Day {
  const end = yearEnd(yearOf(today) + 1)
  const held = daysAfter(today, policy.holdDays)
  return held > end ? held : end
}

/** A tier reached now by purchases. */
export function earnedNow(setting: Setting, tier: string): Earned {
  const lowest = rankOf(setting.policy, tier) <= 0
  return { tier, since: setting.now, ...(!lowest && { validUntil: validFrom(setting) }) }
}

/** The tier after expiry: kept for another year, or exactly one lower for another year. */
export function earnedAfterExpiry(
  { policy, now }: Setting,
  earned: Earned & { validUntil: Day },
  netMinor: number,
  habits?: Pick<Habits, 'purchases'>,
): { earned: Earned; kept: boolean } {
  const rank = rankOf(policy, earned.tier)
  // The lowest tier by now, whatever it was: nobody drops from it.
  if (rank === 0) return { earned: { tier: earned.tier, since: earned.since }, kept: true }
  const validUntil = yearEnd(yearOf(earned.validUntil) + 1)
  const rule = policy.tiers[rank]
  if (rule && rank > 0 && keeps(rule, netMinor, habits)) return { earned: { ...earned, validUntil }, kept: true }
  const lower = Math.max(0, rank - 1)
  const [lowest] = policy.tiers
  const tier = (policy.tiers[lower] ?? lowest)?.name ?? earned.tier
  return { earned: { tier, since: now, ...(lower > 0 && { validUntil }) }, kept: false }
}

/** Spend that keeps the tier at its next expiry; undefined for one that does not expire. */
export function ruleToKeep(policy: Policy, earned: Earned): TierRule | undefined {
  const rank = rankOf(policy, earned.tier)
  return rank > 0 ? policy.tiers[rank] : undefined
}

/** The instants between which purchases count at an expiry: 365 days up to the end of the last day. */
export function windowOfExpiry(validUntil: Day, timeZone: string): { after: Instant; until: Instant } {
  const end = startOfDay(dayNumber(validUntil) + 1, timeZone)
  return { after: new Date(end - YEAR_MS).toISOString(), until: new Date(end).toISOString() }
}
const YEAR_MS = 365 * 86_400_000

/** When a membership must be looked at next: the end of an override, the look ahead of an expiry, the expiry. */
export function dueOf(
  setting: Pick<Setting, 'policy' | 'timeZone'>,
  member: Pick<Membership, 'earned' | 'override' | 'lookedAhead' | 'loyalOn'>,
): Instant | undefined {
  const { policy, timeZone } = setting
  const { earned, override, lookedAhead, loyalOn } = member
  const starts: number[] = []
  if (loyalOn) starts.push(startOfDay(dayNumber(loyalOn), timeZone))
  if (override) starts.push(startOfDay(dayNumber(override.until) + 1, timeZone))
  if (earned?.validUntil) {
    const expiry = dayNumber(earned.validUntil)
    starts.push(startOfDay(lookedAhead === earned.validUntil ? expiry + 1 : expiry - policy.warnDays, timeZone))
  }
  return starts.length > 0 ? new Date(Math.min(...starts)).toISOString() : undefined
}

/** What of a membership a change may set. `override: null` ends it. */
export interface Turn {
  earned?: Earned | undefined
  override?: Membership['override'] | null
  cause: Cause
  words: string
}

/** A membership after a change: what is had follows from what is earned and what is overridden. */
export function turned(setting: Setting, before: Membership | undefined, customerId: string, turn: Turn): Membership {
  const earned = turn.earned ?? before?.earned
  const override = turn.override === undefined ? before?.override : (turn.override ?? undefined)
  const had = before?.tier
  const tier = override?.tier ?? earned?.tier
  const validUntil = override?.until ?? earned?.validUntil
  const since = had === tier && before ? before.since : setting.now
  const change = { at: setting.now, cause: turn.cause, ...(had && { from: had }), ...(tier && { to: tier }), words: turn.words }
  const sameExpiry = before?.earned?.validUntil === earned?.validUntil
  const kept = {
    customerId,
    since,
    ...(tier && { tier }),
    ...(validUntil && { validUntil }),
    ...(earned && { earned }),
    ...(override && { override }),
    ...(sameExpiry && before?.atRisk && { atRisk: before.atRisk }),
    ...(before?.loyalOn && { loyalOn: before.loyalOn }),
    ...(sameExpiry && before?.lookedAhead && { lookedAhead: before.lookedAhead }),
  }
  const dueAt = dueOf(setting, kept)
  return { ...kept, ...(dueAt && { dueAt }), changes: [...(before?.changes ?? []), change].slice(-KEPT_CHANGES) }
}
