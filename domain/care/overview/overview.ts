import * as z from 'zod'
import { money, sayMoney, type Money } from '../../kernel/money.ts'
import { explainRhythm, type RhythmFacts } from '../../insight/rhythm/index.ts'
import { riskScores } from '../../insight/statistics/index.ts'
import { isTimely, replenishments, type Bought } from '../../insight/recommendation/index.ts'
import type { Day } from '../../kernel/clock.ts'
import { byScore, offerWork, ranked, withoutDoubles, type Ranked, type Waiting } from '../day/index.ts'

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
    spent: {
      value: money(sums.net),
      source: `history.net: ${sayMoney(money(sums.gross))} bought less ${sayMoney(money(sums.returned))} returned`,
    },
    spentLastYear: {
      value: money(sums.yearNet),
      source: `history.yearNet: at most; exact on ${sums.yearNetAt.slice(0, 10)}, and purchases since`,
    },
    firstPurchaseAt: { value: sums.firstAt, source: 'history.firstAt' },
    lastPurchaseAt: { value: sums.lastAt, source: 'history.lastAt' },
  }
}

/** What the customer will want again about now, from the latest purchases: no read of its own. @param purchases newest first */
export function offersIn(purchases: readonly Bought[], today: Day): Waiting[] {
  return replenishments(purchases)
    .filter((one) => isTimely(one, today))
    .map(offerWork)
}

/** What presses most for a customer and why; undefined when nothing waits. */
export function nextBestAction(work: readonly Waiting[], now: string): Ranked | undefined {
  return withoutDoubles(work)
    .map((one) => ranked(one, now))
    .sort(byScore)[0]
}

const chance = () => z.number().min(0).max(1)

/** What the models say of a customer. */
export const insightShape = () => ({
  pAlive: chance(),
  pAny: chance(),
  horizonDays: z.int(),
  risk: z.object({ value: chance(), score: z.enum(riskScores), why: z.string() }),
  expectedPurchases12Months: z.number(),
  value12Months: money(),
  atStake: money(),
  warnOn: z.iso.date().optional().describe('the day of the churn warning if no purchase comes before'),
  words: z.string(),
})

/** Chances, risk and value of a customer from what the overview has read anyway. */
export function insightOf(facts: RhythmFacts): z.output<z.ZodObject<ReturnType<typeof insightShape>>> {
  const { pAlive, pAny, horizonDays, risk, expectedPurchases, value12MonthsMinor, valueAtStakeMinor, warnDay, words } = explainRhythm(facts)
  const worth = (amount: number): Money => ({ amount, currency: facts.workspace.currency })
  return {
    pAlive,
    pAny,
    horizonDays,
    risk,
    expectedPurchases12Months: expectedPurchases.within12Months,
    value12Months: worth(value12MonthsMinor),
    atStake: worth(valueAtStakeMinor),
    ...(warnDay !== undefined && { warnOn: warnDay }),
    words,
  }
}
