import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { BatchAsked, Dynamo, TransactAsked } from './dynamo.ts'
import type { Question } from './reading.ts'
import type { Asked } from './writing.ts'

/** A command of the SDK, as far as it matters here: its name and its input. */
export interface Command {
  readonly constructor: { readonly name: string }
  readonly input: object
}

/** What the SDK's client answers to, for the product's own store layer to talk to. */
export type Send = (command: Command) => Promise<object>

/** Carries out one command at once. @throws what DynamoDB would answer */
export function carryOut(dynamo: Dynamo, { constructor: { name }, input }: Command): object {
  switch (name) {
    case 'GetItemCommand':
      return dynamo.get(input)
    case 'BatchGetItemCommand':
      return dynamo.batchGet(input)
    case 'QueryCommand':
      return dynamo.query(input as Question)
    case 'ScanCommand':
      return dynamo.scan(input)
    case 'PutItemCommand':
      return dynamo.write('Put', input as Asked)
    case 'UpdateItemCommand':
      return dynamo.write('Update', input as Asked)
    case 'DeleteItemCommand':
      return dynamo.write('Delete', input as Asked)
    case 'BatchWriteItemCommand':
      return dynamo.batchWrite(input as BatchAsked)
    case 'TransactWriteItemsCommand':
      return dynamo.transact(input as TransactAsked)
    default:
      throw new Error(`the simulation has no ${name}`)
  }
}

/** A client of the SDK's type whose every command goes through `send`; it opens no connection and knows no region. */
export function clientOver(send: Send): DynamoDBClient {
  const client: DynamoDBClient = Object.create(DynamoDBClient.prototype)
  Object.defineProperty(client, 'send', { value: send })
  return client
}
