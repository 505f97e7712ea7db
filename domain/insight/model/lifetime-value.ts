import { type BtydModel, pAlive } from './btyd.ts'
import { expectedPurchasesIfAlive } from './expected-purchases.ts'
import { DAYS_PER_WEEK, type PurchaseHistory } from '../../customer/rhythm/index.ts'

/** Weeks of a month: a twelfth of 365 days. */
export const WEEKS_PER_MONTH = 365 / 12 / DAYS_PER_WEEK

/** How the value of a customer is counted. */
export interface ValuePolicy {
  /** Months looked ahead. */
  readonly months: number
  /** Share of the spend that is kept, 1 for revenue. */
  readonly margin: number
  /** Discount per month, 0.01 for 1 %. */
  readonly monthlyDiscount: number
}

/** Twelve months of revenue at a discount of 1 % a month. */
export const DEFAULT_VALUE_POLICY: ValuePolicy = { months: 12, margin: 1, monthlyDiscount: 0.01 }

/** Discounted purchase days of a customer known to be alive: Σ over months of E(Δ) ÷ (1+d)^i. */
function discountedPurchasesIfAlive(model: BtydModel, history: PurchaseHistory, policy: ValuePolicy): number {
  let discounted = 0
  let before = 0
  let factor = 1
  for (let month = 1; month <= policy.months; month++) {
    const expected = expectedPurchasesIfAlive(model, history, month * WEEKS_PER_MONTH)
    factor /= 1 + policy.monthlyDiscount
    discounted += (expected - before) * factor
    before = expected
  }
  return discounted
}

/**
 * Lifetime value over the policy's months: expected purchases of each month × expected spend × margin, discounted at
 * the end of the month (Fader, Hardie & Lee 2005b, "RFM and CLV"). In the unit of `spend`.
 */
export function lifetimeValue(
  model: BtydModel,
  history: PurchaseHistory,
  spend: number,
  policy: ValuePolicy = DEFAULT_VALUE_POLICY,
): number {
  return pAlive(model, history) * valueAtStake(model, history, spend, policy)
}

/** The same value if the customer is still alive: what is lost when the silence turns out to be for good. */
export function valueAtStake(
  model: BtydModel,
  history: PurchaseHistory,
  spend: number,
  policy: ValuePolicy = DEFAULT_VALUE_POLICY,
): number {
  return discountedPurchasesIfAlive(model, history, policy) * spend * policy.margin
}
