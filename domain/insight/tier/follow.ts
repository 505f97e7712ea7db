import * as z from 'zod'
import { fileStands } from '../../customer/customer/index.ts'
import { history, historyChanged, YEAR_DAYS, type HistoryRecord } from '../../customer/purchase/index.ts'
import { Absorbed } from '../../kernel/absorbed.ts'
import { action } from '../../kernel/action.ts'
import { dayFrom, dayNumber, daysLater, type Day, type Instant } from '../../kernel/clock.ts'
import { alter, commit, create, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { happenedSchema, type EventType } from '../../kernel/event.ts'
import { dayIn } from '../../kernel/zone.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { headOf } from '../rhythm/index.ts'
import { eventOf, tierLooked } from './events.ts'
import { rankOf, reachedBy, type TierRule } from './policy.ts'
import { policyOf } from './policy.store.ts'
import { dueOf, earnedNow, turned, validFrom, type Membership, type Setting, type Turn } from './tier.ts'
import { netSpend, tier, wordOf, type MembershipRecord, type Net } from './tier.store.ts'
import { sayReached, type Sums } from './words.ts'
import { creditOf, wordOfMouth } from './word-of-mouth.ts'

/** The rules and the moment by which memberships are judged now. */
export async function settingOf(ctx: Ctx): Promise<Setting> {
  const [policy, { timeZone }] = await Promise.all([policyOf(ctx), workspaceOf(ctx)])
  return { policy, now: ctx.now, today: dayIn(ctx.now, timeZone), timeZone }
}

/** The days whose spend promotes: the last 365, and the one that a shop's clock may be ahead. */
export function trailingYear(now: Instant): { after: Instant; until: Instant } {
  return { after: daysLater(now, -YEAR_DAYS), until: daysLater(now, 1) }
}

/** Days since the first purchase. */
export function loyalDays({ today }: Pick<Setting, 'today'>, { firstDay }: { firstDay: number }): number {
  return Math.max(0, dayNumber(today) - firstDay)
}

/** What a membership may lack: cleared by a change to one that lacks it. */
export const CLEARED = {
  tier: null,
  validUntil: null,
  earned: null,
  override: null,
  atRisk: null,
  lookedAhead: null,
  loyalOn: null,
  dueAt: null,
} as const

/** The change of a membership, made or altered. Fields that the new one lacks are cleared. */
export function membershipChange(
  ctx: Ctx,
  before: MembershipRecord | undefined,
  next: Membership,
  event: EventType,
): { record: MembershipRecord; change: Change } {
  if (!before) return create(ctx, tier, next, event, { customer: next.customerId, own: '' })
  return alter(ctx, tier, before, { ...CLEARED, deletedAt: null, ...next }, event)
}

/**
 * After a purchase, or one of somebody they referred: promotes the customer at once when the net spend of the trailing 365 days has reached the line of a
 * higher tier.
 */
export const promote = action(
  'tier.promote',
  () => ({ input: happenedSchema(), output: z.object({}) }),
  async (ctx, { customerId }) => {
    if (customerId !== undefined) await promoteOne(ctx, customerId)
    return {}
  },
)

/**
 * Promotes a customer who has reached the line of a higher tier. Usually 1 unit of reads: the history's upper bound of the
 * year's spend tells that no line can be reached. When it might, the purchases of those days are read, and the bound is made
 * exact again where they fall short.
 * @returns from where to where, when they moved
 */
export async function promoteOne(ctx: Ctx, customerId: string): Promise<{ from: string; to: string; revenueMinor: number } | undefined> {
  const [head, setting] = await Promise.all([headOf(ctx, customerId), settingOf(ctx)])
  const { history: past, customer: buyer } = head
  if (buyer?.mergedInto !== undefined) throw new Absorbed(customerId, buyer.mergedInto)
  if (!past || !buyer || buyer.deletedAt) return undefined
  const member = head.single(tier)
  const rank = rankOf(setting.policy, member?.earned?.tier)
  const credit = creditOf(setting.policy, await wordOf(ctx, head.single(wordOfMouth), buyer.absorbed), trailingYear(ctx.now))
  const loyal = loyalDays(setting, past)
  const hoped = reachedBy(setting.policy, past.yearNet + credit, { purchases: past.count, loyalDays: loyal })
  if (!hoped || rankOf(setting.policy, hoped.name) <= rank) {
    await awaitLoyalty(ctx, setting, member, loyalOnOf(setting, member?.earned?.tier, past, credit))
    return undefined
  }
  const { minor: own, purchases } = await yearNet(ctx, customerId, hoped, credit)
  const spent = own + credit
  const reached = reachedBy(setting.policy, spent, { purchases, loyalDays: loyal })
  if (!reached || rankOf(setting.policy, reached.name) <= rank) {
    await exactBound(ctx, past, own)
    return undefined
  }
  const turn = promotion(setting, member, reached, { spent, credit, purchases })
  const hidden = turn.override === undefined && member?.override !== undefined
  const { dueAt, ...turnedOne } = awaiting(
    setting,
    turned(setting, member, customerId, turn),
    loyalOnOf(setting, reached.name, past, credit),
  )
  const next = { ...turnedOne, ...(dueAt !== undefined && { dueAt }) }
  const { change } = membershipChange(ctx, member, next, hidden ? tierLooked : eventOf[turn.cause])
  await commit(ctx, [change], undefined, member ? [] : [fileStands(customerId)])
  return { from: member?.earned?.tier ?? 'none', to: reached.name, revenueMinor: Math.max(0, spent) }
}

/**
 * The next day on which loyalty may be enough for a higher tier whose spend and purchases may be; undefined when there is none,
 * as under a policy that asks for no loyalty.
 */
function loyalOnOf({ policy, today }: Setting, earned: string | undefined, past: HistoryRecord, credit: number): Day | undefined {
  const habits = { purchases: past.count, loyalDays: Infinity }
  return policy.tiers
    .slice(rankOf(policy, earned) + 1)
    .filter((rule) => rule.loyalDays !== undefined && reachedBy({ ...policy, tiers: [rule] }, past.yearNet + credit, habits))
    .map((rule) => dayFrom(past.firstDay + (rule.loyalDays ?? 0)))
    .find((day) => day > today)
}

/** A membership that is looked at on a day of loyalty too, or no more. */
function awaiting<M extends Membership>(setting: Setting, { loyalOn: _former, ...member }: M, loyalOn: Day | undefined) {
  const next = { ...member, ...(loyalOn !== undefined && { loyalOn }) }
  const dueAt = dueOf(setting, next)
  return { ...next, dueAt }
}

/** Has a customer looked at on the day on which they may be loyal enough. Nothing is read; it is written when the day changes. */
async function awaitLoyalty(ctx: Ctx, setting: Setting, member: MembershipRecord | undefined, loyalOn: Day | undefined): Promise<void> {
  if (!member || loyalOn === member.loyalOn) return
  const { dueAt } = awaiting(setting, member, loyalOn)
  await commit(ctx, [alter(ctx, tier, member, { loyalOn: loyalOn ?? null, dueAt: dueAt ?? null }, tierLooked).change])
}

/** Gives an end to a tier that was the lowest when it was earned and is no more: from now on it has to be kept. */
export async function expireFromNow(ctx: Ctx, customerId: string): Promise<void> {
  const [head, setting] = await Promise.all([headOf(ctx, customerId), settingOf(ctx)])
  const member = head.single(tier)
  if (!member?.earned || member.earned.validUntil || member.deletedAt || rankOf(setting.policy, member.earned.tier) <= 0) return
  const earned = { ...member.earned, validUntil: validFrom(setting) }
  const next = { ...member, earned, ...(!member.override && { validUntil: earned.validUntil }) }
  const dueAt = dueOf(setting, next)
  await commit(ctx, [alter(ctx, tier, member, { earned, validUntil: next.validUntil, dueAt: dueAt ?? null }, tierLooked).change])
}

/** Net spend of the trailing 365 days, read as far as it takes to know that the hoped-for line is reached. */
async function yearNet(ctx: Ctx, customerId: string, hoped: TierRule, credit: number): Promise<Pick<Net, 'minor' | 'purchases'>> {
  const [enough, enoughPurchases] = [hoped.line.amount - credit, hoped.fewestPurchases ?? 0]
  if (enough <= 0 && enoughPurchases === 0) return { minor: 0, purchases: 0 }
  return netSpend(ctx, customerId, trailingYear(ctx.now), { enough, enoughPurchases })
}

/** The reached tier as earned. It ends an override that it overtakes. */
function promotion({ policy, ...when }: Setting, member: Membership | undefined, reached: TierRule, sums: Sums): Turn {
  const earned = earnedNow({ policy, ...when }, reached.name)
  const overtakes = member?.override !== undefined && rankOf(policy, reached.name) > rankOf(policy, member.override.tier)
  return {
    earned,
    ...(overtakes && { override: null }),
    cause: rankOf(policy, reached.name) === 0 ? 'joined' : 'promoted',
    words: sayReached(policy, member?.earned?.tier, reached, sums, earned),
  }
}

/** After a customer's file went to the bin or came out of it: the membership goes along, off its list and its clock. */
export const followFile = action(
  'tier.follow_file',
  () => ({ input: happenedSchema(), output: z.object({}) }),
  async (ctx, { customerId }) => {
    if (customerId === undefined) return {}
    const head = await headOf(ctx, customerId)
    const member = head.single(tier)
    const gone = head.customer?.deletedAt !== undefined
    if (!member || member.erasedAt !== undefined || !head.customer || gone === (member.deletedAt !== undefined)) return {}
    await commit(ctx, [alter(ctx, tier, member, { deletedAt: gone ? ctx.now : null }, tierLooked).change])
    return {}
  },
)

/** Makes the history's bound exact, so that the next purchases need not read the year again. */
async function exactBound(ctx: Ctx, past: HistoryRecord, spent: number): Promise<void> {
  if (spent < past.yearNet) await commit(ctx, [alter(ctx, history, past, { yearNet: spent, yearNetAt: ctx.now }, historyChanged).change])
}
