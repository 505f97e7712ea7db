import { accountPlace } from '../../domain/care/points/points.store.ts'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { reckon } from '../../domain/care/points/index.ts'
import { invoke } from '../../domain/kernel/invoke.ts'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'
import { replay, runJob, settle } from '../support/stream.ts'

const START = '2026-11-22T09:00:00.000Z'
const programme = {
  active: true,
  startsOn: '2026-01-01',
  points: 1,
  per: { amount: 100, currency: 'USD' },
  rounding: 'down',
  tiers: [{ tier: 'gold', percent: 150 }],
  channels: [{ channel: 'web', percent: 110 }],
  skus: [{ sku: 'TEA', percent: 300 }],
  expiryMonths: 12,
  referral: { windowDays: 90, valueDays: 365, referrerPoints: 0, referredPoints: 0 },
}
let crm: Crm
let made = 0
beforeAll(async () => {
  crm = await startCrm({ now: START })
  await crm.call('POST', '/points-programme', { body: programme })
})
beforeEach(() => {
  crm.clock.now = START
  crm.forget()
})

async function customer(as = 'admin'): Promise<string> {
  const { body, status } = await crm.call('POST', '/customers', { as, body: { name: `Customer ${++made}` } })
  expect(status, JSON.stringify(body)).toBe(201)
  return body['id']
}

async function buys(id: string, amount: number, more: object = {}): Promise<string> {
  const sale = { orderId: { id: `o${++made}` }, at: crm.clock.now, amount: { amount, currency: 'USD' }, ...more }
  const { body, status } = await crm.call('POST', `/customers/${id}/purchases`, { body: sale })
  expect(status, JSON.stringify(body)).toBe(201)
  return body['id']
}
const gives = async (purchase: string, amount: number): Promise<void> => {
  const { status } = await crm.call('POST', `/purchases/${purchase}/returns`, {
    body: { returnId: `r${++made}`, amount: { amount, currency: 'USD' } },
  })
  expect(status).toBe(200)
}
const pointsOf = async (id: string): Promise<Reply['body']> => (await crm.call('GET', `/customers/${id}/points`)).body
const entriesOf = async (id: string): Promise<Reply['body'][]> =>
  (await crm.call('GET', `/customers/${id}/points/entries?limit=100`)).body['items']
const adjust = (id: string, points: number, more = {}): Promise<Reply> =>
  crm.call('POST', `/customers/${id}/points/adjust`, { body: { points, reason: 'Goodwill' }, ...more })

describe('the points programme', () => {
  test('earns nothing before anyone sets it, and is kept in every version', async () => {
    const fresh = await startCrm({ now: START })
    expect((await fresh.call('GET', '/points-programme')).body).toMatchObject({
      active: false,
      version: 0,
      per: { amount: 100, currency: 'USD' },
    })
    await fresh.call('POST', '/points-programme', { body: programme, ifMatch: 0 })
    const { expiryMonths: _, ...ever } = programme
    const second = await fresh.call('POST', '/points-programme', { body: { ...ever, points: 2 } })
    expect(second.body).toMatchObject({ points: 2, version: 2 })
    expect(second.body['expiryMonths']).toBeUndefined()
    expect((await fresh.call('GET', '/points-programme/versions/1')).body).toMatchObject({ points: 1, expiryMonths: 12, version: 1 })
    expect((await fresh.call('GET', '/points-programme/versions/2')).body).toMatchObject({ points: 2 })
    expect((await fresh.call('GET', '/points-programme/versions/3')).status).toBe(404)
    expect((await fresh.call('POST', '/points-programme', { body: programme, ifMatch: 1 })).status).toBe(412)
  })

  test('is refused with every reason at once', async () => {
    const bad = {
      ...programme,
      per: { amount: 0, currency: 'EUR' },
      tiers: [{ tier: 'tin', percent: 100 }],
      channels: [
        { channel: 'web', percent: 1 },
        { channel: 'web', percent: 2 },
      ],
    }
    const { status, body } = await crm.call('POST', '/points-programme', { body: bad })
    expect(status).toBe(400)
    expect(body['errors'].map((one: { path: string }) => one.path).sort()).toEqual([
      'channels.1',
      'per.amount',
      'per.currency',
      'tiers.0.tier',
    ])
    expect((await crm.call('POST', '/points-programme', { as: 'sales', body: programme })).status).toBe(403)
  })
})

test('purchases from before the first programme earn once they are told again, each once', async () => {
  const shop = await startCrm({ now: START })
  const { body } = await shop.call('POST', '/customers', { body: { name: 'Early' } })
  for (const [order, at] of [
    ['e1', '2025-12-31T10:00:00Z'],
    ['e2', '2026-11-01T10:00:00Z'],
  ])
    await shop.call('POST', `/customers/${body['id']}/purchases`, {
      body: { orderId: { id: order }, at, amount: { amount: 7_000, currency: 'USD' } },
    })
  await settle(shop)
  expect((await shop.call('POST', '/points-programme', { body: programme })).status).toBe(200)
  for (let times = 0; times < 2; times++) await replay(shop)
  expect((await shop.call('GET', `/customers/${body['id']}/points`)).body).toMatchObject({ balance: 70, entries: 1 })
})

