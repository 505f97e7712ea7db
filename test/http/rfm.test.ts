import { beforeAll, describe, expect, test } from 'vitest'
import { entities } from '../../domain/index.ts'
import { learnTogether } from '../../domain/insight/recommendation/index.ts'
import { countPurchases } from '../../domain/insight/statistics/index.ts'
import type { Projection } from '../../domain/kernel/event.ts'
import { projectHandler } from '../../events/project.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { deliver } from '../support/delivery.ts'
import { newRecords, replay, settle, surroundings } from '../support/stream.ts'

let crm: Crm
const ids: string[] = []

/** Ten customers: the n-th bought on n + 1 days, the last time n days ago, n + 1 dollars each time; the last two alike. */
beforeAll(async () => {
  crm = await startCrm({ now: '2026-11-20T09:00:00.000Z' })
  for (let n = 0; n < 10; n++) {
    const like = Math.min(n, 8)
    const { body } = await crm.call('POST', '/customers', { body: { name: `Guest ${n}` } })
    ids.push(body['id'])
    for (let order = 0; order <= like; order++) {
      const day = String(20 - like - order).padStart(2, '0')
      const sale = {
        orderId: { id: `r${n}-${order}` },
        at: `2026-11-${day}T10:00:00Z`,
        amount: { amount: (like + 1) * 100, currency: 'USD' },
      }
      const at = day > '00' ? sale : { ...sale, at: `2026-10-${30 + Number(day)}T10:00:00Z` }
      await crm.call('POST', `/customers/${body['id']}/purchases`, { body: at })
    }
  }
  await settle(crm)
}, 60_000)

const scoresOf = async (n: number) => (await crm.call('GET', `/customers/${ids[n]}/rfm`)).body

describe('RFM', () => {
  test('scores by the share strictly below, customers who are alike alike', async () => {
    const codes = await Promise.all(ids.map(async (_, n) => (await scoresOf(n))['code']))
    // Recency falls with n, frequency and money rise; of ten, two share each score but for the alike at the end.
    expect(codes.map((code: string) => code[1])).toEqual(['1', '1', '2', '2', '3', '3', '4', '4', '5', '5'])
    expect(codes.map((code: string) => code[2])).toEqual(['1', '1', '2', '2', '3', '3', '4', '4', '5', '5'])
    expect(codes.map((code: string) => code[0])).toEqual(['5', '5', '4', '4', '3', '3', '2', '2', '1', '1'])
    expect(codes[8]).toBe(codes[9])
  })

  test('is explained with the values, the cut points between which they lie and the formula', async () => {
    const body = await scoresOf(4)
    expect(body).toMatchObject({
      scores: { recency: 3, frequency: 3, monetary: 3 },
      segment: 'needs_attention',
      values: { lastPurchase: '2026-11-16', daysSinceLast: 4, purchaseDays: 5, net: { amount: 2_500, currency: 'USD' } },
      population: { customers: 10, uncounted: 0 },
    })
    expect(body['words']).toContain(
      'Among 10 customers with a purchase: recency 3, last bought on 2026-11-16, 4 days ago (3 begins at 2026-11-15, 4 at 2026-11-17)',
    )
    expect(body['words']).toContain('frequency 3, bought on 5 days (3 begins at 5, 4 at 7)')
    expect(body['formula']).toContain('1 + floor(5 × share')
    expect(body['records']).toHaveLength(1)
  })

  test('shows cut points and counts that add up, and asks for no customer', async () => {
    crm.forget()
    crm.spent.length = 0
    const { body } = await crm.call('GET', '/rfm', { as: 'viewer' })
    expect(crm.spent.reduce((sum, one) => sum + one.readUnits, 0)).toBeLessThan(15)
    expect(body['counts']).toEqual({ recency: [2, 2, 2, 2, 2], frequency: [2, 2, 2, 2, 2], monetary: [2, 2, 2, 2, 2] })
    expect(body['cutPoints'].frequency).toEqual([
      { score: 2, from: 3 },
      { score: 3, from: 5 },
      { score: 4, from: 7 },
      { score: 5, from: 9 },
    ])
    expect(body['segments'].reduce((sum: number, one: { customers: number }) => sum + one.customers, 0)).toBe(10)
  })

  test('follows a purchase, a return and what is told twice', async () => {
    const { body } = await crm.call('POST', `/customers/${ids[0]}/purchases`, {
      body: { orderId: { id: 'big' }, at: '2026-11-20T08:00:00Z', amount: { amount: 900_000, currency: 'USD' } },
    })
    await settle(crm)
    crm.forget()
    expect((await scoresOf(0))['scores'].monetary).toBe(5)
    await crm.call('POST', `/purchases/${body['id']}/returns`, { body: { returnId: 'all' } })
    await settle(crm)
    await replay(crm)
    crm.forget()
    expect((await scoresOf(0))['scores'].monetary).toBe(1)
    expect((await crm.call('GET', '/rfm')).body['counts'].monetary).toEqual([2, 2, 2, 2, 2])
  })

  test('of a customer without purchases says so, and is hidden from who may not see them', async () => {
    const { body } = await crm.call('POST', '/customers', { body: { name: 'New' } })
    const told = (await crm.call('GET', `/customers/${body['id']}/rfm`)).body
    expect(told).not.toHaveProperty('scores')
    expect(told['words']).toContain('No purchase is recorded yet')
    expect((await crm.call('GET', `/customers/${body['id']}/rfm`, { as: 'usr_00000000000000000009:sales' })).status).toBe(404)
  })

  test('adds no write unit to a purchase', async () => {
    const { body } = await crm.call('POST', '/customers', { body: { name: 'Costs' } })
    const units: number[] = []
    for (const day of ['01', '09', '17']) {
      await crm.call('POST', `/customers/${body['id']}/purchases`, {
        body: { orderId: { id: `u${day}` }, at: `2026-11-${day}T10:00:00Z`, amount: { amount: 1_234, currency: 'USD' } },
      })
      const records = await newRecords(crm)
      const written = async (projections: readonly Projection[]) => {
        crm.spent.length = 0
        await deliver(projectHandler({ edge: surroundings(crm), entities, projections }), records)
        return crm.spent.reduce((sum, one) => sum + one.writeUnits, 0)
      }
      // The log is not insight's: it is written first, and a second telling writes it anew.
      await written([])
      const log = await written([])
      units.push((await written([countPurchases, learnTogether])) - log)
    }
    // The mark, the cells left and entered; at first the note of a newcomer. As it was without the tallies.
    expect(units).toEqual([3, 3, 3])
  })
})
