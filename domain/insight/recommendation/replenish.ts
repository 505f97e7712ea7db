import { dayFrom, type Day } from '../../kernel/clock.ts'
import type { Money } from '../../kernel/money.ts'
import type { Purchase } from '../../customer/purchase/index.ts'

/** When a customer will want a product again, by their own rhythm with it. */
export interface Replenishment {
  sku: string
  name?: string
  /** Median of the gaps between the days on which it was bought. Days. */
  gapDays: number
  /** Days on which it was bought, of the purchases looked at. */
  times: number
  lastDay: Day
  dueDay: Day
  /** What the last one cost, when known. */
  price?: Money
  /** The purchases, newest first. */
  records: string[]
}

export type Bought = Pick<Purchase, 'day' | 'items' | 'amount' | 'returned'> & { id: string }

/** Fewest days of purchase that make a rhythm: two gaps. */
const FEWEST = 3
/** Records named with a suggestion. */
const RECORDS = 5

/** Every product with a rhythm, the first due first. @param purchases newest first, none in the bin */
export function replenishments(purchases: readonly Bought[]): Replenishment[] {
  const bySku = new Map<string, { day: number; id: string; item: NonNullable<Purchase['items']>[number]; currency: string }[]>()
  for (const { day, items = [], id, amount, returned } of purchases) {
    if (returned > 0 && returned >= amount.amount) continue
    for (const item of items) bySku.set(item.sku, [...(bySku.get(item.sku) ?? []), { day, id, item, currency: amount.currency }])
  }
  const all = [...bySku].flatMap(([sku, lines]): Replenishment[] => {
    const days = [...new Set(lines.map(({ day }) => day))].sort((a, b) => a - b)
    const [last] = lines
    const lastDay = days.at(-1)
    if (!last || lastDay === undefined || days.length < FEWEST) return []
    const gapDays = medianOf(days.slice(1).map((day, at) => day - (days[at] ?? day)))
    const { name, unitAmount, quantity } = last.item
    return [
      {
        sku,
        gapDays,
        times: days.length,
        lastDay: dayFrom(lastDay),
        dueDay: dayFrom(lastDay + gapDays),
        records: [...new Set(lines.map(({ id }) => id))].slice(0, RECORDS),
        ...(name !== undefined && { name }),
        ...(unitAmount !== undefined && { price: { amount: Math.round(unitAmount * quantity), currency: last.currency } }),
      },
    ]
  })
  return all.sort((a, b) => (a.dueDay < b.dueDay ? -1 : a.dueDay > b.dueDay ? 1 : a.sku < b.sku ? -1 : 1))
}

/** The middle of some numbers, rounded up between two. */
export function medianOf(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const [low = 0, high = low] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return Math.ceil((low + high) / 2)
}

/** Days ahead of its day from which a product is worth offering again. */
export const OFFER_AHEAD_DAYS = 7

/** Whether to offer a product again now: its day is near, and the customer has not let it go by more than its gap. */
export function isTimely({ dueDay, gapDays }: Pick<Replenishment, 'dueDay' | 'gapDays'>, today: Day): boolean {
  const ahead = Math.round((Date.parse(dueDay) - Date.parse(today)) / 86_400_000)
  return ahead <= OFFER_AHEAD_DAYS && ahead >= -gapDays
}

/** "bought 5 times, usually every 31 days, last on 2026-10-20". */
export function sayRhythm({ times, gapDays, lastDay }: Replenishment): string {
  return `bought on ${times} days, usually every ${gapDays} ${gapDays === 1 ? 'day' : 'days'}, last on ${lastDay}`
}
