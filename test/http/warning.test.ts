import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { invoke } from '../../domain/kernel/invoke.ts'
import { placeOf } from '../../domain/kernel/entity.ts'
import { daysLater } from '../../domain/kernel/clock.ts'
import { due, follow } from '../../domain/insight/warning/index.ts'
import { rhythm } from '../../domain/insight/rhythm/index.ts'
import type { CloudEvent } from '../../domain/kernel/cloud-event.ts'
import { userIdOf } from '../support/http-event.ts'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'
import { replay, runJob, settle } from '../support/stream.ts'

const START = '2026-01-05T09:00:00.000Z'
let crm: Crm
let people = 0
beforeAll(async () => {
  crm = await startCrm({ now: START })
  await settle(crm)
})
beforeEach(() => void (crm.clock.now = START))

async function customer(as = 'admin'): Promise<string> {
  const { body, status } = await crm.call('POST', '/customers', { as, body: { name: `Silent ${++people}` } })
  expect(status, JSON.stringify(body)).toBe(201)
  return body['id']
}

let orders = 0
async function buys(id: string, at: string, amount = 10_000): Promise<string> {
  const sale = { orderId: { id: `o${++orders}` }, at, amount: { amount, currency: 'USD' } }
  const { body, status } = await crm.call('POST', `/customers/${id}/purchases`, { body: sale })
  expect(status, JSON.stringify(body)).toBe(201)
  return body['id']
}

/** A customer who bought every 30 days, five times, the last time on the day the clock then shows. */
async function regular(as?: string, amount?: number): Promise<string> {
  const id = await customer(as)
  for (let n = 0; n < 5; n++) {
    crm.clock.now = daysLater(START, 30 * n)
    await buys(id, crm.clock.now, amount)
    await settle(crm)
  }
  return id
}

async function timerOf(id: string) {
  return crm.table.get(placeOf(rhythm, rhythm.id('', id)))
}

/** Lets time pass until the warning is due, looking as the schedule does; the day on which it came. */
async function silence(id: string): Promise<Reply['body']> {
  for (let looks = 0; looks < 10; looks++) {
    const timer = await timerOf(id)
    if (typeof timer?.['dueAt'] !== 'string') break
    crm.clock.now = timer['dueAt']
    await runJob(crm, 'warnings')
    await settle(crm)
  }
  const { body } = await crm.call('GET', `/customers/${id}/warnings`)
  return body['items'][0]
}

const lifecycleOf = async (id: string): Promise<string> => (await crm.call('GET', `/customers/${id}`)).body['lifecycle']

describe('a churn timer', () => {
  test('is set by the first purchase, and a purchase that only moves it later writes nothing', async () => {
    const id = await customer()
    await buys(id, START)
    await settle(crm)
    const first = await timerOf(id)
    expect(first).toMatchObject({ state: 'waiting', version: 1 })
    expect(String(first?.['dueAt']) > START).toBe(true)
    crm.clock.now = daysLater(START, 20)
    await buys(id, crm.clock.now)
    const { published } = await settle(crm)
    expect(published.map(({ type }) => type)).toContain('purchase.recorded')
    expect(await timerOf(id)).toMatchObject({ version: 1, dueAt: first?.['dueAt'] })
    const told = published.find(({ type }) => type === 'purchase.recorded')
    crm.spent.length = 0
    await invoke(follow, crm.ctx(), told?.data)
    expect(crm.spent.filter(({ call }) => call !== 'GetItem')).toEqual([{ call: 'Query', readUnits: 1, writeUnits: 0 }])
  })

  test('that fires after more purchases moves itself and raises nothing', async () => {
    const id = await customer()
    await buys(id, START)
    await settle(crm)
    const first = await timerOf(id)
    crm.clock.now = daysLater(String(first?.['dueAt']), -1)
    await buys(id, crm.clock.now)
    await settle(crm)
    crm.clock.now = String(first?.['dueAt'])
    await runJob(crm, 'warnings')
    expect(await timerOf(id)).toMatchObject({ state: 'waiting', version: 2 })
    expect((await crm.call('GET', `/customers/${id}/warnings`)).body['items']).toEqual([])
  })

  test('is never missed and never doubled when five reactions create it at once', async () => {
    const id = await customer()
    await buys(id, START)
    const { published } = await settle(crm, { reactions: [] })
    const told = published.find(({ type }) => type === 'purchase.recorded')
    await Promise.all(Array.from({ length: 5 }, () => invoke(follow, crm.ctx(), told?.data)))
    expect(await timerOf(id)).toMatchObject({ state: 'waiting', version: 1 })
  })
})

