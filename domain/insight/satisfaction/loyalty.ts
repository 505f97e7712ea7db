import * as z from 'zod'
import type { Population } from '../rfm/index.ts'

export const LOYALTY_FORMULAS = {
  repeatRate: 'customers who bought on more than one day ÷ all who bought',
  retention:
    'of the customers who had bought before the month, the share who bought since it began; a closed month is kept as it was when it ended, so there it is who bought within it',
  referralShare: 'customers whose referral was claimed by their first purchase in the period ÷ customers who bought first in it',
} as const

const share = () => z.number().min(0).max(1).optional()

export const loyaltyView = () =>
  z.object({
    customers: z.int(),
    repeaters: z.int(),
    repeatRate: share(),
    retention: z.array(z.object({ month: z.string(), customersBefore: z.int(), boughtSince: z.int(), rate: share(), closed: z.boolean() })),
    newCustomers: z.int(),
    referred: z.int(),
    referralShare: share(),
    measuredAt: z.string(),
  })

/** A share of what there is; absent of nothing. */
export function shareOf(part: number, whole: number): number | undefined {
  return whole > 0 ? Math.round((Math.min(part, whole) / whole) * 10_000) / 10_000 : undefined
}

/** How loyal customers were in some months. Of months more than two years ago nothing is known. */
export function loyaltyOf(population: Population, months: readonly string[], referred: number): z.output<ReturnType<typeof loyaltyView>> {
  const told = population.months.filter(({ month }) => months.includes(month)).reverse()
  const newCustomers = told.reduce((sum, { joined }) => sum + joined, 0)
  const { customers, repeaters } = population
  const [repeatRate, referralShare] = [shareOf(repeaters, customers), shareOf(referred, newCustomers)]
  return {
    customers,
    repeaters,
    ...(repeatRate !== undefined && { repeatRate }),
    retention: told.map(({ month, before, since, closed }) => {
      const rate = shareOf(since, before)
      return { month, customersBefore: before, boughtSince: since, ...(rate !== undefined && { rate }), closed: closed === true }
    }),
    newCustomers,
    referred,
    ...(referralShare !== undefined && { referralShare }),
    measuredAt: population.measuredAt,
  }
}
