import { DAYS_PER_WEEK, historyAt, meanRepeatSpend } from '../../customer/rhythm/index.ts'
import type { History } from '../../customer/purchase/index.ts'
import { pAlive, type BtydModel } from '../model/btyd.ts'
import { expectedPurchases } from '../model/expected-purchases.ts'
import { expectedSpend } from '../model/gamma-gamma.ts'
import { spendParams, type CurrentModel } from '../statistics/index.ts'
import type { Profit } from './profit.ts'

/** What a customer is expected to bring and cost in the days to come. Money in minor units. */
export interface Forecast {
  days: number
  purchases: number
  spendPerPurchase: number
  /** Share of the revenue left after the goods, and where it comes from. */
  marginShare: number
  marginFrom: 'purchases' | 'settings'
  /** Cost to serve for each purchase: of the period, of the one before it, and as it goes on. */
  costPerPurchase: { now: number; before: number | undefined; next: number }
  /** Without a purchase to relate it to: the period's cost as it was, if the customer is still there. */
  costFrom: 'purchases' | 'period'
  revenue: number
  cost: number
  profit: number
  pAlive: number
}

export const FORECAST_FORMULAS = {
  revenue:
    'expected purchase days (MBG/NBD, E[Y(t)]: Batislam, Denizel & Filiztekin 2007) × expected spend a day (Gamma-Gamma: Fader & Hardie 2013)',
  margin: 'the share that was left after the goods in the period; without purchases in it, the workspace’s margin',
  cost: 'expected purchase days × cost to serve for each purchase, its last change carried on by half (damped trend: Gardner & McKenzie 1985); without purchases in the period, its cost × P(alive)',
  profit: 'revenue × margin − cost',
} as const

/** How much of the last change goes on. */
const DAMPING = 0.5

interface Known {
  model: CurrentModel
  /** The model that speaks for this customer: their segment's where it has its own. */
  rhythm: BtydModel
  history: History
  today: number
  /** Days ahead: as many as the period has. */
  days: number
  now: Profit
  before: Profit
  margin: number
}

/** Expects the next period from the model and from what the last two came to. */
export function forecastOf({ model, rhythm, history, today, days, now, before, margin }: Known): Forecast {
  const past = historyAt(history, today)
  const purchases = expectedPurchases(rhythm, past, days / DAYS_PER_WEEK)
  const spendPerPurchase = expectedSpend(spendParams(model, history), { x: history.x, mean: meanRepeatSpend(history) })
  const own = now.revenue > 0
  const marginShare = own ? (now.revenue - now.goods) / now.revenue : margin
  const perPurchase = trend(now, before)
  const alive = pAlive(rhythm, past)
  const related = now.purchases > 0
  const revenue = Math.round(purchases * spendPerPurchase)
  const cost = Math.round(related ? purchases * perPurchase.next : now.costToServe * alive)
  return {
    days,
    purchases,
    spendPerPurchase: Math.round(spendPerPurchase),
    marginShare,
    marginFrom: own ? 'purchases' : 'settings',
    costPerPurchase: perPurchase,
    costFrom: related ? 'purchases' : 'period',
    revenue,
    cost,
    profit: Math.round(revenue * marginShare) - cost,
    pAlive: alive,
  }
}

/** Cost to serve for each purchase, now, before and next: never below nothing. */
function trend(now: Profit, before: Profit): Forecast['costPerPurchase'] {
  const each = ({ costToServe, purchases }: Profit): number | undefined => (purchases > 0 ? costToServe / purchases : undefined)
  const [current = 0, earlier] = [each(now), each(before)]
  const next = earlier === undefined ? current : Math.max(0, current + DAMPING * (current - earlier))
  return { now: Math.round(current), before: earlier === undefined ? undefined : Math.round(earlier), next: Math.round(next) }
}
