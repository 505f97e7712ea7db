import { beforeAll, describe, expect, test } from 'vitest'
import { later } from '../../domain/kernel/clock.ts'
import { create } from '../../domain/kernel/commit.ts'
import { newKey } from '../../domain/kernel/id.ts'
import { itemOf } from '../../domain/kernel/place.ts'
import { interaction, interactionRecorded, type Interaction } from '../../domain/customer/interaction/index.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { runJob, settle } from '../support/stream.ts'

let crm: Crm
let made = 0
beforeAll(async () => {
  crm = await startCrm({ now: '2026-11-18T09:00:00.000Z' })
})

async function newCustomer(as = 'sales'): Promise<string> {
  const { body, status } = await crm.call('POST', '/customers', {
    as,
    body: { name: `Customer ${++made}`, emails: [{ address: `c${made}@example.com` }] },
  })
  expect(status, JSON.stringify(body)).toBe(201)
  return body['id']
}

async function post(path: string, body: object, as = 'admin') {
  const reply = await crm.call('POST', path, { body, as })
  expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300)
  return reply.body
}

/** A customer with years of everything: purchases, deals, tickets, a standing warning, tasks, a tier. */
async function richCustomer(): Promise<string> {
  const id = await newCustomer()
  for (let n = 0; n < 14; n++) {
    const day = new Date(Date.UTC(2025, 0, 5 + n * 25)).toISOString()
    await post(
      `/customers/${id}/purchases`,
      {
        orderId: { id: `${id}-${n}` },
        at: day,
        amount: { amount: 40_000 + n, currency: 'USD' },
        items: [{ sku: 'TEA-100', name: 'Green tea 100 g', quantity: 3, unitAmount: 4300 }],
      },
      'integration',
    )
  }
  for (let n = 0; n < 12; n++) {
    crm.clock.now = later(crm.clock.now, 60_000)
    await post(`/customers/${id}/deals`, {
      name: `Loom line ${n}`,
      value: { amount: 90_000_00, currency: 'USD' },
      currency: 'USD',
      expectedClose: '2026-11-20',
    })
    const { id: ticketId } = await post(`/customers/${id}/tickets`, {
      subject: `Loom ${n} stops`,
      body: 'Since this morning.',
      channel: 'phone',
      priority: 'high',
    })
    if (n < 8) await post(`/tickets/${ticketId}/resolve`, { resolution: 'Replaced the belt.' })
    await post(`/customers/${id}/tasks`, { title: `Visit ${n}`, dueAt: '2026-11-25T09:00:00Z' })
  }
  await settle(crm)
  await runJob(crm, 'warnings')
  await settle(crm)
  return id
}

/** Writes interactions beside the API: as many as years of a busy customer. */
async function writeInteractions(customerId: string, count: number): Promise<void> {
  const ctx = crm.ctx()
  const stamp = { type: interactionRecorded.type, actor: 'test', action: 'test', request: 'test', write: 1, at: ctx.now }
  const items = Array.from({ length: count }, (_, n) => {
    const at = new Date(Date.parse('2016-01-01') + n * 6 * 3_600_000).toISOString()
    const fields: Interaction = {
      kind: 'call',
      direction: 'out',
      subject: `Call ${n} about the order`,
      body: 'Talked about the next season and what they need for it. '.repeat(4),
      outcome: 'interested',
      occurredAt: at,
      contact: true,
      byId: 'usr_sales000000000000000',
    }
    const { record } = create(ctx, interaction, fields, interactionRecorded, {
      customer: customerId,
      own: newKey(Date.parse(at), ctx.random),
    })
    return itemOf(interaction, record, stamp)
  })
  for (let from = 0; from < items.length; from += 2_000) {
    const batches = Array.from({ length: 20 }, (_, n) => items.slice(from + n * 100, from + (n + 1) * 100)).filter(
      (batch) => batch.length > 0,
    )
    await Promise.all(batches.map((batch) => crm.table.writeAll(batch.map((item) => ({ put: item })))))
  }
}

