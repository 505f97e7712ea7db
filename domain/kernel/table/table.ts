import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type DeleteItemCommandInput,
  type DynamoDBClient,
  type PutItemCommandInput,
  type TransactWriteItem,
  type UpdateItemCommandInput,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb'
import { randomUUID } from 'node:crypto'
import { itemIn, stored, type Stored } from './attribute.ts'
import { Aliases, conditionText, updateText, type PlainWrite, type Write } from './expression.ts'
import { keyNames, type IndexName } from './shape.ts'
import { CONFLICT_TRIES, isRefused, obstacleIn, patiently, pause, refusalsOf } from './refusal.ts'

export type Item = Record<string, unknown>
export interface Key {
  pk: string
  sk: string
}

/** A bounded read of one partition of the base table or of an index. */
export interface Query {
  index?: IndexName
  pk: string
  /** Sort keys that begin so. */
  begins?: string
  /** Sort keys from here (inclusive) and up to there (inclusive). */
  from?: string
  to?: string
  limit: number
  descending?: boolean
  /** Where the page before ended. */
  after?: Item
  /** Base reads are strongly consistent unless this says otherwise; index reads never are. */
  eventual?: boolean
}

/** What became of a write: done, or refused by its condition, with what was there instead. */
export type Outcome = { ok: true; item?: Item } | { ok: false; refused: { index: number; item?: Item }[] }

/** What one call cost, for the bench and the cost page. */
export interface Spent {
  call: string
  readUnits: number
  writeUnits: number
}

/** The store under every module. The only implementation talks to DynamoDB; tests put faults around it. */
export interface Table {
  get(key: Key, how?: { eventual?: boolean }): Promise<Item | undefined>
  /** Up to 100 items in one call, in the order asked. */
  getAll(keys: readonly Key[], how?: { eventual?: boolean }): Promise<(Item | undefined)[]>
  query(query: Query): Promise<{ items: Item[]; last?: Item }>
  write(write: Write, how?: { returns?: 'new' | 'old' }): Promise<Outcome>
  /**
   * All or none, at most 100 writes. Each call has a token of its own (or the one given), so that a transaction whose answer got
   * lost and that is sent again does not happen twice, whoever wrote in between: DynamoDB knows a token for ten minutes.
   */
  writeAll(writes: readonly Write[], token?: string): Promise<Outcome>
  /**
   * Puts and deletes that have no condition and do not hang together: 25 a call, for the same units as one by one. Of two on
   * one item the later counts. When it throws, some may be done.
   */
  writeEach(writes: readonly PlainWrite[]): Promise<void>
  /** A page of everything, for export, fsck and rebuild only. */
  scan(page: { limit: number; after?: Item; segment?: number; segments?: number }): Promise<{ items: Item[]; last?: Item }>
}

