import * as z from 'zod'
import { absorbedBy } from '../../kernel/absorbed.ts'
import { action } from '../../kernel/action.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { fault } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { scopeOf } from '../../kernel/permission.ts'
import { recordIn } from '../../kernel/place.ts'
import { find, idOf } from '../../kernel/record.ts'
import { dayIn } from '../../kernel/zone.ts'
import { customer } from '../../customer/customer/index.ts'
import type { Purchase, PurchaseRecord } from '../../customer/purchase/index.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { shareOf, type Partner } from './sketch.ts'
import { sketchesOf } from './sketch.store.ts'
import { latestSkus, suggestions } from './suggest.ts'

/** Purchases read of a customer: 50 of a usual size are about 4 units at half the price of a strong read. */
const PURCHASES = 50
/** Products bought last whose partners are read. */
const PRODUCTS = 6

const suggestion = () =>
  z.object({
    kind: z.enum(['replenish', 'together', 'next']),
    sku: z.string(),
    name: z.string().optional(),
    score: z.number().describe('0 to 1, for the order'),
    reason: z.string(),
    records: z.array(z.string()).describe('purchases of the customer that it follows from'),
    dueDay: z.iso.date().optional().describe('when the customer will want it again'),
    becauseOf: z.string().optional().describe('the product that leads to this one'),
  })

/** What to offer a customer next, with the reason and the purchases behind it. Two rounds, at most about 12 read units. */
export const recommend = action(
  'recommendation.for_customer',
  () => ({
    input: z.strictObject({ id: idOf(customer), limit: z.coerce.number().int().min(1).max(20).default(10) }),
    output: z.object({ items: z.array(suggestion()), looked: z.int().describe('purchases looked at, the newest') }),
  }),
  async (ctx, { id, limit }) => {
    if (!scopeOf(ctx.actor, 'purchase:read')) throw fault('forbidden', 'permission.missing', 'This needs the permission purchase:read.')
    const [purchases, { timeZone }] = await Promise.all([latest(ctx, id), workspaceOf(ctx), find(ctx, customer, id)])
    const skus = latestSkus(purchases, PRODUCTS)
    const sketches = skus.length > 0 ? await sketchesOf(ctx, skus, { eventual: true }) : []
    const known = new Map(skus.flatMap((sku, at) => (sketches[at] ? [[sku, sketches[at]] as const] : [])))
    return { items: suggestions(purchases, known, dayIn(ctx.now, timeZone)).slice(0, limit), looked: purchases.length }
  },
)

/** The newest purchases of a customer and, in a second round, of those whom they absorbed. */
async function latest(ctx: Ctx, id: string): Promise<PurchaseRecord[]> {
  const own = await latestOf(ctx, id)
  const others = await Promise.all((await absorbedBy(ctx, id)).map((one) => latestOf(ctx, one)))
  if (others.length === 0) return own
  return [...own, ...others.flat()].sort((a, b) => (a.at < b.at ? 1 : -1)).slice(0, PURCHASES)
}

async function latestOf(ctx: Ctx, id: string): Promise<PurchaseRecord[]> {
  const { items } = await ctx.table.query({
    pk: placeOf(customer, id).pk,
    begins: 'purchase#',
    limit: PURCHASES,
    descending: true,
    eventual: true,
  })
  return items.filter((item) => !item['deletedAt']).map((item) => recordIn<'purchase', Purchase>(item))
}

const partner = () =>
  z.object({
    sku: z.string(),
    count: z.int().describe('at most'),
    atLeast: z.int(),
    share: z.number().describe('the least count of all counted'),
  })

/** What is bought with a product and what next, most frequent first. One read. */
export const together = action(
  'recommendation.together',
  () => ({
    input: z.strictObject({ sku: f.line(80) }),
    output: z.object({
      sku: z.string(),
      baskets: z.int().describe('baskets of this and other products that were counted'),
      together: z.array(partner()),
      follows: z.int().describe('purchases after one with this product that were counted'),
      next: z.array(partner()),
    }),
  }),
  async (ctx, { sku }) => {
    const [sketch] = await sketchesOf(ctx, [sku], { eventual: true })
    const { baskets = 0, follows = 0, together: withIt = [], next = [] } = sketch ?? {}
    const view = (one: Partner, total: number) => ({
      sku: one.sku,
      count: one.count,
      atLeast: one.count - one.error,
      share: shareOf(one, total),
    })
    return { sku, baskets, together: withIt.map((one) => view(one, baskets)), follows, next: next.map((one) => view(one, follows)) }
  },
)
