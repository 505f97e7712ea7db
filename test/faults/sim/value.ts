import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { compareNumbers, normalNumber, numberSize } from './number.ts'
import { invalid, type Stored } from './refusal.ts'

/** Attribute values: what may be stored, how it compares and how large it is. */

/** Levels that a document may have. */
const DEEPEST = 32

export type Kind = 'S' | 'N' | 'BOOL' | 'NULL' | 'L' | 'M' | 'B' | 'SS' | 'NS' | 'BS'

/** Which kind of value it is. The simulation knows those that the product stores; sets and bytes it refuses. */
export function kindOf(value: AttributeValue): Kind {
  for (const kind in value) return kind as Kind
  throw invalid('Supplied AttributeValue is empty, must contain exactly one of the supported datatypes')
}

/** A value in the form in which it will be read back: numbers in their usual form. @throws ValidationException */
export function checked(value: AttributeValue, depth = 1): AttributeValue {
  if (depth > DEEPEST) throw invalid('Nesting Levels have exceeded supported limits: Attributes have nested too deep')
  if (value.S !== undefined || value.BOOL !== undefined) return value
  if (value.N !== undefined) {
    const number = normalNumber(value.N)
    return number === value.N ? value : { N: number }
  }
  if (value.NULL !== undefined) {
    if (value.NULL !== true)
      throw invalid('One or more parameter values were invalid: Null attribute value types must have the value of true')
    return value
  }
  if (value.M !== undefined) return { M: mapped(value.M, (one) => checked(one, depth + 1)) }
  if (value.L !== undefined) return { L: value.L.map((one) => checked(one, depth + 1)) }
  throw new Error(`the simulation does not keep values of kind ${kindOf(value)}`)
}

export function mapped(map: Stored, change: (value: AttributeValue) => AttributeValue): Stored {
  const made: Stored = {}
  for (const name in map) {
    const value = map[name]
    if (value !== undefined) made[name] = change(value)
  }
  return made
}

/** Whether two values are the same; numbers by what they are worth, maps in any order. */
export function same(one: AttributeValue | undefined, other: AttributeValue | undefined): boolean {
  if (one === other) return true
  if (one === undefined || other === undefined) return false
  if (one.S !== undefined) return one.S === other.S
  if (one.N !== undefined) return other.N !== undefined && (one.N === other.N || compareNumbers(one.N, other.N) === 0)
  if (one.BOOL !== undefined) return one.BOOL === other.BOOL
  if (one.NULL !== undefined) return other.NULL !== undefined
  if (one.M !== undefined) return other.M !== undefined && sameMap(one.M, other.M)
  if (one.L !== undefined) return other.L !== undefined && sameList(one.L, other.L)
  return false
}

function sameList(one: readonly AttributeValue[], other: readonly AttributeValue[]): boolean {
  return one.length === other.length && one.every((value, at) => same(value, other[at]))
}

export function sameMap(one: Stored, other: Stored): boolean {
  let count = 0
  for (const name in one) {
    if (!same(one[name], other[name])) return false
    count++
  }
  for (const _ in other) count--
  return count === 0
}

/** Order of two values of a kind that has one (texts by their UTF-8 bytes, numbers); undefined for any others. */
export function compare(one: AttributeValue, other: AttributeValue): number | undefined {
  if (one.S !== undefined && other.S !== undefined) return compareTexts(one.S, other.S)
  if (one.N !== undefined && other.N !== undefined) return compareNumbers(one.N, other.N)
  return undefined
}

/**
 * Order of two texts by their UTF-8 bytes, which is that of their code points. JavaScript compares 16-bit units, in which
 * the surrogates of characters beyond U+FFFF come before U+E000; here they come after. That matters only where both texts
 * have units from U+D800 on: others are left to the engine, which is ten times as fast.
 */
export function compareTexts(one: string, other: string): number {
  if (one === other) return 0
  if (!FROM_SURROGATES.test(one) || !FROM_SURROGATES.test(other)) return one < other ? -1 : 1
  const shared = Math.min(one.length, other.length)
  for (let at = 0; at < shared; at++) {
    const [a, b] = [one.charCodeAt(at), other.charCodeAt(at)]
    if (a !== b) return inOrder(a) - inOrder(b)
  }
  return one.length - other.length
}
const FROM_SURROGATES = /[\ud800-\uffff]/
const inOrder = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800)

/** Bytes of a text in UTF-8. */
export function textSize(text: string): number {
  return Buffer.byteLength(text)
}

/** Bytes of a value ("Item sizes and formats", DynamoDB Developer Guide). */
export function sizeOf(value: AttributeValue): number {
  if (value.S !== undefined) return textSize(value.S)
  if (value.N !== undefined) return numberSize(value.N)
  if (value.M !== undefined) return 3 + mapSize(value.M) + Object.keys(value.M).length
  if (value.L !== undefined) return 3 + value.L.reduce((sum, one) => sum + sizeOf(one) + 1, 0)
  return 1
}

/** Stored items are never changed in place, so each is measured once. */
const measured = new WeakMap<Stored, number>()

/** Bytes of an item: its names and its values. */
export function itemSize(item: Stored): number {
  const known = measured.get(item)
  if (known !== undefined) return known
  const size = mapSize(item)
  measured.set(item, size)
  return size
}

function mapSize(item: Stored): number {
  let size = 0
  for (const name in item) {
    const value = item[name]
    if (value !== undefined) size += textSize(name) + sizeOf(value)
  }
  return size
}
