import { beforeAll, describe, expect, test } from 'vitest'
import { startCrm, type Crm } from '../../support/crm.ts'
import { runJob, settle } from '../../support/stream.ts'

let crm: Crm
beforeAll(async () => {
  crm = await startCrm({ now: '2026-11-18T09:00:00.000Z' })
  for (let n = 0; n < 30; n++) {
    const { body } = await crm.call('POST', '/customers', {
      as: 'sales',
      body: { name: `Customer ${n}`, emails: [{ address: `c${n}@example.com` }] },
    })
    await crm.call('POST', `/customers/${body['id']}/tier/override`, { body: { tier: 'black-gold', reason: 'Test', until: '2027-12-30' } })
  }
  await settle(crm)
})

const sums = () => ({
  reads: crm.spent.reduce((sum, one) => sum + one.readUnits, 0),
  writes: crm.spent.reduce((sum, one) => sum + one.writeUnits, 0),
})

async function costOf(job: string): Promise<{ reads: number; writes: number; seen: number }> {
  crm.spent.length = 0
  const { seen } = await runJob(crm, job)
  return { ...sums(), seen }
}

describe('the schedules of care', () => {
  test('cost a handful of units with nothing due', async () => {
    for (const job of ['revisits', 'tasks']) {
      const { reads, writes, seen } = await costOf(job)
      expect({ seen, writes }).toEqual({ seen: 0, writes: 0 })
      expect(reads).toBeLessThanOrEqual(4)
    }
  })

  test('read at most 3 units for each visit that is due, its day’s room included', async () => {
    crm.clock.now = '2026-12-03T01:00:00.000Z'
    const { reads, writes, seen } = await costOf('revisits')
    expect(seen).toBe(30)
    expect(reads / seen, `${reads} reads, ${writes} writes`).toBeLessThanOrEqual(3)
    expect((await costOf('revisits')).seen).toBe(0)
  })

  test('read at most 3 units for each task that is late', async () => {
    crm.clock.now = '2026-12-20T01:00:00.000Z'
    const { reads, seen } = await costOf('tasks')
    expect(seen).toBe(30)
    expect(reads / seen).toBeLessThanOrEqual(3)
  })

  test('a contact that moves the next visit writes the plan once and no index', async () => {
    const { body } = await crm.call('GET', '/tasks', { as: 'sales' })
    const customerId = `cus_${String(body['items'][0].id).slice(4, 24)}`
    await crm.call('POST', `/customers/${customerId}/interactions`, { body: { kind: 'call' } })
    await settle(crm)
    crm.clock.now = '2026-12-21T01:00:00.000Z'
    await crm.call('POST', `/customers/${customerId}/interactions`, { body: { kind: 'call' } })
    const before = (await crm.call('GET', `/customers/${customerId}/cadence`)).body['nextAt']
    await settle(crm)
    expect((await crm.call('GET', `/customers/${customerId}/cadence`)).body['nextAt'] > before).toBe(true)
    const { items } = await crm.table.query({ pk: `customer#${customerId.slice(4)}`, begins: '!cadence', limit: 1 })
    expect(String(items[0]?.['dsk']) < String(items[0]?.['nextAt'])).toBe(true)
  })
})
