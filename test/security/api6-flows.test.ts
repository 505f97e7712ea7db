import { beforeAll, describe, expect, test } from 'vitest'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'

let crm: Crm
beforeAll(async () => {
  crm = await startCrm()
  await crm.call('GET', '/workspace')
})
let customers = 0
const customer = async (): Promise<string> =>
  String((await crm.call('POST', '/customers', { body: { name: `Gamer ${++customers}` } })).body['id'])

/** Sends the same many times at once, as a script would. */
const rush = (times: number, send: (n: number) => Promise<Reply>): Promise<Reply[]> =>
  Promise.all(Array.from({ length: times }, (_, n) => send(n)))
const won = (replies: readonly Reply[]): number => replies.filter(({ status }) => status < 300).length

describe('API6 unrestricted access to sensitive business flows', () => {
  test('points are spent once, however many ask for a reward at the same moment', async () => {
    await crm.call('POST', '/points-programme', {
      body: { active: true, startsOn: '2026-01-01', points: 1, per: { amount: 100, currency: 'USD' }, rounding: 'down', tiers: [] },
    })
    const id = await customer()
    expect((await crm.call('POST', `/customers/${id}/points/adjust`, { body: { points: 900, reason: 'Welcome' } })).status).toBeLessThan(
      300,
    )
    const reward = String((await crm.call('POST', '/rewards', { body: { name: 'Kettle', cost: 400, stock: 50 } })).body['id'])
    const replies = await rush(10, () => crm.call('POST', `/customers/${id}/redemptions`, { body: { rewardId: reward, quantity: 1 } }))
    expect(won(replies)).toBe(2)
    expect(replies.filter(({ status }) => status >= 500 && status !== 503)).toEqual([])
    const { body } = await crm.call('GET', `/customers/${id}/points`)
    expect(JSON.stringify(body)).toContain('100')
    expect(JSON.stringify((await crm.call('GET', `/rewards/${reward}`)).body)).toMatch(/"(left|stock)":48\b/)
  })

  test('the last piece of a reward goes to one customer', async () => {
    const reward = String((await crm.call('POST', '/rewards', { body: { name: 'Last one', cost: 10, stock: 1 } })).body['id'])
    const ids = await Promise.all(Array.from({ length: 6 }, customer))
    for (const id of ids) await crm.call('POST', `/customers/${id}/points/adjust`, { body: { points: 50, reason: 'Welcome' } })
    const replies = await rush(6, (n) => crm.call('POST', `/customers/${ids[n]}/redemptions`, { body: { rewardId: reward, quantity: 1 } }))
    expect(won(replies)).toBe(1)
  })

  test('an order counts once, whoever tells of it and however often', async () => {
    const id = await customer()
    const body = { orderId: { system: 'shop', id: 'rush-1' }, at: '2026-11-20T10:00:00Z', amount: { amount: 5_000, currency: 'USD' } }
    const replies = await rush(12, (n) => crm.call('POST', `/customers/${id}/purchases`, { body, ...(n % 2 === 0 && { key: 'rush' }) }))
    expect(new Set(replies.flatMap(({ status, body: told }) => (status < 300 ? [told['id']] : []))).size).toBe(1)
    expect((await crm.call('GET', `/customers/${id}/purchases`)).body['items']).toHaveLength(1)
  })

  test('nobody earns by sending points to and fro: no amount below nothing, none beyond the bounds, none in fractions', async () => {
    const id = await customer()
    for (const points of [1e15, -1, 0.5, Number.MAX_SAFE_INTEGER, '100', null])
      expect(
        (await crm.call('POST', `/customers/${id}/points/adjust`, { body: { points, reason: 'x' } })).status,
        String(points),
      ).toBeGreaterThanOrEqual(400)
    const order = (amount: number) =>
      crm.call('POST', `/customers/${id}/purchases`, {
        body: { orderId: { system: 's', id: `n${amount}` }, at: '2026-11-20T10:00:00Z', amount: { amount, currency: 'USD' } },
      })
    for (const amount of [-1, 0.1, 9.1e15]) expect((await order(amount)).status, String(amount)).toBe(400)
  })
})
