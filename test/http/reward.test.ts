import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'
import { settle } from '../support/stream.ts'

const START = '2026-11-22T09:00:00.000Z'
let crm: Crm
let made = 0
beforeAll(async () => {
  crm = await startCrm({ now: START })
  await crm.call('GET', '/workspace')
})
beforeEach(() => {
  crm.clock.now = START
  crm.forget()
})

async function customer(points = 0): Promise<string> {
  const { body } = await crm.call('POST', '/customers', { body: { name: `Customer ${++made}` } })
  if (points > 0) await crm.call('POST', `/customers/${body['id']}/points/adjust`, { body: { points, reason: 'Start' } })
  return body['id']
}
async function reward(more: object = {}): Promise<string> {
  const { body, status } = await crm.call('POST', '/rewards', { body: { name: `Reward ${++made}`, cost: 100, ...more } })
  expect(status, JSON.stringify(body)).toBe(201)
  return body['id']
}
const redeem = (id: string, rewardId: string, more: object = {}, key?: string): Promise<Reply> =>
  crm.call('POST', `/customers/${id}/redemptions`, { body: { rewardId, ...more }, ...(key && { key }) })
const balanceOf = async (id: string): Promise<number> => (await crm.call('GET', `/customers/${id}/points`)).body['balance']
const leftOf = async (id: string): Promise<number> => (await crm.call('GET', `/rewards/${id}`)).body['left']

describe('a reward', () => {
  test('is put in the catalogue, listed by cost, changed, restocked, binned and restored', async () => {
    const dear = await reward({ cost: 9_000, stock: 3 })
    const cheap = await reward({ cost: 50 })
    const ids = (await crm.call('GET', '/rewards?limit=100')).body['items'].map((one: { id: string }) => one.id)
    expect(ids.indexOf(cheap)).toBeLessThan(ids.indexOf(dear))
    expect((await crm.call('GET', `/rewards/${cheap}`)).body).not.toHaveProperty('left')
    expect((await crm.call('PATCH', `/rewards/${dear}`, { body: { cost: 8_000 }, ifMatch: 1 })).body).toMatchObject({
      cost: 8_000,
      version: 2,
    })
    expect((await crm.call('PATCH', `/rewards/${dear}`, { body: { cost: 7_000 }, ifMatch: 1 })).status).toBe(412)
    expect((await crm.call('POST', `/rewards/${dear}/restock`, { body: { by: 2 } })).body).toMatchObject({ left: 5 })
    expect((await crm.call('POST', `/rewards/${dear}/restock`, { body: { by: -6 } })).body).toMatchObject({
      code: 'reward.out_of_stock',
      left: 5,
    })
    expect((await crm.call('POST', `/rewards/${cheap}/restock`, { body: { by: 2 } })).body).toMatchObject({ code: 'reward.not_limited' })
    expect((await crm.call('DELETE', `/rewards/${cheap}`, { ifMatch: 1 })).status).toBe(204)
    expect((await crm.call('GET', `/rewards/${cheap}`)).status).toBe(404)
    expect((await crm.call('GET', '/rewards?deleted=true')).body['items'].map((one: { id: string }) => one.id)).toContain(cheap)
    expect((await crm.call('POST', `/rewards/${cheap}/restore`)).status).toBe(200)
    expect((await crm.call('POST', `/rewards/${cheap}/restore`)).body).toMatchObject({ code: 'reward.not_deleted' })
  })

  test('is refused with tiers that are not and a window the wrong way round', async () => {
    const { status, body } = await crm.call('POST', '/rewards', {
      body: { name: 'X', cost: 1, tiers: ['tin'], from: '2027-01-01T00:00:00Z', until: '2026-01-01T00:00:00Z' },
    })
    expect(status).toBe(400)
    expect(body['errors'].map((one: { path: string }) => one.path)).toEqual(['until', 'tiers.0'])
  })
})

