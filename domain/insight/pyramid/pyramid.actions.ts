import * as z from 'zod'
import { customer } from '../../customer/customer/index.ts'
import { historyAt, meanRepeatSpend } from '../../customer/rhythm/index.ts'
import type { HistoryRecord } from '../../customer/purchase/index.ts'
import { action } from '../../kernel/action.ts'
import * as f from '../../kernel/fields.ts'
import { money, sayMoney } from '../../kernel/money.ts'
import { idOf } from '../../kernel/record.ts'
import { dayNumberIn } from '../../kernel/zone.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { periodOf, pricingOf } from '../cost/index.ts'
import type { BtydModel } from '../model/btyd.ts'
import { expectedSpend } from '../model/gamma-gamma.ts'
import { lifetimeValue } from '../model/lifetime-value.ts'
import { readProfit } from '../profit/index.ts'
import { ALIVE, populationOf, potentialOf, scoreOf, scoresOf } from '../rfm/index.ts'
import { sayChance, visibleHead } from '../rhythm/index.ts'
import { modelOf, rhythmOf, spendParams, valuePolicyOf, type CurrentModel } from '../statistics/index.ts'
import { tier } from '../tier/index.ts'
import { policyOf } from './policy.store.ts'
import { bands, meanings, potentialBand, strategies, strategyOf, valueBand, type Band, type Strategy } from './strategy.ts'
import { band, countOf, thousandth, thresholdsOf, thresholdsView } from './threshold.ts'

const FORMULAS = {
  value: 'quintile of net spend among all customers with a purchase; low for who cost more than they brought in the last 365 days',
  potential:
    'quintile of the purchase days expected within 12 months (MBG/NBD, E[Y(t)]: Batislam, Denizel & Filiztekin 2007); never high below P(alive) 50 %',
  quintile: '1 + floor(5 × share of customers strictly below), ties together',
  clv12m: 'Σ months E(Δ) × E(M) × margin ÷ (1+d)^i, as GET /customers/{id}/rhythm tells it: Fader, Hardie & Lee 2005, "RFM and CLV"',
} as const

const meaningView = () => z.object({ strategy: z.enum(strategies), label: z.string(), service: z.string(), spend: z.string() })
const meaningOf = (strategy: Strategy) => ({ strategy, ...meanings[strategy] })

const matrixView = () =>
  z.object({
    measuredAt: f.instant(),
    customers: z.int(),
    cells: z.array(z.object({ value: band(), potential: band(), strategy: z.enum(strategies), customers: z.int() })),
    strategies: z.array(z.object({ ...meaningView().shape, customers: z.int() })),
    thresholds: thresholdsView(),
    words: z.string(),
    formulas: z.record(z.string(), z.string()),
  })

/** Customers by value and potential, from the counts of the population: no customer is read. */
export const show = action(
  'pyramid.show',
  () => ({ input: z.strictObject({}), output: matrixView() }),
  async (ctx) => {
    const [all, policy, { currency }] = await Promise.all([populationOf(ctx), policyOf(ctx), workspaceOf(ctx)])
    const count = (value: Band, potential: Band): number => countOf(all, policy, value, potential)
    const cells = bands.flatMap((value) =>
      bands.map((potential) => ({ value, potential, strategy: strategyOf(value, potential), customers: count(value, potential) })),
    )
    const inStrategy = (strategy: Strategy): number => cells.reduce((sum, one) => sum + (one.strategy === strategy ? one.customers : 0), 0)
    return {
      measuredAt: all.measuredAt,
      customers: all.customers,
      cells,
      strategies: strategies.map((strategy) => ({ ...meaningOf(strategy), customers: inStrategy(strategy) })),
      thresholds: thresholdsOf(policy, all, currency),
      words:
        'Counted by net spend and by the purchases expected within 12 months, to the week. A customer’s own page looks at profit too, and takes a loss for low value.',
      formulas: FORMULAS,
    }
  },
)

