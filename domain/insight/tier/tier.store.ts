import * as z from 'zod'
import { purchase, saleOf, type Purchase } from '../../customer/purchase/index.ts'
import type { Instant } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { timeKey } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Item } from '../../kernel/table/table.ts'
import { membershipShape } from './tier.ts'

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

/**
 * Net spend of the purchases after one instant and up to another, in minor units of the workspace's currency. Reads those
 * purchases and no others, newest first, and stops when `enough` is reached: the answer is then at least that.
 */
export async function netSpend(
  ctx: Ctx,
  customerId: string,
  window: { after: Instant; until: Instant },
  enough = Infinity,
): Promise<number> {
  const { pk } = placeOf(purchase, purchase.id('', customerId))
  const from = `purchase#${timeKey(Date.parse(window.after))}`
  const to = `purchase#${timeKey(Date.parse(window.until) + 1)}`
  let net = 0
  let after: Item | undefined
  do {
    const { items, last } = await ctx.table.query({ pk, from, to, limit: PAGE, descending: true, ...(after && { after }) })
    for (const item of items) {
      const { at } = item
      if (item['deletedAt'] || typeof at !== 'string' || at <= window.after || at > window.until) continue
      const sale = saleOf(recordIn<'purchase', Purchase>(item))
      net += sale.gross - sale.returned
    }
    after = last
  } while (after && net < enough)
  return net
}
