import * as z from 'zod'
import { money } from '../../kernel/money.ts'
import type { Population } from '../rfm/index.ts'
import { bandFloor } from '../statistics/index.ts'
import { bandOf, bands, potentialBand, type Band, type Policy } from './strategy.ts'

export const band = () => z.enum(bands)
/** Where high begins and low ends, in quintiles and in what they come to now; absent where no customer reaches it. */
const line = <T extends z.ZodType>(value: T) =>
  z.object({ highFrom: z.int(), lowTo: z.int(), highIs: value.optional(), lowIsBelow: value.optional() })
export const thresholdsView = () => z.object({ value: line(money()), potential: line(z.number()), policyVersion: z.int() })

/** The thresholds, and what they come to among the customers there are. */
export function thresholdsOf(
  policy: Policy & { version: number },
  all: Population,
  currency: string,
): z.output<ReturnType<typeof thresholdsView>> {
  /** The least value of a quintile from 2 to 5. */
  const floorOf = <T>(cuts: readonly (number | null)[], quintile: number, say: (cut: number) => T): T | undefined => {
    const cut = cuts[quintile - 2]
    return cut === null || cut === undefined ? undefined : say(cut)
  }
  const told = <T>(axis: Policy['value'], cuts: readonly (number | null)[], say: (cut: number) => T) => {
    const [highIs, lowIsBelow] = [floorOf(cuts, axis.highFrom, say), floorOf(cuts, axis.lowTo + 1, say)]
    return { ...axis, ...(highIs !== undefined && { highIs }), ...(lowIsBelow !== undefined && { lowIsBelow }) }
  }
  return {
    value: told(policy.value, all.monetary.cuts, (cut) => ({ amount: bandFloor(cut), currency })),
    potential: told(policy.potential, all.potential.cuts, thousandth),
    policyVersion: policy.version,
  }
}

export const thousandth = (value: number): number => Math.round(value * 1_000) / 1_000

/** Customers of the population in a band of value and of potential. */
export function countOf(all: Population, policy: Policy, value: Band, potential: Band): number {
  let customers = 0
  all.value.all.forEach((row, v) => {
    if (bandOf(policy.value, v + 1) !== value) return
    row.forEach((some, p) => {
      const alive = all.value.alive[v]?.[p] ?? 0
      if (potentialBand(policy, p + 1, true) === potential) customers += alive
      if (potentialBand(policy, p + 1, false) === potential) customers += some - alive
    })
  })
  return customers
}
