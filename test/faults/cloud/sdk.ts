import { clientOver, carryOut, type Command } from '../sim/client.ts'
import type { BatchAsked, Dynamo } from '../sim/dynamo.ts'
import { cancelled, Refusal, type Stored } from '../sim/refusal.ts'
import { dynamoTable, type Table } from '../../../domain/kernel/table/table.ts'
import type { Faults, Site } from './faults.ts'
import type { Life } from './lambda.ts'
import type { World } from './world.ts'

/**
 * The SDK's client between the product and the simulated table: what happens on the way there and back, and what the SDK
 * makes of it. It tries four times what may pass by itself (time-outs, throttling, 5xx), sending the same bytes again.
 * The product's store layer above it is the real one.
 */

const ATTEMPTS = 4
/** First wait between tries, doubled each time, with full jitter. Milliseconds. */
const BACKOFF = 100
const TIMEOUT = 5_000
/** How long one call takes. Milliseconds. */
const LATENCY = { least: 1, most: 12 }

const RETRIED = new Set([
  'TimeoutError',
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'InternalServerError',
  'TransactionInProgressException',
])
/** What too much load on an item, a partition or an index is called. */
const THROTTLED = ['ProvisionedThroughputExceededException', 'ThrottlingException'] as const
const WRITES = new Set(['PutItemCommand', 'UpdateItemCommand', 'DeleteItemCommand', 'BatchWriteItemCommand', 'TransactWriteItemsCommand'])

export interface Wire {
  world: World
  dynamo: Dynamo
  faults: Faults
}

/** The table as one instance sees it. */
export function tableFor(wire: Wire, life: Life): Table {
  const send = (command: Command) => attempts(wire, life, command)
  return dynamoTable(clientOver(send), wire.dynamo.name)
}

/** What a dead process waits for. Each its own: one for all would hold on to everyone who ever waited, and all they know. */
const never = (): Promise<never> => new Promise(() => {})

async function attempts(wire: Wire, life: Life, command: Command): Promise<object> {
  const call: Call = { command, stays: undefined }
  life.calls++
  for (let attempt = 1; ; attempt++) {
    try {
      return await onWire(wire, life, call)
    } catch (error) {
      const name = error instanceof Error ? error.name : ''
      if (!RETRIED.has(name) && name !== 'TransactionConflictException' && name !== 'TransactionCanceledException') throw error
      if (!RETRIED.has(name) || attempt >= ATTEMPTS) {
        life.hurt = true
        throw error
      }
      await wire.world.sleep(life.by.next() * BACKOFF * 2 ** attempt)
      if (!life.alive) return never()
    }
  }
}

interface Call {
  command: Command
  /** A fault that outlasts the SDK's patience, so that it reaches the product. */
  stays: Site | undefined
}

/** Of faults that pass, one in so many stays for the whole call. */
const STAYS = 1 / 4

function strikes({ faults }: Wire, { by }: Life, call: Call, site: Site): boolean {
  if (call.stays !== undefined) return call.stays === site
  const struck = faults.strikes(site, by)
  if (struck && by.chance(STAYS)) call.stays = site
  return struck
}

/** Faults that keep a request from the table. @throws what the SDK sees of them */
async function outward(wire: Wire, life: Life, call: Call): Promise<void> {
  const { name } = call.command.constructor
  if (strikes(wire, life, call, 'table: throttles')) throw new Refusal(life.by.pick(THROTTLED), 'Throughput exceeds the limit')
  if (!WRITES.has(name)) return
  // A connection that broke after the write took place stays broken.
  if (call.stays === 'table: writes, then times out' || strikes(wire, life, call, 'table: fails before the write'))
    await timeOut(wire.world, life)
  if (strikes(wire, life, call, 'table: transactions conflict')) throw cancelledBy(call.command, 'TransactionConflict')
  if (name === 'TransactWriteItemsCommand' && strikes(wire, life, call, 'table: a transaction is throttled'))
    throw cancelledBy(call.command, life.by.pick(['ThrottlingError', 'ProvisionedThroughputExceeded']))
  if (name === 'TransactWriteItemsCommand' && strikes(wire, life, call, 'table: a transaction is in progress')) {
    throw new Refusal('TransactionInProgressException', 'The transaction with the given request token is already in progress')
  }
}

