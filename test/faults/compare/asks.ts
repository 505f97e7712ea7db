import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type AttributeValue,
  type TransactWriteItem,
} from '@aws-sdk/client-dynamodb'
import { Aliases, conditionText, updateText, type Condition, type Write } from '../../../domain/kernel/table/expression.ts'
import { keyNames, type IndexName } from '../../../domain/kernel/table/shape.ts'
import type { Random } from '../random.ts'
import type { Stored } from '../sim/refusal.ts'
import * as v from './values.ts'

/** Requests by chance, in the words the product's own store layer uses, and some it never would. */

export type Ask =
  | GetItemCommand
  | BatchGetItemCommand
  | BatchWriteItemCommand
  | QueryCommand
  | PutItemCommand
  | UpdateItemCommand
  | DeleteItemCommand
  | TransactWriteItemsCommand

/** Values are in DynamoDB's form already. */
const asStored = (values: Record<string, unknown>): Stored => values as Stored

function some<T>(by: Random, most: number, make: () => [string, T]): Record<string, T> {
  return Object.fromEntries(Array.from({ length: by.between(1, most) }, make))
}

function condition(by: Random): Condition {
  const versioned = (): AttributeValue => ({ N: String(by.between(0, 4)) })
  const scalar = (): AttributeValue => (by.chance(0.6) ? versioned() : v.value(by))
  const conditions: [number, () => Record<string, unknown>][] = [
    [3, () => ({ absent: true })],
    [2, () => ({ present: true })],
    [4, () => ({ equals: { version: versioned() } })],
    [3, () => ({ equals: some(by, 2, () => [by.pick(v.paths), by.chance(0.3) ? undefined : scalar()]) })],
    [1, () => ({ oneOf: { [by.pick(v.paths)]: Array.from({ length: by.between(1, 3) }, scalar) } })],
    [1, () => ({ atLeast: { [by.pick(v.paths)]: scalar() } })],
    [1, () => ({ lessThan: { [by.pick(v.paths)]: scalar() } })],
    [1, () => ({ lessThan: { version: versioned(), n: versioned() }, present: true })],
  ]
  return by.weighed(conditions)() as Condition
}

/** Expressions the product does not write today but might. */
function otherCondition(by: Random, aliases: Aliases): string {
  const [path, other] = [aliases.path(by.pick(v.paths)), aliases.path(by.pick(v.paths))]
  const scalar = () => aliases.value(v.value(by))
  return by.pick([
    () => `NOT ${path} = ${scalar()}`,
    () => `${path} <> ${scalar()} OR attribute_exists(${other})`,
    () => `(${path} > ${scalar()} AND ${other} <= ${scalar()}) OR attribute_not_exists(${path})`,
    () => `begins_with(${path}, ${aliases.value({ S: by.pick(['a', 'é', 'a#']) })})`,
    () => `${path} BETWEEN ${aliases.value({ N: '0' })} AND ${aliases.value({ N: '5' })}`,
    () => `${path} = ${other}`,
    () => `attribute_exists(${path}) AND NOT (${other} < ${scalar()})`,
  ])()
}

function write(by: Random): Write {
  const maybe = () => (by.chance(0.35) ? { if: condition(by) } : {})
  const anyKey = () => v.key(by) as unknown as { pk: string; sk: string }
  const writes: [number, () => Write][] = [
    [5, () => ({ put: v.item(by), ...maybe() })],
    [5, () => ({ update: anyKey(), ...change(by), ...maybe() })],
    [0.05, () => ({ update: anyKey(), set: { [by.pick(['pk', 'sk'])]: { S: 'a' } } })],
    [2, () => ({ delete: anyKey(), ...maybe() })],
  ]
  return by.weighed(writes)()
}

function change(by: Random): Pick<Extract<Write, { update: unknown }>, 'set' | 'remove' | 'add'> {
  const changed = {
    ...(by.chance(0.7) && {
      set: { ...some(by, 3, () => [by.pick(v.paths), v.value(by)]), ...(by.chance(0.3) && textsOf(v.indexKeys(by))) },
    }),
    ...(by.chance(0.3) && { remove: Array.from({ length: by.between(1, 2) }, () => by.pick<string>([...v.paths, 'lpk', 'dsk'])) }),
    ...(by.chance(0.3) && {
      add: some(by, 2, () => [by.pick(v.paths), by.chance(0.9) ? { N: v.number(by) } : v.value(by)]) as unknown as Record<string, number>,
    }),
  }
  return changed
}

/** Index keys that are texts: of an update DynamoDB Local does not look at the kind, which the service does. */
function textsOf(keys: Stored): Stored {
  return Object.fromEntries(Object.entries(keys).filter(([, value]) => value.S !== undefined))
}

type Kind = 'Put' | 'Update' | 'Delete' | 'ConditionCheck'

