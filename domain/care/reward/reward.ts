import * as z from 'zod'
import type { Instant } from '../../kernel/clock.ts'
import { fault, type Fault, type Issue } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { money } from '../../kernel/money.ts'

/** What a workspace says of something that points buy. */
export const rewardFileShape = () => ({
  name: f.line(120),
  description: f.prose(2_000).optional(),
  /** Points for one. */
  cost: z.int().min(1).max(1_000_000_000),
  /** What one costs the company. */
  value: money().optional(),
  /** How many one customer may redeem, of what is redeemed from now on. */
  perCustomer: z.int().min(1).max(1_000_000).optional(),
  /** Tiers it is for; all customers when absent. */
  tiers: z.array(f.slug()).min(1).max(12).optional(),
  /** When it can be redeemed, the end exclusive. */
  from: f.instant().optional(),
  until: f.instant().optional(),
  active: z.boolean(),
})

export const rewardShape = () => ({
  ...rewardFileShape(),
  /** Whether there are only so many: how many are left is counted beside the record. */
  limited: z.boolean(),
})
export type Reward = z.output<z.ZodObject<ReturnType<typeof rewardShape>>>

export const redemptionStates = ['redeemed', 'cancelled'] as const

export const redemptionShape = () => ({
  rewardId: z.string(),
  /** Name and cost as they were. */
  rewardName: f.line(120),
  quantity: z.int().min(1),
  points: z.int().min(1),
  /** The lots the points came from: cancelling gives them back there. */
  lots: z.record(z.string(), z.int()),
  state: z.enum(redemptionStates),
  byId: z.string(),
  /** Whether it took from a stock, and counts towards the customer's limit: cancelling gives that back. */
  stocked: z.boolean(),
  counted: z.boolean(),
  cancelledAt: f.instant().optional(),
  reason: f.line(300).optional(),
})
export type Redemption = z.output<z.ZodObject<ReturnType<typeof redemptionShape>>>

/** What is wrong with a reward that its schema cannot say. @param tiers names of the workspace's tiers */
export function rewardIssues(
  { from, until, tiers: wanted = [] }: Pick<Reward, 'from' | 'until' | 'tiers'>,
  tiers: readonly string[],
): Issue[] {
  return [
    ...(from !== undefined && until !== undefined && Date.parse(until) <= Date.parse(from)
      ? [{ path: 'until', code: 'not_after', message: '`until` lies after `from`.' }]
      : []),
    ...wanted.flatMap((tier, at) =>
      tiers.includes(tier) ? [] : [{ path: `tiers.${at}`, code: 'unknown', message: `The workspace’s tiers are ${tiers.join(', ')}.` }],
    ),
  ]
}

/** What a redemption is judged by. */
export interface Asked {
  quantity: number
  now: Instant
  tier: string | undefined
  /** How many are left of a limited one, and how many the customer has had. */
  left: number
  taken: number
}

/** Why a reward cannot be redeemed; undefined when it can, as far as the points suffice. */
export function refusalOf(reward: Reward, { quantity, now, tier, left, taken }: Asked): Fault | undefined {
  const at = Date.parse(now)
  const early = reward.from !== undefined && at < Date.parse(reward.from)
  const late = reward.until !== undefined && at >= Date.parse(reward.until)
  if (!reward.active || early || late)
    return fault('conflict', 'reward.not_available', `${reward.name} cannot be redeemed now.`, { from: reward.from, until: reward.until })
  if (reward.tiers && (tier === undefined || !reward.tiers.includes(tier))) {
    return fault('conflict', 'reward.tier_not_allowed', `${reward.name} is for the tiers ${reward.tiers.join(', ')}.`, {
      tier,
      tiers: reward.tiers,
    })
  }
  if (reward.perCustomer !== undefined && taken + quantity > reward.perCustomer) {
    return fault('conflict', 'reward.limit_reached', `A customer may redeem ${reward.perCustomer} of it; this one has had ${taken}.`, {
      limit: reward.perCustomer,
      taken,
    })
  }
  if (reward.limited && left < quantity) return fault('conflict', 'reward.out_of_stock', `Of ${reward.name} ${left} are left.`, { left })
  return undefined
}
