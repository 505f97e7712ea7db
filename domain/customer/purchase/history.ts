import * as z from 'zod'
import { foldPurchase, recomputeRhythm } from '../rhythm/index.ts'
import { daysLater, type Instant } from '../../kernel/clock.ts'
import * as f from '../../kernel/fields.ts'
import { baseOf, returnedBase, type Purchase } from './purchase.ts'

/**
 * What all of a customer's purchases come to: enough for rhythm, value and tier without reading them again. Money in
 * minor units of the workspace's currency. A customer whose last purchase is gone has none: it is in the bin.
 */
export const historyShape = () => ({
  /** Days of the first and last purchase, in whole days since 1970-01-01, by the workspace's calendar. */
  firstDay: z.int(),
  lastDay: z.int(),
  /** Days with a purchase after the first such day. */
  x: z.int().min(0),
  /** Net spend of those repeat days together. */
  repeatSpend: z.int(),
  /** 0 only of a customer who was merged into another before the first purchase. */
  count: z.int().min(0),
  gross: z.int().min(0),
  returned: z.int().min(0),
  net: z.int().min(0),
  firstAt: f.instant(),
  lastAt: f.instant(),
  /** At least the net spend of the last 365 days: exact at `yearNetAt`, growing with purchases since, never by time. */
  yearNet: z.int().min(0),
  yearNetAt: f.instant(),
  /** Absorbed customers whose purchases it counts too. */
  beside: z.array(z.string()).optional(),
  /** The customer whose history counts these purchases by now. */
  mergedInto: z.string().optional(),
})
export type History = z.output<z.ZodObject<ReturnType<typeof historyShape>>>

/** A purchase as history counts it: a day, a moment, and money in minor units of the workspace's currency. */
export interface Sale {
  day: number
  at: Instant
  gross: number
  returned: number
}

/** A purchase as history counts it. One given back in full still counts as a purchase, of nothing. */
export function saleOf(purchase: Pick<Purchase, 'day' | 'at' | 'amount' | 'baseAmount' | 'returned'>): Sale {
  return { day: purchase.day, at: purchase.at, gross: baseOf(purchase), returned: returnedBase(purchase) }
}

/** Days whose spend counts as the last year's. */
export const YEAR_DAYS = 365

const inYear = (at: Instant, yearNetAt: Instant): boolean => at > daysLater(yearNetAt, -YEAR_DAYS)

/** History with one purchase more, in constant time; undefined when only the purchases themselves can tell. */
export function withSale(history: History | undefined, sale: Sale, now: Instant): History | undefined {
  const net = sale.gross - sale.returned
  const fold = foldPurchase(history, { day: sale.day, amount: net })
  if (fold.kind === 'recompute') return undefined
  if (!history) return historyOf([sale], now)
  return {
    ...fold.state,
    count: history.count + 1,
    gross: history.gross + sale.gross,
    returned: history.returned + sale.returned,
    net: history.net + net,
    firstAt: sale.at < history.firstAt ? sale.at : history.firstAt,
    lastAt: sale.at > history.lastAt ? sale.at : history.lastAt,
    yearNet: history.yearNet + (inYear(sale.at, history.yearNetAt) ? net : 0),
    yearNetAt: history.yearNetAt,
  }
}

/**
 * History after some of a purchase was given back, in constant time; undefined when only the purchases can tell.
 * @param amount in minor units of the workspace's currency
 */
export function withReturn(history: History, sale: Pick<Sale, 'day' | 'at'>, amount: number): History | undefined {
  if (amount === 0) return history
  const fold = foldPurchase(history, { day: sale.day, amount: -amount })
  if (fold.kind === 'recompute') return undefined
  return {
    ...history,
    ...fold.state,
    returned: history.returned + amount,
    net: history.net - amount,
    yearNet: Math.max(0, history.yearNet - (inYear(sale.at, history.yearNetAt) ? amount : 0)),
  }
}

/**
 * What two histories come to together, in constant time.
 * @param shared days on which both bought: they count once
 */
export function together(one: History, other: History, shared: number): History {
  const [first, second] = one.firstDay <= other.firstDay ? [one, other] : [other, one]
  // Spend of the very first day is no repeat spend; all of who began later is.
  const repeatSpend = first.repeatSpend + (first.firstDay === second.firstDay ? second.repeatSpend : second.net)
  return {
    firstDay: first.firstDay,
    lastDay: Math.max(one.lastDay, other.lastDay),
    x: one.x + other.x + 1 - shared,
    repeatSpend,
    count: one.count + other.count,
    gross: one.gross + other.gross,
    returned: one.returned + other.returned,
    net: one.net + other.net,
    firstAt: one.firstAt < other.firstAt ? one.firstAt : other.firstAt,
    lastAt: one.lastAt > other.lastAt ? one.lastAt : other.lastAt,
    // Both are at least the year's spend at the later of the two moments, so their sum is.
    yearNet: one.yearNet + other.yearNet,
    yearNetAt: one.yearNetAt > other.yearNetAt ? one.yearNetAt : other.yearNetAt,
  }
}

/** The history of some purchases, in any order; undefined when there are none. */
export function historyOf(sales: readonly Sale[], now: Instant): History | undefined {
  const rhythm = recomputeRhythm(sales.map((sale) => ({ day: sale.day, amount: sale.gross - sale.returned })))
  if (!rhythm) return undefined
  const sum = (value: (sale: Sale) => number): number => sales.reduce((total, sale) => total + value(sale), 0)
  const moments = sales.map((sale) => sale.at).sort()
  const [firstAt = now] = moments
  return {
    ...rhythm,
    count: sales.length,
    gross: sum((sale) => sale.gross),
    returned: sum((sale) => sale.returned),
    net: sum((sale) => sale.gross - sale.returned),
    firstAt,
    lastAt: moments.at(-1) ?? firstAt,
    yearNet: sum((sale) => (inYear(sale.at, now) ? sale.gross - sale.returned : 0)),
    yearNetAt: now,
  }
}
