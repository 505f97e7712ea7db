import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { daysLater } from '../../domain/kernel/clock.ts'
import { placeOf } from '../../domain/kernel/entity.ts'
import { invoke } from '../../domain/kernel/invoke.ts'
import { history } from '../../domain/customer/purchase/index.ts'
import { promote, review, tier } from '../../domain/insight/tier/index.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { replay, runJob, settle } from '../support/stream.ts'

const START = '2026-03-10T09:00:00.000Z'
let crm: Crm
let people = 0
let orders = 0
beforeAll(async () => {
  crm = await startCrm({ now: START })
})
beforeEach(() => void (crm.clock.now = START))

async function customer(as = 'admin'): Promise<string> {
  const { body, status } = await crm.call('POST', '/customers', { as, body: { name: `Member ${++people}` } })
  expect(status, JSON.stringify(body)).toBe(201)
  return body['id']
}

/** A purchase now, in whole dollars. */
async function buys(id: string, dollars: number): Promise<string> {
  const { body, status } = await crm.call('POST', `/customers/${id}/purchases`, {
    body: { orderId: { id: `t${++orders}` }, at: crm.clock.now, amount: { amount: dollars * 100, currency: 'USD' } },
  })
  expect(status, JSON.stringify(body)).toBe(201)
  return body['id']
}

const member = async (id: string) => (await crm.call('GET', `/customers/${id}/tier`)).body
const types = (published: { type: string }[]): string[] => published.map(({ type }) => type).filter((type) => type.startsWith('tier.'))

/** Goes to a moment and does what is due then: what became of one customer's tier. */
async function at(now: string, id: string): Promise<string[]> {
  crm.clock.now = now
  const events: string[] = []
  for (let runs = 0; runs < 5; runs++) {
    if ((await runJob(crm, 'tiers')).seen === 0) break
    events.push(...types((await settle(crm)).published.filter(({ data }) => data.customerId === id)))
  }
  return events
}

