import { setTimeout as wait } from 'node:timers/promises'
import { type AwsCall, awsCall, AwsError } from '../aws-json.ts'
import { Complaint } from '../complaint.ts'
import { type Json, type JsonObject, list, object, same, text } from '../json.ts'
import type { TableSpec } from '../template.ts'

const describe = async (call: AwsCall, name: string): Promise<JsonObject | undefined> => {
  try {
    return object((await call('DescribeTable', { TableName: name }))['Table'])
  } catch (thrown) {
    if (thrown instanceof AwsError && thrown.name === 'ResourceNotFoundException') return undefined
    throw thrown
  }
}

const indexesOf = (table: JsonObject): Map<string, JsonObject> =>
  new Map(list(table['GlobalSecondaryIndexes']).map((index) => [text(object(index)['IndexName']), object(index)]))

const sorted = (projection: Json | undefined): Json => {
  const { ProjectionType, NonKeyAttributes } = object(projection)
  return [ProjectionType ?? 'ALL', [...list(NonKeyAttributes)].map(text).toSorted()]
}

const sameIndex = (a: JsonObject, b: JsonObject): boolean =>
  same(a['KeySchema'], b['KeySchema']) && same(sorted(a['Projection']), sorted(b['Projection']))

const active = async (call: AwsCall, name: string): Promise<void> => {
  for (let tries = 0; tries < 1000; tries += 1) {
    const table = await describe(call, name)
    const ready = list(table?.['GlobalSecondaryIndexes']).every((index) => (object(index)['IndexStatus'] ?? 'ACTIVE') === 'ACTIVE')
    if (table?.['TableStatus'] === 'ACTIVE' && ready) return
    await wait(10)
  }
}

/** Brings an existing table's indexes to what the template says, one by one, as a deployment would. */
const reconcile = async (call: AwsCall, wanted: TableSpec, found: JsonObject): Promise<void> => {
  if (!same(found['KeySchema'], wanted.create['KeySchema'])) {
    throw new Complaint(
      `Table ${wanted.name} has other keys than the stack now wants: begin anew with --fresh, or choose another folder with --data DIR.`,
    )
  }
  const [before, after] = [indexesOf(found), indexesOf(wanted.create)]
  const change = async (update: JsonObject): Promise<void> => {
    await call('UpdateTable', {
      TableName: wanted.name,
      AttributeDefinitions: wanted.create['AttributeDefinitions'] ?? [],
      GlobalSecondaryIndexUpdates: [update],
    })
    await active(call, wanted.name)
  }
  for (const [name, index] of before) {
    const kept = after.get(name)
    if (kept === undefined || !sameIndex(index, kept)) await change({ Delete: { IndexName: name } })
  }
  for (const [name, index] of after) {
    const had = before.get(name)
    if (had === undefined || !sameIndex(had, index)) await change({ Create: index })
  }
}

const isExpiryOn = async (call: AwsCall, name: string): Promise<boolean> =>
  object((await call('DescribeTimeToLive', { TableName: name }))['TimeToLiveDescription'])['TimeToLiveStatus'] === 'ENABLED'

/**
 * Makes the template's table on the engine, or changes the indexes of the one that is there.
 * @throws Complaint when the keys differ, which no engine can change.
 */
export const ensureTable = async (endpoint: string, table: TableSpec): Promise<void> => {
  const call = awsCall(endpoint, 'DynamoDB_20120810')
  const found = await describe(call, table.name)
  if (found === undefined) {
    await call('CreateTable', table.create)
    await active(call, table.name)
  } else {
    await reconcile(call, table, found)
  }
  if (table.expiryAttribute !== undefined && !(await isExpiryOn(call, table.name))) {
    const specification = { Enabled: true, AttributeName: table.expiryAttribute }
    await call('UpdateTimeToLive', { TableName: table.name, TimeToLiveSpecification: specification })
  }
}
