import type { Day } from '../../kernel/clock.ts'
import { sayMoney } from '../../kernel/money.ts'
import { labelOf, type Policy, type TierRule } from './policy.ts'
import type { Membership } from './tier.ts'

/** Changes of tiers in words, each with the numbers that decided it. Amounts in minor units. */

type Earned = NonNullable<Membership['earned']>

const validity = ({ validUntil }: Pick<Earned, 'validUntil'>): string => (validUntil ? ` Valid to ${validUntil}.` : '')

const inCurrency = (rule: TierRule, amount: number): string => sayMoney({ amount, currency: rule.line.currency })

export function sayReached(policy: Policy, from: string | undefined, to: TierRule, sums: Sums, earned: Earned): string {
  const what = from ? `From ${labelOf(policy, from)} to ${labelOf(policy, to.name)}` : `Entered ${labelOf(policy, to.name)}`
  return `${what}: spent at least ${inCurrency(to, sums.spent)} in 365 days${sayCredit(to, sums)}, its line is ${sayMoney(to.line)}${sayAsked(to)}.${validity(earned)}`
}

/** Spend that a tier is judged by, and how much of it is credit for word of mouth. */
export interface Sums {
  spent: number
  credit: number
  purchases: number
}

/** What a tier asks for beside spend, which was met. */
function sayAsked({ fewestPurchases, loyalDays }: TierRule): string {
  const often = fewestPurchases === undefined ? '' : `, with at least ${fewestPurchases} purchases`
  return `${often}${loyalDays === undefined ? '' : `, at least ${loyalDays} days after the first`}`
}

const sayKeeping = (rule: TierRule, { purchases }: Sums): string =>
  rule.keepPurchases === undefined ? '' : ` with ${rule.keepPurchases} purchases (there were ${purchases})`
const sayCredit = (rule: TierRule, { credit }: Sums): string =>
  credit > 0 ? ` (${inCurrency(rule, credit)} of it by those they referred)` : ''

const sayExpiring = (rule: TierRule, sums: Sums): string =>
  `spent ${inCurrency(rule, sums.spent)} in the 365 days before it expired${sayCredit(rule, sums)}`

export function sayKept(policy: Policy, rule: TierRule, sums: Sums, earned: Earned): string {
  return `Keeps ${labelOf(policy, rule.name)}: ${sayExpiring(rule, sums)}, ${sayMoney(rule.keepLine)}${sayKeeping(rule, sums)} keeps it.${validity(earned)}`
}

export function sayLowest(policy: Policy, earned: Earned): string {
  return `Keeps ${labelOf(policy, earned.tier)}: it is the lowest tier, which does not expire.`
}

export function sayDropped(policy: Policy, from: string, rule: TierRule | undefined, sums: Sums, earned: Earned): string {
  const why = rule
    ? `${sayExpiring(rule, sums)}, ${sayMoney(rule.keepLine)}${sayKeeping(rule, sums)} would have kept it`
    : 'the tiers no longer have the former'
  return `From ${labelOf(policy, from)} to ${labelOf(policy, earned.tier)}: ${why}.${validity(earned)}`
}

export function sayOverride(policy: Policy, to: string, reason: string, last: Day): string {
  return `${labelOf(policy, to)} given by hand until ${last}: ${reason}`
}

export function sayOverrideEnded(policy: Policy, member: Membership): string {
  const back = member.earned ? `back to ${labelOf(policy, member.earned.tier)}, as earned` : 'no tier is earned yet'
  return `The tier given by hand ended: ${back}.`
}

/** The next tier and what of its purchases and its loyalty is missing. */
export interface Next {
  rule: TierRule
  missingPurchases: number
  missingDays: number
}

const sayPurchases = (count: number | undefined): string => (count ? ` and ${count} purchases` : '')

const sayMissing = ({ missingPurchases, missingDays }: Next): string =>
  `${missingPurchases > 0 ? `, in ${missingPurchases} purchases more,` : ''}${missingDays > 0 ? `, ${missingDays} days from now,` : ''}`

/** Where a customer stands: the tier, how long, what was spent, what keeps it and what comes next. */
export function sayStanding(
  policy: Policy,
  member: Membership | undefined,
  numbers: { spent: number; credit: number; exact: boolean; next: Next | undefined; currency: string },
): string {
  const { spent, credit, exact, next, currency } = numbers
  const money = (amount: number) => sayMoney({ amount: Math.max(0, amount), currency })
  const parts = [sayTier(policy, member), `Spent ${exact ? '' : 'at most '}${money(spent)} in the last 365 days.`]
  if (credit > 0) parts.push(`${money(credit)} of it was bought by those they referred.`)
  if (next)
    parts.push(
      `${money(next.rule.line.amount - spent)} more within 365 days${sayMissing(next)} reaches ${labelOf(policy, next.rule.name)}.`,
    )
  const risk = member?.atRisk
  if (risk)
    parts.push(
      `At risk: on ${risk.at.slice(0, 10)}, ${sayMoney(risk.toStay)}${sayPurchases(risk.purchasesToStay)} more by ${risk.validUntil} would keep it.`,
    )
  return parts.join(' ')
}

function sayTier(policy: Policy, member: Membership | undefined): string {
  if (!member?.tier) return 'No tier yet.'
  const end = member.validUntil ? `, valid to ${member.validUntil}` : ''
  return `${labelOf(policy, member.tier)} since ${member.since.slice(0, 10)}${end}.`
}
