import { baseOf, returnedBase, type Purchase } from '../../customer/purchase/index.ts'
import type { Pricing } from './rates.ts'

/**
 * What of a purchase goes to or through the customer, in minor units of the workspace's currency. Read from the purchase
 * when asked, never written again: a purchase is where it stands.
 */
export interface PurchaseCost {
  /** What was paid. */
  gross: number
  /** Let off the price beforehand: not in `gross`. */
  discount: number
  /** Paid back since. */
  refunded: number
  returns: number
  /** What handling the returns cost. */
  handling: number
  /** What the goods cost that the customer kept, and what was lost of those that came back. */
  goods: number
  goodsFrom: 'purchase' | 'margin'
}

/** What a purchase came to. */
export function costOfPurchase(purchase: Purchase, rates: Pricing): PurchaseCost {
  const gross = baseOf(purchase)
  const refunded = returnedBase(purchase)
  const returns = purchase.returns?.length ?? 0
  const { cost } = purchase
  return {
    gross,
    discount: inBase(purchase, purchase.discount ?? 0),
    refunded,
    returns,
    handling: returns * rates.perReturn.amount,
    goods:
      cost === undefined ? Math.round((gross - refunded) * (1 - rates.margin)) : Math.round(inBase(purchase, cost) * kept(purchase, rates)),
    goodsFrom: cost === undefined ? 'margin' : 'purchase',
  }
}

/** An amount of the purchase's currency in the workspace's, by the rate at which it was paid. A free order has no rate. */
function inBase({ amount, baseAmount }: Purchase, minor: number): number {
  if (!baseAmount) return minor
  return amount.amount === 0 ? 0 : Math.round((minor / amount.amount) * baseAmount.amount)
}

/** Share of the goods' cost that is not recovered by returns. */
function kept({ amount, returned }: Purchase, { returnLoss }: Pricing): number {
  return amount.amount === 0 ? 1 : 1 - (returned / amount.amount) * (1 - returnLoss)
}
