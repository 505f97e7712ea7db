import { sayMoney, type Money } from '../../kernel/money.ts'
import { byScore, ranked, withoutDoubles, type Ranked, type Waiting } from '../day/index.ts'

/** A number and where it comes from. */
export interface Sourced<T> {
  value: T
  source: string
}

/** What all purchases come to, as the history record keeps it. Money in minor units of the workspace's currency. */
export interface Sums {
  count: number
  gross: number
  returned: number
  net: number
  yearNet: number
  yearNetAt: string
  firstAt: string
  lastAt: string
}

/** The totals of a customer, each with its source. */
export function totalsOf(sums: Sums, currency: string) {
  const money = (amount: number): Money => ({ amount, currency })
  return {
    purchases: { value: sums.count, source: 'history.count: purchases on record, each counted as it was recorded' },
    spent: { value: money(sums.net), source: `history.net: ${sayMoney(money(sums.gross))} bought less ${sayMoney(money(sums.returned))} returned` },
    spentLastYear: { value: money(sums.yearNet), source: `history.yearNet: at most; exact on ${sums.yearNetAt.slice(0, 10)}, and purchases since` },
    firstPurchaseAt: { value: sums.firstAt, source: 'history.firstAt' },
    lastPurchaseAt: { value: sums.lastAt, source: 'history.lastAt' },
  }
}

/** What presses most for a customer and why; undefined when nothing waits. */
export function nextBestAction(work: readonly Waiting[], now: string): Ranked | undefined {
  return withoutDoubles(work).map((one) => ranked(one, now)).sort(byScore)[0]
}
