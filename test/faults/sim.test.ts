import { DeleteItemCommand, PutItemCommand, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { describe, expect, test } from 'vitest'
import { dynamoTable } from '../../domain/kernel/table/table.ts'
import { runSeed } from './seed.ts'
import { carryOut, clientOver } from './sim/client.ts'
import { Dynamo } from './sim/dynamo.ts'
import { addNumbers, compareNumbers, normalNumber } from './sim/number.ts'
import { compareTexts } from './sim/value.ts'

/** What DynamoDB Local cannot be asked, since it has no lag: the rest is held against it by compare.ts. */
describe('the simulated table', () => {
  const put = (item: Record<string, string>) =>
    new PutItemCommand({ TableName: 'crm', Item: Object.fromEntries(Object.entries(item).map(([name, S]) => [name, { S }])) })
  const listed = new QueryCommand({
    TableName: 'crm',
    IndexName: 'list',
    KeyConditionExpression: 'lpk = :p',
    ExpressionAttributeValues: { ':p': { S: 'l' } },
  })
  const sorts = (answer: object) => (answer as { Items: { lsk: { S: string } }[] }).Items.map(({ lsk }) => lsk.S)

  test('shows an index as it was until its lag is over, and in the end as the table is', () => {
    let [now, lag] = [0, 0]
    const dynamo = new Dynamo('crm', { now: () => now, indexLag: () => lag })
    carryOut(dynamo, put({ pk: 'a', sk: 'a', lpk: 'l', lsk: '1' }))
    lag = 1_000
    carryOut(dynamo, put({ pk: 'a', sk: 'a', lpk: 'l', lsk: '2' }))
    expect(sorts(carryOut(dynamo, listed))).toEqual(['1'])
    now = 1_000
    expect(sorts(carryOut(dynamo, listed))).toEqual(['2'])
  })

  test('keeps the newest of two changes of one place, in whatever order the index hears of them', () => {
    let [now, lag] = [0, 5_000]
    const dynamo = new Dynamo('crm', { now: () => now, indexLag: () => lag })
    carryOut(dynamo, put({ pk: 'a', sk: 'a', lpk: 'l', lsk: '1' }))
    lag = 10
    carryOut(dynamo, new DeleteItemCommand({ TableName: 'crm', Key: { pk: { S: 'a' }, sk: { S: 'a' } } }))
    now = 10_000
    expect(sorts(carryOut(dynamo, listed))).toEqual([])
  })

  test('tells the stream of changes and of nothing else', () => {
    const dynamo = new Dynamo()
    carryOut(dynamo, put({ pk: 'a', sk: 'a', x: '1' }))
    carryOut(dynamo, put({ pk: 'a', sk: 'a', x: '1' }))
    carryOut(dynamo, new UpdateItemCommand({ TableName: 'crm', Key: { pk: { S: 'a' }, sk: { S: 'a' } }, UpdateExpression: 'REMOVE y' }))
    expect(dynamo.base.feed.records.map(({ eventName }) => eventName)).toEqual(['INSERT'])
  })

  test('removes what has lived its time', () => {
    let now = 0
    const dynamo = new Dynamo('crm', { now: () => now })
    carryOut(dynamo, new PutItemCommand({ TableName: 'crm', Item: { pk: { S: 'a' }, sk: { S: 'a' }, expires: { N: '60' } } }))
    expect(dynamo.base.expire()).toBe(0)
    now = 61_000
    expect(dynamo.base.expire()).toBe(1)
  })

  test('counts in decimals and sorts by bytes', () => {
    expect(addNumbers('0.1', '0.2')).toBe('0.3')
    expect(normalNumber('1e3')).toBe('1000')
    expect(() => normalNumber('123456789012345678901234567890123456789')).toThrow('38')
    expect(compareNumbers('10', '9')).toBe(1)
    expect(compareTexts('\u{1F600}', '\uFFFD')).toBeGreaterThan(0)
  })

  test('may end a page early or empty, and the store reads on', async () => {
    let pages = 0
    const dynamo = new Dynamo('crm', { pageEnd: () => pages++ % 2 })
    for (const sk of ['a1', 'a2', 'a3', 'a4', 'a5']) carryOut(dynamo, put({ pk: 'p', sk }))
    const table = dynamoTable(
      clientOver(async (command) => carryOut(dynamo, command)),
      'crm',
    )
    const { items, last } = await table.query({ pk: 'p', begins: 'a', limit: 4 })
    expect(items.map(({ sk }) => sk)).toEqual(['a1', 'a2', 'a3', 'a4'])
    expect(last).toEqual({ pk: 'p', sk: 'a4' })
  })
})

describe('a simulated run', () => {
  test('is the same whenever it is run', async () => {
    const [one, other] = [await runSeed({ seed: 3, steps: 40, printed: true }), await runSeed({ seed: 3, steps: 40, printed: true })]
    expect(one.print).not.toBe('')
    expect(other.print).toBe(one.print)
    expect(other.story).toEqual(one.story)
  })
})
