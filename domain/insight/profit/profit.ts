import { costKinds, costOfPurchase, type Cost, type CostKind, type Pricing } from '../cost/index.ts'
import type { Purchase } from '../../customer/purchase/index.ts'

/** What a customer brought and cost in a period, in minor units of the workspace's currency. */
export interface Profit {
  /** What the goods were worth before anything was let off, what was let off, and what was paid back since. */
  listed: number
  discounts: number
  refunds: number
  /** What remained: net purchases. */
  revenue: number
  goods: number
  costToServe: number
  profit: number
  purchases: number
  /** Purchases that name what their goods cost; of the others the margin tells. */
  priced: number
  returns: number
  handling: number
  served: Record<CostKind, number>
}

export const FORMULAS = {
  revenue: 'listed − discounts − refunds: what was paid for the period’s purchases and not paid back, whenever it was paid back',
  costOfGoods:
    'for each purchase its own cost × (1 − share given back × (1 − returnLoss)); of one that names none, revenue × (1 − the workspace’s margin)',
  costToServe: 'the period’s booked costs + returns × perReturn; discounts and refunds are off the revenue and not taken off twice',
  profit: 'revenue − cost of goods − cost to serve',
} as const

/** What purchases and costs of a period come to. */
export function profitOf(purchases: readonly Purchase[], costs: readonly Cost[], rates: Pricing): Profit {
  const read = purchases.map((one) => costOfPurchase(one, rates))
  const sum = (value: (one: (typeof read)[number]) => number): number => read.reduce((total, one) => total + value(one), 0)
  const [gross, discounts, refunds] = [sum((one) => one.gross), sum((one) => one.discount), sum((one) => one.refunded)]
  const handling = sum((one) => one.handling)
  const goods = sum((one) => one.goods)
  const served = servedBy(costs)
  const costToServe = handling + costKinds.reduce((total, kind) => total + served[kind], 0)
  const revenue = gross - refunds
  return {
    listed: gross + discounts,
    discounts,
    refunds,
    revenue,
    goods,
    costToServe,
    profit: revenue - goods - costToServe,
    purchases: read.length,
    priced: read.filter(({ goodsFrom }) => goodsFrom === 'purchase').length,
    returns: sum((one) => one.returns),
    handling,
    served,
  }
}

function servedBy(costs: readonly Cost[]): Record<CostKind, number> {
  const served: Record<CostKind, number> = { ticket: 0, visit: 0, compensation: 0, campaign: 0, other: 0 }
  for (const { kind, amount } of costs) served[kind] += amount.amount
  return served
}
