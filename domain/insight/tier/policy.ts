import * as z from 'zod'
import type { Issue } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { minorDigits, money } from '../../kernel/money.ts'

/** One tier of a policy. */
const tierShape = () =>
  z.strictObject({
    name: f.slug(),
    /** Names for people, by language: `{ en: 'Gold', zh: '黃金' }`. */
    labels: z.record(f.language(), f.line(40)),
    /** Net spend of the trailing 365 days at which a customer is promoted to it. */
    line: money(),
    /** Net spend of the 365 days before expiry at which a customer keeps it; at most `line`. */
    keepLine: money(),
    /** Purchases of the trailing 365 days that it takes beside the spend. */
    fewestPurchases: z.int().min(1).max(1_000).optional(),
    /** Purchases of the 365 days before expiry that keep it, beside the spend; at most `fewestPurchases`. */
    keepPurchases: z.int().min(1).max(1_000).optional(),
    /** Days since the first purchase that it takes. It keeps itself: nobody becomes less loyal by waiting. */
    loyalDays: z.int().min(1).max(3_650).optional(),
  })
export type TierRule = z.output<ReturnType<typeof tierShape>>

export const policyShape = () => ({
  /** From the lowest to the highest. */
  tiers: z.array(tierShape()).min(1).max(12),
  /** A tier is valid to the end of the year after the one it was reached in, and at least for so many days. */
  holdDays: z.int().min(0).max(1_095),
  /** How long before expiry a customer who would drop is warned of. Days. */
  warnDays: z.int().min(1).max(180),
  /** So much of what those whom a customer referred have bought counts as their own spend. Percent; absent counts nothing. */
  wordOfMouthPercent: z.int().min(0).max(100).optional(),
})
export type Policy = z.output<z.ZodObject<ReturnType<typeof policyShape>>>

/** The tiers a workspace starts with: 水晶 翡翠 黃金 白金 鑽石 黑金, with lines in whole units of its currency. */
const DEFAULT_TIERS = [
  { name: 'crystal', en: 'Crystal', zh: '水晶', line: 0, keepLine: 0 },
  { name: 'jade', en: 'Jade', zh: '翡翠', line: 100, keepLine: 80 },
  { name: 'gold', en: 'Gold', zh: '黃金', line: 300, keepLine: 240 },
  { name: 'platinum', en: 'Platinum', zh: '白金', line: 1_000, keepLine: 800 },
  { name: 'diamond', en: 'Diamond', zh: '鑽石', line: 3_000, keepLine: 2_400 },
  { name: 'black-gold', en: 'Black gold', zh: '黑金', line: 10_000, keepLine: 8_000 },
] as const

/** The policy of a workspace that has not made its own. */
export function defaultPolicy(currency: string): Policy {
  const inMinor = (units: number) => ({ amount: units * 10 ** minorDigits(currency), currency })
  const tiers = DEFAULT_TIERS.map(({ name, en, zh, line, keepLine }) => ({
    name,
    labels: { en, zh },
    line: inMinor(line),
    keepLine: inMinor(keepLine),
  }))
  return { tiers, holdDays: 365, warnDays: 60 }
}

/** Everything wrong with a policy that its schema cannot say. */
export function policyIssues({ tiers }: Policy, currency: string): Issue[] {
  return tiers.flatMap(({ name, line, keepLine }, at): Issue[] => {
    const before = tiers[at - 1]
    const issue = (field: string, code: string, message: string): Issue => ({ path: `tiers.${at}.${field}`, code, message })
    return [
      ...(tiers.findIndex((other) => other.name === name) < at ? [issue('name', 'repeated', 'Another tier has this name.')] : []),
      ...(before && line.amount <= before.line.amount
        ? [issue('line', 'not_rising', 'Each line lies above the one of the tier before.')]
        : []),
      ...(before && keepLine.amount < before.keepLine.amount
        ? [issue('keepLine', 'easier_than_lower', 'A tier is not easier to keep than the one before.')]
        : []),
      ...habitIssues(tiers, at, issue),
      ...(sharesLabel(tiers, at) ? [issue('labels', 'repeated', 'Another tier has the same label.')] : []),
      ...(keepLine.amount > line.amount ? [issue('keepLine', 'above_line', 'What keeps a tier is at most what reaches it.')] : []),
      ...(line.currency !== currency ? [issue('line.currency', 'not_the_workspaces', `The workspace’s currency is ${currency}.`)] : []),
      ...(keepLine.currency !== currency
        ? [issue('keepLine.currency', 'not_the_workspaces', `The workspace’s currency is ${currency}.`)]
        : []),
    ]
  })
}

