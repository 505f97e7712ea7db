import * as z from 'zod'
import { customer } from '../../customer/customer/index.ts'
import type { PurchaseRecord } from '../../customer/purchase/index.ts'
import { action } from '../../kernel/action.ts'
import type { Ctx } from '../../kernel/context.ts'
import * as f from '../../kernel/fields.ts'
import { sayMoney } from '../../kernel/money.ts'
import { idOf } from '../../kernel/record.ts'
import { dayNumberIn } from '../../kernel/zone.ts'
import { workspaceOf, type Workspace } from '../../platform/workspace/index.ts'
import {
  costsWithin,
  periodBefore,
  periodInput,
  periodOf,
  purchasesWithin,
  pricingOf,
  type CostRecord,
  type Period,
  type Pricing,
} from '../cost/index.ts'
import { visibleHead } from '../rhythm/index.ts'
import { modelOf, rhythmOf } from '../statistics/index.ts'
import { FORECAST_FORMULAS, forecastOf, type Forecast } from './forecast.ts'
import { FORMULAS, profitOf, type Profit } from './profit.ts'

/** Money that may be below nothing. */
const balance = () => z.object({ amount: z.int().min(-9e15).max(9e15), currency: z.string() })
/** A number, the records it comes from (the latest of them by id) and where all of them can be listed. */
const records = () => z.object({ count: z.int(), latest: z.array(z.string()), all: z.string() })

/** Records named one by one. */
const NAMED = 25

const view = () =>
  z.object({
    customerId: z.string(),
    period: z.object({ name: z.string(), from: f.day(), to: f.day(), days: z.int() }),
    listed: balance(),
    discounts: balance(),
    refunds: balance(),
    revenue: balance(),
    costOfGoods: balance(),
    costToServe: balance(),
    profit: balance(),
    /** Cost to serve by kind, in minor units; `return_handling` is told by the purchases. */
    served: z.record(z.string(), z.int()),
    purchases: z.object({ ...records().shape, withCost: z.int(), returns: z.int() }),
    costs: records(),
    /** False where the period has more records than are read at once: the latest are counted. */
    whole: z.boolean(),
    rates: z.object({ version: z.int(), margin: z.number(), why: z.string() }),
    forecast: z
      .object({
        days: z.int(),
        expectedPurchases: z.number(),
        spendPerPurchase: balance(),
        marginShare: z.number(),
        marginFrom: z.enum(['purchases', 'settings']),
        costPerPurchase: z.object({ now: balance(), before: balance().optional(), next: balance() }),
        costFrom: z.enum(['purchases', 'period']),
        revenue: balance(),
        cost: balance(),
        profit: balance(),
        model: z.object({ source: z.enum(['fitted', 'pooled']), version: z.int(), why: z.string() }),
        words: z.string(),
        formulas: z.record(z.string(), z.string()),
      })
      .optional(),
    words: z.string(),
    formulas: z.record(z.string(), z.string()),
  })

/** A period of a customer, and the one before it, as their records tell. */
export interface Reading {
  now: Profit
  before: Profit
  purchases: PurchaseRecord[]
  costs: CostRecord[]
  whole: boolean
}

/** Reads a period and the one before it: two queries of what lies in them, and nothing else. */
export async function readProfit(ctx: Ctx, customerId: string, period: Period, rates: Pricing, timeZone: string): Promise<Reading> {
  const earlier = periodBefore(period)
  const both = { ...period, from: earlier.from, days: period.days + earlier.days }
  const [bought, booked] = await Promise.all([
    purchasesWithin(ctx, customerId, both, timeZone),
    costsWithin(ctx, customerId, both, timeZone),
  ])
  // Records lie by their time, and a day of the calendar begins where the workspace is.
  const inPeriod = ({ at }: { at: string }): boolean => dayNumberIn(at, timeZone) >= Date.parse(period.from) / 86_400_000
  const isEarlier = (one: { at: string }): boolean => !inPeriod(one)
  const [purchases, costs] = [bought.records.filter(inPeriod), booked.records.filter(inPeriod)]
  return {
    now: profitOf(purchases, costs, rates),
    before: profitOf(bought.records.filter(isEarlier), booked.records.filter(isEarlier), rates),
    purchases,
    costs,
    whole: bought.whole && booked.whole,
  }
}

