import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { daysLater } from '../../domain/kernel/clock.ts'
import { customerIdIn } from '../../domain/kernel/id.ts'
import { untilFresh } from '../../domain/kernel/invoke.ts'
import { want, withdraw, type Want } from '../../domain/care/cadence/index.ts'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'
import { replay, runJob, settle } from '../support/stream.ts'

let crm: Crm
let made = 0
const START = '2026-11-18T09:00:00.000Z'
beforeAll(async () => {
  crm = await startCrm({ now: START })
  const { body } = await crm.call('GET', '/revisit-policy')
  const { id: _i, version: _v, createdAt: _c, updatedAt: _u, ...rules } = body
  const afterSales = [
    { title: 'Ask how the loom runs', days: 7, skuBegins: 'LOOM-' },
    { title: 'Ask how the large order went', days: 3, minAmount: 1_000_000 },
  ]
  expect((await crm.call('POST', '/revisit-policy', { body: { ...rules, afterSales } })).status).toBe(200)
})
beforeEach(() => {
  crm.clock.now = START
  crm.forget()
})

async function newCustomer(): Promise<string> {
  return (await crm.call('POST', '/customers', { as: 'sales', body: { name: `Customer ${++made}` } })).body['id']
}

async function buy(id: string, sku: string, at = crm.clock.now, amount = 500): Promise<string> {
  const sale = {
    orderId: { id: `order-${++made}` },
    at,
    amount: { amount, currency: 'USD' },
    items: [{ sku, name: `The ${sku}`, quantity: 1 }],
  }
  return (await crm.call('POST', `/customers/${id}/purchases`, { as: 'integration', body: sale })).body['id']
}

async function openTasks(id: string): Promise<Reply['body'][]> {
  return (await crm.call('GET', `/customers/${id}/tasks`)).body['items']
}
const planOf = async (id: string) => (await crm.call('GET', `/customers/${id}/cadence`)).body

/** The job as it runs every hour, with what follows. */
async function revisitsAt(now: string): Promise<void> {
  crm.clock.now = now
  await runJob(crm, 'revisits')
  await settle(crm)
}

describe('a purchase that a rule fits', () => {
  test('asks for one check on a working day some days later, however often it is told', async () => {
    const id = await newCustomer()
    const purchase = await buy(id, 'LOOM-7')
    await settle(crm)
    expect(await planOf(id)).toMatchObject({ nextAt: '2026-11-25T09:00:00.000Z' })
    expect((await planOf(id))['explanation']).toContain('Something else asks for a contact on 2026-11-25')
    await revisitsAt('2026-11-24T23:00:00.000Z')
    expect(await openTasks(id)).toEqual([])
    await revisitsAt('2026-11-28T10:00:00.000Z')
    const [visit, ...rest] = await openTasks(id)
    expect(rest).toEqual([])
    // Due on a Saturday: the visit is on Monday.
    expect(visit).toMatchObject({
      cause: 'after_sales',
      sourceId: purchase,
      title: 'Ask how the loom runs',
      dueAt: '2026-11-30T09:00:00.000Z',
    })
    expect(visit?.['reason']).toBe('Bought The LOOM-7 on 2026-11-18; checked 7 days later')
    await replay(crm)
    await crm.call('POST', `/tasks/${visit?.['id']}/done`, { as: 'sales', body: { outcome: 'reached' } })
    await settle(crm)
    await replay(crm)
    await revisitsAt('2026-12-12T10:00:00.000Z')
    expect(await openTasks(id)).toEqual([])
  })

  test('and is given back, or is an old one that was imported, asks for none', async () => {
    const id = await newCustomer()
    const purchase = await buy(id, 'LOOM-8')
    await buy(id, 'LOOM-9', '2026-09-01T10:00:00.000Z')
    await buy(id, 'TEA-1')
    await settle(crm)
    expect((await planOf(id))['nextAt']).toBe('2026-11-25T09:00:00.000Z')
    await crm.call('POST', `/purchases/${purchase}/returns`, { body: { returnId: 'R-1' } })
    await settle(crm)
    expect((await planOf(id))['nextAt']).toBeUndefined()
    await revisitsAt('2026-11-26T10:00:00.000Z')
    expect(await openTasks(id)).toEqual([])
  })

  test('whose visit is open takes the visit back with it', async () => {
    const id = await newCustomer()
    const purchase = await buy(id, 'ROOM', crm.clock.now, 2_000_000)
    await settle(crm)
    await revisitsAt('2026-11-23T10:00:00.000Z')
    const [visit] = await openTasks(id)
    expect(visit).toMatchObject({ cause: 'after_sales', title: 'Ask how the large order went' })
    await crm.call('DELETE', `/purchases/${purchase}`, { ifMatch: 1 })
    await settle(crm)
    expect((await crm.call('GET', `/tasks/${visit?.['id']}`)).body).toMatchObject({
      state: 'cancelled',
      cancelReason: 'The purchase was taken back.',
    })
  })
})

