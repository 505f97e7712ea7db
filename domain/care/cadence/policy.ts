import * as z from 'zod'
import * as f from '../../kernel/fields.ts'

/** The longest cadence. Days. */
const LONGEST_DAYS = 730

const afterSalesRule = () =>
  z.strictObject({
    title: f.line(200),
    days: z.int().min(1).max(365).describe('after the purchase'),
    skuBegins: f.line(80).optional().describe('only when an item’s sku begins so'),
    channel: f.slug().optional().describe('only of purchases through this channel'),
    minAmount: z.int().min(1).max(1e14).optional().describe('only from this amount on, in minor units of the workspace’s currency'),
  })
export type AfterSalesRule = z.output<ReturnType<typeof afterSalesRule>>

/** How a workspace looks after its customers. */
export const policyShape = () => ({
  /** Days after which a customer of a tier is contacted again; null: no regular contact. A tier not named has none. */
  cadenceDays: z
    .record(f.slug(), z.int().min(1).max(LONGEST_DAYS).nullable())
    .refine((tiers) => Object.keys(tiers).length <= 30, 'at most 30 tiers'),
  /** Contacts one person can make on a working day: planned revisits beyond it wait for the next. */
  capacityPerDay: z.int().min(1).max(100),
  /** After a contact that reached nobody, the next try. Days. */
  retryDays: z.int().min(1).max(60),
  /** Days after a ticket of one of these categories is solved, the customer is asked whether all is well. */
  complaints: z.strictObject({ categories: z.array(f.slug()).max(20), days: z.int().min(0).max(60) }),
  /** A check some days after a purchase; the first rule that fits counts. */
  afterSales: z.array(afterSalesRule()).max(20),
})
export type Policy = z.output<z.ZodObject<ReturnType<typeof policyShape>>>

/** The product's own policy, until the workspace has one. */
export const newPolicy: Policy = {
  cadenceDays: { 'black-gold': 14, diamond: 30, platinum: 60, gold: 90, jade: 180, crystal: null },
  capacityPerDay: 12,
  retryDays: 3,
  complaints: { categories: ['complaint'], days: 3 },
  afterSales: [],
}
