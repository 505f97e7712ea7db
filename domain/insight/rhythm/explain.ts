import * as z from 'zod'
import type { Workspace } from '../../platform/workspace/index.ts'
import { dayFrom, type Day } from '../../kernel/clock.ts'
import { sayMoney } from '../../kernel/money.ts'
import { dayNumberIn } from '../../kernel/zone.ts'
import { expectedPurchases } from '../model/expected-purchases.ts'
import type { BtydModel } from '../model/btyd.ts'
import { lifetimeValue, type ValuePolicy } from '../model/lifetime-value.ts'
import { historyAt, DAYS_PER_WEEK, type PurchaseHistory, type RhythmState } from '../../customer/rhythm/index.ts'
import { warningDay, warningReason, type WarningReason } from '../model/warning-line.ts'
import {
  lineOf,
  rhythmOf,
  riskFor,
  spendParams,
  valuePolicyOf,
  type CurrentModel,
  type Risk,
  type Segment,
  type SegmentFacts,
} from '../statistics/index.ts'

/** Where the formulas come from, beside the numbers they gave. */
export function formulasOf({ months, margin, monthlyDiscount }: ValuePolicy) {
  return {
    pAlive: 'MBG/NBD, P(alive): Batislam, Denizel & Filiztekin 2007, eq. 8',
    pAny: 'P(alive) · (1 − ((α+T)/(α+T+t))^(r+x)): MBG/NBD, chance of a purchase within t',
    risk: 'probability of no purchase within the horizon, by the score that the back-test chose: 1 − pAny, the same with regular gaps (MBG/CNBD-k: Reutterer, Platzer & Schröder 2021), or a logistic regression on the workspace’s own past',
    expectedPurchases: 'MBG/NBD, E[Y(t)]: Batislam, Denizel & Filiztekin 2007, eq. 10; Fader, Hardie & Lee 2005, eq. 10',
    expectedSpend: 'Gamma-Gamma, E(M | x, m): Fader & Hardie 2013, eq. 5',
    value12Months: `Σ ${months} months E(Δ) × E(M) × margin ${margin} ÷ (1+d)^i, d = ${share(monthlyDiscount)} a month: Fader, Hardie & Lee 2005, "RFM and CLV"`,
    atStake: 'the same value if the customer is still alive: value ÷ P(alive)',
  } as const
}
/** The records that numbers of a rhythm come from, and where to read them. */
export const recordsShape = () =>
  z.object({
    history: z.string().optional().describe('the sums of the purchases'),
    purchases: z.string(),
    model: z.string(),
    backtest: z.string(),
  })

/** @param historyId absent before the first purchase */
export function recordsBehind(customerId: string, historyId: string | undefined): z.output<ReturnType<typeof recordsShape>> {
  return {
    ...(historyId !== undefined && { history: historyId }),
    purchases: `/v1/customers/${customerId}/purchases`,
    model: '/v1/model',
    backtest: '/v1/model/backtest',
  }
}

const share = (value: number): string => `${Math.round(value * 1_000) / 10} %`

export const DAYS_PER_YEAR = 365

/** A customer's rhythm in numbers and words on a day. Money in minor units of the workspace's currency. */
export interface Explanation {
  repeatDays: number
  firstPurchase: Day
  lastPurchase: Day
  usualGapDays: number
  gapOf: 'customer' | 'segment'
  daysSinceLast: number
  pAlive: number
  pAny: number
  horizonDays: number
  warningLine: number
  risk: Risk
  expectedPurchases: { withinHorizon: number; within12Months: number }
  expectedSpendMinor: number
  value12MonthsMinor: number
  valueAtStakeMinor: number
  margin: number
  monthlyDiscount: number
  warnDay?: Day
  /** The segment whose model spoke, where it is not everybody's. */
  segment?: Segment
  words: string
}

/** What a rhythm is explained from: all of it lies at the head of a customer's partition or in a warm function's memory. */
export interface RhythmFacts {
  model: CurrentModel
  history: RhythmState & { net: number; count: number }
  file?: SegmentFacts | undefined
  workspace: Workspace
  now: string
}

/**
 * Explains a rhythm: every number the warning is decided by, and what they mean. Reads nothing.
 * @example explainRhythm({ model: await modelOf(ctx), history, file: customer, workspace: await workspaceOf(ctx), now: ctx.now })
 */