describe('a complaint', () => {
  async function complaint(id: string): Promise<string> {
    const { body } = await crm.call('POST', `/customers/${id}/tickets`, {
      body: { subject: 'Wrong colour', body: 'It is red.', channel: 'phone', category: 'complaint' },
    })
    return body['id']
  }
  const solve = (ticket: string) => crm.call('POST', `/tickets/${ticket}/resolve`, { body: { resolution: 'Sent the right one.' } })

  test('that is solved asks whether it is settled, once for each time it was solved', async () => {
    const id = await newCustomer()
    const ticket = await complaint(id)
    await solve(ticket)
    await settle(crm)
    await revisitsAt('2026-11-21T10:00:00.000Z')
    const [visit, ...rest] = await openTasks(id)
    expect(rest).toEqual([])
    expect(visit).toMatchObject({ cause: 'complaint', sourceId: ticket, priority: 'high', dueAt: '2026-11-23T09:00:00.000Z' })
    await crm.call('POST', `/tickets/${ticket}/reopen`, { body: { reason: 'Still red' } })
    await settle(crm)
    expect(await openTasks(id)).toEqual([])
    await solve(ticket)
    await settle(crm)
    await revisitsAt('2026-11-24T10:00:00.000Z')
    expect(await openTasks(id)).toHaveLength(1)
    await replay(crm)
    expect(await openTasks(id)).toHaveLength(1)
  })

  test('of another category asks for nothing', async () => {
    const id = await newCustomer()
    const { body } = await crm.call('POST', `/customers/${id}/tickets`, {
      body: { subject: 'How to', body: 'Which?', channel: 'web', category: 'question' },
    })
    await solve(body['id'])
    await settle(crm)
    expect((await planOf(id))['nextAt']).toBeUndefined()
  })
})

describe('a visit that reached nobody', () => {
  test('is tried again for what asked for it', async () => {
    const id = await newCustomer()
    const purchase = await buy(id, 'LOOM-3')
    await settle(crm)
    await revisitsAt('2026-11-25T12:00:00.000Z')
    const [visit] = await openTasks(id)
    await crm.call('POST', `/tasks/${visit?.['id']}/done`, { as: 'sales', body: { outcome: 'no_answer' } })
    await settle(crm)
    await replay(crm)
    await revisitsAt('2026-11-27T12:00:00.000Z')
    expect(await openTasks(id)).toEqual([])
    await revisitsAt('2026-11-29T12:00:00.000Z')
    const [again, ...rest] = await openTasks(id)
    expect(rest).toEqual([])
    expect(again).toMatchObject({ cause: 'after_sales', sourceId: purchase, dueAt: '2026-11-30T09:00:00.000Z' })
  })
})

describe('several causes', () => {
  const contract = (id: string, at: string): Want => ({
    cause: 'contract',
    sourceId: `con_${id.slice(4)}00000000000000000001`,
    at,
    title: 'Talk about the renewal',
    reason: 'The contract ends on 2027-01-31',
    priority: 'high',
    valueAtStake: { amount: 900_000, currency: 'USD' },
  })
  const ask = (id: string, asked: Want, name = 'contract 1') => untilFresh(() => want(crm.ctx('test'), id, name, asked))

  test('become one visit: what falls due joins the one that is open and brings it forward', async () => {
    const id = await newCustomer()
    await crm.call('POST', `/customers/${id}/tier/override`, { body: { tier: 'black-gold', reason: 'Test', until: '2027-12-30' } })
    await buy(id, 'LOOM-1')
    await settle(crm)
    await ask(id, contract(id, '2026-12-01T00:00:00.000Z'))
    await revisitsAt('2026-11-25T09:30:00.000Z')
    await revisitsAt('2026-12-03T10:00:00.000Z')
    const [visit, ...rest] = await openTasks(id)
    expect(rest).toEqual([])
    const { body } = await crm.call('GET', `/tasks/${visit?.['id']}`)
    expect(body).toMatchObject({ cause: 'after_sales', priority: 'high', valueAtStake: { amount: 900_000 } })
    expect(body['also'].map((one: { cause: string }) => one.cause).sort()).toEqual(['cadence', 'contract'])
    await Promise.all([1, 2, 3].map(() => ask(id, contract(id, '2026-12-01T00:00:00.000Z'))))
    await revisitsAt('2026-12-04T10:00:00.000Z')
    expect((await crm.call('GET', `/tasks/${visit?.['id']}`)).body['also']).toHaveLength(2)
    const { sourceId } = contract(id, '')
    await untilFresh(() => withdraw(crm.ctx('test'), id, 'contract', sourceId, 'The contract was renewed.'))
    expect((await crm.call('GET', `/tasks/${visit?.['id']}`)).body['also'].map((one: { cause: string }) => one.cause)).toEqual(['cadence'])
    expect(customerIdIn(sourceId)).toBe(id)
  })

  test('asked for at once by many are each asked for once', async () => {
    const id = await newCustomer()
    const names = ['a', 'b', 'c']
    await Promise.all(
      [...names, ...names, ...names].map((name) => ask(id, { ...contract(id, daysLater(START, 2)), sourceId: `con_${name}` }, name)),
    )
    await revisitsAt('2026-11-20T12:00:00.000Z')
    const [visit, ...rest] = await openTasks(id)
    expect(rest).toEqual([])
    const { body } = await crm.call('GET', `/tasks/${visit?.['id']}`)
    expect([body['sourceId'], ...body['also'].map((one: { sourceId: string }) => one.sourceId)].sort()).toEqual(['con_a', 'con_b', 'con_c'])
  })
})