describe('points', () => {
  test('are earned by a purchase once, however often it is told, by lines, channel and tier of that time', async () => {
    const id = await customer()
    await crm.call('POST', `/customers/${id}/tier/override`, { body: { tier: 'gold', reason: 'Test', until: '2027-12-30' } })
    crm.clock.now = '2026-11-22T09:05:00.000Z'
    const items = [{ sku: 'TEA', quantity: 2, unitAmount: 1_000 }]
    const purchase = await buys(id, 10_099, { channel: 'web', items })
    await settle(crm)
    await replay(crm)
    // ((2 000 × 300 % + 8 099) × 150 % × 110 %) / 100 = 232.63
    expect(await pointsOf(id)).toMatchObject({
      balance: 232,
      owed: 0,
      totals: { earn: 232 },
      lots: [{ points: 232, lastDay: '2027-11-30', expiresAt: '2027-12-01T00:00:00.000Z' }],
    })
    const [entry, ...others] = await entriesOf(id)
    expect(others).toEqual([])
    expect(entry).toMatchObject({
      number: 1,
      kind: 'earn',
      points: 232,
      balance: 232,
      sourceId: purchase,
      words: `Earned 232 points with ${purchase}.`,
    })
    const shown = await crm.call('GET', `/points-entries/${entry?.['id']}`)
    expect(shown.body['why']).toMatchObject({
      formula:
        '$100.99, of it $20.00 of TEA at 300 %, $80.99 at 100 % × 1 point per $1.00 × 150 % for the tier gold × 110 % for the channel web = 232, rounded down (version 1 of the programme)',
    })
    expect(shown.body['why'].records).toContain(purchase)
  })

  test('follow returns in proportion, the bin and the way back', async () => {
    const id = await customer()
    const purchase = await buys(id, 9_999)
    await settle(crm)
    expect((await pointsOf(id))['balance']).toBe(99)
    await gives(purchase, 3_333)
    await settle(crm)
    expect(await pointsOf(id)).toMatchObject({ balance: 66, totals: { earn: 99, reverse: -33 } })
    const shown = await crm.call('GET', `/purchases/${purchase}`)
    await crm.call('DELETE', `/purchases/${purchase}`, { ifMatch: shown.body['version'] })
    await settle(crm)
    expect((await pointsOf(id))['balance']).toBe(0)
    await crm.call('POST', `/purchases/${purchase}/restore`)
    await settle(crm)
    await replay(crm)
    expect((await pointsOf(id))['balance']).toBe(66)
    expect((await entriesOf(id)).map((one) => one['words'])).toEqual([
      `Gave back 66 points with ${purchase}.`,
      `Took back 66 points with ${purchase}.`,
      `Took back 33 points with ${purchase}.`,
      `Earned 99 points with ${purchase}.`,
    ])
  })

  test('that are spent when their purchase comes back are owed, and paid by the next', async () => {
    const id = await customer()
    const purchase = await buys(id, 10_000)
    await settle(crm)
    expect((await adjust(id, -80)).status).toBe(200)
    await gives(purchase, 10_000)
    await settle(crm)
    const debt = await pointsOf(id)
    expect(debt).toMatchObject({ balance: 0, owed: 80, lots: [] })
    expect(debt['why'].words).toContain('The next 80 points given pay')
    await buys(id, 5_000)
    await buys(id, 5_000)
    await settle(crm)
    expect(await pointsOf(id)).toMatchObject({ balance: 20, owed: 0, totals: { earn: 200, reverse: -100, adjust: -80 } })
  })

  test('expire with the month, once, and are not spent after it even before the job has run', async () => {
    const id = await customer()
    await buys(id, 10_000)
    await settle(crm)
    crm.clock.now = '2027-06-10T09:00:00.000Z'
    await buys(id, 5_000)
    await settle(crm)
    crm.clock.now = '2027-12-01T00:00:01.000Z'
    expect(await pointsOf(id)).toMatchObject({ balance: 50, totals: { expire: -100 } })
    expect(await adjust(id, -60)).toMatchObject({ status: 409, body: { code: 'points.insufficient', balance: 50, needed: 60 } })
    expect((await runJob(crm, 'points')).seen).toBeGreaterThan(0)
    expect((await runJob(crm, 'points')).seen).toBe(0)
    expect(await pointsOf(id)).toMatchObject({ balance: 50, entries: 3, lots: [{ points: 50, lastDay: '2028-06-30' }] })
    expect((await settle(crm)).published.map(({ type }) => type)).toContain('points.expired')
    crm.clock.now = '2028-07-01T00:00:01.000Z'
    await runJob(crm, 'points')
    expect(await pointsOf(id)).toMatchObject({ balance: 0, entries: 4, totals: { earn: 150, expire: -150 } })
  })

  test('are spent before they expire: the timer stays, looks again and moves itself', async () => {
    const id = await customer()
    expect((await adjust(id, 30)).status).toBe(200)
    crm.clock.now = '2026-12-22T09:00:00.000Z'
    expect((await adjust(id, 30)).status).toBe(200)
    expect((await adjust(id, -30)).body).toMatchObject({ kind: 'adjust', points: -30, lots: { '2027-11': -30 } })
    crm.clock.now = '2027-12-01T00:00:01.000Z'
    await runJob(crm, 'points')
    expect(await pointsOf(id)).toMatchObject({ balance: 30, entries: 3 })
    crm.clock.now = '2028-01-01T00:00:01.000Z'
    await runJob(crm, 'points')
    expect(await pointsOf(id)).toMatchObject({ balance: 0, entries: 4 })
  })

  test('of a purchase told when they would have expired are none, and of one before the programme', async () => {
    const id = await customer()
    await buys(id, 10_000, { at: '2025-12-31T10:00:00Z' })
    crm.clock.now = '2028-03-01T09:00:00.000Z'
    await buys(id, 10_000, { at: '2026-02-01T10:00:00Z' })
    await settle(crm)
    expect(await pointsOf(id)).toMatchObject({ balance: 0, entries: 0 })
  })

  test('are adjusted by hand with a reason by who may, once under one key', async () => {
    const id = await customer()
    expect((await adjust(id, 0)).status).toBe(400)
    expect((await crm.call('POST', `/customers/${id}/points/adjust`, { body: { points: 5 } })).status).toBe(400)
    expect((await adjust(id, 5, { as: 'sales' })).status).toBe(403)
    const first = await adjust(id, 200, { key: 'a-1' })
    const again = await adjust(id, 200, { key: 'a-1' })
    expect(again.headers['idempotent-replayed']).toBe('true')
    expect(again.body).toEqual(first.body)
    expect((await adjust(id, -201)).status).toBe(409)
    expect((await pointsOf(id))['balance']).toBe(200)
  })

  test('are another team’s secret', async () => {
    const id = await customer()
    const stranger = 'usr_00000000000000000009:sales'
    expect((await crm.call('GET', `/customers/${id}/points`, { as: stranger })).status).toBe(404)
    expect((await crm.call('GET', `/customers/${id}/points/entries`, { as: stranger })).status).toBe(404)
  })

  test('are paged newest first, with the fields asked for', async () => {
    const id = await customer()
    for (const points of [1, 2, 3]) await adjust(id, points)
    const { body } = await crm.call('GET', `/customers/${id}/points/entries?limit=2&fields=number,points`)
    expect(body['items'].map((one: { number: number }) => one.number)).toEqual([3, 2])
    const next = await crm.call('GET', `/customers/${id}/points/entries?limit=2&fields=number,points&cursor=${body['nextCursor']}`)
    expect(next.body['items']).toEqual([{ id: expect.any(String), number: 1, points: 1 }])
    expect((await crm.call('GET', `/customers/${id}/points/entries?from=2026-11-22&to=2026-11-22`)).body['items']).toHaveLength(3)
    expect((await crm.call('GET', `/customers/${id}/points/entries?from=2026-11-23`)).body['items']).toEqual([])
  })

  test('cost 6 write units a purchase and one read to see', async () => {
    const id = await customer()
    await buys(id, 10_000)
    await settle(crm)
    const recordId = await buys(id, 10_000)
    const happened = {
      id: 'x',
      type: 'purchase.recorded',
      at: START,
      actor: 'a',
      action: 'b',
      request: 'r',
      noun: 'purchase',
      recordId,
      version: 1,
      customerId: id,
      changed: {},
    }
    crm.spent.length = 0
    await invoke(reckon, crm.ctx('points.reckon'), happened)
    expect(crm.spent.reduce((sum, one) => sum + one.writeUnits, 0)).toBe(6)
    expect(crm.spent.reduce((sum, one) => sum + one.readUnits, 0)).toBeLessThanOrEqual(6)
    crm.spent.length = 0
    await pointsOf(id)
    expect(crm.spent.map((one) => one.call)).toEqual(['Query'])
    await settle(crm)
    expect((await pointsOf(id))['balance']).toBe(200)
  })
})

test('of a purchase reckoned while its customer is being erased are none: the account stays empty', async () => {
  const id = await customer()
  const purchase = await buys(id, 500)
  await crm.table.write({ put: { ...accountPlace(id), erasedAt: START, version: 3, id: 'poi_x', noun: 'points' } })
  const happened = {
    id: `${purchase}.1`,
    type: 'purchase.recorded',
    at: START,
    actor: 'a',
    action: 'a',
    request: 'r',
    noun: 'purchase',
    recordId: purchase,
    version: 1,
    customerId: id,
    changed: {},
  }
  await invoke(reckon, crm.ctx('points.reckon'), happened)
  expect(await crm.table.get(accountPlace(id))).toMatchObject({ version: 3 })
  expect((await crm.table.query({ pk: accountPlace(id).pk, begins: 'points_entry#', limit: 5 })).items).toEqual([])
  expect((await crm.table.query({ pk: accountPlace(id).pk, begins: 'accrual#', limit: 5 })).items).toEqual([])
})