export function explainRhythm({ model, history: state, file, workspace, now }: RhythmFacts): Explanation {
  const today = dayNumberIn(now, workspace.timeZone)
  const line = lineOf(workspace)
  const { segment, ...rhythm } = rhythmOf(model, file)
  const policy = valuePolicyOf(model)
  const reason = warningReason(rhythm, spendParams(model, state), state, line, today, policy)
  const past = historyAt(state, today)
  const warn = warningDay(rhythm, state, line)
  const risk = riskFor(model, file, state, today, workspace.horizonDays)
  const numbers = {
    repeatDays: state.x,
    firstPurchase: dayFrom(state.firstDay),
    lastPurchase: dayFrom(state.lastDay),
    usualGapDays: tenth(reason.usualGapDays),
    gapOf: reason.gapOf,
    daysSinceLast: reason.daysSinceLast,
    pAlive: thousandth(reason.pAlive),
    pAny: thousandth(reason.pAny),
    horizonDays: reason.horizonDays,
    warningLine: thousandth(reason.theta),
    risk: { ...risk, value: thousandth(risk.value) },
    ...worthOf(rhythm, past, reason, policy),
    ...(warn !== undefined && { warnDay: dayFrom(warn) }),
    ...(segment && { segment }),
  }
  return { ...numbers, words: sayRhythm(numbers, workspace.currency, dayFrom(today)) }
}

/** What is expected of a customer, and what that is worth. */
function worthOf(rhythm: BtydModel, past: PurchaseHistory, reason: WarningReason, policy: ValuePolicy) {
  const within = (days: number) => thousandth(expectedPurchases(rhythm, past, days / DAYS_PER_WEEK))
  return {
    expectedPurchases: { withinHorizon: within(reason.horizonDays), within12Months: within(DAYS_PER_YEAR) },
    expectedSpendMinor: Math.round(reason.expectedSpend),
    value12MonthsMinor: Math.round(lifetimeValue(rhythm, past, reason.expectedSpend, policy)),
    valueAtStakeMinor: Math.round(reason.valueAtStake),
    margin: policy.margin,
    monthlyDiscount: policy.monthlyDiscount,
  }
}

const tenth = (value: number): number => Math.round(value * 10) / 10
const thousandth = (value: number): number => Math.round(value * 1_000) / 1_000

/** A probability for people: never 0 % or 100 % unless it is. */
export function sayChance(probability: number): string {
  const percent = Math.round(probability * 100)
  if (percent === 0 && probability > 0) return 'under 1 %'
  if (percent === 100 && probability < 1) return 'over 99 %'
  return `${percent} %`
}

export const sayDays = (days: number): string => {
  const whole = Math.round(days)
  return whole === 1 ? '1 day' : `${whole} days`
}

/** How often and how long ago, the first half of every explanation. */
export function saySilence(numbers: {
  gapOf: 'customer' | 'segment'
  usualGapDays: number
  daysSinceLast: number
  lastPurchase: Day
}): string {
  const { gapOf, usualGapDays, daysSinceLast, lastPurchase } = numbers
  return gapOf === 'customer'
    ? `Usually buys every ${sayDays(usualGapDays)}, now ${sayDays(daysSinceLast)} since the last purchase on ${lastPurchase}.`
    : `Bought on one day only, ${sayDays(daysSinceLast)} ago (${lastPurchase}); active customers here buy every ${sayDays(usualGapDays)} on average.`
}

function sayRhythm(numbers: Omit<Explanation, 'words'>, currency: string, today: Day): string {
  const money = (amount: number) => sayMoney({ amount, currency })
  return [
    saySilence(numbers),
    `The chance that they are still a customer is ${sayChance(numbers.pAlive)};`,
    `that they buy within ${numbers.horizonDays} days, ${sayChance(numbers.pAny)}.`,
    `Expected in 12 months: ${numbers.expectedPurchases.within12Months.toFixed(1)} purchases of about ${money(numbers.expectedSpendMinor)},`,
    `worth ${money(numbers.value12MonthsMinor)} today${numbers.margin < 1 ? ` at a margin of ${share(numbers.margin)}` : ''}.`,
    sayWarnDay(numbers, today),
  ].join(' ')
}

function sayWarnDay({ warnDay, warningLine }: Omit<Explanation, 'words'>, today: Day): string {
  if (warnDay === undefined) return 'No warning is in sight.'
  if (warnDay <= today) return `That chance fell to the warning line of ${sayChance(warningLine)} on ${warnDay}.`
  return `With no purchase, the warning is due on ${warnDay}, when that chance falls to ${sayChance(warningLine)}.`
}
