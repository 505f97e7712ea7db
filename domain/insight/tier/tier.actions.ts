import * as z from 'zod'
import { customer } from '../../customer/customer/index.ts'
import { YEAR_DAYS } from '../../customer/purchase/index.ts'
import { action } from '../../kernel/action.ts'
import { dayFrom, dayNumber, daysLater, type Day } from '../../kernel/clock.ts'
import { commit } from '../../kernel/commit.ts'
import { fault, invalid, missing } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { money } from '../../kernel/money.ts'
import { facet, list as listPage, pageInput, pageOf, rowView } from '../../kernel/page.ts'
import { idOf, mustMatch, viewOf } from '../../kernel/record.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { visibleHead } from '../rhythm/index.ts'
import { overrideEnded, tierOverridden } from './events.ts'
import { loyalDays, membershipChange, settingOf, trailingYear } from './follow.ts'
import { rankOf } from './policy.ts'
import { policyOf } from './policy.store.ts'
import { membershipShape, turned } from './tier.ts'
import { netSpend, tier, wordOf } from './tier.store.ts'
import { sayOverride, sayOverrideEnded, sayStanding } from './words.ts'
import { creditOf, wordOfMouth } from './word-of-mouth.ts'

const standing = () => {
  const shape = membershipShape()
  return z.object({
    customerId: z.string(),
    /** Absent before the first tier, with everything that tells of one. */
    id: z.string().optional(),
    version: z.int().optional(),
    tier: shape.tier,
    labels: z.record(z.string(), z.string()).optional(),
    since: f.instant().optional(),
    validUntil: shape.validUntil,
    earned: shape.earned,
    override: shape.override,
    atRisk: shape.atRisk,
    spent365Days: money(),
    /** The part of it that those whom the customer referred have bought. */
    wordOfMouth: money().optional(),
    /** False where that is an upper bound. */
    spentIsExact: z.boolean(),
    next: z
      .object({ tier: f.slug(), line: money(), missing: money(), missingPurchases: z.int().optional(), missingDays: z.int().optional() })
      .optional(),
    words: z.string(),
    changes: shape.changes,
    formula: z.string(),
    records: z.object({ membership: z.string().optional(), purchases: z.string(), policy: z.string() }),
  })
}

const FORMULA =
  'the highest tier whose line is reached by Σ (bought − returned) over the purchases of the last 365 days, and the policy’s share of word of mouth, with the purchases and the days since the first one that it asks for; kept at expiry by its keep line'

/** Where to read what a tier rests on. */
function recordsOf(customerId: string, membership: string | undefined, today: Day) {
  const from = dayFrom(dayNumber(today) - YEAR_DAYS)
  return {
    ...(membership !== undefined && { membership }),
    purchases: `/v1/customers/${customerId}/purchases?from=${from}&to=${today}`,
    policy: '/v1/tier-policy',
  }
}

/**
 * A customer's tier, what it rests on and what comes next. Two queries at most: the head of the partition and the purchases
 * of the last 365 days, the newest 200. Of a customer with more it shows the history's upper bound, and says so.
 */
