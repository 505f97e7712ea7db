import { beforeAll, describe, expect, test } from 'vitest'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'
import { settle } from '../support/stream.ts'

const START = '2026-11-10T09:00:00.000Z'
const usd = (amount: number) => ({ amount, currency: 'USD' })
let crm: Crm
let orders = 0
beforeAll(async () => {
  crm = await startCrm({ now: START })
})

async function made(path: string, body: object, status = 201): Promise<Reply['body']> {
  const reply = await crm.call('POST', path, { body })
  expect(reply.status, JSON.stringify(reply.body)).toBe(status)
  return reply.body
}
const customer = async (name: string): Promise<string> => (await made('/customers', { name }))['id']
const buys = (id: string, at: string, facts: object) =>
  made(`/customers/${id}/purchases`, { orderId: { id: `p${++orders}` }, at, ...facts })
const profit = async (id: string, query = '') => {
  const { status, body } = await crm.call('GET', `/customers/${id}/profit${query}`)
  expect(status, JSON.stringify(body)).toBe(200)
  return body
}

describe('the profit of a customer', () => {
  test('is revenue less goods less service, each number with its records and formula', async () => {
    const id = await customer('Ada')
    const first = await buys(id, '2026-11-02T10:00:00Z', { amount: usd(10_000), discount: 1_000, cost: 4_000 })
    const second = await buys(id, '2026-11-05T10:00:00Z', { amount: usd(6_000), cost: 3_000 })
    await buys(id, '2026-10-20T10:00:00Z', { amount: usd(8_000), cost: 2_000 })
    await made(`/purchases/${second['id']}/returns`, { returnId: 'r1', amount: usd(3_000) }, 200)
    const line = await made(`/customers/${id}/costs`, { kind: 'compensation', amount: usd(700), at: '2026-11-06T10:00:00Z' })
    const taken = await made(`/customers/${id}/costs`, { kind: 'other', amount: usd(9_999), at: '2026-11-06T10:00:00Z' })
    await made(`/costs/${taken['id']}/void`, { reason: 'Entered twice' }, 200)
    await made(`/customers/${id}/interactions`, { kind: 'visit', durationMinutes: 30, occurredAt: '2026-11-07T10:00:00Z' })
    await settle(crm)
    const body = await profit(id, '?period=2026-11')
    expect(body).toMatchObject({
      period: { name: '2026-11', from: '2026-11-01', to: '2026-11-30', days: 30 },
      listed: usd(17_000),
      discounts: usd(1_000),
      refunds: usd(3_000),
      revenue: usd(13_000),
      // 4,000 and half of 3,000.
      costOfGoods: usd(5_500),
      // 700, a visit of 20 + 20 dollars, one return handled for 5.
      costToServe: usd(700 + 4_000 + 500),
      profit: usd(13_000 - 5_500 - 5_200),
      served: { compensation: 700, visit: 4_000, return_handling: 500, ticket: 0 },
      purchases: { count: 2, withCost: 2, returns: 1, latest: [second['id'], first['id']] },
      whole: true,
    })
    expect(body['costs']).toMatchObject({ count: 2, all: `/v1/customers/${id}/costs?from=2026-11-01&to=2026-11-30` })
    expect(body['costs'].latest).toContain(line['id'])
    expect(body['words']).toContain('2 purchases brought $130.00; the goods cost $55.00, serving $52.00. A profit of $23.00.')
    expect(Object.keys(body['formulas']).sort()).toEqual(['costOfGoods', 'costToServe', 'profit', 'revenue'])
    expect((await crm.call('GET', body['purchases'].all.slice(3))).body['items']).toHaveLength(2)
  })

  test('goes by the workspace’s margin where no one named what the goods cost, and by the base amount in another currency', async () => {
    await crm.call('PATCH', '/insight-settings', { ifMatch: 0, body: { margin: 0.4 } })
    crm.forget()
    const id = await customer('Grace')
    await buys(id, '2026-11-02T10:00:00Z', { amount: usd(1_000) })
    await buys(id, '2026-11-03T10:00:00Z', {
      amount: { amount: 7_000, currency: 'CNY' },
      baseAmount: usd(1_000),
      cost: 3_500,
      discount: 700,
    })
    const body = await profit(id, '?period=2026-Q4')
    expect(body).toMatchObject({
      listed: usd(2_100),
      revenue: usd(2_000),
      costOfGoods: usd(600 + 500),
      purchases: { count: 2, withCost: 1 },
    })
    expect(body['rates']).toMatchObject({ version: 0, margin: 0.4 })
    expect(body['rates'].why).toContain('a margin of 40 %')
  })

  test('forecasts the next period from the rhythm, the margin and the trend of what a purchase costs', async () => {
    const id = await customer('Edsger')
    for (const month of ['01', '02', '03', '04', '05', '06', '07', '08', '09', '10']) {
      await buys(id, `2026-${month}-05T10:00:00Z`, { amount: usd(10_000), cost: 6_000 })
    }
    await made(`/customers/${id}/costs`, { kind: 'other', amount: usd(500), at: '2026-04-06T10:00:00Z' })
    await made(`/customers/${id}/costs`, { kind: 'other', amount: usd(2_000), at: '2026-09-06T10:00:00Z' })
    await settle(crm)
    const { forecast, ...body } = await profit(id, '?period=2026-Q3')
    expect(body).toMatchObject({ revenue: usd(30_000), profit: usd(30_000 - 18_000 - 2_000) })
    const { costPerPurchase, expectedPurchases, spendPerPurchase, revenue, cost, profit: expected, marginShare } = forecast
    expect(forecast).toMatchObject({ days: 92, marginFrom: 'purchases', costFrom: 'purchases', model: { source: 'pooled' } })
    expect(marginShare).toBe(0.4)
    // $6.67 a purchase now, $1.67 before: half of the change goes on.
    expect(costPerPurchase).toEqual({ now: usd(667), before: usd(167), next: usd(917) })
    expect(Math.abs(revenue.amount - expectedPurchases * spendPerPurchase.amount)).toBeLessThan(spendPerPurchase.amount / 1_000 + 1)
    expect(Math.abs(cost.amount - expectedPurchases * 917)).toBeLessThan(2)
    expect(expected.amount).toBe(Math.round(revenue.amount * 0.4) - cost.amount)
    expect(forecast.words).toContain('In the next 92 days')
    expect(forecast.formulas.cost).toContain('Gardner')
  })

  test('of who has not bought is what they cost, and a loss is said to be one', async () => {
    const id = await customer('Nobody')
    await made(`/customers/${id}/costs`, { kind: 'campaign', amount: usd(150) })
    const body = await profit(id)
    expect(body).toMatchObject({ revenue: usd(0), costToServe: usd(150), profit: usd(-150), period: { days: 365 } })
    expect(body['words']).toContain('A loss of $1.50.')
    expect(body).not.toHaveProperty('forecast')
  })

  test('is of days where the workspace is, refuses a period there is not, and strangers', async () => {
    const id = await customer('Edge')
    await crm.call('PATCH', '/workspace', { ifMatch: 0, body: { timeZone: 'Asia/Shanghai' } })
    crm.forget()
    await buys(id, '2026-10-31T17:00:00Z', { amount: usd(1_000) })
    expect(await profit(id, '?period=2026-11')).toMatchObject({ revenue: usd(1_000) })
    expect(await profit(id, '?period=2026-10')).toMatchObject({ revenue: usd(0) })
    for (const period of ['2026-13', '2026-Q5', 'last', '20261', '2026-1']) {
      expect((await crm.call('GET', `/customers/${id}/profit?period=${period}`)).status).toBe(400)
    }
    expect((await crm.call('GET', `/customers/${id}/profit`, { as: 'usr_00000000000000000009:sales' })).status).toBe(404)
  })
})
