import { invalid } from './refusal.ts'

/**
 * Numbers as DynamoDB keeps them: decimal, 38 digits, magnitudes from 1E-130 to 9.99…E+125, always written without an
 * exponent ("Naming rules and data types", DynamoDB Developer Guide). `0.1 + 0.2` is `0.3` there.
 */

const DIGITS = 38
const HIGHEST = 125
const LOWEST = -130

interface Decimal {
  /** All digits, as a whole number without trailing zeros. */
  coefficient: bigint
  exponent: number
}

const FORM = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/
/** Whole numbers that a double holds exactly and that are in their usual form already. */
const SMALL = /^(?:0|-?[1-9]\d{0,14})$/

function parsed(text: string): Decimal {
  const match = FORM.exec(text)
  const [, sign = '', whole = '', fraction = '', power = '0'] = match ?? []
  if (!match || whole + fraction === '') throw invalid(`The parameter cannot be converted to a numeric value: ${text}`)
  const digits = (whole + fraction).replace(/^0+/, '')
  if (digits === '') return { coefficient: 0n, exponent: 0 }
  const short = digits.replace(/0+$/, '')
  const exponent = Number(power) - fraction.length + digits.length - short.length
  return { coefficient: BigInt(sign === '-' ? `-${short}` : short), exponent }
}

function digitsOf(coefficient: bigint): string {
  return String(coefficient < 0n ? -coefficient : coefficient)
}

function written({ coefficient, exponent }: Decimal): string {
  if (coefficient === 0n) return '0'
  const digits = digitsOf(coefficient)
  const magnitude = exponent + digits.length - 1
  if (digits.length > DIGITS) throw invalid('Attempting to store more than 38 significant digits in a Number')
  if (magnitude > HIGHEST) throw invalid('Number overflow. Attempting to store a number with magnitude larger than supported range')
  if (magnitude < LOWEST) throw invalid('Number underflow. Attempting to store a number with magnitude smaller than supported range')
  const sign = coefficient < 0n ? '-' : ''
  if (exponent >= 0) return sign + digits + '0'.repeat(exponent)
  if (-exponent < digits.length) return `${sign}${digits.slice(0, exponent)}.${digits.slice(exponent)}`
  return `${sign}0.${'0'.repeat(-exponent - digits.length)}${digits}`
}

/** A number as it will be read back. @throws ValidationException when DynamoDB could not keep it */
export function normalNumber(text: string): string {
  return SMALL.test(text) ? text : written(parsed(text))
}

/** Brings two numbers to one exponent. */
function aligned(one: Decimal, other: Decimal): [bigint, bigint, number] {
  const exponent = Math.min(one.exponent, other.exponent)
  const scaled = (number: Decimal) => number.coefficient * 10n ** BigInt(number.exponent - exponent)
  return [scaled(one), scaled(other), exponent]
}

/** Below, equal, above: −1, 0, 1. */
export function compareNumbers(one: string, other: string): number {
  if (SMALL.test(one) && SMALL.test(other)) return Math.sign(Number(one) - Number(other))
  const [a, b] = aligned(parsed(one), parsed(other))
  return a < b ? -1 : a > b ? 1 : 0
}

/** The exact sum. @throws ValidationException when it has too many digits */
export function addNumbers(one: string, other: string): string {
  const [a, b, exponent] = aligned(parsed(one), parsed(other))
  const sum = String(a + b)
  return normalNumber(`${sum}e${exponent}`)
}

/** Bytes of a number: one for two digits and one more, one more for a minus ("Item sizes and formats", Developer Guide). */
export function numberSize(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text) && !text.endsWith('0')) return Math.ceil(text.length / 2) + 1
  const digits = digitsOf(parsed(text).coefficient)
  return Math.ceil(digits.length / 2) + 1 + (text.startsWith('-') ? 1 : 0)
}