describe('a redemption', () => {
  test('takes points from what expires first, once under one key, and is undone whole', async () => {
    const id = await customer(150)
    crm.clock.now = '2027-01-22T09:00:00.000Z'
    await crm.call('POST', `/customers/${id}/points/adjust`, { body: { points: 150, reason: 'More' } })
    const set = await reward({ stock: 5, perCustomer: 3 })
    const first = await redeem(id, set, { quantity: 2 }, 'r-1')
    expect(first.status, JSON.stringify(first.body)).toBe(201)
    expect(first.body).toMatchObject({ points: 200, quantity: 2, state: 'redeemed', lots: { '2028-11': 150, '2029-01': 50 } })
    expect((await redeem(id, set, { quantity: 2 }, 'r-1')).body).toEqual(first.body)
    expect([await balanceOf(id), await leftOf(set)]).toEqual([100, 3])
    expect((await redeem(id, set, { quantity: 2 })).body).toMatchObject({ code: 'reward.limit_reached', taken: 2, limit: 3 })
    const undone = await crm.call('POST', `/redemptions/${first.body['id']}/cancel`, { body: { reason: 'Broken' } })
    expect(undone.body).toMatchObject({ state: 'cancelled', reason: 'Broken' })
    expect((await crm.call('POST', `/redemptions/${first.body['id']}/cancel`, { body: { reason: 'Broken' } })).body).toMatchObject({
      code: 'redemption.cancelled',
    })
    expect([await balanceOf(id), await leftOf(set)]).toEqual([300, 5])
    const { body } = await crm.call('GET', `/customers/${id}/points`)
    expect(body['lots'].map((lot: { points: number; lastDay: string }) => [lot.lastDay, lot.points])).toEqual([
      ['2028-11-30', 150],
      ['2029-01-31', 150],
    ])
    expect((await redeem(id, set, { quantity: 3 })).status).toBe(201)
    const list = await crm.call('GET', `/customers/${id}/redemptions?fields=state,quantity`)
    expect(list.body['items'].map((one: { state: string }) => one.state)).toEqual(expect.arrayContaining(['redeemed', 'cancelled']))
    expect((await settle(crm)).published.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['reward.redeemed', 'points.spent', 'points.reversed']),
    )
  })

  test('given back after its points would have expired is good to the end of the month', async () => {
    const id = await customer(100)
    const { body } = await redeem(id, await reward())
    crm.clock.now = '2029-02-10T09:00:00.000Z'
    await crm.call('POST', `/redemptions/${body['id']}/cancel`, { body: { reason: 'Late' } })
    expect((await crm.call('GET', `/customers/${id}/points`)).body).toMatchObject({
      balance: 100,
      lots: [{ points: 100, lastDay: '2029-02-28' }],
    })
  })

  test('is refused with the reason: points, tier, time, bin', async () => {
    const id = await customer(99)
    expect((await redeem(id, await reward())).body).toMatchObject({ status: 409, code: 'points.insufficient', balance: 99, needed: 100 })
    expect((await redeem(id, await reward({ cost: 1, tiers: ['gold'] }))).body).toMatchObject({ code: 'reward.tier_not_allowed' })
    expect((await redeem(id, await reward({ cost: 1, until: START }))).body).toMatchObject({ code: 'reward.not_available' })
    expect((await redeem(id, await reward({ cost: 1, active: false }))).body).toMatchObject({ code: 'reward.not_available' })
    expect((await redeem(id, await reward({ cost: 1, stock: 0 }))).body).toMatchObject({ code: 'reward.out_of_stock', left: 0 })
    const gone = await reward({ cost: 1 })
    await crm.call('DELETE', `/rewards/${gone}`, { ifMatch: 1 })
    expect((await redeem(id, gone)).status).toBe(404)
    await crm.call('POST', `/customers/${id}/tier/override`, { body: { tier: 'gold', reason: 'Test', until: '2027-12-30' } })
    expect((await redeem(id, await reward({ cost: 1, tiers: ['gold'] }))).status).toBe(201)
    expect(await balanceOf(id)).toBe(98)
  })

  test('of the last piece succeeds once among twenty who want it at the same time', async () => {
    const set = await reward({ stock: 1 })
    const ids = await Promise.all(Array.from({ length: 20 }, () => customer(100)))
    const replies = await Promise.all(ids.map((id) => redeem(id, set)))
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(new Set(replies.filter(({ status }) => status !== 201).map(({ body }) => body['code']))).toEqual(
      new Set(['reward.out_of_stock']),
    )
    expect(await leftOf(set)).toBe(0)
    expect((await Promise.all(ids.map(balanceOf))).sort((a, b) => a - b)).toEqual([0, ...Array(19).fill(100)])
  })

  test('refused under one key is refused alike, however many send it at the same time', async () => {
    const id = await customer(5)
    const set = await reward()
    const replies = await Promise.all(Array.from({ length: 8 }, () => redeem(id, set, {}, 'refused-1')))
    expect(new Set(replies.map(({ status, body }) => `${status} ${body['code']}`))).toEqual(new Set(['409 points.insufficient']))
  })

  test('never takes more than there is from one customer at the same time', async () => {
    const id = await customer(250)
    const set = await reward()
    const replies = await Promise.all(Array.from({ length: 6 }, () => redeem(id, set)))
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(2)
    expect(replies.filter(({ body }) => body['code'] === 'points.insufficient')).toHaveLength(4)
    expect(await balanceOf(id)).toBe(50)
  })

  test('costs one read call of at most 6 units and 12 write units with stock, limit and key', async () => {
    const id = await customer(500)
    const [plain, full] = [await reward(), await reward({ stock: 9, perCustomer: 3 })]
    await redeem(id, plain)
    crm.spent.length = 0
    await redeem(id, plain)
    expect(crm.spent.map(({ call, writeUnits }) => [call, writeUnits])).toEqual([
      ['BatchGetItem', 0],
      ['TransactWriteItems', 6],
    ])
    expect(crm.spent[0]?.readUnits).toBeLessThanOrEqual(6)
    crm.spent.length = 0
    await redeem(id, full, {}, 'c-1')
    expect(crm.spent.at(-1)?.writeUnits).toBeLessThanOrEqual(12)
  })
})
