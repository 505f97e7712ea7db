import * as z from 'zod'
import type { Issue } from '../../kernel/fault.ts'
import { minorDigits, money } from '../../kernel/money.ts'

const minutes = () => z.number().min(0).max(600)
const share = () => z.number().min(0).max(1)

/** What serving customers costs, as the workspace sets it. */
export const ratesShape = () => ({
  /** An hour of someone who answers tickets. */
  servicePerHour: money(),
  /** An hour of someone on a visit, and what every visit costs besides: the way there. */
  visitPerHour: money(),
  perVisit: money(),
  /** Time that a resolved ticket is taken to have cost, unless it was recorded: so much, and so much for each message. */
  minutesPerTicket: minutes(),
  minutesPerMessage: minutes(),
  /** Handling one return. */
  perReturn: money(),
  /** One message of a campaign. */
  perSend: money(),
  /** Share of the goods' cost that is lost when they come back. 0–1. */
  returnLoss: share(),
})
export type Rates = z.output<z.ZodObject<ReturnType<typeof ratesShape>>>

/** Rates and the version they are of; 0 for the product's own. */
export type RatesInForce = Rates & { version: number }

/** All by which purchases are priced: the rates, and the margin of the settings of insight for goods whose cost nobody names. */
export type Pricing = RatesInForce & { margin: number }

/** What is taken before a workspace has said anything, in whole units of its currency. */
export function defaultRates(currency: string): Rates {
  const whole = (units: number) => ({ amount: units * 10 ** minorDigits(currency), currency })
  return {
    servicePerHour: whole(30),
    visitPerHour: whole(40),
    perVisit: whole(20),
    minutesPerTicket: 5,
    minutesPerMessage: 5,
    perReturn: whole(5),
    perSend: whole(0),
    returnLoss: 0,
  }
}

/** The most an hour or a visit may cost, in minor units: what is multiplied with minutes stays exact. */
const MOST = 1e10

/** Everything wrong with rates that their schema cannot say. */
export function ratesIssues(rates: Rates, currency: string): Issue[] {
  const issues = Object.entries(rates).flatMap(([field, value]): Issue[] => {
    if (typeof value === 'number') return []
    const foreign = { path: `${field}.currency`, code: 'not_the_workspaces', message: `The workspace’s currency is ${currency}.` }
    const beyond = { path: `${field}.amount`, code: 'too_big', message: `At most ${MOST} minor units.` }
    return [...(value.currency === currency ? [] : [foreign]), ...(value.amount > MOST ? [beyond] : [])]
  })
  if (rates.perSend.amount > rates.servicePerHour.amount && rates.servicePerHour.amount > 0) {
    issues.push({ path: 'perSend.amount', code: 'above_an_hour', message: 'One campaign message costs less than an hour of service.' })
  }
  return issues
}

/** What time costs, to the nearest minor unit. */
export function timeCost(minutesTaken: number, perHourMinor: number): number {
  return Math.round((minutesTaken * perHourMinor) / 60)
}
