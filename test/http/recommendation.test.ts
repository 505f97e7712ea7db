import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { learnTogether } from '../../domain/insight/recommendation/index.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { replay, settle } from '../support/stream.ts'

let crm: Crm
let made = 0
const START = '2026-11-18T09:00:00.000Z'
beforeAll(async () => {
  crm = await startCrm({ now: START })
})
beforeEach(() => {
  crm.clock.now = START
})

async function newCustomer(as = 'sales'): Promise<string> {
  return (await crm.call('POST', '/customers', { as, body: { name: `Customer ${++made}` } })).body['id']
}

async function buy(id: string, at: string, ...skus: string[]): Promise<string> {
  const items = skus.map((sku) => ({ sku, name: `The ${sku}`, quantity: 1, unitAmount: 900 }))
  const body = {
    orderId: { id: `o-${++made}` },
    at: `${at}T10:00:00Z`,
    amount: { amount: 900 * skus.length, currency: 'USD' },
    ...(items.length > 0 && { items }),
  }
  const reply = await crm.call('POST', `/customers/${id}/purchases`, { as: 'integration', body })
  expect(reply.status, JSON.stringify(reply.body)).toBe(201)
  return reply.body['id']
}

const together = async (sku: string) => (await crm.call('GET', `/products/${sku}/together`, { as: 'sales' })).body

const sum = () => ({
  reads: crm.spent.reduce((all, one) => all + one.readUnits, 0),
  writes: crm.spent.reduce((all, one) => all + one.writeUnits, 0),
})

describe('what is bought together', () => {
  test('and next is learnt from purchases, once however often they are told', async () => {
    for (let n = 0; n < 4; n++) {
      await buy(await newCustomer(), '2026-10-01', 'TEA', n < 3 ? 'CUP' : 'POT')
      const id = await newCustomer()
      await buy(id, '2026-10-01', 'KETTLE')
      await buy(id, '2026-10-20', n < 3 ? 'MILK' : 'KETTLE')
    }
    await settle(crm)
    // Each basket is told to one of its two products.
    const told = await Promise.all(['TEA', 'CUP', 'POT'].map(together))
    expect(told.reduce((all, one) => all + one['baskets'], 0)).toBe(4)
    const pairs = told.flatMap((one) => one['together'].map((partner: { sku: string; count: number }) => ({ ...partner, of: one['sku'] })))
    const countOf = (...skus: string[]) =>
      pairs.filter(({ sku, of }) => skus.includes(sku) && skus.includes(of)).reduce((all, { count }) => all + count, 0)
    expect([countOf('TEA', 'CUP'), countOf('TEA', 'POT'), countOf('CUP', 'POT')]).toEqual([3, 1, 0])
    for (const { baskets, together: others } of told)
      expect(others.reduce((all: number, { share }: { share: number }) => all + share, 0)).toBe(baskets > 0 ? 1 : 0)
    // Who buys a kettle again tells of the kettle's own rhythm, not of what comes after it.
    const kettle = { sku: 'KETTLE', baskets: 0, together: [], follows: 3, next: [{ sku: 'MILK', count: 3, atLeast: 3, share: 1 }] }
    expect(await together('KETTLE')).toEqual(kettle)
    await replay(crm)
    await replay(crm)
    expect(await Promise.all(['TEA', 'CUP', 'POT', 'KETTLE'].map(together))).toEqual([...told, kettle])
    expect(await together('NEVER')).toEqual({ sku: 'NEVER', baskets: 0, follows: 0, together: [], next: [] })
  })

  test('costs nothing without items, a read for one product, and a write for the one product told', async () => {
    const ctx = crm.ctx()
    const id = await newCustomer()
    const changesOf = async (purchaseId: string) => {
      const { items } = await crm.table.query({ pk: `customer#${id.slice(4)}`, begins: 'purchase#', limit: 50 })
      return items.filter((item) => item['id'] === purchaseId).map((after) => ({ after }))
    }
    const costOf = async (at: string, ...skus: string[]) => {
      const changes = await changesOf(await buy(id, at, ...skus))
      crm.spent.length = 0
      await learnTogether.project(ctx, changes)
      return sum()
    }
    await settle(crm)
    expect(await costOf('2026-10-01')).toEqual({ reads: 0, writes: 0 })
    expect(await costOf('2026-10-02', 'K1')).toEqual({ reads: 1, writes: 0 })
    expect((await costOf('2026-10-03', 'K2')).writes).toBe(1)
    expect((await costOf('2026-10-04', 'K2')).writes).toBe(0)
    expect((await costOf('2026-10-05', 'K3', 'K4')).writes).toBe(1)
    const most = await costOf('2026-10-06', ...Array.from({ length: 12 }, (_, n) => `M${n}`))
    expect(most.writes).toBe(1)
    crm.spent.length = 0
    await learnTogether.project(
      ctx,
      (await Promise.all(['', ''].map(() => crm.table.query({ pk: `customer#${id.slice(4)}`, begins: 'purchase#', limit: 50 })))).flatMap(
        ({ items }) => items.map((after) => ({ after })),
      ),
    )
    expect(sum().writes).toBe(0)
    await settle(crm)
  })

  test('is learnt from many at once without losing any', async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, () => newCustomer()))
    const purchases = await Promise.all(ids.map((id) => buy(id, '2026-10-01', 'HOT', 'COLD')))
    const changes = await Promise.all(
      purchases.map(async (id) => ({ after: await crm.table.get({ pk: `customer#${id.slice(4, 24)}`, sk: `purchase#${id.slice(24)}` }) })),
    )
    const known = changes.flatMap(({ after }) => (after ? [{ after }] : []))
    await Promise.all([...known, ...known].map((change) => learnTogether.project(crm.ctx(), [change])))
    await settle(crm)
    const hot = await together('HOT')
    const cold = await together('COLD')
    expect(hot['baskets'] + cold['baskets']).toBe(8)
    expect(hot['together']).toEqual([{ sku: 'COLD', count: hot['baskets'], atLeast: hot['baskets'], share: 1 }])
  })
})

