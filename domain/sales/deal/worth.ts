import { invalid } from '../../kernel/fault.ts'
import type { Money } from '../../kernel/money.ts'
import type { Deal, GivenLine } from './deal.ts'

/**
 * What a deal is worth, exact in minor units. Quantities, percentages and probabilities are decimals of four places; they
 * are made whole numbers first, so no float takes part in a sum. A line is rounded once, half up, after its discount; a
 * value is the sum of rounded lines, so what a customer adds up by hand is what the deal says.
 */

/** Decimals that quantities, percentages and probabilities may have, as a factor. */
const FINENESS = 10_000

/** A decimal of four places as a whole number of ten-thousandths. */
const whole = (decimal: number): bigint => BigInt(Math.round(decimal * FINENESS))

/** A quotient of two non-negative whole numbers, rounded half up. */
function halfUp(numerator: bigint, denominator: bigint): bigint {
  return (2n * numerator + denominator) / (2n * denominator)
}

/** Minor units of a line: quantity × unit amount × (1 − discount), rounded half up. May exceed what is storable. */
export function lineAmount({
  quantity,
  unitAmount,
  discountPercent,
}: Pick<GivenLine, 'quantity' | 'unitAmount' | 'discountPercent'>): number {
  const kept = whole(100) - whole(discountPercent ?? 0)
  return Number(halfUp(BigInt(unitAmount) * whole(quantity) * kept, whole(1) * whole(100)))
}

/** A value times a probability of four decimals, rounded half up. */
export function weightedBy(value: Money, probability: number): Money {
  return { amount: Number(halfUp(BigInt(value.amount) * whole(probability), whole(1))), currency: value.currency }
}

type Worth = Pick<Deal, 'value' | 'currency' | 'lines'>

/** Most a deal can be worth. Minor units. */
const MOST = 1e14

/**
 * Value, currency and lines that fit together, from what is given and what was there. With lines the value is their sum;
 * without, it is what people say. When the last line goes, the sum goes with it.
 * @throws Fault `invalid` when both are given, or when the currencies differ
 */
export function settled(
  given: { value?: Money | null | undefined; currency?: string | undefined; lines?: readonly GivenLine[] | undefined },
  before: Worth,
): Worth {
  const lines = given.lines?.map((line) => ({ ...line, amount: lineAmount(line) })) ?? before.lines
  if (lines.length > 0) {
    if (given.value !== undefined)
      throw invalid('deal.value_computed', 'value', 'The value of a deal with lines is their sum. Change the lines.')
    const currency = given.currency ?? before.currency
    const amount = lines.reduce((sum, line) => sum + line.amount, 0)
    if (amount > MOST) throw invalid('deal.value_too_large', 'lines', `A deal is worth at most ${MOST} minor units.`)
    return { lines, currency, value: { amount, currency } }
  }
  const kept = before.lines.length > 0 ? undefined : before.value
  const value = given.value === undefined ? kept : (given.value ?? undefined)
  const currency = given.currency ?? value?.currency ?? before.currency
  if (value && value.currency !== currency)
    throw invalid('deal.currency_differs', 'currency', `The value is in ${value.currency}. Give a value in ${currency} with it.`)
  return { lines, currency, ...(value && { value }) }
}
