import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { keyNames, projections, type IndexName } from '../../../domain/kernel/table/shape.ts'
import { invalid, type Stored } from './refusal.ts'
import { checked, itemSize, mapped, textSize } from './value.ts'

/** What the table asks of keys and items. */

export const indexNames = Object.keys(projections) as IndexName[]

/** Bytes an item may have, and its keys. */
const LARGEST_ITEM = 400 * 1024
const LARGEST_PARTITION_KEY = 2048
const LARGEST_SORT_KEY = 1024

const { pk, sk } = keyNames.base
/** Attributes that no update may touch. */
export const keyAttributes: ReadonlySet<string> = new Set([pk, sk])

export interface Place {
  pk: string
  sk: string
}

/** The place a key names. @throws ValidationException when it is not exactly a key */
export function placeIn(key: Stored | undefined): Place {
  const names = Object.keys(key ?? {})
  if (!key || names.length !== 2 || !names.every((name) => keyAttributes.has(name)))
    throw invalid('The provided key element does not match the schema')
  return placeOf(key)
}

function placeOf(item: Stored): Place {
  return { pk: keyText(item, pk, LARGEST_PARTITION_KEY), sk: keyText(item, sk, LARGEST_SORT_KEY) }
}

function keyText(item: Stored, name: string, largest: number): string {
  const value = item[name]
  if (value === undefined) throw invalid(`One or more parameter values were invalid: Missing the key ${name} in the item`)
  if (value.S === undefined)
    throw invalid(`One or more parameter values were invalid: Type mismatch for key ${name} expected: S actual: ${Object.keys(value)[0]}`)
  if (value.S === '')
    throw invalid(
      `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: ${name}`,
    )
  if (textSize(value.S) > largest)
    throw invalid(`One or more parameter values were invalid: Size of key ${name} has exceeded the maximum size limit of ${largest} bytes`)
  return value.S
}

/** An item ready to be kept, with its place. @throws ValidationException */
export function itemReady(item: Stored): { item: Stored; place: Place } {
  const place = placeOf(item)
  const ready = mapped(item, (value) => checked(value))
  mustFit(ready)
  return { item: ready, place }
}

/** Holds an item to its size and its index keys. @throws ValidationException */
export function mustFit(item: Stored): void {
  for (const index of indexNames) {
    for (const [name, largest] of [
      [keyNames[index].pk, LARGEST_PARTITION_KEY],
      [keyNames[index].sk, LARGEST_SORT_KEY],
    ] as const) {
      if (item[name] !== undefined) mustBeIndexKey(item[name], name, index, largest)
    }
  }
  if (itemSize(item) > LARGEST_ITEM) throw invalid('Item size has exceeded the maximum allowed size')
}

function mustBeIndexKey(value: AttributeValue, name: string, index: string, largest: number): void {
  const where = `IndexName: ${index}, IndexKey: ${name}`
  if (value.S === undefined)
    throw invalid(
      `One or more parameter values were invalid: Type mismatch for Index Key ${name} Expected: S Actual: ${Object.keys(value)[0]} ${where}`,
    )
  if (value.S === '')
    throw invalid(
      `One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. ${where}`,
    )
  if (textSize(value.S) > largest)
    throw invalid(`One or more parameter values were invalid: Size of key ${name} has exceeded the maximum size limit of ${largest} bytes`)
}

/** The base key as a text: what two items of one place share. */
export const nameOf = (place: Place): string => `${place.pk}\u0000${place.sk}`