describe('the overview of a customer', () => {
  test('costs one round of at most 8 read units, with 10,000 interactions and everything else', async () => {
    const id = await richCustomer()
    await writeInteractions(id, 10_000)
    await crm.call('GET', `/customers/${id}/overview`)
    crm.spent.length = 0
    const { status, body } = await crm.call('GET', `/customers/${id}/overview`)
    expect(status, JSON.stringify(body)).toBe(200)
    expect(crm.spent.map((one) => one.call)).toEqual(Array(7).fill('Query'))
    const units = crm.spent.reduce((sum, one) => sum + one.readUnits, 0)
    expect(units, JSON.stringify(crm.spent)).toBeLessThanOrEqual(8)
    expect(body['timeline'].items).toHaveLength(10)
    expect(body['timeline'].more).toBe(true)
    expect(body['tasks'].items).toHaveLength(10)
    expect(body['warnings'].items).toHaveLength(1)
    expect(body['deals'].items).toHaveLength(10)
    expect(body['tickets'].items).toHaveLength(4)
    expect(body['totals']).toMatchObject({
      purchases: { value: 14 },
      spent: { value: { amount: 14 * 40_000 + 91, currency: 'USD' }, source: expect.stringContaining('history.net') },
    })
    expect(body['tier']).toMatchObject({ name: 'gold', atRisk: false })
    const rhythm = (await crm.call('GET', `/customers/${id}/rhythm`)).body
    expect(body['insight']).toMatchObject({
      ...rhythm['chances'],
      risk: rhythm['risk'],
      value12Months: rhythm['value'].next12Months,
      atStake: rhythm['value'].atStake,
      words: rhythm['words'],
    })
    expect(body['contact']['explanation']).toContain('every')
    const { score, parts } = body['next']
    expect(parts.reduce((sum: number, one: { points: number }) => sum + one.points, 0)).toBe(score)
  }, 60_000)

  test('of a new customer is the file and little else', async () => {
    const id = await newCustomer()
    const { body } = await crm.call('GET', `/customers/${id}/overview`)
    expect(body).toMatchObject({ customer: { id }, tasks: { items: [], more: false }, timeline: { items: [], more: false } })
    expect(body['totals']).toBeUndefined()
    expect(body['next']).toBeUndefined()
  })

  test('shows what was just written, newest first', async () => {
    const id = await newCustomer()
    await post(`/customers/${id}/interactions`, { kind: 'note', subject: 'First', occurredAt: '2026-11-17T09:00:00Z' })
    await post(`/customers/${id}/interactions`, { kind: 'call', subject: 'Second', occurredAt: '2026-11-18T08:00:00Z' })
    const { body } = await crm.call('GET', `/customers/${id}/overview`)
    expect(body['timeline'].items.map((one: { title: string }) => one.title)).toEqual(['Second', 'First'])
  })

  test('names the most pressing thing, and why', async () => {
    const id = await newCustomer()
    await post(`/customers/${id}/tasks`, {
      title: 'Call back',
      dueAt: '2026-11-10T09:00:00Z',
      valueAtStake: { amount: 500_000, currency: 'USD' },
    })
    await post(`/customers/${id}/tickets`, { subject: 'A question', body: 'How?', channel: 'email', priority: 'low' })
    const { body } = await crm.call('GET', `/customers/${id}/overview`)
    expect(body['next']).toMatchObject({ kind: 'task', title: 'Call back' })
    expect(body['next'].parts.map((one: { because: string }) => one.because)).toEqual(['$5,000.00 at stake', '8 days late'])
  })

  test('leaves out what the caller may not read, and is hidden from those who may not see the customer', async () => {
    const id = await newCustomer()
    await post(`/customers/${id}/deals`, { name: 'Secret', currency: 'USD' })
    const { body } = await crm.call('GET', `/customers/${id}/overview`, { as: 'service' })
    expect(Object.keys(body)).not.toContain('deals')
    expect(JSON.stringify(body)).not.toContain('Secret')
    expect((await crm.call('GET', `/customers/${id}/overview`, { as: 'sales' })).body['deals'].items).toHaveLength(1)
    expect((await crm.call('GET', `/customers/${id}/overview`, { as: 'usr_00000000000000000009:sales' })).status).toBe(404)
    await crm.call('DELETE', `/customers/${id}`, { ifMatch: 1 })
    expect((await crm.call('GET', `/customers/${id}/overview`)).status).toBe(404)
  })
})
