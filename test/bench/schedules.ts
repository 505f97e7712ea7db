import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { duePartition } from '../../domain/kernel/place.ts'
import { shardOf, shards } from '../../domain/kernel/table/shape.ts'
import { schedules } from '../../events/schedules.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { runJob, settle } from '../support/stream.ts'
import { engineClient } from '../support/table.ts'

/** What one run of a schedule read and wrote, in a table of so many customers. */
export interface ScheduleCost {
  name: string
  customers: number
  /** Items that were due; 0 is a run that finds nothing. */
  due: number
  readUnits: number
  writeUnits: number
}

const dueJobs = schedules.filter(({ job }) => job.kind === 'due').map(({ name }) => name)
/** Customers for whom something of every kind falls due. */
const DUE = 10
const BATCH = 25

/** Customers whose timers lie far ahead: what a run must not read. Each has one timer, the jobs take turns. */
async function fill(crm: Crm, customers: number): Promise<void> {
  const client = engineClient(crm.place.endpoint)
  for (let at = 0; at < customers; at += BATCH) {
    const puts = Array.from({ length: Math.min(BATCH, customers - at) }, (_, offset) => {
      const id = `filler${String(at + offset).padStart(14, '0')}`
      const job = dueJobs[(at + offset) % dueJobs.length] ?? ''
      return { pk: `customer#${id}`, sk: '!filler', dpk: duePartition(job, shardOf(id, shards.due)), dsk: `2090-01-01T00:00:00.000Z#${id}` }
    })
    await client.send(
      new BatchWriteItemCommand({ RequestItems: { [crm.place.name]: puts.map((Item) => ({ PutRequest: { Item: marshall(Item) } })) } }),
    )
  }
}

/** Ten customers with purchases, a deal, a resolved ticket and a task: a year on, each job finds them due. */
async function plant(crm: Crm): Promise<void> {
  const must = async (path: string, body: object): Promise<string> => {
    const reply = await crm.call('POST', path, { body })
    if (reply.status >= 300) throw new Error(`POST ${path}: ${reply.status} ${JSON.stringify(reply.body)}`)
    return String(reply.body['id'])
  }
  for (let n = 0; n < DUE; n++) {
    const id = await must('/customers', { name: `Due ${n}` })
    for (let week = 0; week < 6; week++) {
      const at = new Date(Date.parse(crm.clock.now) - week * 7 * 86_400_000).toISOString()
      await must(`/customers/${id}/purchases`, { orderId: { id: `${n}-${week}` }, at, amount: { amount: 20_000, currency: 'USD' } })
    }
    await must(`/customers/${id}/deals`, { name: 'Renewal', value: { amount: 10_000, currency: 'USD' } })
    const ticket = await must(`/customers/${id}/tickets`, { subject: 'Question', body: 'How?', channel: 'email' })
    await must(`/tickets/${ticket}/resolve`, { resolution: 'So.' })
    await must(`/customers/${id}/tasks`, { title: 'Visit', dueAt: new Date(Date.parse(crm.clock.now) + 86_400_000).toISOString() })
  }
  await settle(crm)
}

async function measured(crm: Crm, name: string, customers: number): Promise<ScheduleCost> {
  crm.spent.length = 0
  const { seen } = await runJob(crm, name)
  const sum = (units: 'readUnits' | 'writeUnits'): number => crm.spent.reduce((total, one) => total + one[units], 0)
  return { name, customers, due: seen, readUnits: sum('readUnits'), writeUnits: sum('writeUnits') }
}

/** Runs every due job twice at each size, in a table of its own: with nothing due, and with the same work due. */
export async function measureSchedules(sizes: readonly number[]): Promise<ScheduleCost[]> {
  const results: ScheduleCost[] = []
  for (const customers of sizes) {
    const crm = await startCrm()
    await fill(crm, customers)
    for (const name of dueJobs) results.push(await measured(crm, name, customers))
    await plant(crm)
    crm.clock.now = new Date(Date.parse(crm.clock.now) + 410 * 86_400_000).toISOString()
    for (const name of dueJobs) results.push(await measured(crm, name, customers))
  }
  return results
}