export const show = action(
  'tier.show',
  () => ({ input: z.strictObject({ id: idOf(customer) }), output: standing() }),
  async (ctx, { id }) => {
    const [head, setting, { currency }] = await Promise.all([visibleHead(ctx, id), settingOf(ctx), workspaceOf(ctx)])
    const { policy } = setting
    const net = head.history ? await netSpend(ctx, id, trailingYear(ctx.now), { pages: 1 }) : { minor: 0, purchases: 0, whole: true }
    const word = await wordOf(ctx, head.single(wordOfMouth), head.customer.absorbed)
    const credit = creditOf(policy, word, trailingYear(ctx.now))
    const spent = (net.whole ? net.minor : (head.history?.yearNet ?? net.minor)) + credit
    const member = head.single(tier)
    const rule = policy.tiers[rankOf(policy, member?.tier) + 1]
    const loyal = head.history ? loyalDays(setting, head.history) : 0
    const next = rule && {
      rule,
      missingPurchases: Math.max(0, (rule.fewestPurchases ?? 0) - net.purchases),
      missingDays: Math.max(0, (rule.loyalDays ?? 0) - loyal),
    }
    const labels = policy.tiers.find(({ name }) => name === member?.tier)?.labels
    const inCurrency = (amount: number) => ({ amount: Math.max(0, amount), currency })
    return {
      changes: [],
      formula: FORMULA,
      records: recordsOf(id, member?.id, setting.today),
      ...member,
      customerId: id,
      ...(labels && { labels }),
      spent365Days: inCurrency(spent),
      ...(credit > 0 && { wordOfMouth: inCurrency(credit) }),
      spentIsExact: net.whole,
      ...(next && {
        next: {
          tier: next.rule.name,
          line: next.rule.line,
          missing: inCurrency(next.rule.line.amount - spent),
          ...(next.missingPurchases > 0 && { missingPurchases: next.missingPurchases }),
          ...(next.missingDays > 0 && { missingDays: next.missingDays }),
        },
      }),
      words: sayStanding(policy, member, { spent, credit, exact: net.whole, next, currency }),
    }
  },
)

/** The members of a tier, those who came last first. */
export const members = action(
  'tier.members',
  () => ({ input: z.strictObject({ name: f.slug(), ...pageInput() }), output: pageOf(rowView(tier)) }),
  async (ctx, { name, ...input }) => {
    if (ctx.scope !== 'all') throw fault('forbidden', 'scope.outside', 'Only who may read all customers lists a tier.')
    if (rankOf(await policyOf(ctx), name) < 0) throw missing('tier', name)
    return listPage(ctx, tier, facet(tier, name), input, { descending: true })
  },
)

/** Longest a tier is given by hand. Days. */
const LONGEST_OVERRIDE = 1_095

const overrideInput = () => z.strictObject({ id: idOf(customer), tier: f.slug(), reason: f.line(300), until: f.day() })

/** Gives a customer a tier by hand, up to a day. What purchases earn goes on beside it and takes over when it overtakes or the day is past. */
export const override = action(
  'tier.override',
  () => ({ input: overrideInput(), output: viewOf(tier) }),
  async (ctx, input) => {
    const { id, tier: to, reason, until } = input
    const [head, setting] = await Promise.all([visibleHead(ctx, id), settingOf(ctx)])
    if (rankOf(setting.policy, to) < 0) {
      throw invalid('tier.unknown', 'tier', `The workspace’s tiers are ${setting.policy.tiers.map(({ name }) => name).join(', ')}.`)
    }
    if (until < setting.today) throw invalid('until.past', 'until', 'A tier is given up to a day to come.')
    if (until > daysLater(ctx.now, LONGEST_OVERRIDE).slice(0, 10)) {
      throw invalid('until.too_late', 'until', `A tier is given for ${LONGEST_OVERRIDE} days at most.`)
    }
    const member = head.single(tier)
    if (member) await mustMatch(ctx, tier, member, {})
    const given = { tier: to, reason, by: ctx.actor.id, at: ctx.now, until }
    const next = turned(setting, member, id, {
      override: given,
      cause: 'overridden',
      words: sayOverride(setting.policy, to, reason, until),
    })
    const { record, change } = membershipChange(ctx, member, next, tierOverridden)
    return commit(ctx, [change], record)
  },
)

/** Takes back a tier given by hand: what purchases earned holds again. */
export const endOverride = action(
  'tier.end_override',
  () => ({ input: z.strictObject({ id: idOf(customer) }), output: viewOf(tier) }),
  async (ctx, { id }) => {
    const [head, setting] = await Promise.all([visibleHead(ctx, id), settingOf(ctx)])
    const member = head.single(tier)
    if (!member?.override) throw fault('conflict', 'tier.not_overridden', 'No tier was given to this customer by hand.')
    await mustMatch(ctx, tier, member, {})
    const next = turned(setting, member, id, { override: null, cause: 'override_ended', words: sayOverrideEnded(setting.policy, member) })
    const { record, change } = membershipChange(ctx, member, next, overrideEnded)
    return commit(ctx, [change], record)
  },
)