describe('a churn warning', () => {
  test('is raised on the day, once, by five runs at once, with its reason in words and numbers', async () => {
    const id = await regular()
    const fires: string[] = []
    const bought = crm.clock.now
    for (;;) {
      const timer = await timerOf(id)
      crm.clock.now = String(timer?.['dueAt'])
      fires.push(crm.clock.now)
      const results = await Promise.all(
        Array.from({ length: 5 }, () => invoke(due, crm.ctx(), { id: rhythm.id('', id), at: crm.clock.now })),
      )
      if (results.some(({ output }) => output.outcome === 'ranked')) break
      expect(fires.length).toBeLessThan(10)
    }
    expect((await crm.call('GET', `/customers/${id}/warnings`)).body['items']).toMatchObject([{ state: 'ranked' }])
    await Promise.all(Array.from({ length: 5 }, () => runJob(crm, 'warnings')))
    const { body } = await crm.call('GET', `/customers/${id}/warnings`)
    expect(body['items']).toHaveLength(1)
    const [raised] = body['items']
    const days = (Date.parse(String(fires.at(-1))) - Date.parse(bought.slice(0, 10))) / 86_400_000
    expect(raised).toMatchObject({
      state: 'open',
      customerId: id,
      reason: { usualGapDays: 30, gapOf: 'customer', daysSinceLast: days, modelVersion: 0 },
    })
    expect(raised.reason.pAny).toBeLessThanOrEqual(raised.reason.line)
    const { why } = (await crm.call('GET', `/warnings/${raised.id}`)).body
    expect(why.records).toMatchObject({ history: expect.stringMatching(/^his_/), purchases: `/v1/customers/${id}/purchases` })
    expect(why.formulas).toMatchObject({ pAny: expect.stringContaining('MBG/NBD'), severity: expect.stringContaining('value at stake') })
    expect(raised.explanation).toContain(`Usually buys every 30 days, now ${days} days since the last purchase on 2026-05-05.`)
    expect(raised.valueAtStake.amount).toBeGreaterThan(10_000)
    const rhythmNow = (await crm.call('GET', `/customers/${id}/rhythm`)).body
    expect(rhythmNow['warning'].day).toBe(crm.clock.now.slice(0, 10))
    const { published } = await settle(crm)
    expect(published.filter(({ type }) => type === 'warning.raised')).toHaveLength(1)
    expect(await lifecycleOf(id)).toBe('dormant')
  })

  test('costs at most 3 read units a due item, and looking when nothing is due costs the same at any size', async () => {
    const ids = []
    for (let n = 0; n < 10; n++) ids.push(await customer())
    for (const id of ids) await buys(id, START)
    await settle(crm)
    await runJob(crm, 'warnings')
    crm.spent.length = 0
    await runJob(crm, 'warnings')
    const idle = crm.spent.reduce((sum, one) => sum + one.readUnits, 0)
    expect(idle).toBeLessThanOrEqual(4)
    crm.clock.now = daysLater(START, 900)
    crm.spent.length = 0
    const { seen } = await runJob(crm, 'warnings')
    expect(seen).toBeGreaterThanOrEqual(10)
    const read = crm.spent.reduce((sum, one) => sum + one.readUnits, 0)
    expect(read / seen).toBeLessThanOrEqual(3)
    await settle(crm)
  })

  test('is cleared as saved by a purchase, wins the customer back, and the next silence is a new one', async () => {
    const id = await regular()
    const raised = await silence(id)
    expect(raised['state']).toBe('open')
    crm.clock.now = daysLater(crm.clock.now, 3)
    const purchaseId = await buys(id, crm.clock.now)
    const { published } = await settle(crm)
    expect(published.filter(({ type }) => type === 'warning.cleared')).toHaveLength(1)
    expect((await crm.call('GET', `/warnings/${raised['id']}`)).body).toMatchObject({
      state: 'cleared',
      outcome: 'saved',
      endedBy: purchaseId,
    })
    expect(await lifecycleOf(id)).toBe('won_back')
    expect(await timerOf(id)).toMatchObject({ state: 'waiting' })
    const again = await silence(id)
    expect(again['state']).toBe('open')
    expect(again['id']).not.toBe(raised['id'])
    expect(await lifecycleOf(id)).toBe('dormant')
    const before = (await crm.call('GET', `/customers/${id}/warnings`)).body
    await replay(crm)
    await runJob(crm, 'warnings')
    expect((await crm.call('GET', `/customers/${id}/warnings`)).body).toEqual(before)
  })

  test('never stands beside a purchase made at the same moment', async () => {
    for (let round = 0; round < 5; round++) {
      const id = await customer()
      await buys(id, START)
      await settle(crm)
      const timer = await timerOf(id)
      crm.clock.now = daysLater(START, 400)
      await Promise.all([invoke(due, crm.ctx(), { id: timer?.['id'], at: timer?.['dueAt'] }), buys(id, crm.clock.now)])
      await settle(crm)
      const { items } = (await crm.call('GET', `/customers/${id}/warnings`)).body as { items: { state: string }[] }
      expect(items.filter(({ state }) => state === 'open')).toEqual([])
      expect(await lifecycleOf(id)).not.toBe('dormant')
      crm.clock.now = START
    }
  })

  test('turns out a false alarm when the purchase was made before it and told of late', async () => {
    const id = await regular()
    const bought = crm.clock.now
    const raised = await silence(id)
    const told: CloudEvent[] = []
    await buys(id, daysLater(bought, 10))
    told.push(...(await settle(crm, { reactions: [] })).published)
    const event = told.find(({ type }) => type === 'purchase.recorded')
    await Promise.all(Array.from({ length: 5 }, () => invoke(follow, crm.ctx(), event?.data)))
    await settle(crm)
    expect((await crm.call('GET', `/warnings/${raised['id']}`)).body).toMatchObject({
      state: 'cleared',
      outcome: 'false_alarm',
      version: 3,
    })
    expect(['customer', 'won_back']).toContain(await lifecycleOf(id))
  })

  test('is put off and opens again by itself', async () => {
    const id = await regular()
    const raised = await silence(id)
    const until = daysLater(crm.clock.now, 14)
    expect((await crm.call('POST', `/warnings/${raised['id']}/snooze`, { body: { until: START, reason: 'Too late' } })).status).toBe(400)
    const snoozed = await crm.call('POST', `/warnings/${raised['id']}/snooze`, { body: { until, reason: 'Away until then' } })
    expect(snoozed.body).toMatchObject({ state: 'snoozed', snoozedUntil: until })
    await runJob(crm, 'warnings')
    expect((await crm.call('GET', `/warnings/${raised['id']}`)).body['state']).toBe('snoozed')
    crm.clock.now = until
    await Promise.all(Array.from({ length: 5 }, () => invoke(due, crm.ctx(), { id: raised['id'], at: until })))
    const woken = (await crm.call('GET', `/warnings/${raised['id']}`)).body
    expect(woken).toMatchObject({ state: 'open', version: 4 })
    expect(woken).not.toHaveProperty('snoozedUntil')
  })

  test('closed as lost loses the customer, is not raised again for that silence, and cannot be closed twice', async () => {
    const id = await regular()
    const raised = await silence(id)
    const closed = await crm.call('POST', `/warnings/${raised['id']}/close`, { body: { outcome: 'lost', note: 'Moved abroad' } })
    expect(closed.body).toMatchObject({ state: 'closed', outcome: 'lost', note: 'Moved abroad' })
    expect((await crm.call('POST', `/warnings/${raised['id']}/close`, { body: { outcome: 'saved' } })).body['code']).toBe(
      'warning.already_ended',
    )
    await settle(crm)
    expect(await lifecycleOf(id)).toBe('lost')
    crm.clock.now = daysLater(crm.clock.now, 400)
    await runJob(crm, 'warnings')
    expect((await crm.call('GET', `/customers/${id}/warnings`)).body['items']).toHaveLength(1)
  })

  test('is not raised for a customer in the bin, nor twice for one who comes out of it', async () => {
    const id = await regular()
    expect(
      (await crm.call('DELETE', `/customers/${id}`, { ifMatch: (await crm.call('GET', `/customers/${id}`)).body['version'] })).status,
    ).toBe(204)
    await settle(crm)
    expect(await timerOf(id)).toMatchObject({ state: 'idle' })
    crm.clock.now = daysLater(crm.clock.now, 400)
    await runJob(crm, 'warnings')
    await crm.call('POST', `/customers/${id}/restore`)
    await settle(crm)
    expect((await crm.call('GET', `/customers/${id}/warnings`)).body['items']).toEqual([])
    expect(await timerOf(id)).toMatchObject({ state: 'waiting' })
    expect((await silence(id))['state']).toBe('open')
  })

  test('is listed by value at stake, to its owner and to who may see all, and goes with the customer to a new owner', async () => {
    for (const role of ['sales', 'manager']) {
      const id = userIdOf(role)
      const person = { noun: 'user', id, version: 1, name: role, email: `${role}@example.com`, roles: [role], disabled: false }
      await crm.table.write({ put: { ...placeOf({ noun: 'user', home: 'workspace' }, id), ...person } })
    }
    crm.forget()
    const small = await regular('sales', 2_000)
    const large = await regular('sales', 200_000)
    await silence(small)
    await silence(large)
    const mine = await crm.call('GET', '/warnings?ownerId=me', { as: 'sales' })
    expect(mine.body['items'].map((one: { customerId: string }) => one.customerId)).toEqual([large, small])
    const all = (await crm.call('GET', '/warnings?limit=100')).body['items']
    const amounts = all.map((one: { valueAtStake: { amount: number } }) => one.valueAtStake.amount)
    expect(amounts).toEqual([...amounts].sort((a, b) => b - a))
    const [first] = mine.body['items']
    expect((await crm.call('GET', `/warnings/${first.id}`, { as: 'usr_00000000000000000009:sales' })).status).toBe(404)
    expect((await crm.call('GET', '/warnings', { as: 'usr_00000000000000000009:sales' })).body['items']).toEqual([])
    expect((await crm.call('GET', '/warnings?color=red')).status).toBe(400)
    const assigned = await crm.call('POST', `/customers/${large}/assign`, { body: { ownerId: userIdOf('manager') } })
    expect(assigned.status, JSON.stringify(assigned.body)).toBe(200)
    await settle(crm)
    expect(
      (await crm.call('GET', '/warnings?ownerId=me', { as: 'sales' })).body['items'].map((one: { customerId: string }) => one.customerId),
    ).toEqual([small])
    expect((await crm.call('GET', `/warnings/${first.id}`)).body['ownerId']).toBe(userIdOf('manager'))
  })

  test('has a severity by how much more than a typical customer is at stake', async () => {
    const rich = await silence(await regular('admin', 500_000))
    expect(['low', 'medium', 'high', 'critical']).toContain(rich['severity'])
    const reason = rich['reason']
    const times = rich['valueAtStake'].amount / reason.typicalValueMinor
    expect(rich['severity']).toBe(times >= 5 ? 'critical' : times >= 2 ? 'high' : times >= 0.5 ? 'medium' : 'low')
  })
})