/** What a customer brought and cost in a period, the records behind each number, and what the next period is expected to bring. */
export const show = action(
  'profit.show',
  () => ({ input: z.strictObject({ id: idOf(customer), period: periodInput().optional() }), output: view() }),
  async (ctx, { id, period: name }) => {
    const [head, rates, workspace, model] = await Promise.all([visibleHead(ctx, id), pricingOf(ctx), workspaceOf(ctx), modelOf(ctx)])
    const { currency, timeZone } = workspace
    const period = periodOf(name, ctx.now, timeZone)
    const read = await readProfit(ctx, id, period, rates, timeZone)
    const today = dayNumberIn(ctx.now, timeZone)
    const next =
      head.history &&
      forecastOf({
        model,
        rhythm: rhythmOf(model, head.customer),
        history: head.history,
        today,
        days: period.days,
        margin: rates.margin,
        ...read,
      })
    const { source, version, why } = model
    return {
      customerId: id,
      period,
      ...told(read, id, period, currency),
      rates: { version: rates.version, margin: rates.margin, why: sayRates(rates) },
      ...(next && { forecast: { ...toldForecast(next, currency), model: { source, version, why } } }),
      words: sayProfit(read.now, period, workspace),
      formulas: FORMULAS,
    }
  },
)

function told({ now, purchases, costs, whole }: Reading, id: string, { from, to }: Period, currency: string) {
  const money = (amount: number) => ({ amount, currency })
  const named = (some: readonly { id: string }[], kind: string) => ({
    count: some.length,
    latest: some.slice(0, NAMED).map((one) => one.id),
    all: `/v1/customers/${id}/${kind}?from=${from}&to=${to}`,
  })
  return {
    listed: money(now.listed),
    discounts: money(now.discounts),
    refunds: money(now.refunds),
    revenue: money(now.revenue),
    costOfGoods: money(now.goods),
    costToServe: money(now.costToServe),
    profit: money(now.profit),
    served: { ...now.served, return_handling: now.handling },
    purchases: { ...named(purchases, 'purchases'), withCost: now.priced, returns: now.returns },
    costs: named(costs, 'costs'),
    whole,
  }
}

function toldForecast(next: Forecast, currency: string) {
  const money = (amount: number) => ({ amount, currency })
  const { now, before, next: after } = next.costPerPurchase
  return {
    days: next.days,
    expectedPurchases: Math.round(next.purchases * 1_000) / 1_000,
    spendPerPurchase: money(next.spendPerPurchase),
    marginShare: Math.round(next.marginShare * 1_000) / 1_000,
    marginFrom: next.marginFrom,
    costPerPurchase: { now: money(now), ...(before !== undefined && { before: money(before) }), next: money(after) },
    costFrom: next.costFrom,
    revenue: money(next.revenue),
    cost: money(next.cost),
    profit: money(next.profit),
    words: sayForecast(next, currency),
    formulas: FORECAST_FORMULAS,
  }
}

function sayRates({ version, margin }: Pricing): string {
  const rates =
    version === 0
      ? 'The product’s own rates, since the workspace has set none (POST /cost-rates)'
      : `Version ${version} of the workspace’s rates`
  return `${rates}; a margin of ${Math.round(margin * 100)} % on goods whose cost no one names (PATCH /insight-settings).`
}

function sayProfit(now: Profit, { from, to }: Period, { currency }: Workspace): string {
  const say = (amount: number) => sayMoney({ amount, currency })
  const margin = now.purchases - now.priced
  const priced = margin > 0 ? ` (${margin} of the purchases by the workspace’s margin)` : ''
  return (
    `From ${from} to ${to}: ${now.purchases} purchases brought ${say(now.revenue)}; the goods cost ${say(now.goods)}${priced}, ` +
    `serving ${say(now.costToServe)}. ${now.profit < 0 ? 'A loss' : 'A profit'} of ${say(Math.abs(now.profit))}.`
  )
}

function sayForecast(next: Forecast, currency: string): string {
  const say = (amount: number) => sayMoney({ amount, currency })
  const { now, before, next: after } = next.costPerPurchase
  const trend = before === undefined ? '' : `, after ${say(before)} before and ${say(now)} now`
  const cost =
    next.costFrom === 'purchases'
      ? `at ${say(after)} to serve each${trend}`
      : 'the cost of the period, as likely as they are still a customer'
  return (
    `In the next ${next.days} days: ${next.purchases.toFixed(1)} purchase days of about ${say(next.spendPerPurchase)}, ${say(next.revenue)} in all; ` +
    `${Math.round(next.marginShare * 100)} % of it left after the goods; ${say(next.cost)} to serve, ${cost}. ` +
    `${next.profit < 0 ? 'A loss' : 'A profit'} of ${say(Math.abs(next.profit))}.`
  )
}