describe('a customer', () => {
  test('is offered what they want again, then what others buy with it, each with its reason and purchases', async () => {
    for (let n = 0; n < 20; n++) await buy(await newCustomer(), '2026-09-01', 'BEAN', 'FILTER')
    const id = await newCustomer()
    const own = [await buy(id, '2026-08-20', 'BEAN'), await buy(id, '2026-09-19', 'BEAN'), await buy(id, '2026-10-20', 'BEAN')]
    await settle(crm)
    crm.spent.length = 0
    const { body } = await crm.call('GET', `/customers/${id}/recommendations`, { as: 'sales' })
    expect(sum().reads).toBeLessThanOrEqual(8)
    expect(body['items'].map((one: { kind: string; sku: string }) => `${one.kind} ${one.sku}`)).toEqual([
      'replenish BEAN',
      'together FILTER',
    ])
    expect(body['items'][0]).toMatchObject({
      name: 'The BEAN',
      dueDay: '2026-11-20',
      records: [own[2], own[1], own[0]],
      reason: 'bought on 3 days, usually every 31 days, last on 2026-10-20: due on 2026-11-20',
    })
    expect(body['items'][1]).toMatchObject({ becauseOf: 'BEAN', score: 0.8 })
    const { next } = (await crm.call('GET', `/customers/${id}/overview`, { as: 'sales' })).body
    expect(next).toMatchObject({ kind: 'offer', title: 'Offer The BEAN again', id: own[2], valueAtStake: { amount: 900 } })
    expect(next.reason).toContain('usually every 31 days')
    expect((await crm.call('GET', `/customers/${id}/recommendations`, { as: 'usr_00000000000000000009:sales' })).status).toBe(404)
  })

  test('without purchases is offered nothing', async () => {
    expect((await crm.call('GET', `/customers/${await newCustomer()}/recommendations`)).body).toEqual({ items: [], looked: 0 })
  })
})