describe('a tier', () => {
  test('is entered with the first purchase and promoted on the very purchase that reaches a line', async () => {
    const id = await customer()
    expect(await member(id)).toMatchObject({
      words: 'No tier yet. Spent $0.00 in the last 365 days. $0.00 more within 365 days reaches Crystal.',
    })
    await buys(id, 50)
    expect(types((await settle(crm)).published)).toEqual(['tier.joined'])
    expect(await member(id)).toMatchObject({
      tier: 'crystal',
      labels: { zh: '水晶' },
      next: { tier: 'jade', missing: { amount: 5_000, currency: 'USD' } },
    })
    expect(await member(id)).not.toHaveProperty('validUntil')
    const { records, formula } = await member(id)
    expect(records).toMatchObject({ membership: expect.stringMatching(/^tie_/), policy: '/v1/tier-policy' })
    expect((await crm.call('GET', records.purchases.slice('/v1'.length))).body['items']).toHaveLength(1)
    expect(formula).toContain('last 365 days')
    crm.clock.now = daysLater(START, 100)
    await buys(id, 60)
    expect(types((await settle(crm)).published)).toEqual(['tier.promoted'])
    const promoted = await member(id)
    expect(promoted).toMatchObject({ tier: 'jade', validUntil: '2027-12-31', since: crm.clock.now })
    expect(promoted['changes'].at(-1)).toMatchObject({ cause: 'promoted', from: 'crystal', to: 'jade' })
    expect(promoted['changes'].at(-1).words).toBe(
      'From Crystal to Jade: spent at least $110.00 in 365 days, its line is $100.00. Valid to 2027-12-31.',
    )
    await replay(crm)
    expect(await member(id)).toEqual(promoted)
  })

  test('is skipped over by one large purchase, and granted once by five reactions at once', async () => {
    const id = await customer()
    await buys(id, 1_500)
    const { published } = await settle(crm, { reactions: [] })
    const told = published.find(({ type }) => type === 'purchase.recorded')
    await Promise.all(Array.from({ length: 5 }, () => invoke(promote, crm.ctx(), told?.data)))
    expect(await member(id)).toMatchObject({ tier: 'platinum', version: 1 })
  })

  test('costs a purchase that cannot reach a line one read unit and no write', async () => {
    const id = await customer()
    await buys(id, 10)
    const { published } = await settle(crm)
    const told = published.find(({ type }) => type === 'purchase.recorded')
    crm.spent.length = 0
    await invoke(promote, crm.ctx(), told?.data)
    expect(crm.spent).toEqual([{ call: 'Query', readUnits: 1, writeUnits: 0 }])
  })

  test('counts the last 365 days only, and makes the upper bound exact when it was too high', async () => {
    const id = await customer()
    await buys(id, 60)
    await settle(crm)
    crm.clock.now = daysLater(START, 364)
    await buys(id, 30)
    await settle(crm)
    crm.clock.now = daysLater(START, 366)
    await buys(id, 30)
    await settle(crm)
    expect(await member(id)).toMatchObject({ tier: 'crystal', spent365Days: { amount: 6_000 } })
    expect(await crm.table.get(placeOf(history, history.id('', id)))).toMatchObject({ yearNet: 6_000, yearNetAt: crm.clock.now })
  })

  test('is not lost through a refund before it expires', async () => {
    const id = await customer()
    const bought = await buys(id, 400)
    await settle(crm)
    expect((await member(id))['tier']).toBe('gold')
    await crm.call('POST', `/purchases/${bought}/returns`, { body: { returnId: 'r1' } })
    await settle(crm)
    expect(await member(id)).toMatchObject({ tier: 'gold', spent365Days: { amount: 0 } })
  })

  test('is warned of 60 days before expiry with the amount to stay, and drops one tier a year, no further', async () => {
    const id = await customer()
    await buys(id, 400)
    await settle(crm)
    crm.clock.now = '2027-10-31T12:00:00.000Z'
    await buys(id, 90)
    await settle(crm)
    expect(await at('2027-10-31T23:59:59.000Z', id)).toEqual([])
    expect(await at('2027-11-01T00:00:00.000Z', id)).toEqual(['tier.at_risk'])
    expect(await member(id)).toMatchObject({
      tier: 'gold',
      atRisk: { validUntil: '2027-12-31', spent: { amount: 9_000 }, toStay: { amount: 15_000, currency: 'USD' } },
    })
    expect(await at('2027-12-31T23:59:59.000Z', id)).toEqual([])
    crm.clock.now = '2028-01-01T00:00:00.000Z'
    const runs = await Promise.all(Array.from({ length: 5 }, () => invoke(review, crm.ctx(), { id: tier.id('', id), at: crm.clock.now })))
    expect(runs.filter(({ output }) => output.outcome === 'expired')).toHaveLength(1)
    expect(types((await settle(crm)).published)).toEqual(['tier.demoted'])
    const dropped = await member(id)
    expect(dropped).toMatchObject({ tier: 'jade', validUntil: '2028-12-31' })
    expect(dropped).not.toHaveProperty('atRisk')
    expect(dropped['changes'].at(-1).words).toBe(
      'From Gold to Jade: spent $90.00 in the 365 days before it expired, $240.00 would have kept it. Valid to 2028-12-31.',
    )
    await at('2028-11-15T00:00:00.000Z', id)
    expect(await at('2029-01-01T00:00:00.000Z', id)).toContain('tier.demoted')
    expect(await member(id)).toMatchObject({ tier: 'crystal' })
    expect(await at('2031-01-01T00:00:00.000Z', id)).toEqual([])
  })

  test('is kept for another year by the keep line, which lies below the promotion line', async () => {
    const id = await customer()
    await buys(id, 320)
    await settle(crm)
    crm.clock.now = '2027-06-01T09:00:00.000Z'
    await buys(id, 250)
    await settle(crm)
    expect(await at('2027-11-15T00:00:00.000Z', id)).not.toContain('tier.at_risk')
    expect(await at('2028-01-01T01:00:00.000Z', id)).toEqual(['tier.renewed'])
    expect(await member(id)).toMatchObject({ tier: 'gold', validUntil: '2028-12-31', since: START })
  })

  test('goes to the bin with its customer and comes back with its clock', async () => {
    const id = await customer()
    await buys(id, 400)
    await settle(crm)
    const before = await member(id)
    const { version } = (await crm.call('GET', `/customers/${id}`)).body
    await crm.call('DELETE', `/customers/${id}`, { ifMatch: version })
    await settle(crm)
    const listed = async () =>
      (await crm.call('GET', '/tiers/gold/customers?limit=100')).body['items'].map((one: { customerId: string }) => one.customerId)
    expect(await listed()).not.toContain(id)
    expect(await at('2027-11-05T00:00:00.000Z', id)).toEqual([])
    await crm.call('POST', `/customers/${id}/restore`)
    await settle(crm)
    expect(await listed()).toContain(id)
    expect(await member(id)).toMatchObject({ tier: 'gold', validUntil: before['validUntil'], since: before['since'] })
    expect(await at('2027-11-06T00:00:00.000Z', id)).toEqual(['tier.at_risk'])
  })

  test('is found in the list of its members, latest first, by those who may see all customers', async () => {
    const first = await customer()
    const second = await customer()
    crm.clock.now = '2032-01-01T00:00:00.000Z'
    await buys(first, 20_000)
    await settle(crm)
    crm.clock.now = '2032-01-02T00:00:00.000Z'
    await buys(second, 20_000)
    await settle(crm)
    const { body } = await crm.call('GET', '/tiers/black-gold/customers')
    expect(body['items'].map((one: { customerId: string }) => one.customerId)).toEqual([second, first])
    expect((await crm.call('GET', '/tiers/tin/customers')).status).toBe(404)
    expect((await crm.call('GET', '/tiers/gold/customers', { as: 'sales' })).status).toBe(403)
    expect((await crm.call('GET', `/customers/${first}/tier`, { as: 'usr_00000000000000000009:sales' })).status).toBe(404)
  })
})