async function onWire(wire: Wire, life: Life, call: Call): Promise<object> {
  const { world, dynamo } = wire
  await world.sleep(life.by.between(LATENCY.least, LATENCY.most))
  if (!life.goOn()) return never()
  await outward(wire, life, call)
  const broken = strikes(wire, life, call, 'table: internal error, written or not')
  if (broken && life.by.chance(0.5)) throw new Refusal('InternalServerError', 'An internal error occurred')
  const writes = WRITES.has(call.command.constructor.name)
  const asked = writes ? ofVersion(wire, life, call.command) : call.command
  const { command, left } = undone(wire, life, asked)
  const answer = { ...leftOut(wire, life, command, carryOut(dynamo, command)), ...left }
  if (broken) throw new Refusal('InternalServerError', 'An internal error occurred')
  if (writes) {
    if (strikes(wire, life, call, 'table: writes, then times out')) await timeOut(world, life)
    if (wire.faults.strikes('table: writes, then the process dies', life.by)) life.die()
  }
  return life.goOn() ? answer : never()
}

async function timeOut(world: World, life: Life): Promise<never> {
  await world.sleep(TIMEOUT)
  if (!life.alive) return never()
  throw new Refusal('TimeoutError', `Connection timed out after ${TIMEOUT} ms`)
}

function cancelledBy({ constructor: { name }, input }: Command, code: string): Refusal {
  if (name !== 'TransactWriteItemsCommand') return new Refusal('TransactionConflictException', 'Transaction is ongoing for the item')
  const items = (input as { TransactItems?: unknown[] }).TransactItems ?? []
  return cancelled(items.map((_, at) => (at === 0 ? { Code: code, Message: 'not now' } : { Code: 'None' })))
}

/** A field that this version of the code knows nothing of: it must outlive every change and be told to nobody. */
export const NEXT_FIELD = 'ofTheNextVersion'

/** Which version of the code an invocation runs, by its chance: a process is of one version, and knows what it wrote itself. */
const versions = new WeakMap<object, boolean>()

function ofVersion({ faults }: Wire, { by }: Life, command: Command): Command {
  const next = versions.get(by) ?? faults.strikes('deploy: the next version writes too', by)
  versions.set(by, next)
  return next ? asNextVersion(command) : command
}

/** A write as the next version of the code makes it, which runs beside this one while a deploy is under way. */
function asNextVersion({ constructor, input }: Command): Command {
  const marked = (item: Stored | undefined) => (item?.['ev'] && item['noun'] ? { ...item, [NEXT_FIELD]: { S: 'kept' } } : item)
  const { Item: item, TransactItems: items } = input as { Item?: Stored; TransactItems?: { Put?: { Item?: Stored } }[] }
  const puts = items?.map((one) => (one.Put ? { ...one, Put: { ...one.Put, Item: marked(one.Put.Item) } } : one))
  return { constructor, input: { ...input, ...(item && { Item: marked(item) }), ...(puts && { TransactItems: puts }) } }
}

interface Batch {
  Responses: Record<string, Stored[]>
  UnprocessedKeys: Record<string, { Keys: Stored[]; ConsistentRead: boolean }>
}

/** A batch of writes of which some are left for later, with what is told of them. */
function undone({ faults, dynamo }: Wire, { by }: Life, command: Command): { command: Command; left?: object } {
  if (command.constructor.name !== 'BatchWriteItemCommand') return { command }
  const requests = (command.input as BatchAsked).RequestItems?.[dynamo.name] ?? []
  if (requests.length < 2 || !faults.strikes('table: leaves keys unprocessed', by)) return { command }
  const cut = by.between(1, requests.length - 1)
  const input = { ...command.input, RequestItems: { [dynamo.name]: requests.slice(0, cut) } }
  return { command: { constructor: command.constructor, input }, left: { UnprocessedItems: { [dynamo.name]: requests.slice(cut) } } }
}

/** A batch read that leaves some of its keys for later. */
function leftOut({ faults, dynamo }: Wire, { by }: Life, { constructor: { name }, input }: Command, answer: object): object {
  if (name !== 'BatchGetItemCommand') return answer
  const { Keys: keys = [], ConsistentRead = false } =
    (input as { RequestItems?: Record<string, { Keys?: Stored[]; ConsistentRead?: boolean }> }).RequestItems?.[dynamo.name] ?? {}
  if (keys.length < 2 || !faults.strikes('table: leaves keys unprocessed', by)) return answer
  const left = keys.slice(by.between(1, keys.length - 1))
  const gone = new Set(left.map((key) => `${key['pk']?.S} ${key['sk']?.S}`))
  const found = ((answer as Batch).Responses[dynamo.name] ?? []).filter((item) => !gone.has(`${item['pk']?.S} ${item['sk']?.S}`))
  return { ...answer, Responses: { [dynamo.name]: found }, UnprocessedKeys: { [dynamo.name]: { Keys: left, ConsistentRead } } }
}
