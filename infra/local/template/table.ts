import { type Json, type JsonObject, list, object, text } from '../json.ts'
import type { TableSpec } from './spec.ts'

const indexes = (value: Json | undefined): JsonObject[] =>
  list(value).map((index) => {
    const { IndexName, KeySchema, Projection } = object(index)
    return { IndexName, KeySchema, Projection: Projection ?? { ProjectionType: 'ALL' } }
  })

/**
 * A Table or GlobalTable as CreateTable wants it. Capacity is left out: locally every table is on demand.
 * A GlobalTable's stream is always of both images; a Table's is what it says.
 */
export const tableSpec = (name: string, arn: string, properties: JsonObject): TableSpec => {
  const stream = object(properties['StreamSpecification'])['StreamViewType']
  const [global, local] = [indexes(properties['GlobalSecondaryIndexes']), indexes(properties['LocalSecondaryIndexes'])]
  const expiry = object(properties['TimeToLiveSpecification'])
  return {
    name,
    arn,
    create: {
      TableName: name,
      AttributeDefinitions: properties['AttributeDefinitions'] ?? [],
      KeySchema: properties['KeySchema'] ?? [],
      BillingMode: 'PAY_PER_REQUEST',
      ...(global.length > 0 ? { GlobalSecondaryIndexes: global } : {}),
      ...(local.length > 0 ? { LocalSecondaryIndexes: local } : {}),
      ...(stream === undefined ? {} : { StreamSpecification: { StreamEnabled: true, StreamViewType: stream } }),
    },
    expiryAttribute: expiry['Enabled'] === true ? text(expiry['AttributeName']) : undefined,
  }
}