describe('a tier given by hand', () => {
  test('holds until its day, hides what is earned meanwhile, and gives way to it', async () => {
    const id = await customer()
    await buys(id, 20)
    await settle(crm)
    const given = await crm.call('POST', `/customers/${id}/tier/override`, {
      as: 'admin',
      body: { tier: 'diamond', reason: 'Founding customer', until: '2026-06-30' },
    })
    expect(given.body, JSON.stringify(given.body)).toMatchObject({
      tier: 'diamond',
      validUntil: '2026-06-30',
      earned: { tier: 'crystal' },
      version: 2,
    })
    await buys(id, 400)
    expect(types((await settle(crm)).published)).toEqual(['tier.overridden'])
    expect(await member(id)).toMatchObject({ tier: 'diamond', earned: { tier: 'gold' } })
    expect(await at('2026-06-30T23:00:00.000Z', id)).toEqual([])
    expect(await at('2026-07-01T00:00:00.000Z', id)).toEqual(['tier.override_ended'])
    expect(await member(id)).toMatchObject({ tier: 'gold', validUntil: '2027-12-31' })
    expect(await member(id)).not.toHaveProperty('override')
  })

  test('is taken back, or overtaken by a higher one that was earned', async () => {
    const id = await customer()
    await crm.call('POST', `/customers/${id}/tier/override`, { body: { tier: 'jade', reason: 'Sorry for the delay', until: '2026-12-31' } })
    const taken = await crm.call('DELETE', `/customers/${id}/tier/override`, { ifMatch: 1 })
    expect(taken.status).toBe(204)
    expect(await member(id)).not.toHaveProperty('tier')
    await crm.call('POST', `/customers/${id}/tier/override`, { body: { tier: 'jade', reason: 'Sorry again', until: '2026-12-31' } })
    await buys(id, 1_200)
    await settle(crm)
    expect(await member(id)).toMatchObject({ tier: 'platinum', validUntil: '2027-12-31' })
    expect(await member(id)).not.toHaveProperty('override')
  })

  test('needs the permission, a tier there is, and a day to come', async () => {
    const id = await customer()
    const path = `/customers/${id}/tier/override`
    const body = { tier: 'gold', reason: 'Please', until: '2026-12-31' }
    expect((await crm.call('POST', path, { as: 'sales', body })).status).toBe(403)
    expect((await crm.call('POST', path, { body: { ...body, tier: 'tin' } })).status).toBe(400)
    expect((await crm.call('POST', path, { body: { ...body, until: '2026-03-09' } })).status).toBe(400)
    expect((await crm.call('DELETE', path, { ifMatch: 1 })).body['code']).toBe('tier.not_overridden')
  })
})
