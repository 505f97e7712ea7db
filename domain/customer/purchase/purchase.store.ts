import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { keyOf } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Item } from '../../kernel/table/table.ts'
import { historyShape, saleOf, type History, type Sale } from './history.ts'
import { purchaseShape, type Purchase } from './purchase.ts'

/** What a customer bought in one order. Lives in the customer's partition by the time it was bought. */
export const purchase = entity({
  noun: 'purchase',
  prefix: 'pur',
  home: 'customer',
  fields: () => z.object(purchaseShape()),
  // `#` parts what a messaging system's name never holds, so no handle can look like an order.
  unique: { on: ['orderId'], values: ({ orderId: { system, id } }) => [`order#${system}#${id}`], fault: 'purchase.order_taken' },
  personal: ['notes', 'returns'],
})
export type PurchaseRecord = RecordOf<typeof purchase>

/** What a customer's purchases come to: one each, written with every purchase in its transaction. */
export const history = entity({
  noun: 'history',
  prefix: 'his',
  home: 'customer',
  single: true,
  fields: () => z.object(historyShape()),
})
export type HistoryRecord = RecordOf<typeof history>

/** The id that an order of a customer always has: by when it was bought, then by the shop's own id of it. */
export function purchaseIdOf(customerId: string, order: Pick<Purchase, 'at' | 'orderId'>): PurchaseRecord['id'] {
  return purchase.id(purchaseKey(order), customerId)
}
export function purchaseKey({ at, orderId: { system, id } }: Pick<Purchase, 'at' | 'orderId'>): string {
  return keyOf(Date.parse(at), createHash('sha256').update(`${system}\n${id}`).digest())
}

/** Where a customer's history is. */
export function historyPlace(customerId: string): { pk: string; sk: string } {
  return placeOf(history, history.id('', customerId))
}

export function historyIn(item: Item | undefined): HistoryRecord | undefined {
  return item && recordIn<'history', History>(item)
}

/** The history that counts what is bought under an id: that of the survivor, when the customer was merged into another. */
export async function standingHistory(ctx: Ctx, customerId: string, past: HistoryRecord | undefined): Promise<Past> {
  let [at, held] = [customerId, past]
  while (held?.mergedInto !== undefined) {
    at = held.mergedInto
    held = historyIn(await ctx.table.get(historyPlace(at)))
  }
  return { customerId: at, past: held, counted: [at, ...(held?.beside ?? []), customerId] }
}

/** A history, whose it is, and whose purchases it counts. */
export interface Past {
  customerId: string
  past: HistoryRecord | undefined
  counted: readonly string[]
}

/** Purchases of one page when a history is made anew. */
const RECOMPUTE_PAGE = 1_000

/**
 * All live purchases of a customer and of those whom they absorbed, as history counts them, strongly consistent. Only for what constant time cannot do:
 * about 150 read units for 1,000 purchases of 600 bytes.
 */
export async function salesOf(ctx: Ctx, customerIds: readonly string[], but?: string): Promise<Sale[]> {
  const all = await Promise.all([...new Set(customerIds)].map((id) => salesIn(ctx, id, but)))
  return all.flat()
}

async function salesIn(ctx: Ctx, customerId: string, but?: string): Promise<Sale[]> {
  const { pk } = historyPlace(customerId)
  const sales: Sale[] = []
  let after: Item | undefined
  do {
    const { items, last } = await ctx.table.query({ pk, begins: 'purchase#', limit: RECOMPUTE_PAGE, ...(after && { after }) })
    for (const item of items) if (!item['deletedAt'] && item['id'] !== but) sales.push(saleOf(recordIn<'purchase', Purchase>(item)))
    after = last
  } while (after)
  return sales
}

const MARKER = { pk: 'workspace', sk: 'currency' }

/** Marks that money is recorded: from then on the workspace's currency stands. Kept by a warm function, so it costs a read in half a minute. */
export async function fixCurrency(ctx: Ctx, currency: string): Promise<void> {
  await ctx.memo.get('currency', ctx.now, async () => {
    if (!(await ctx.table.get(MARKER))) await ctx.table.write({ put: { ...MARKER, currency }, if: { absent: true } })
    return true
  })
}