function expressed(by: Random, one: Write, TableName: string): { kind: Kind; input: Record<string, unknown> & { TableName: string } } {
  const aliases = new Aliases()
  const update = 'update' in one ? { UpdateExpression: updateText(one, aliases) } : {}
  const text = one.if && (by.chance(0.15) && !('check' in one) ? otherCondition(by, aliases) : conditionText(one.if, aliases))
  if (by.chance(0.003)) aliases.value({ S: 'unused' })
  const input = {
    TableName,
    ...update,
    ...(text && { ConditionExpression: text }),
    ...aliases.maps(asStored),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  }
  if ('put' in one) return { kind: 'Put', input: { ...input, Item: one.put } }
  if ('update' in one) return { kind: 'Update', input: { ...input, Key: one.update } }
  if ('delete' in one) return { kind: 'Delete', input: { ...input, Key: one.delete } }
  return { kind: 'ConditionCheck', input: { ...input, Key: one.check } }
}

function singleWrite(by: Random, table: string): Ask {
  const { kind, input } = expressed(by, write(by), table)
  const ReturnValues = by.pick(kind === 'Update' ? (['NONE', 'ALL_OLD', 'ALL_NEW'] as const) : (['NONE', 'ALL_OLD'] as const))
  const full = { ...input, ReturnValues, ReturnConsumedCapacity: 'TOTAL' as const }
  if (kind === 'Put') return new PutItemCommand({ ...full, Item: input['Item'] as Stored })
  if (kind === 'Update') return new UpdateItemCommand({ ...full, Key: input['Key'] as Stored })
  return new DeleteItemCommand({ ...full, Key: input['Key'] as Stored })
}

function transaction(by: Random, table: string): Ask {
  const size = by.chance(0.01) ? 101 : by.between(1, 6)
  const writes = Array.from({ length: size }, () =>
    by.chance(0.2) ? { check: v.key(by) as unknown as { pk: string; sk: string }, if: condition(by) } : write(by),
  )
  const distinct = by.chance(0.02) ? twice(by) : [...new Map(writes.map((one) => [JSON.stringify(placeOf(one)), one])).values()]
  const items = distinct.map((one): TransactWriteItem => {
    const { kind, input } = expressed(by, one, table)
    return { [kind]: input }
  })
  return new TransactWriteItemsCommand({
    TransactItems: items,
    ClientRequestToken: `token-${by.between(0, 1_000_000_000)}`,
    ReturnConsumedCapacity: 'TOTAL',
  })
}

/** Two writes of one item, which no transaction takes. Without conditions, since DynamoDB Local looks at those first. */
function twice(by: Random): Write[] {
  const put = v.item(by)
  return [{ put }, { put: { ...put, version: { N: '7' } } }]
}

function placeOf(one: Write): unknown[] {
  const key = 'put' in one ? one.put : 'update' in one ? one.update : 'delete' in one ? one.delete : one.check
  const { pk, sk } = key as { pk?: unknown; sk?: unknown }
  return [pk, sk]
}

function query(by: Random, table: string): Ask {
  const index = by.chance(0.6) ? by.pick<IndexName>(['list', 'owner', 'due']) : undefined
  const names = keyNames[index ?? 'base']
  const aliases = new Aliases()
  const is = `${aliases.path(names.pk)} = ${aliases.value({ S: by.pick<string>(index ? v.indexPartitions : v.partitions) })}`
  const key = () => aliases.value({ S: v.sort(by, index !== undefined) })
  const part = by.pick([
    () => '',
    () => `begins_with(${aliases.path(names.sk)}, ${key()})`,
    () => `${aliases.path(names.sk)} BETWEEN ${key()} AND ${key()}`,
    () => `${aliases.path(names.sk)} ${by.pick(['=', '<', '<=', '>', '>='])} ${key()}`,
  ])()
  const consistent = by.chance(0.3) && (index === undefined || by.chance(0.05))
  return new QueryCommand({
    TableName: table,
    KeyConditionExpression: part === '' ? is : `${is} AND ${part}`,
    ...aliases.maps(asStored),
    ReturnConsumedCapacity: 'TOTAL',
    ...(index && { IndexName: index }),
    ...(by.chance(0.8) && { Limit: by.between(1, 8) }),
    ScanIndexForward: by.chance(0.5),
    ...(consistent && { ConsistentRead: true }),
  })
}

/** One request. */
export function ask(by: Random, table: string): Ask {
  return by.weighed<() => Ask>([
    [10, () => singleWrite(by, table)],
    [5, () => transaction(by, table)],
    [2, () => new GetItemCommand({ TableName: table, Key: v.key(by), ConsistentRead: by.chance(0.5), ReturnConsumedCapacity: 'TOTAL' })],
    [
      1,
      () =>
        new BatchGetItemCommand({
          RequestItems: { [table]: { Keys: batchKeys(by), ConsistentRead: by.chance(0.5) } },
          ReturnConsumedCapacity: 'TOTAL',
        }),
    ],
    [1, () => batchWrite(by, table)],
    [4, () => query(by, table)],
  ])()
}

function batchWrite(by: Random, table: string): Ask {
  const keys = batchKeys(by)
  const requests = keys.map((Key) => (by.chance(0.3) ? { DeleteRequest: { Key } } : { PutRequest: { Item: { ...v.item(by), ...Key } } }))
  return new BatchWriteItemCommand({ RequestItems: { [table]: requests }, ReturnConsumedCapacity: 'TOTAL' })
}

function batchKeys(by: Random): Stored[] {
  const keys = Array.from({ length: by.between(1, 10) }, () => v.key(by))
  return by.chance(0.05) ? keys : [...new Map(keys.map((key) => [JSON.stringify(key), key])).values()]
}
