import { baseOf, remaining, type Purchase } from '../../customer/purchase/index.ts'
import { sayMoney } from '../../kernel/money.ts'
import type { Instant } from '../../kernel/clock.ts'
import type { Programme } from './programme.ts'

/** What a purchase earns beside what it is: the customer's tier and the channel, as they were when it was reckoned. */
export interface Circumstances {
  tier?: string | undefined
  channel?: string | undefined
}

/** What a purchase earns, and from what. Amounts are minor units of the purchase's currency. */
export interface Earning {
  points: number
  /** Lines with a factor of their own, and what of the purchase has none. */
  lines: { sku: string; amount: number; percent: number }[]
  rest: number
  tierPercent: number
  channelPercent: number
}

type Bought = Pick<Purchase, 'amount' | 'baseAmount' | 'items'>

/** More than any purchase earns: balances stay within the range in which numbers are exact. */
const MOST_POINTS = 1_000_000_000_000n
const PERCENT = 100n

/**
 * The points of a purchase: each line's amount by its factor and the rest as it is, in the workspace's currency, by the
 * factors of tier and channel, at so many points for an amount; rounded once. Exact: amounts leave the range of numbers.
 */
export function earningOf(programme: Programme, purchase: Bought, { tier, channel }: Circumstances): Earning {
  const { per, points, rounding } = programme
  const lines = linesWithFactor(programme, purchase)
  const paid = BigInt(purchase.amount.amount)
  const listed = lines.reduce((sum, { amount }) => sum + BigInt(amount), 0n)
  const rest = listed < paid ? paid - listed : 0n
  // After a discount on the whole, lines can list more than was paid: each counts for its share.
  const [share, whole] = listed > paid ? [paid, listed] : [1n, 1n]
  const tierPercent = programme.tiers.find((one) => one.tier === tier)?.percent ?? 100
  const channelPercent = programme.channels.find((one) => one.channel === channel)?.percent ?? 100
  const weighted = lines.reduce((sum, one) => sum + BigInt(one.amount) * BigInt(one.percent), 0n) * share + rest * PERCENT * whole
  const above = weighted * BigInt(baseOf(purchase)) * BigInt(tierPercent) * BigInt(channelPercent) * BigInt(points)
  const below = whole * paid * PERCENT ** 3n * BigInt(per.amount)
  const earned = below === 0n ? 0n : rounded(above, below, rounding)
  const capped = earned < MOST_POINTS ? earned : MOST_POINTS
  return { points: Number(capped), lines, rest: Number(rest), tierPercent, channelPercent }
}

function linesWithFactor({ skus }: Programme, { items }: Bought): Earning['lines'] {
  return (items ?? []).flatMap(({ sku, quantity, unitAmount }) => {
    const percent = skus.find((one) => one.sku === sku)?.percent
    return percent === undefined || unitAmount === undefined ? [] : [{ sku, amount: Math.round(quantity * unitAmount), percent }]
  })
}

function rounded(above: bigint, below: bigint, rounding: Programme['rounding']): bigint {
  switch (rounding) {
    case 'down':
      return above / below
    case 'up':
      return (above + below - 1n) / below
    case 'nearest':
      return (2n * above + below) / (2n * below)
  }
}

/** Of what a purchase earned, what stands: the share of it that was not given back, rounded down; nothing when it is in the bin. */
export function standingOf(earned: number, purchase: Pick<Purchase, 'amount' | 'returned'> & { deletedAt?: string }): number {
  const { amount } = purchase.amount
  if (purchase.deletedAt !== undefined) return 0
  return amount === 0 ? earned : Number((BigInt(earned) * BigInt(remaining(purchase))) / BigInt(amount))
}

/** The tier a customer had at an instant, by the changes of their membership. */
export function tierAt(
  changes: readonly { at: Instant; from?: string | undefined; to?: string | undefined }[],
  at: Instant,
): string | undefined {
  const last = changes.findLast((one) => one.at <= at)
  return last ? last.to : changes[0]?.from
}

/** An earning in words and numbers. */
export function sayEarning(programme: Programme, purchase: Bought, { tier, channel }: Circumstances, earning: Earning): string {
  const { currency } = purchase.amount
  const inWords = (amount: number): string => sayMoney({ amount, currency })
  const parts = [
    ...earning.lines.map(({ sku, amount, percent }) => `${inWords(amount)} of ${sku} at ${percent} %`),
    ...(earning.lines.length > 0 ? [`${inWords(earning.rest)} at 100 %`] : []),
  ]
  const base = purchase.baseAmount ? ` (${sayMoney(purchase.baseAmount)})` : ''
  return [
    `${inWords(purchase.amount.amount)}${base}${parts.length > 0 ? `, of it ${parts.join(', ')}` : ''}`,
    `× ${programme.points} ${programme.points === 1 ? 'point' : 'points'} per ${sayMoney(programme.per)}`,
    ...(earning.tierPercent === 100 ? [] : [`× ${earning.tierPercent} % for the tier ${tier}`]),
    ...(earning.channelPercent === 100 ? [] : [`× ${earning.channelPercent} % for the channel ${channel}`]),
    `= ${earning.points}, rounded ${programme.rounding === 'nearest' ? 'to the nearest' : programme.rounding}`,
  ].join(' ')
}
