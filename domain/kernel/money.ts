import * as z from 'zod'

/** An amount in the minor unit of its currency (cents, fen), never a float. */
export interface Money {
  /** Whole minor units; a refund is a record of its own, so amounts are not negative unless a field says so. */
  amount: number
  /** ISO 4217, three capital letters. */
  currency: string
}

/** Schema of money that may not be negative. */
export const money = () =>
  z.strictObject({
    amount: z.int().min(0).max(1e14).describe('whole minor units, for example cents'),
    currency: z.string().regex(/^[A-Z]{3}$/, 'three capital letters of ISO 4217'),
  })

/** Making a formatter costs a hundred times what using one does. */
const formats = new Map<string, Intl.NumberFormat>()

function formatOf(locale: string, currency: string): Intl.NumberFormat {
  const name = `${locale} ${currency}`
  let format = formats.get(name)
  if (!format) formats.set(name, (format = new Intl.NumberFormat(locale, { style: 'currency', currency })))
  return format
}

/** Digits after the decimal point of a currency (2 for CNY, 0 for JPY), as ISO 4217 has them in the runtime's data. */
export function minorDigits(currency: string): number {
  let known = digits.get(currency)
  if (known === undefined) digits.set(currency, (known = formatOf('en', currency).resolvedOptions().maximumFractionDigits ?? 2))
  return known
}
const digits = new Map<string, number>()

/** Money in words for a person, `¥1,234.50`. */
export function sayMoney(value: Money, locale = 'en'): string {
  const digits = minorDigits(value.currency)
  return formatOf(locale, value.currency).format(value.amount / 10 ** digits)
}
