import * as z from 'zod'
import { purchase, saleOf, type Purchase } from '../../customer/purchase/index.ts'
import { absorbedBy } from '../../kernel/absorbed.ts'
import type { Instant } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type FieldsOf, type RecordOf } from '../../kernel/entity.ts'
import { timeKey } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Item } from '../../kernel/table/table.ts'
import { membershipShape } from './tier.ts'
import { wordOfMouth, wordTogether, type WordOfMouthRecord } from './word-of-mouth.ts'

/** A customer's membership of a tier. Browsed by tier, latest first; due when it must be looked at. */
export const tier = entity({
  noun: 'tier',
  prefix: 'tie',
  home: 'customer',
  single: true,
  fields: () => z.object(membershipShape()),
  row: ['customerId', 'tier', 'since', 'validUntil'],
  list: { on: ['tier', 'since'], key: (one) => (one.tier ? { facet: one.tier, order: one.since } : undefined) },
  due: { on: ['dueAt'], key: ({ dueAt }) => (dueAt ? { job: 'tiers', at: dueAt } : undefined) },
  personal: ['override', 'changes'],
})
export type MembershipRecord = RecordOf<typeof tier>

/** Purchases of one read: about 15 units of usual ones. */
const PAGE = 200

/** What purchases between two instants come to. `whole` when all of them were read. */
export interface Net {
  minor: number
  /** Purchases that were not returned whole. */
  purchases: number
  whole: boolean
}

/**
 * What a customer's word of mouth comes to, with that of those whom they absorbed: one read more for who absorbed somebody.
 * @param own as it was read with their file
 */
export async function wordOf(ctx: Ctx, own: WordOfMouthRecord | undefined, absorbed: readonly string[] = []) {
  if (absorbed.length === 0) return own
  const items = await ctx.table.getAll(absorbed.map((id) => placeOf(wordOfMouth, wordOfMouth.id('', id))))
  return wordTogether([own, ...items.map((item) => item && recordIn<'word_of_mouth', FieldsOf<typeof wordOfMouth>>(item))])
}

/**
 * Net spend of a customer's purchases (and of those whom they absorbed, when their file was read) after one instant and up to
 * another, in minor units of the workspace's currency. Reads those
 * purchases and no others, newest first, and stops when `enough` and `enoughPurchases` are reached, so that the answer is at
 * least that, or after so many `pages`.
 */
export async function netSpend(
  ctx: Ctx,
  customerId: string,
  window: { after: Instant; until: Instant },
  { enough = Infinity, enoughPurchases = 0, pages = Infinity }: { enough?: number; enoughPurchases?: number; pages?: number } = {},
): Promise<Net> {
  const others = await absorbedBy(ctx, customerId)
  let net: Net = { minor: 0, purchases: 0, whole: true }
  for (const id of [customerId, ...others]) {
    if (net.minor >= enough && net.purchases >= enoughPurchases) return { ...net, whole: false }
    const rest = { enough: enough - net.minor, enoughPurchases: enoughPurchases - net.purchases, pages }
    const theirs = await netIn(ctx, id, window, rest)
    net = { minor: net.minor + theirs.minor, purchases: net.purchases + theirs.purchases, whole: net.whole && theirs.whole }
  }
  return net
}

async function netIn(
  ctx: Ctx,
  customerId: string,
  window: { after: Instant; until: Instant },
  { enough, enoughPurchases, pages }: { enough: number; enoughPurchases: number; pages: number },
): Promise<Net> {
  const { pk } = placeOf(purchase, purchase.id('', customerId))
  const from = `purchase#${timeKey(Date.parse(window.after))}`
  const to = `purchase#${timeKey(Date.parse(window.until) + 1)}`
  let [minor, purchases] = [0, 0]
  let after: Item | undefined
  for (let page = 0; page < pages && (minor < enough || purchases < enoughPurchases) && (page === 0 || after); page++) {
    const answer = await ctx.table.query({ pk, from, to, limit: PAGE, descending: true, ...(after && { after }) })
    for (const item of answer.items) {
      const net = netWithin(item, window)
      if (net === undefined) continue
      minor += net.minor
      purchases += net.purchases
    }
    after = answer.last
  }
  return { minor, purchases, whole: after === undefined }
}

function netWithin(item: Item, { after, until }: { after: Instant; until: Instant }): Omit<Net, 'whole'> | undefined {
  const { at } = item
  if (item['deletedAt'] || typeof at !== 'string' || at <= after || at > until) return undefined
  const { gross, returned } = saleOf(recordIn<'purchase', Purchase>(item))
  return { minor: gross - returned, purchases: gross > 0 && returned >= gross ? 0 : 1 }
}
