import * as z from 'zod'
import type { Issue } from '../../kernel/fault.ts'

/** The pyramid: what a customer is worth now × what they promise (after Zeithaml, Rust & Lemon 2001, "The customer pyramid"). */
export const bands = ['low', 'middle', 'high'] as const
export type Band = (typeof bands)[number]

export const strategies = ['invest_protect', 'nurture', 'maintain', 'reach_out', 'reprice_or_let_go'] as const
export type Strategy = (typeof strategies)[number]

const table: Readonly<Record<Band, Readonly<Record<Band, Strategy>>>> = {
  high: { high: 'invest_protect', middle: 'maintain', low: 'reach_out' },
  middle: { high: 'nurture', middle: 'maintain', low: 'reach_out' },
  low: { high: 'nurture', middle: 'maintain', low: 'reprice_or_let_go' },
}

/** The strategy for a value and a potential. */
export function strategyOf(value: Band, potential: Band): Strategy {
  return table[value][potential]
}

/** What each strategy means, in service and in spend. */
export const meanings: Readonly<Record<Strategy, { label: string; service: string; spend: string }>> = {
  invest_protect: {
    label: 'Invest and protect',
    service: 'A named account manager, first in every queue, visits and a word before anything goes wrong.',
    spend: 'Spend on keeping them: exclusives and care before discounts. Their loss costs most.',
  },
  nurture: {
    label: 'Nurture',
    service: 'Quick, helpful answers; introduce what they have not tried.',
    spend: 'Spend on growth: bundles, first-time offers of other goods, a reason to come back sooner.',
  },
  maintain: {
    label: 'Maintain',
    service: 'The usual service, by the channels that cost least and still please.',
    spend: 'Spend as now; regular news and greetings, no special offers.',
  },
  reach_out: {
    label: 'Reach out',
    service: 'A person asks how they are and what went wrong; complaints first.',
    spend: 'One good offer to return, once; stop when it is not taken.',
  },
  reprice_or_let_go: {
    label: 'Reprice or let go',
    service: 'Self-service and standard answers; no visits.',
    spend: 'No campaigns; prices and terms that cover what serving them costs.',
  },
}

const score = () => z.int().min(1).max(5)
const lines = () =>
  z.strictObject({
    highFrom: score().describe('the least quintile that is high'),
    lowTo: score().describe('the highest quintile that is low'),
  })

/** From and up to which quintile value and potential are high and low. */
export const policyShape = () => ({ value: lines(), potential: lines() })
export type Policy = z.output<z.ZodObject<ReturnType<typeof policyShape>>>

/** The thresholds of a workspace that has not set its own: the upper two fifths are high, the lower two low. */
export const defaultPolicy: Policy = { value: { highFrom: 4, lowTo: 2 }, potential: { highFrom: 4, lowTo: 2 } }

/** Everything wrong with thresholds that their schema cannot say. */
export function policyIssues(policy: Policy): Issue[] {
  return (['value', 'potential'] as const).flatMap((axis) =>
    policy[axis].lowTo < policy[axis].highFrom
      ? []
      : [{ path: `${axis}.lowTo`, code: 'overlaps_high', message: 'What is low must end below where high begins.' }],
  )
}

/** The band of a quintile. */
export function bandOf({ highFrom, lowTo }: Policy['value'], quintile: number): Band {
  return quintile >= highFrom ? 'high' : quintile <= lowTo ? 'low' : 'middle'
}

/** The band of potential: never high for who is more likely gone than not. */
export function potentialBand(policy: Policy, quintile: number, alive: boolean): Band {
  const band = bandOf(policy.potential, quintile)
  return band === 'high' && !alive ? 'middle' : band
}

/** The band of value: who cost more than they brought is worth little, whatever they spent. */
export function valueBand(policy: Policy, quintile: number, loss: boolean): Band {
  return loss ? 'low' : bandOf(policy.value, quintile)
}
