import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  type DynamoDBClient,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb'
import type { StreamRecord } from '../../../events/stream.ts'
import { keyNames, type IndexName } from '../../../domain/kernel/table/shape.ts'
import type { StreamReader } from '../../support/stream-reader.ts'
import { Random } from '../random.ts'
import { carryOut } from '../sim/client.ts'
import { Dynamo } from '../sim/dynamo.ts'
import type { Stored } from '../sim/refusal.ts'
import { isKnownDifference, plain, plainly, sameAnswer, unitsIn } from './answers.ts'
import { ask, type Ask } from './asks.ts'
import { indexPartitions } from './values.ts'

/** One place where the two engines said different things. */
export interface Difference {
  seed: string
  operation: number
  asked: unknown
  official: unknown
  simulated: unknown
}

export interface Tally {
  operations: number
  refused: number
  /** Where DynamoDB Local is known to differ from the service. */
  known: number
  units: { same: number; different: number; examples: string[] }
}

interface Sides {
  client: DynamoDBClient
  dynamo: Dynamo
  seed: string
  tally: Tally
}

/** Asks both engines the same things, from nothing on. @returns the first difference, if there is one */
export async function compareTable(
  client: DynamoDBClient,
  name: string,
  stream: StreamReader,
  how: { seed: string; operations: number; tally: Tally },
): Promise<Difference | undefined> {
  const sides = { client, dynamo: new Dynamo(name), seed: how.seed, tally: how.tally }
  const by = new Random(how.seed)
  for (let operation = 0; operation < how.operations; operation++) {
    const asked = ask(by, name)
    const found = await compareOne(sides, asked, operation)
    if (found) return found
  }
  return (await compareContents(sides, name, how.operations)) ?? compareStreams(sides, await stream.next())
}

async function compareOne(sides: Sides, asked: Ask, operation: number): Promise<Difference | undefined> {
  const { client, dynamo, tally } = sides
  let [real, simulated]: [object, object] = [{}, {}]
  const official = await plainly(async () => (real = await client.send(asked as QueryCommand)))
  const ours = await plainly(async () => (simulated = carryOut(dynamo, asked)))
  tally.operations++
  if ('refusal' in official) tally.refused++
  if (isKnownDifference(official, ours)) {
    tally.known++
    return undefined
  }
  if (!sameAnswer(official, ours))
    return { seed: sides.seed, operation, asked: { is: asked.constructor.name, ...asked.input }, official, simulated: ours }
  compareUnits(tally, asked, real, simulated)
  const last: unknown = Reflect.get(real, 'LastEvaluatedKey')
  if (!(asked instanceof QueryCommand) || last === undefined) return undefined
  return compareOne(sides, new QueryCommand({ ...asked.input, ExclusiveStartKey: last as Stored }), operation)
}

function compareUnits(tally: Tally, asked: Ask, real: object, simulated: object): void {
  const [theirs, ours] = [unitsIn(real), unitsIn(simulated)]
  if (theirs === undefined && ours === undefined) return
  // DynamoDB Local counts nothing for what is not there, where the service counts the least there is, and transactions its own way.
  const otherwise =
    asked instanceof BatchGetItemCommand ||
    asked instanceof BatchWriteItemCommand ||
    asked instanceof TransactWriteItemsCommand ||
    (theirs === 0 && asked instanceof QueryCommand)
  if (otherwise) return
  if (theirs === ours) tally.units.same++
  else {
    tally.units.different++
    if (tally.units.examples.length < 5)
      tally.units.examples.push(`${asked.constructor.name}: ${theirs} there, ${ours} here; ${JSON.stringify(asked.input).slice(0, 600)}`)
  }
}

/** Everything that is there, in the base and in each index. */
async function compareContents(sides: Sides, name: string, operation: number): Promise<Difference | undefined> {
  const scan = new ScanCommand({ TableName: name, ConsistentRead: true })
  const [real, ours] = [await sides.client.send(scan), carryOut(sides.dynamo, scan)]
  const official = { answer: { items: inOrder(real.Items) } }
  const simulated = { answer: { items: inOrder((ours as { Items: Stored[] }).Items) } }
  if (!sameAnswer(official, simulated)) return { seed: sides.seed, operation, asked: 'everything in the table', official, simulated }
  for (const index of ['list', 'owner', 'due'] satisfies IndexName[]) {
    for (const partition of indexPartitions) {
      const found = await compareOne(sides, new QueryCommand(wholePartition(name, index, partition)), operation)
      if (found) return found
    }
  }
  return undefined
}

function wholePartition(TableName: string, index: IndexName, partition: string): QueryCommandInput {
  return {
    TableName,
    IndexName: index,
    KeyConditionExpression: '#p = :p',
    ExpressionAttributeNames: { '#p': keyNames[index].pk },
    ExpressionAttributeValues: { ':p': { S: partition } },
    ReturnConsumedCapacity: 'TOTAL',
  }
}

const inOrder = (items: readonly object[] = []): string[] => items.map((item) => JSON.stringify(plain(item))).sort()

/** What the stream told of each item, in order. */
function compareStreams({ dynamo, seed }: Sides, records: readonly StreamRecord[]): Difference | undefined {
  const byItem = (all: readonly StreamRecord[]): Map<string, string[]> => {
    const told = new Map<string, string[]>()
    for (const record of all) {
      const { Keys, NewImage, OldImage } = record.dynamodb as { Keys: Stored; NewImage?: Stored; OldImage?: Stored }
      const name = `${Keys['pk']?.S} ${Keys['sk']?.S}`
      told.set(name, [...(told.get(name) ?? []), JSON.stringify(plain({ is: Reflect.get(record, 'eventName'), NewImage, OldImage }))])
    }
    return told
  }
  const [official, ours] = [byItem(records), byItem(dynamo.base.feed.records)]
  for (const name of new Set([...official.keys(), ...ours.keys()])) {
    const [a = [], b = []] = [official.get(name), ours.get(name)]
    const at = a.findIndex((one, nth) => one !== b[nth])
    if (at >= 0 || a.length !== b.length)
      return {
        seed,
        operation: -1,
        asked: `the stream of ${name}, ${a.length} and ${b.length} records`,
        official: a[Math.max(at, 0)],
        simulated: b[Math.max(at, 0)],
      }
  }
  return undefined
}
