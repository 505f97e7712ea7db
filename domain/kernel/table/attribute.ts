import type { AttributeValue } from '@aws-sdk/client-dynamodb'

/**
 * Items in DynamoDB's form (`{ S: 'text' }`) and back: texts, numbers, booleans, null, lists and maps, which is all that the store
 * keeps. The SDK's converter knows every kind and takes six times as long for these: 3 µs an item, each way, of every request and
 * every record of the stream. Held against it in the tests.
 */
export type Stored = Record<string, AttributeValue>

/**
 * An item as DynamoDB stores it; what is undefined is left out.
 * @throws TypeError for a value that the store does not keep, RangeError for a number that a double does not hold exactly
 */
export function stored(item: object): Stored {
  const made: Stored = {}
  for (const [name, value] of Object.entries(item)) if (value !== undefined) made[name] = storedValue(value)
  return made
}

function storedValue(value: unknown): AttributeValue {
  if (typeof value === 'string') return { S: value }
  if (typeof value === 'number') return { N: numberText(value) }
  if (typeof value === 'boolean') return { BOOL: value }
  if (value === null) return { NULL: true }
  if (Array.isArray(value)) return { L: value.filter((one) => one !== undefined).map(storedValue) }
  if (typeof value === 'object' && isPlain(value)) return { M: stored(value) }
  throw new TypeError(`the table keeps no ${typeof value === 'object' ? value.constructor.name : typeof value}`)
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function numberText(value: number): string {
  mustBeExact(value)
  return String(value)
}

/** @throws RangeError */
function mustBeExact(value: number): void {
  if (!(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) throw new RangeError('a number is beyond those that are held exactly')
}

/** An item as the product has it. @throws TypeError, RangeError for what {@link stored} would not have written */
export function itemIn(map: Stored): Record<string, unknown> {
  const made: Record<string, unknown> = {}
  for (const name in map) {
    const value = map[name]
    if (value !== undefined) made[name] = valueIn(value)
  }
  return made
}

function valueIn(value: AttributeValue): unknown {
  if (value.S !== undefined) return value.S
  if (value.N !== undefined) return numberIn(value.N)
  if (value.M !== undefined) return itemIn(value.M)
  if (value.BOOL !== undefined) return value.BOOL
  if (value.L !== undefined) return value.L.map(valueIn)
  if (value.NULL !== undefined) return null
  throw new TypeError(`the table holds a value of kind ${Object.keys(value).join()}, of which the product keeps none`)
}

function numberIn(text: string): number {
  const value = Number(text)
  mustBeExact(value)
  return value
}