/** The table on DynamoDB. @param spent told what each call cost, when given */
export function dynamoTable(client: DynamoDBClient, name: string, spent?: (cost: Spent) => void): Table {
  const capacity = spent ? ({ ReturnConsumedCapacity: 'TOTAL' } as const) : {}
  type Units = { CapacityUnits?: number | undefined; ReadCapacityUnits?: number | undefined; WriteCapacityUnits?: number | undefined }
  const note = (call: string, reads: boolean, units: Units | Units[] | undefined): void => {
    if (!spent) return
    const total = [units ?? []].flat().reduce((sum, one) => sum + (one.CapacityUnits ?? 0), 0)
    spent({ call, readUnits: reads ? total : 0, writeUnits: reads ? 0 : total })
  }

  return {
    async get(key, how = {}) {
      const answer = await client.send(
        new GetItemCommand({ TableName: name, Key: stored(key), ConsistentRead: !how.eventual, ...capacity }),
      )
      note('GetItem', true, answer.ConsumedCapacity)
      return answer.Item && itemIn(answer.Item)
    },

    async getAll(keys, how = {}) {
      const found = new Map<string, Item>()
      let wanted = [...new Map(keys.map((key) => [`${key.pk}|${key.sk}`, { pk: key.pk, sk: key.sk }])).values()]
      for (let tries = 0; wanted.length > 0; tries++) {
        if (tries > 0) await pause(tries)
        if (tries > CONFLICT_TRIES) throw new Error('the table left keys unread')
        const answer = await client.send(
          new BatchGetItemCommand({ RequestItems: { [name]: { Keys: wanted.map(stored), ConsistentRead: !how.eventual } }, ...capacity }),
        )
        note('BatchGetItem', true, answer.ConsumedCapacity)
        for (const raw of answer.Responses?.[name] ?? []) {
          const item = itemIn(raw)
          found.set(`${String(item['pk'])}|${String(item['sk'])}`, item)
        }
        wanted = (answer.UnprocessedKeys?.[name]?.Keys ?? []).map(keyIn)
      }
      return keys.map((key) => found.get(`${key.pk}|${key.sk}`))
    },

    async query(query) {
      const names = keyNames[query.index ?? 'base']
      const aliases = new Aliases()
      const parts = [`${aliases.path(names.pk)} = ${aliases.value(query.pk)}`]
      const sort = aliases.path(names.sk)
      // DynamoDB refuses an empty key value; every key comes after it, so it bounds nothing.
      const from = query.from === '' ? undefined : query.from
      if (query.begins !== undefined && query.begins !== '') parts.push(`begins_with(${sort}, ${aliases.value(query.begins)})`)
      else if (from !== undefined && query.to !== undefined)
        parts.push(`${sort} BETWEEN ${aliases.value(from)} AND ${aliases.value(query.to)}`)
      else if (from !== undefined) parts.push(`${sort} >= ${aliases.value(from)}`)
      else if (query.to !== undefined) parts.push(`${sort} <= ${aliases.value(query.to)}`)
      if (parts.length === 1) delete aliases.names[sort]
      const asked = {
        TableName: name,
        ...(query.index && { IndexName: query.index }),
        KeyConditionExpression: parts.join(' AND '),
        ExpressionAttributeNames: aliases.names,
        ExpressionAttributeValues: stored(aliases.values),
        ScanIndexForward: !query.descending,
        ConsistentRead: query.index === undefined && !query.eventual,
        ...capacity,
      }
      const items: Item[] = []
      let after = query.after && stored(query.after)
      // A page may end before its limit, even empty, and there is more: what is asked for is read to its end.
      do {
        const answer = await client.send(
          new QueryCommand({ ...asked, Limit: query.limit - items.length, ...(after && { ExclusiveStartKey: after }) }),
        )
        note('Query', true, answer.ConsumedCapacity)
        for (const item of answer.Items ?? []) items.push(itemIn(item))
        after = answer.LastEvaluatedKey
      } while (after && items.length < query.limit)
      return { items, ...(after && { last: itemIn(after) }) }
    },

    async write(write, how = {}) {
      const { kind, input } = expressed(write, name)
      const returns = how.returns === 'new' ? 'ALL_NEW' : how.returns === 'old' ? 'ALL_OLD' : 'NONE'
      const full = { ...input, ReturnValues: returns, ReturnValuesOnConditionCheckFailure: 'ALL_OLD', ...capacity }
      try {
        const answer = await patiently(() => send(client, kind, full))
        note(`${kind}Item`, false, answer.ConsumedCapacity)
        return { ok: true, ...(answer.Attributes && { item: itemIn(answer.Attributes) }) }
      } catch (error) {
        if (isRefused(error)) return { ok: false, refused: [{ index: 0, ...obstacleIn(error) }] }
        throw error
      }
    },

    async writeAll(writes, token = randomUUID()) {
      const items = writes.map((write): TransactWriteItem => {
        const { kind, input } = expressed(write, name)
        return { [kind]: { ...input, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } }
      })
      const command = () => new TransactWriteItemsCommand({ TransactItems: items, ClientRequestToken: token, ...capacity })
      try {
        const answer = await patiently(() => client.send(command()))
        note('TransactWriteItems', false, answer.ConsumedCapacity)
        return { ok: true }
      } catch (error) {
        const refused = refusalsOf(error)
        if (refused) return { ok: false, refused }
        throw error
      }
    },

    async writeEach(writes) {
      const requests = [...new Map(writes.map((write) => [nameOf(write), requestOf(write)])).values()]
      const calls = Array.from({ length: Math.ceil(requests.length / BATCH_WRITES) }, (_, at) =>
        requests.slice(at * BATCH_WRITES, (at + 1) * BATCH_WRITES),
      )
      const waiting = calls.values()
      const lane = async (): Promise<void> => {
        for (const call of waiting) {
          let left: WriteRequest[] = call
          for (let tries = 0; left.length > 0; tries++) {
            if (tries > 0) await pause(tries)
            if (tries > CONFLICT_TRIES) throw new Error('the table left writes undone')
            const asked = { RequestItems: { [name]: left }, ...capacity }
            const answer = await patiently(() => client.send(new BatchWriteItemCommand(asked)))
            note('BatchWriteItem', false, answer.ConsumedCapacity)
            left = answer.UnprocessedItems?.[name] ?? []
          }
        }
      }
      await Promise.all(Array.from({ length: Math.min(BATCHES_ABREAST, calls.length) }, lane))
    },

    async scan(page) {
      const answer = await client.send(
        new ScanCommand({
          TableName: name,
          Limit: page.limit,
          ...(page.after && { ExclusiveStartKey: stored(page.after) }),
          ...(page.segments && { Segment: page.segment ?? 0, TotalSegments: page.segments }),
          ...capacity,
        }),
      )
      note('Scan', true, answer.ConsumedCapacity)
      return pageIn(answer)
    },
  }
}

