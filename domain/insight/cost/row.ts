import * as z from 'zod'
import type { PurchaseRecord } from '../../customer/purchase/index.ts'
import * as f from '../../kernel/fields.ts'
import { money, sayMoney } from '../../kernel/money.ts'
import { costKinds, sayCost } from './cost.ts'
import type { CostRecord } from './cost.store.ts'
import { costOfPurchase } from './purchase-cost.ts'
import type { Pricing } from './rates.ts'

/** Kinds of cost a ledger shows: those booked, and those that a purchase itself tells of. */
export const rowKinds = [...costKinds, 'discount', 'refund', 'return_handling'] as const

/** One record of the ledger: what it cost, in parts, each in words. */
export const rowShape = () =>
  z.object({
    /** Of the line, or of the purchase that tells of it. */
    id: z.string(),
    at: f.instant(),
    sourceId: z.string().optional(),
    void: z.literal(true).optional(),
    parts: z.array(
      z.object({
        kind: z.enum(rowKinds),
        amount: money(),
        words: z.string(),
        /** Off the revenue already, so profit does not take it off again. */
        inRevenue: z.literal(true).optional(),
      }),
    ),
  })
export type Row = z.output<ReturnType<typeof rowShape>>

/** A record of the ledger; undefined for a purchase that cost nothing to serve. */
export function rowOf(
  read: { line: CostRecord } | { purchase: PurchaseRecord } | undefined,
  rates: Pricing,
  currency: string,
): Row | undefined {
  if (!read) return undefined
  if ('purchase' in read) return purchaseRow(read.purchase, rates, currency)
  const { id, at, kind, amount, sourceId, void: gone } = read.line
  return {
    id,
    at,
    ...(sourceId !== undefined && { sourceId }),
    ...(gone && { void: gone }),
    parts: [{ kind, amount: gone ? { ...amount, amount: 0 } : amount, words: sayCost(read.line) }],
  }
}

function purchaseRow(bought: PurchaseRecord, rates: Pricing, currency: string): Row | undefined {
  const { discount, refunded, returns, handling } = costOfPurchase(bought, rates)
  const say = (amount: number) => sayMoney({ amount, currency })
  const part = (kind: 'discount' | 'refund' | 'return_handling', amount: number, words: string) => ({
    kind,
    amount: { amount, currency },
    words,
  })
  const parts = [
    ...(discount > 0 ? [{ ...part('discount', discount, `${say(discount)} let off the price`), inRevenue: true as const }] : []),
    ...(refunded > 0 ? [{ ...part('refund', refunded, `${say(refunded)} paid back`), inRevenue: true as const }] : []),
    ...(handling > 0 ? [part('return_handling', handling, `${returns} returns handled at ${say(rates.perReturn.amount)} each`)] : []),
  ]
  return parts.length > 0 ? { id: bought.id, at: bought.at, sourceId: bought.id, parts } : undefined
}
