import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import type { Day } from '../../kernel/clock.ts'
import { alter, commit } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { dueSchema } from '../../kernel/event.ts'
import { customerIdIn } from '../../kernel/id.ts'
import { headOf } from '../rhythm/index.ts'
import { comeIntoForce } from './effect.ts'
import { eventOf, tierAtRisk, tierLooked } from './events.ts'
import { membershipChange, promoteOne, settingOf } from './follow.ts'
import { dueOf, earnedAfterExpiry, ruleToKeep, turned, windowOfExpiry, type Membership, type Setting, type Turn } from './tier.ts'
import { keeps } from './policy.ts'
import { tierPolicy } from './policy.store.ts'
import { netSpend, tier, wordOf, type MembershipRecord } from './tier.store.ts'
import { step } from './walk.actions.ts'
import { tierWalk } from './walk.store.ts'
import { sayDropped, sayKept, sayLowest, sayOverrideEnded } from './words.ts'
import { creditOf, wordOfMouth, type WordOfMouthRecord } from './word-of-mouth.ts'

type Earned = NonNullable<Membership['earned']> & { validUntil: Day }

const steps = ['not_due', 'override_ended', 'expired', 'promoted', 'at_risk', 'safe', 'in_force', 'blocked', 'walked', 'stopped'] as const
const outcome = () => z.object({ outcome: z.enum(steps) })
type Word = Pick<WordOfMouthRecord, 'byMonth'> | undefined
type Outcome = z.output<ReturnType<typeof outcome>>

/** Handles one due item of the job `tiers`: a membership, a policy whose date has come, a walk over the customers that goes on. */
export const review = action(
  'tier.review',
  () => ({ input: dueSchema(), output: outcome() }),
  async (ctx, { id }): Promise<Outcome> => {
    if (tierPolicy.is(id)) return { outcome: await comeIntoForce(ctx, id) }
    return tierWalk.is(id) ? { outcome: await step(ctx, id) } : reviewMember(ctx, id)
  },
)

/**
 * Handles one membership whose time has come, one step a run: an override that ended, an expiry, or the look ahead of one.
 * The record's version is the condition of each step, so two runs at once take it once.
 */
async function reviewMember(ctx: Ctx, id: string): Promise<Outcome> {
  const customerId = customerIdIn(id)
  const [head, setting] = await Promise.all([headOf(ctx, customerId), settingOf(ctx)])
  const member = head.single(tier)
  if (!member?.dueAt || member.dueAt > ctx.now || member.deletedAt) return { outcome: 'not_due' }
  if (member.override && member.override.until < setting.today) {
    const words = sayOverrideEnded(setting.policy, member)
    return turn(ctx, setting, member, { override: null, cause: 'override_ended', words }, 'override_ended')
  }
  if (member.loyalOn !== undefined && member.loyalOn <= setting.today) return becomeLoyal(ctx, setting, member)
  const { earned } = member
  if (!earned?.validUntil) return save(ctx, member, { dueAt: dueOf(setting, member) ?? null }, 'safe')
  const word = await wordOf(ctx, head.single(wordOfMouth), head.customer?.absorbed)
  const expiring = { ...earned, validUntil: earned.validUntil }
  return earned.validUntil < setting.today ? expire(ctx, setting, member, expiring, word) : lookAhead(ctx, setting, member, expiring, word)
}

/** The day on which loyalty may be enough: promotes who then reaches a higher tier. */
async function becomeLoyal(ctx: Ctx, setting: Setting, member: MembershipRecord): Promise<Outcome> {
  const dueAt = dueOf(setting, { ...member, loyalOn: undefined }) ?? null
  await save(ctx, member, { loyalOn: null, dueAt }, 'safe')
  const promoted = await promoteOne(ctx, member.customerId)
  return { outcome: promoted ? 'promoted' : 'safe' }
}

async function expire(ctx: Ctx, setting: Setting, member: MembershipRecord, earned: Earned, word: Word): Promise<Outcome> {
  const { policy, timeZone } = setting
  const rule = ruleToKeep(policy, earned)
  const window = windowOfExpiry(earned.validUntil, timeZone)
  const credit = creditOf(policy, word, window)
  const { minor, purchases } = await netSpend(ctx, member.customerId, window)
  const spent = minor + credit
  const sums = { spent, credit, purchases }
  const { earned: next, kept } = earnedAfterExpiry(setting, earned, spent, { purchases })
  const words = !kept
    ? sayDropped(policy, earned.tier, rule, sums, next)
    : rule
      ? sayKept(policy, rule, sums, next)
      : sayLowest(policy, next)
  return turn(ctx, setting, member, { earned: next, cause: kept ? 'renewed' : 'demoted', words }, 'expired')
}

/** Before an expiry: finds out whether what is spent so far will keep the tier, and tells what is missing. */
async function lookAhead(ctx: Ctx, setting: Setting, member: MembershipRecord, earned: Earned, word: Word): Promise<Outcome> {
  const { validUntil } = earned
  const rule = ruleToKeep(setting.policy, earned)
  const looked = { ...member, lookedAhead: validUntil }
  const dueAt = dueOf(setting, looked) ?? null
  if (member.lookedAhead === validUntil || !rule) return save(ctx, member, { lookedAhead: validUntil, dueAt }, 'safe')
  const { keepLine, keepPurchases = 0 } = rule
  const window = windowOfExpiry(validUntil, setting.timeZone)
  const credit = creditOf(setting.policy, word, window)
  const enough = { enough: keepLine.amount - credit, enoughPurchases: keepPurchases }
  const { minor, purchases } = await netSpend(ctx, member.customerId, window, enough)
  const spent = minor + credit
  if (keeps(rule, spent, { purchases })) return save(ctx, member, { lookedAhead: validUntil, dueAt }, 'safe')
  const inCurrency = (amount: number) => ({ amount, currency: keepLine.currency })
  const atRisk = {
    at: ctx.now,
    validUntil,
    spent: inCurrency(Math.max(0, spent)),
    toStay: inCurrency(Math.max(0, keepLine.amount - Math.max(0, spent))),
    ...(purchases < keepPurchases && { purchasesToStay: keepPurchases - purchases }),
  }
  return save(ctx, member, { lookedAhead: validUntil, dueAt, atRisk }, 'at_risk')
}

type Saved = { lookedAhead?: Day; loyalOn?: null; dueAt: string | null; atRisk?: NonNullable<Membership['atRisk']> }

async function save(ctx: Ctx, member: MembershipRecord, patch: Saved, done: Outcome['outcome']): Promise<Outcome> {
  await commit(ctx, [alter(ctx, tier, member, patch, done === 'at_risk' ? tierAtRisk : tierLooked).change])
  return { outcome: done }
}

/** A step that is seen, unless an override hides it. */
async function turn(ctx: Ctx, setting: Setting, member: MembershipRecord, step: Turn, done: Outcome['outcome']): Promise<Outcome> {
  const next = turned(setting, member, member.customerId, step)
  const hidden = member.override !== undefined && step.override === undefined
  await commit(ctx, [membershipChange(ctx, member, next, hidden ? tierLooked : eventOf[step.cause]).change])
  return { outcome: done }
}