/** What is wrong with the purchases and the loyalty a tier asks for. */
function habitIssues(tiers: readonly TierRule[], at: number, issue: (field: string, code: string, message: string) => Issue): Issue[] {
  const [before, rule] = [tiers[at - 1], tiers[at]]
  if (!rule) return []
  const asked = ['fewestPurchases', 'loyalDays'] as const
  return [
    ...asked.flatMap((field) =>
      (rule[field] ?? 0) < (before?.[field] ?? 0)
        ? [issue(field, 'easier_than_lower', 'A tier asks for no less than the one before.')]
        : [],
    ),
    ...((rule.keepPurchases ?? 0) < (before?.keepPurchases ?? 0)
      ? [issue('keepPurchases', 'easier_than_lower', 'A tier is not easier to keep than the one before.')]
      : []),
    ...((rule.keepPurchases ?? 0) > (rule.fewestPurchases ?? 0)
      ? [issue('keepPurchases', 'above_line', 'What keeps a tier is at most what reaches it.')]
      : []),
  ]
}

function sharesLabel(tiers: readonly TierRule[], at: number): boolean {
  const own = tiers[at]?.labels ?? {}
  return tiers.slice(0, at).some(({ labels }) => Object.entries(own).some(([language, label]) => labels[language] === label))
}

/** Tiers of a policy that another one lacks. */
export function goneFrom(before: Policy, after: Policy): string[] {
  return before.tiers.map(({ name }) => name).filter((name) => rankOf(after, name) < 0)
}

/**
 * Whether a new policy changes anything for members at once: a tier that is reached with less than before, or is new, or that
 * counts more of word of mouth, may be reached by somebody now; a lowest tier that no longer is the lowest expires from now on.
 */
export function changesAtOnce(before: Policy, after: Policy): boolean {
  const easier = after.tiers.some(({ name, line }) => {
    const known = before.tiers.find((tier) => tier.name === name)
    return !known || line.amount < known.line.amount || asksLess(after, known, name)
  })
  const more = (after.wordOfMouthPercent ?? 0) > (before.wordOfMouthPercent ?? 0)
  return easier || more || before.tiers[0]?.name !== after.tiers[0]?.name
}

function asksLess({ tiers }: Policy, known: TierRule, name: string): boolean {
  const now = tiers.find((tier) => tier.name === name)
  return (now?.fewestPurchases ?? 0) < (known.fewestPurchases ?? 0) || (now?.loyalDays ?? 0) < (known.loyalDays ?? 0)
}

/** How often and for how long a customer has bought. */
export interface Habits {
  /** Purchases of the days that count. */
  purchases: number
  /** Days since the first purchase. */
  loyalDays: number
}
/** Of whom only the spend is asked. */
const ANY_HABITS: Habits = { purchases: Infinity, loyalDays: Infinity }

/** Whether a policy asks for more than spend. */
export function asksHabits({ tiers }: Policy): boolean {
  return tiers.some(({ fewestPurchases, keepPurchases, loyalDays }) => (fewestPurchases ?? keepPurchases ?? loyalDays) !== undefined)
}

/** Whether a net spend and so many purchases keep a tier at its expiry. */
export function keeps(rule: TierRule, netMinor: number, { purchases }: Pick<Habits, 'purchases'> = ANY_HABITS): boolean {
  return netMinor >= rule.keepLine.amount && purchases >= (rule.keepPurchases ?? 0)
}

/** Where a tier stands in a policy, 0 for the lowest; −1 for none, and for one the policy no longer has. */
export function rankOf({ tiers }: Policy, name: string | undefined): number {
  return tiers.findIndex((tier) => tier.name === name)
}

/** The highest tier whose line a net spend reaches, with the purchases and the loyalty it asks for; undefined when it reaches none. */
export function reachedBy({ tiers }: Policy, netMinor: number, { purchases, loyalDays }: Habits = ANY_HABITS): TierRule | undefined {
  return tiers.findLast(
    (tier) => tier.line.amount <= netMinor && purchases >= (tier.fewestPurchases ?? 0) && loyalDays >= (tier.loyalDays ?? 0),
  )
}

/** A tier's name for people. */
export function labelOf(policy: Policy, name: string): string {
  return policy.tiers.find((tier) => tier.name === name)?.labels['en'] ?? name
}
