import { isDeepStrictEqual } from 'node:util'
import * as z from 'zod'
import { daysLater, type Instant } from '../../kernel/clock.ts'
import type { Issue } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { money } from '../../kernel/money.ts'
import { dayNumberIn } from '../../kernel/zone.ts'

/** The shop's own name of an order: the system it comes from and its id there. */
export const orderId = () => z.strictObject({ system: f.slug(), id: f.line(120) })
/** The shop when it does not say which it is. */
export const DEFAULT_SYSTEM = 'shop'

const minor = () => z.int().min(0).max(1e14)

/** One line of a purchase. `unitAmount` is in minor units of the purchase's currency. */
export const purchaseItem = () =>
  z.strictObject({
    sku: f.line(80),
    name: f.line(200).optional(),
    quantity: z.number().positive().max(1e9),
    unitAmount: minor().optional(),
  })

const returnShape = () => ({
  /** The shop's own name of the return: the same one again changes nothing. */
  returnId: f.line(120),
  at: f.instant(),
  /** What was given back, in minor units of the purchase's currency. */
  amount: minor(),
  items: z
    .array(z.strictObject({ sku: f.line(80), quantity: z.number().positive().max(1e9) }))
    .max(100)
    .optional(),
  reason: f.line(300).optional(),
})
export type Return = z.output<z.ZodObject<ReturnType<typeof returnShape>>>

/** Most returns of one purchase: they are kept on its item. */
export const RETURN_LIMIT = 50

/** What the shop says of a purchase, and a resend must say again. */
export const factShape = () => ({
  orderId: orderId(),
  /** When it was bought. */
  at: f.instant(),
  amount: money(),
  /** The amount in the workspace's currency, of a purchase in another one. */
  baseAmount: money().optional(),
  items: z.array(purchaseItem()).max(100).optional(),
  /** What the goods cost the company, and what was let off the price. Minor units of the purchase's currency. */
  cost: minor().optional(),
  discount: minor().optional(),
})
/** What people may change afterwards. */
export const noteShape = () => ({
  /** Where it was bought: `web`, `store`. */
  channel: f.slug().optional(),
  notes: f.prose(2_000).optional(),
})

export const purchaseShape = () => ({
  ...factShape(),
  ...noteShape(),
  /** Calendar day of the purchase in the workspace's time zone, in whole days since 1970-01-01. */
  day: z.int(),
  /** Given back so far, in minor units of the purchase's currency. */
  returned: minor(),
  returns: z.array(z.object(returnShape())).max(RETURN_LIMIT).optional(),
})
export type Purchase = z.output<z.ZodObject<ReturnType<typeof purchaseShape>>>
export type Facts = z.output<z.ZodObject<ReturnType<typeof factShape>>>
export type Notes = z.output<z.ZodObject<ReturnType<typeof noteShape>>>

/** What of the workspace a purchase is measured in. */
export interface Measure {
  currency: string
  timeZone: string
}

/** How far ahead of ours the shop's clock may be. Days. */
const AHEAD_DAYS = 1

/** What is wrong with a purchase that its schema cannot say. */
export function purchaseIssues(facts: Facts, { currency }: Measure, now: Instant): Issue[] {
  const issues: Issue[] = []
  if (isAhead(facts.at, now)) issues.push({ path: 'at', code: 'in_the_future', message: 'A purchase lies at most a day ahead.' })
  if (Date.parse(facts.at) < 0) issues.push({ path: 'at', code: 'too_early', message: 'A purchase lies in 1970 at the earliest.' })
  const foreign = facts.amount.currency !== currency
  if (foreign && !facts.baseAmount) {
    issues.push({ path: 'baseAmount', code: 'needed', message: `Give the amount in ${currency} too: totals are kept in it.` })
  }
  if (facts.baseAmount && facts.baseAmount.currency !== currency) {
    issues.push({ path: 'baseAmount.currency', code: 'not_the_workspaces', message: `The workspace’s currency is ${currency}.` })
  }
  if (!foreign && facts.baseAmount && facts.baseAmount.amount !== facts.amount.amount) {
    issues.push({ path: 'baseAmount', code: 'not_the_same', message: 'In the same currency it is the same amount, or left out.' })
  }
  return issues
}

/** Whether an instant lies further ahead than clocks differ. */
export function isAhead(at: Instant, now: Instant): boolean {
  return Date.parse(at) > Date.parse(daysLater(now, AHEAD_DAYS))
}

/** A purchase as it is kept: its instant in one form, its day, the base amount only where it says something. */
export function newPurchase({ baseAmount, ...facts }: Facts & Notes, { currency, timeZone }: Measure): Purchase {
  const at = new Date(facts.at).toISOString()
  const foreign = facts.amount.currency !== currency
  return { ...facts, at, ...(foreign && baseAmount && { baseAmount }), day: dayNumberIn(at, timeZone), returned: 0 }
}

/** Whether two tellings of an order tell the same. What people may change afterwards does not count. */
export function sameFacts(one: Purchase, other: Purchase): boolean {
  return isDeepStrictEqual(factsOf(one), factsOf(other))
}

function factsOf({ orderId: { system, id }, at, amount, baseAmount, items, cost, discount }: Purchase) {
  return { system, id, at, amount, baseAmount, items, cost, discount }
}

/** What was paid, in minor units of the workspace's currency. */
export function baseOf(purchase: Pick<Purchase, 'amount' | 'baseAmount'>): number {
  return (purchase.baseAmount ?? purchase.amount).amount
}

/** What was given back, in minor units of the workspace's currency: the same share of the base amount, to the nearest unit. */
export function returnedBase({ amount, baseAmount, returned }: Pick<Purchase, 'amount' | 'baseAmount' | 'returned'>): number {
  if (!baseAmount || amount.amount === 0) return returned
  // Products of two amounts leave the range in which numbers are exact.
  const doubled = 2n * BigInt(returned) * BigInt(baseAmount.amount)
  return Number((doubled / BigInt(amount.amount) + 1n) / 2n)
}

/** What of a purchase was not given back yet, in minor units of its currency. */
export function remaining(purchase: Pick<Purchase, 'amount' | 'returned'>): number {
  return purchase.amount.amount - purchase.returned
}
