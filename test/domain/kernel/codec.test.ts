import { DynamoDBClient, GetItemCommand, PutItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { HttpResponse } from '@smithy/core/protocols'
import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import { tableClient } from '../../../domain/kernel/table/client.ts'

const facts = { region: 'eu-west-1', endpoint: 'http://127.0.0.1:9', credentials: async () => ({ accessKeyId: 'a', secretAccessKey: 'b' }) }

/** A client whose transport keeps what was sent and answers with a text. */
function spied(make: (handler: object) => DynamoDBClient): { client: DynamoDBClient; sent: string[]; answer: { text: string } } {
  const sent: string[] = []
  const answer = { text: '{}' }
  const handler = {
    async handle(request: { body: Uint8Array | string }) {
      sent.push(Buffer.from(request.body as Uint8Array).toString())
      return { response: new HttpResponse({ statusCode: 200, headers: {}, body: Buffer.from(answer.text) }) }
    },
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  }
  return { client: make(handler), sent, answer }
}

const item = fc
  .dictionary(
    fc.constantFrom('pk', 'B', 'S', 'M', 'näme', 'emoji😀'),
    fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer(), fc.boolean(), fc.constant(null), fc.jsonValue({ maxDepth: 3 })),
    { maxKeys: 5 },
  )
  .filter(storable)

/** The marshaller refuses numbers beyond those a double counts exactly, and takes a field `__proto__` for the prototype. */
function storable(fields: object): boolean {
  if (JSON.stringify(fields).includes('"__proto__":')) return false
  try {
    marshall(fields)
    return true
  } catch {
    return false
  }
}

describe('the store’s codec', () => {
  test('sends what the SDK’s own sends, and reads what it reads', async () => {
    const ours = spied((requestHandler) => tableClient({ ...facts, requestHandler: requestHandler as never }))
    const sdk = spied((requestHandler) => new DynamoDBClient({ ...facts, requestHandler: requestHandler as never }))
    await fc.assert(
      fc.asyncProperty(item, async (fields) => {
        const Item: Record<string, AttributeValue> = marshall(fields, { removeUndefinedValues: true })
        const put = () => new PutItemCommand({ TableName: 't', Item, ConditionExpression: 'attribute_not_exists(pk)' })
        await Promise.all([ours.client.send(put()), sdk.client.send(put())])
        expect(JSON.parse(ours.sent.at(-1) ?? '')).toEqual(JSON.parse(sdk.sent.at(-1) ?? ''))
        ours.answer.text = sdk.answer.text = JSON.stringify({ Item, ConsumedCapacity: { TableName: 't', CapacityUnits: 0.5 } })
        const get = () => new GetItemCommand({ TableName: 't', Key: {} })
        const [mine, theirs] = [await ours.client.send(get()), await sdk.client.send(get())]
        expect({ ...mine, $metadata: 0 }).toEqual({ ...theirs, $metadata: 0 })
      }),
      { numRuns: 200 },
    )
  })
})
