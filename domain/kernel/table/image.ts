import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import type { Item } from './table.ts'

/** An item as the table's stream writes it. */
export type Image = Record<string, AttributeValue>

/** The item of a stream's image. */
export function itemIn(image: Image): Item {
  return unmarshall(image)
}