describe('a contact that the company asks for', () => {
  const ask = (id: string, body: object, as = 'integration') => crm.call('POST', `/customers/${id}/cadence/ask`, { as, body })
  const contract = { cause: 'contract', reference: 'C-17', day: '2027-03-31', daysBefore: 60 }

  test('before a contract ends becomes one visit in time, however often it is told, and is not made again once it is done', async () => {
    const id = await newCustomer()
    const replies = await Promise.all(Array.from({ length: 5 }, () => ask(id, contract)))
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    expect(await planOf(id)).toMatchObject({
      nextAt: '2027-01-30T00:00:00.000Z',
      wanted: [{ cause: 'contract', sourceId: 'C-17', reason: 'Contract C-17 ends on 2027-03-31; contacted 60 days before' }],
    })
    await revisitsAt('2027-01-29T23:00:00.000Z')
    expect(await openTasks(id)).toEqual([])
    // A Saturday: the visit is on Monday.
    await revisitsAt('2027-01-30T01:00:00.000Z')
    const [visit] = await openTasks(id)
    expect(visit).toMatchObject({ cause: 'contract', sourceId: 'C-17', dueAt: '2027-02-01T09:00:00.000Z' })
    await ask(id, contract)
    await crm.call('POST', `/tasks/${visit?.['id']}/done`, { body: { outcome: 'sold' } })
    await settle(crm)
    await ask(id, contract)
    await replay(crm)
    await revisitsAt('2027-03-01T01:00:00.000Z')
    expect(await openTasks(id)).toEqual([])
  })

  test('moves with the contract, also when its visit is open and back to a day it had before, and is taken back', async () => {
    const id = await newCustomer()
    await ask(id, contract)
    await ask(id, { ...contract, day: '2027-06-30' })
    expect((await planOf(id))['wanted']).toMatchObject([{ at: '2027-05-01T00:00:00.000Z' }])
    await ask(id, contract)
    expect((await planOf(id))['wanted']).toMatchObject([{ at: '2027-01-30T00:00:00.000Z' }])
    await revisitsAt('2027-01-30T01:00:00.000Z')
    const [visit] = await openTasks(id)
    await ask(id, { ...contract, day: '2027-06-30' })
    await settle(crm)
    expect(await openTasks(id)).toEqual([])
    expect((await crm.call('GET', `/tasks/${visit?.['id']}`)).body).toMatchObject({
      state: 'cancelled',
      cancelReason: 'It is now about 2027-06-30.',
    })
    expect((await planOf(id))['wanted']).toMatchObject([{ at: '2027-05-01T00:00:00.000Z' }])
    const back = await crm.call('POST', `/customers/${id}/cadence/withdraw`, {
      body: { cause: 'contract', reference: 'C-17', reason: 'Without an end now' },
    })
    expect(back.body).toMatchObject({ wanted: [] })
    await revisitsAt('2027-05-02T01:00:00.000Z')
    expect(await openTasks(id)).toEqual([])
  })

  test('that is told late falls due at once while its day lies ahead, and is refused long after it or far ahead', async () => {
    const id = await newCustomer()
    expect((await ask(id, { ...contract, day: '2026-12-01' })).body).toMatchObject({ nextAt: START })
    await revisitsAt('2026-11-18T10:00:00.000Z')
    expect(await openTasks(id)).toMatchObject([{ dueAt: '2026-11-19T09:00:00.000Z' }])
    expect((await ask(id, { ...contract, reference: 'C-18', day: '2026-10-01' })).body).toMatchObject({ errors: [{ code: 'too_late' }] })
    expect((await ask(id, { ...contract, reference: 'C-18', day: '2040-10-01' })).body).toMatchObject({ errors: [{ code: 'too_far' }] })
    for (let n = 0; n < 20; n++) expect((await ask(id, { ...contract, reference: `D-${n}` })).status).toBe(200)
    expect((await ask(id, { ...contract, reference: 'D-20' })).body).toMatchObject({ status: 409, code: 'cadence.too_many' })
    expect((await ask(id, contract, 'viewer')).status).toBe(403)
    expect((await ask(id, contract, 'usr_00000000000000000009:sales')).status).toBe(404)
  })
})

