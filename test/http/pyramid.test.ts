import fc from '../support/property.ts'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  bands,
  bandOf,
  defaultPolicy,
  policyIssues,
  potentialBand,
  strategies,
  strategyOf,
  valueBand,
} from '../../domain/insight/pyramid/strategy.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { settle } from '../support/stream.ts'

const usd = (amount: number) => ({ amount, currency: 'USD' })
let crm: Crm
let orders = 0
const ids: Record<string, string> = {}

async function customer(name: string, months: readonly string[], amount: number, cost = 0): Promise<void> {
  const { body } = await crm.call('POST', '/customers', { body: { name } })
  ids[name] = body['id']
  for (const month of months) {
    const sale = { orderId: { id: `y${++orders}` }, at: `${month}-10T10:00:00Z`, amount: usd(amount), cost }
    expect((await crm.call('POST', `/customers/${body['id']}/purchases`, { body: sale })).status).toBe(201)
  }
}

beforeAll(async () => {
  crm = await startCrm({ now: '2026-11-20T09:00:00.000Z' })
  const steady = ['2026-05', '2026-06', '2026-07', '2026-08', '2026-09', '2026-10', '2026-11']
  await customer('best', steady, 100_000, 50_000)
  await customer('loss', steady, 90_000, 95_000)
  await customer('small', steady, 100)
  await customer('gone', ['2023-01', '2023-02', '2023-03'], 200_000)
  await customer('tiny', ['2023-01'], 100)
  for (let n = 0; n < 10; n++) await customer(`middle ${n}`, ['2026-03', '2026-06'], 5_000 + 500 * n)
  await settle(crm)
}, 60_000)

const place = async (name: string) => {
  const { status, body } = await crm.call('GET', `/customers/${ids[name]}/pyramid`)
  expect(status, JSON.stringify(body)).toBe(200)
  return body
}

describe('the strategy', () => {
  test('is one of five for every value and potential, and each is reached', () => {
    const reached = new Set(bands.flatMap((value) => bands.map((potential) => strategyOf(value, potential))))
    expect([...reached].sort()).toEqual([...strategies].sort())
  })

  test('never grows worse with more value, and a loss is low whatever was spent', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 5 }),
        (highFrom, lowTo, quintile) => {
          const policy = { value: { highFrom, lowTo }, potential: { highFrom, lowTo } }
          const issues = policyIssues(policy)
          expect(issues.length > 0).toBe(lowTo >= highFrom)
          if (issues.length > 0) return
          expect(valueBand(policy, quintile, true)).toBe('low')
          expect(potentialBand(policy, quintile, false)).not.toBe('high')
          const rank = (of: number): number => bands.indexOf(bandOf(policy.value, of))
          expect(rank(quintile)).toBeLessThanOrEqual(rank(quintile + 1))
        },
      ),
    )
  })
})

describe('a customer’s place in the pyramid', () => {
  test('follows value and potential, with what it means and why', async () => {
    const best = await place('best')
    expect(best).toMatchObject({
      strategy: 'invest_protect',
      value: { band: 'high', quintile: 5, loss: false },
      potential: { band: 'high' },
    })
    expect(best['meaning'].service).toContain('account manager')
    expect(best['words']).toContain(
      'Invest and protect. Value high: $7,000.00 spent in all, quintile 5, a profit of $3,500.00 in the last 365 days',
    )
    expect(best['thresholds'].value).toMatchObject({ highFrom: 4, lowTo: 2, highIs: { currency: 'USD' } })
    expect(await place('small')).toMatchObject({ strategy: 'nurture' })
    expect(await place('gone')).toMatchObject({ strategy: 'reach_out', value: { band: 'high' }, potential: { band: 'low' } })
    expect(await place('tiny')).toMatchObject({ strategy: 'reprice_or_let_go' })
  })

  test('is low in value at a loss, whatever was spent', async () => {
    const body = await place('loss')
    expect(body).toMatchObject({ strategy: 'nurture', value: { band: 'low', quintile: 5, loss: true, profit365Days: usd(-35_000) } })
    expect(body['words']).toContain('Value low for a loss of $350.00 in the last 365 days, whatever was spent: $6,300.00')
  })

  test('of who has not bought is not judged', async () => {
    const { body } = await crm.call('POST', '/customers', { body: { name: 'New' } })
    const told = (await crm.call('GET', `/customers/${body['id']}/pyramid`)).body
    expect(told).not.toHaveProperty('strategy')
    expect((await crm.call('GET', `/customers/${body['id']}/pyramid`, { as: 'usr_00000000000000000009:sales' })).status).toBe(404)
  })
})

describe('the pyramid', () => {
  test('counts everyone once, and its thresholds are the workspace’s to set within reason', async () => {
    const before = (await crm.call('GET', '/pyramid', { as: 'viewer' })).body
    expect(before['customers']).toBe(15)
    expect(before['cells'].reduce((sum: number, one: { customers: number }) => sum + one.customers, 0)).toBe(15)
    expect((await crm.call('GET', '/pyramid-policy')).body).toMatchObject({ ...defaultPolicy, version: 0 })
    const body = { value: { highFrom: 5, lowTo: 1 }, potential: { highFrom: 3, lowTo: 3 } }
    const wrong = await crm.call('POST', '/pyramid-policy', { body })
    expect(wrong.body['errors']).toMatchObject([{ path: 'potential.lowTo', code: 'overlaps_high' }])
    expect((await crm.call('POST', '/pyramid-policy', { as: 'sales', body })).status).toBe(403)
    const right = { ...body, potential: { highFrom: 5, lowTo: 1 } }
    expect((await crm.call('POST', '/pyramid-policy', { body: right, ifMatch: 0 })).body).toMatchObject({ version: 1 })
    expect((await crm.call('POST', '/pyramid-policy', { body: right, ifMatch: 0 })).status).toBe(412)
    const after = (await crm.call('GET', '/pyramid')).body
    expect(after['thresholds']).toMatchObject({ policyVersion: 1, value: { highFrom: 5, lowTo: 1 } })
    const highs = (told: typeof before): number =>
      told['cells'].reduce((sum: number, one: { value: string; customers: number }) => sum + (one.value === 'high' ? one.customers : 0), 0)
    expect([highs(before), highs(after)]).toEqual([6, 3])
  })
})
