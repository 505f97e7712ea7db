import type { Day } from '../../kernel/clock.ts'
import { isTimely, replenishments, sayRhythm, type Bought } from './replenish.ts'
import { shareOf, type Partner, type Sketch } from './sketch.ts'

/** A product to offer, why, and what that follows from. */
export interface Suggestion {
  kind: 'replenish' | 'together' | 'next'
  sku: string
  name?: string
  /** 0 to 1: how sure it is, for the order. */
  score: number
  reason: string
  /** Purchases it follows from. */
  records: string[]
  dueDay?: Day
  /** The product of the customer's own that leads to this one. */
  becauseOf?: string
}

/** Times that two products must have gone together at least before it is no accident. */
const LEAST_TIMES = 3
/** A product bought this lately is not offered again but by its own rhythm. Days. */
const LATELY_DAYS = 90

/**
 * What to offer a customer next: what they will want again by their own rhythm, then what others buy with and after what they
 * bought last, by the share of those who do. One suggestion a product, the surest.
 * @param purchases newest first @param known sketches of products bought lately, by sku
 */
export function suggestions(purchases: readonly Bought[], known: ReadonlyMap<string, Sketch>, today: Day): Suggestion[] {
  const again = replenishments(purchases)
    .filter((one) => isTimely(one, today))
    .map(
      (one): Suggestion => ({
        kind: 'replenish',
        sku: one.sku,
        score: one.dueDay <= today ? 1 : 0.9,
        reason: `${sayRhythm(one)}: due on ${one.dueDay}`,
        records: one.records,
        dueDay: one.dueDay,
        ...(one.name !== undefined && { name: one.name }),
      }),
    )
  const lately = new Set(
    purchases
      .filter(({ day }) => day > Date.parse(today) / 86_400_000 - LATELY_DAYS)
      .flatMap(({ items = [] }) => items.map(({ sku }) => sku)),
  )
  const others = [...known].flatMap(([from, sketch]) => [
    ...sketch.together.map((partner) => byOthers('together', from, partner, sketch.baskets, recordsWith(purchases, from))),
    ...sketch.next.map((partner) => byOthers('next', from, partner, sketch.follows, recordsWith(purchases, from))),
  ])
  const fitting = others.filter((one) => one !== undefined).filter(({ sku }) => !lately.has(sku))
  const best = new Map<string, Suggestion>()
  for (const one of [...again, ...fitting]) if ((best.get(one.sku)?.score ?? 0) < one.score) best.set(one.sku, one)
  return [...best.values()].sort((a, b) => b.score - a.score || (a.sku < b.sku ? -1 : 1))
}

function byOthers(kind: 'together' | 'next', from: string, partner: Partner, total: number, records: string[]): Suggestion | undefined {
  const times = partner.count - partner.error
  if (times < LEAST_TIMES) return undefined
  const share = shareOf(partner, total)
  const reason =
    kind === 'together'
      ? `bought with ${from} in at least ${times} of ${total} baskets of several products`
      : `bought next after ${from} in at least ${times} of ${total} purchases`
  return { kind, sku: partner.sku, score: share * 0.8, reason, records, becauseOf: from }
}

/** The customer's own purchases of a product. */
function recordsWith(purchases: readonly Bought[], sku: string): string[] {
  return purchases
    .filter(({ items = [] }) => items.some((one) => one.sku === sku))
    .map(({ id }) => id)
    .slice(0, 5)
}

/** The products a customer bought last, without repetition. */
export function latestSkus(purchases: readonly Bought[], most: number): string[] {
  return [...new Set(purchases.flatMap(({ items = [] }) => items.map(({ sku }) => sku)))].slice(0, most)
}