describe('a merge', () => {
  const contract = { cause: 'contract', reference: 'C-17', day: '2027-03-31', daysBefore: 60 }
  const good = async (reply: Promise<Reply>) => {
    const { status, body } = await reply
    expect(status, JSON.stringify(body)).toBeLessThan(300)
    return body
  }
  const merge = (into: string, absorb: string) =>
    good(crm.call('POST', `/customers/${into}/merge`, { as: 'admin', body: { absorb, choose: {} } }))
  const called = (id: string) =>
    good(crm.call('POST', `/customers/${id}/interactions`, { as: 'admin', body: { kind: 'call', direction: 'out' } }))

  test('takes what was asked for along, once, and back when it is undone', async () => {
    const [into, other] = [await newCustomer(), await newCustomer()]
    await good(crm.call('POST', `/customers/${other}/cadence/ask`, { as: 'integration', body: contract }))
    const { id } = await merge(into, other)
    await settle(crm)
    await replay(crm)
    expect((await planOf(into))['wanted']).toMatchObject([{ cause: 'contract', sourceId: 'C-17', at: '2027-01-30T00:00:00.000Z' }])
    await good(crm.call('POST', `/merges/${id}/undo`, { as: 'admin', body: {} }))
    await settle(crm)
    await replay(crm)
    expect((await planOf(into))['wanted']).toEqual([])
    expect((await planOf(other))['wanted']).toMatchObject([{ cause: 'contract', sourceId: 'C-17' }])
    await revisitsAt('2027-01-30T01:00:00.000Z')
    expect(await openTasks(into)).toEqual([])
    expect(await openTasks(other)).toMatchObject([{ cause: 'contract', sourceId: 'C-17' }])
  })

  test('counts from the last contact of either, and from the one before when it is undone', async () => {
    const [into, other] = [await newCustomer(), await newCustomer()]
    crm.clock.now = daysLater(START, -3)
    await called(into)
    crm.clock.now = daysLater(START, -1)
    await called(other)
    crm.clock.now = START
    await settle(crm)
    const { id } = await merge(into, other)
    await settle(crm)
    await replay(crm)
    expect(await planOf(into)).toMatchObject({ lastContactAt: daysLater(START, -1) })
    await good(crm.call('POST', `/merges/${id}/undo`, { as: 'admin', body: {} }))
    await settle(crm)
    await replay(crm)
    expect(await planOf(into)).toMatchObject({ lastContactAt: daysLater(START, -3) })
    expect(await planOf(other)).toMatchObject({ lastContactAt: daysLater(START, -1) })
  })

  test('takes over the visit that is open: a contact ends it', async () => {
    const [into, other] = [await newCustomer(), await newCustomer()]
    await good(
      crm.call('POST', `/customers/${other}/cadence/ask`, { as: 'integration', body: { ...contract, day: '2026-12-20', daysBefore: 30 } }),
    )
    await revisitsAt('2026-11-20T12:00:00.000Z')
    const [visit] = await openTasks(other)
    expect(visit).toMatchObject({ cause: 'contract' })
    await merge(into, other)
    await settle(crm)
    await replay(crm)
    expect(await openTasks(into)).toMatchObject([{ id: visit?.['id'] }])
    // What else is asked for joins it.
    await good(
      crm.call('POST', `/customers/${into}/cadence/ask`, {
        as: 'integration',
        body: { ...contract, reference: 'C-18', day: '2026-12-21', daysBefore: 30 },
      }),
    )
    await revisitsAt('2026-11-22T12:00:00.000Z')
    const open = await openTasks(into)
    expect(open).toHaveLength(1)
    const { body } = await crm.call('GET', `/tasks/${visit?.['id']}`)
    expect(body['also']).toMatchObject([{ sourceId: 'C-18' }])
  })
})