function keyIn(key: Stored): Key {
  const { pk, sk } = itemIn(key)
  return { pk: String(pk), sk: String(sk) }
}

/** A write in DynamoDB's words. A check is only legal in a transaction. */
function expressed(write: Write, table: string): { kind: 'Put' | 'Update' | 'Delete' | 'ConditionCheck'; input: Record<string, unknown> } {
  const aliases = new Aliases()
  const update = 'update' in write ? { UpdateExpression: updateText(write, aliases) } : {}
  const condition = write.if ? conditionText(write.if, aliases) : ''
  const input = { TableName: table, ...update, ...(condition && { ConditionExpression: condition }), ...aliases.maps(stored) }
  if ('put' in write) return { kind: 'Put', input: { ...input, Item: stored(write.put) } }
  if ('update' in write) return { kind: 'Update', input: { ...input, Key: stored(write.update) } }
  if ('delete' in write) return { kind: 'Delete', input: { ...input, Key: stored(write.delete) } }
  return { kind: 'ConditionCheck', input: { ...input, Key: stored(write.check) } }
}

/** Writes of one BatchWriteItem, the most DynamoDB takes, and such calls at once. */
const BATCH_WRITES = 25
const BATCHES_ABREAST = 4

const nameOf = (write: PlainWrite): string => {
  const key = 'put' in write ? write.put : write.delete
  return `${key['pk']}|${key['sk']}`
}
const requestOf = (write: PlainWrite): WriteRequest =>
  'put' in write ? { PutRequest: { Item: stored(write.put) } } : { DeleteRequest: { Key: stored(write.delete) } }

function pageIn(answer: { Items?: Stored[] | undefined; LastEvaluatedKey?: Stored | undefined }): { items: Item[]; last?: Item } {
  const items = (answer.Items ?? []).map((item) => itemIn(item))
  return { items, ...(answer.LastEvaluatedKey && { last: itemIn(answer.LastEvaluatedKey) }) }
}

interface Answer {
  ConsumedCapacity?: { CapacityUnits?: number | undefined } | undefined
  Attributes?: Stored | undefined
}

/** Sends one write; a lone check has no call of its own. */
function send(client: DynamoDBClient, kind: string, input: Record<string, unknown>): Promise<Answer> {
  if (kind === 'Put') return client.send(new PutItemCommand(input as unknown as PutItemCommandInput))
  if (kind === 'Update') return client.send(new UpdateItemCommand(input as unknown as UpdateItemCommandInput))
  if (kind === 'Delete') return client.send(new DeleteItemCommand(input as unknown as DeleteItemCommandInput))
  throw new Error('a check stands only in a transaction')
}
