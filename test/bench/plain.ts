import { randomUUID } from 'node:crypto'
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import * as z from 'zod'
import { customerShape, fileShape } from '../../domain/customer/customer/customer.ts'
import type { HttpEvent } from '../../functions/request.ts'
import { credentials, transport, type Handler } from './fixture.ts'

/**
 * The yardstick of the bench: what a careful person writes by hand for these two requests. One file, the document
 * client as it comes, the same schemas, JSON out, no middleware, no permissions, no idempotency, no logs.
 */
const shape = fileShape()
const input = z.strictObject({
  ...shape,
  kind: z.enum(['person', 'company']).default('person'),
  emails: shape.emails.default([]),
  phones: shape.phones.default([]),
  messaging: shape.messaging.default([]),
  externalIds: shape.externalIds.default([]),
  addresses: shape.addresses.default([]),
  interests: shape.interests.default([]),
  tags: shape.tags.default([]),
  custom: shape.custom.default({}),
})
const output = z.object({ ...customerShape(), id: z.string(), version: z.int(), createdAt: z.iso.datetime(), updatedAt: z.iso.datetime() })

function plainHandler(config: DynamoDBClientConfig, table: string) {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(config), { marshallOptions: { removeUndefinedValues: true } })
  return async (event: HttpEvent) => {
    if (event.routeKey === 'GET /v1/customers/{id}') {
      const key = (event.pathParameters?.['id'] ?? '').slice(4)
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key: { pk: `customer#${key}`, sk: '!customer' }, ConsistentRead: true }),
      )
      return Item ? json(200, output.parse(Item)) : json(404, { title: 'Not found' })
    }
    const parsed = input.safeParse(JSON.parse(event.body ?? '{}'))
    if (!parsed.success) return json(400, { errors: parsed.error.issues })
    const now = new Date().toISOString()
    const key = randomUUID()
    const record = {
      ...parsed.data,
      id: `cus_${key}`,
      version: 1,
      lifecycle: 'lead' as const,
      lifecycleSince: now,
      createdAt: now,
      updatedAt: now,
    }
    await client.send(
      new PutCommand({
        TableName: table,
        Item: { pk: `customer#${key}`, sk: '!customer', ...record },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    )
    return json(201, output.parse(record))
  }
}

const json = (statusCode: number, body: unknown) => ({
  statusCode,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

/** The handler written by hand, over the same table. */
export function yardstick(): Handler {
  return plainHandler({ region: 'eu-west-1', credentials, requestHandler: transport() }, 'crm')
}