const customerView = () =>
  z.object({
    customerId: z.string(),
    strategy: z.enum(strategies).optional(),
    meaning: meaningView().optional(),
    value: z
      .object({
        band: band(),
        quintile: z.int(),
        net: money(),
        profit365Days: z.object({ amount: z.int(), currency: z.string() }),
        loss: z.boolean(),
      })
      .optional(),
    potential: z
      .object({ band: band(), quintile: z.int(), purchasesWithin12Months: z.number(), pAlive: z.number(), clv12m: money() })
      .optional(),
    tier: z.string().optional(),
    thresholds: thresholdsView(),
    words: z.string(),
    records: z.array(z.string()),
    formulas: z.record(z.string(), z.string()),
  })

/** A customer's place in the pyramid, what it means in service and spend, and the numbers that put them there. */
export const showOf = action(
  'pyramid.show_of',
  () => ({ input: z.strictObject({ id: idOf(customer) }), output: customerView() }),
  async (ctx, { id }) => {
    const [head, all, policy, workspace, model, rates] = await Promise.all([
      visibleHead(ctx, id),
      populationOf(ctx),
      policyOf(ctx),
      workspaceOf(ctx),
      modelOf(ctx),
      pricingOf(ctx),
    ])
    const { currency, timeZone } = workspace
    const { history } = head
    const common = { customerId: id, thresholds: thresholdsOf(policy, all, currency), formulas: FORMULAS }
    if (!history) return { ...common, words: 'No purchase is recorded yet, so there is no value to judge.', records: [] }
    const { now } = await readProfit(ctx, id, periodOf(undefined, ctx.now, timeZone), rates, timeZone)
    const today = dayNumberIn(ctx.now, timeZone)
    const rhythm = rhythmOf(model, head.customer)
    const promise = potentialOf(rhythm, history, today)
    const quintiles = { value: scoresOf(all, history).monetary, potential: scoreOf(all.potential.cuts, promise.expected) }
    const loss = now.profit < 0
    const value = valueBand(policy, quintiles.value, loss)
    const potential = potentialBand(policy, quintiles.potential, promise.pAlive >= ALIVE)
    const strategy = strategyOf(value, potential)
    const inCurrency = (amount: number) => ({ amount, currency })
    const told = {
      strategy,
      value: { band: value, quintile: quintiles.value, net: inCurrency(history.net), profit365Days: inCurrency(now.profit), loss },
      potential: {
        band: potential,
        quintile: quintiles.potential,
        purchasesWithin12Months: thousandth(promise.expected),
        pAlive: thousandth(promise.pAlive),
        clv12m: inCurrency(clvOf(model, rhythm, history, today)),
      },
    }
    const membership = head.single(tier)?.tier
    return {
      ...common,
      ...told,
      meaning: meaningOf(strategy),
      ...(membership !== undefined && { tier: membership }),
      words: sayPlace(told),
      records: [history.id],
    }
  },
)

function clvOf(model: CurrentModel, rhythm: BtydModel, history: HistoryRecord, today: number): number {
  const spend = expectedSpend(spendParams(model, history), { x: history.x, mean: meanRepeatSpend(history) })
  return Math.round(lifetimeValue(rhythm, historyAt(history, today), spend, valuePolicyOf(model)))
}

type View = z.output<ReturnType<typeof customerView>>
interface Told {
  strategy: Strategy
  value: NonNullable<View['value']>
  potential: NonNullable<View['potential']>
}

function sayPlace({ strategy, value, potential }: Told): string {
  const { net, profit365Days, loss, quintile } = value
  const result = `${loss ? 'a loss' : 'a profit'} of ${sayMoney({ ...profit365Days, amount: Math.abs(profit365Days.amount) })} in the last 365 days`
  const worth = loss
    ? `Value low for ${result}, whatever was spent: ${sayMoney(net)}`
    : `Value ${value.band}: ${sayMoney(net)} spent in all, quintile ${quintile}, ${result}`
  const { purchasesWithin12Months, pAlive, clv12m } = potential
  const ahead = `potential ${potential.band}: ${purchasesWithin12Months.toFixed(1)} purchase days expected within 12 months, quintile ${potential.quintile}, worth ${sayMoney(clv12m)}, and still a customer with ${sayChance(pAlive)}`
  return `${meanings[strategy].label}. ${worth}; ${ahead}.`
}