describe('a rhythm', () => {
  test('is explained in words and numbers, in one query, with the model and its papers', async () => {
    const id = await regular()
    await crm.call('GET', `/customers/${id}/rhythm`)
    crm.spent.length = 0
    const { body, status } = await crm.call('GET', `/customers/${id}/rhythm`)
    expect(status, JSON.stringify(body)).toBe(200)
    expect(crm.spent).toEqual([{ call: 'Query', readUnits: 1, writeUnits: 0 }])
    expect(body).toMatchObject({
      state: 'waiting',
      purchases: {
        repeatDays: 4,
        firstPurchase: '2026-01-05',
        lastPurchase: '2026-05-05',
        daysSinceLast: 0,
        usualGapDays: 30,
        gapOf: 'customer',
      },
      model: { kind: 'mbgnbd', source: 'pooled', version: 0 },
      expected: { spendPerPurchase: { currency: 'USD' } },
    })
    expect(body['chances'].pAlive).toBeGreaterThan(0.8)
    expect(body['value'].next12Months.amount).toBeLessThan(body['value'].atStake.amount)
    expect(body['words']).toContain('Usually buys every 30 days')
    expect(body['formulas'].pAlive).toContain('Batislam')
    expect(body['records']).toMatchObject({ history: expect.stringMatching(/^his_/), model: '/v1/model' })
    const bought = await crm.call('GET', body['records'].purchases.slice('/v1'.length))
    expect(bought.body['items']).toHaveLength(5)
  })

  test('of a customer without purchases says so, and is not told to who may not see the customer', async () => {
    const id = await customer()
    expect((await crm.call('GET', `/customers/${id}/rhythm`)).body).toMatchObject({
      state: 'no_purchase',
      words: 'No purchase is recorded yet.',
    })
    expect((await crm.call('GET', `/customers/${id}/rhythm`, { as: 'usr_00000000000000000009:sales' })).status).toBe(404)
  })
})
