import { CreateTableCommand, DeleteTableCommand, DynamoDBClient, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb'
import { keyNames, projections, ttlName, type IndexName } from '../../domain/kernel/table/shape.ts'

/** A client for an engine on this machine. */
export function engineClient(endpoint: string): DynamoDBClient {
  return new DynamoDBClient({ endpoint, region: 'local', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } })
}

/** Makes the product's table, from the same shape the stack uses. */
export async function createTable(client: DynamoDBClient, name: string): Promise<void> {
  const indexes = Object.keys(projections) as IndexName[]
  const attributes = Object.values(keyNames).flatMap((names) => [names.pk, names.sk])
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: attributes.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: schema(keyNames.base),
      GlobalSecondaryIndexes: indexes.map((index) => ({
        IndexName: index,
        KeySchema: schema(keyNames[index]),
        Projection:
          projections[index].length > 0
            ? { ProjectionType: 'INCLUDE', NonKeyAttributes: [...projections[index]] }
            : { ProjectionType: 'KEYS_ONLY' },
      })),
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    }),
  )
  await client.send(new UpdateTimeToLiveCommand({ TableName: name, TimeToLiveSpecification: { Enabled: true, AttributeName: ttlName } }))
}

function schema(names: { pk: string; sk: string }) {
  return [
    { AttributeName: names.pk, KeyType: 'HASH' as const },
    { AttributeName: names.sk, KeyType: 'RANGE' as const },
  ]
}

export async function dropTable(client: DynamoDBClient, name: string): Promise<void> {
  await client.send(new DeleteTableCommand({ TableName: name }))
}
