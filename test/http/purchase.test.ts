import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { placeOf } from '../../domain/kernel/entity.ts'
import { history } from '../../domain/customer/purchase/index.ts'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'
import { countsUnits } from '../support/engine-endpoint.ts'

let crm: Crm
let buyers = 0
beforeAll(async () => {
  crm = await startCrm()
  // The first call of an instance also reads the caller and the settings, and marks the currency.
  await crm.call('POST', `/customers/${await buyer()}/purchases`, { body: sale('first', '2026-01-01') })
})
beforeEach(() => void (crm.spent.length = 0))

async function buyer(more: object = {}): Promise<string> {
  const { body, status } = await crm.call('POST', '/customers', { body: { name: `Buyer ${++buyers}`, ...more } })
  expect(status, JSON.stringify(body)).toBe(201)
  crm.spent.length = 0
  return body['id']
}

function sale(id: string, day: string, amount = 1000, more: object = {}) {
  return { orderId: { id }, at: `${day}T10:00:00Z`, amount: { amount, currency: 'USD' }, ...more }
}

async function historyOf(customerId: string) {
  const item = await crm.table.get(placeOf(history, history.id('', customerId)))
  return item?.['deletedAt'] ? undefined : item
}

const record = (customerId: string, body: object, more: object = {}): Promise<Reply> =>
  crm.call('POST', `/customers/${customerId}/purchases`, { body, ...more })

describe('a purchase', () => {
  test.runIf(countsUnits)(
    'is recorded with one read round and 6 write units, makes a lead a customer, and is replayed under its key',
    async () => {
      const id = await buyer()
      const first = await record(id, sale('a1', '2026-10-01'))
      expect(first.status, JSON.stringify(first.body)).toBe(201)
      expect(first.headers['location']).toBe(`/v1/purchases/${first.body['id']}`)
      expect((await crm.call('GET', `/customers/${id}`)).body).toMatchObject({
        lifecycle: 'customer',
        lifecycleReason: 'Bought something',
        version: 2,
      })
      crm.spent.length = 0
      const second = await record(id, sale('a2', '2026-11-01'))
      expect(second.status).toBe(201)
      expect(crm.spent).toEqual([
        { call: 'BatchGetItem', readUnits: 3, writeUnits: 0 },
        { call: 'TransactWriteItems', readUnits: 0, writeUnits: 6 },
      ])
      expect(await historyOf(id)).toMatchObject({
        x: 1,
        count: 2,
        gross: 2000,
        net: 2000,
        repeatSpend: 1000,
        firstDay: 20727,
        lastDay: 20758,
        yearNet: 2000,
      })
      const keyed = await record(id, sale('a3', '2026-11-02'), { key: 'k-a3' })
      const again = await record(id, sale('a3', '2026-11-02'), { key: 'k-a3' })
      expect(again).toMatchObject({ status: 201, body: keyed.body })
      expect(again.headers['idempotent-replayed']).toBe('true')
    },
  )

  test('of the same order and facts is answered with what is there and writes nothing; with other facts it is a conflict', async () => {
    const id = await buyer()
    const first = await record(id, sale('b1', '2026-10-01', 500, { items: [{ sku: 's', quantity: 1.5 }] }))
    crm.spent.length = 0
    const same = await record(id, sale('b1', '2026-10-01', 500, { items: [{ quantity: 1.5, sku: 's' }], channel: 'web' }), { key: 'k-b1' })
    expect(same).toMatchObject({ status: 200, body: first.body })
    expect(crm.spent.map((one) => one.call)).toEqual(['BatchGetItem', 'PutItem'])
    const replayed = await record(id, sale('b1', '2026-10-01', 500, { items: [{ quantity: 1.5, sku: 's' }], channel: 'web' }), {
      key: 'k-b1',
    })
    expect(replayed.status).toBe(200)
    expect(replayed.headers['idempotent-replayed']).toBe('true')
    for (const other of [sale('b1', '2026-10-01', 501), sale('b1', '2026-10-02', 500)]) {
      const refused = await record(id, other)
      expect(refused, JSON.stringify(refused.body)).toMatchObject({
        status: 409,
        body: { code: 'purchase.order_taken', existingId: first.body['id'] },
      })
    }
    expect((await record(await buyer(), sale('b1', '2026-10-01', 500))).body['existingId']).toBe(first.body['id'])
    expect((await historyOf(id))?.['count']).toBe(1)
  })

  test('twenty at once for one customer all land exactly once, and so do twenty tellings of one', async () => {
    const id = await buyer()
    const rows = Array.from({ length: 20 }, (_, i) => sale(`c${i}`, `2026-10-${String(i + 1).padStart(2, '0')}`, 100 + i))
    const replies = await Promise.all(rows.map((row) => record(id, row)))
    expect(replies.map((one) => one.status)).toEqual(rows.map(() => 201))
    expect(await historyOf(id)).toMatchObject({ count: 20, x: 19, gross: 20 * 100 + 190 })
    const same = await Promise.all(Array.from({ length: 20 }, () => record(id, sale('c-same', '2026-11-01'))))
    expect(same.map((one) => one.status).sort((a, b) => a - b)).toEqual([...Array.from({ length: 19 }, () => 200), 201])
    expect(new Set(same.map((one) => one.body['id'])).size).toBe(1)
    expect((await historyOf(id))?.['count']).toBe(21)
  })

  test('the first of a customer told twenty times at once lands once', async () => {
    const id = await buyer()
    const replies = await Promise.all(Array.from({ length: 20 }, () => record(id, sale('c0-first', '2026-11-01'))))
    expect(replies.filter((one) => one.status === 201)).toHaveLength(1)
    expect(await historyOf(id)).toMatchObject({ count: 1, net: 1000 })
  })

  test('counts on the calendar day of the workspace, free ones too', async () => {
    const shanghai = await startCrm()
    await shanghai.call('PATCH', '/workspace', { body: { timeZone: 'Asia/Shanghai', currency: 'CNY' }, ifMatch: 0 })
    const { body } = await shanghai.call('POST', '/customers', { body: { name: 'Li' } })
    const free = { orderId: { id: '1' }, at: '2026-11-20T16:30:00Z', amount: { amount: 0, currency: 'CNY' } }
    const first = await shanghai.call('POST', `/customers/${body['id']}/purchases`, { body: free })
    expect(first.status, JSON.stringify(first.body)).toBe(201)
    expect(first.body['day']).toBe(Date.parse('2026-11-21') / 86_400_000)
    expect(await shanghai.table.get(placeOf(history, history.id('', body['id'])))).toMatchObject({
      count: 1,
      net: 0,
      firstDay: first.body['day'],
    })
    const change = await shanghai.call('PATCH', '/workspace', { body: { currency: 'USD' }, ifMatch: 1 })
    expect(change).toMatchObject({ status: 409, body: { code: 'workspace.currency_in_use' } })
    for (const [day, count] of [
      ['2026-11-20', 0],
      ['2026-11-21', 1],
      ['2026-11-22', 0],
    ] as const) {
      expect((await shanghai.call('GET', `/customers/${body['id']}/purchases?from=${day}&to=${day}`)).body['items']).toHaveLength(count)
    }
  })

  test('in another currency brings its amount in the workspace’s, and returns follow in proportion', async () => {
    const id = await buyer()
    const euro = { ...sale('e1', '2026-11-01'), amount: { amount: 300, currency: 'EUR' } }
    expect((await record(id, euro)).body['errors']).toEqual([expect.objectContaining({ path: 'baseAmount', code: 'needed' })])
    const made = await record(id, { ...euro, baseAmount: { amount: 1000, currency: 'USD' } })
    expect(made.status).toBe(201)
    const give = (returnId: string) =>
      crm.call('POST', `/purchases/${made.body['id']}/returns`, { body: { returnId, amount: { amount: 100, currency: 'EUR' } } })
    expect((await give('1')).status).toBe(200)
    expect(await historyOf(id)).toMatchObject({ gross: 1000, returned: 333, net: 667 })
    await give('2')
    await give('3')
    expect(await historyOf(id)).toMatchObject({ gross: 1000, returned: 1000, net: 0, count: 1 })
  })

  test('in a late receipt does not win back whom it cannot', async () => {
    const id = await buyer({ lifecycle: 'lost' })
    await record(id, sale('l1', '2025-01-01'))
    expect((await crm.call('GET', `/customers/${id}`)).body['lifecycle']).toBe('lost')
    crm.clock.now = '2026-11-22T11:00:00.000Z'
    await record(id, sale('l2', '2026-11-22'))
    expect((await crm.call('GET', `/customers/${id}`)).body['lifecycle']).toBe('won_back')
    crm.clock.now = '2026-11-22T09:00:00.000Z'
  })

  test.each([
    ['a negative amount', { amount: { amount: -1, currency: 'USD' } }, 'amount.amount'],
    ['a fraction of a cent', { amount: { amount: 0.5, currency: 'USD' } }, 'amount.amount'],
    ['the future', { at: '2026-11-24T10:00:00Z' }, 'at'],
    ['a time before 1970', { at: '1969-01-01T10:00:00Z' }, 'at'],
    ['a day that does not exist', { at: '2026-02-30T10:00:00Z' }, 'at'],
    ['no order id', { orderId: undefined }, 'orderId'],
    ['an unknown field', { colour: 'red' }, 'colour'],
    ['nothing bought', { items: [{ sku: 'a', quantity: 0 }] }, 'items.0.quantity'],
    ['another base currency', { baseAmount: { amount: 1, currency: 'EUR' } }, 'baseAmount.currency'],
  ])('with %s is refused with where it is wrong', async (_what, wrong, path) => {
    const { status, body } = await record(await buyer(), { ...sale('x1', '2026-10-01'), ...wrong })
    expect(status).toBe(400)
    expect(body['errors'].map((one: { path: string }) => one.path)).toContain(path)
  })

  test('may be recorded only for a customer who is there, by who may', async () => {
    const id = await buyer()
    expect((await record('cus_00000000000000000000', sale('y1', '2026-10-01'))).status).toBe(404)
    expect((await record(id, sale('y1', '2026-10-01'), { as: 'sales' })).status).toBe(403)
    expect((await record(id, sale('y1', '2026-10-01'), { as: 'viewer' })).status).toBe(403)
    const made = await record(id, sale('y1', '2026-10-01'), { as: 'integration' })
    expect(made.status, JSON.stringify(made.body)).toBe(201)
    expect((await crm.call('GET', `/purchases/${made.body['id']}`, { as: 'viewer' })).status).toBe(200)
    expect((await crm.call('GET', `/purchases/${made.body['id']}`, { as: 'sales' })).status).toBe(404)
    expect((await crm.call('GET', `/customers/${id}/purchases`, { as: 'sales' })).status).toBe(404)
  })
})

describe('a purchase of a customer the shop names', () => {
  test('finds them by external id and by email, and refuses anyone unknown or named twice', async () => {
    const id = await buyer({ emails: [{ address: 'shop@example.com' }], externalIds: [{ system: 'shop', id: 'C-1' }] })
    const external = await crm.call('POST', '/purchases', {
      body: { customer: { system: 'shop', id: 'C-1' }, ...sale('n1', '2026-10-01') },
    })
    const mail = await crm.call('POST', '/purchases', { body: { email: 'SHOP@example.com', ...sale('n2', '2026-10-02') } })
    const ours = await crm.call('POST', '/purchases', { body: { customerId: id, ...sale('n2', '2026-10-02') } })
    expect([external.status, mail.status, ours.status], JSON.stringify(mail.body)).toEqual([201, 201, 200])
    expect(await historyOf(id)).toMatchObject({ count: 2, x: 1 })
    expect((await crm.call('POST', '/purchases', { body: { email: 'nobody@example.com', ...sale('n3', '2026-10-01') } })).status).toBe(404)
    const both = await crm.call('POST', '/purchases', { body: { email: 'shop@example.com', customerId: id, ...sale('n3', '2026-10-01') } })
    expect(both).toMatchObject({ status: 400, body: { code: 'customer.name_one' } })
  })
})

describe('a batch of purchases', () => {
  test('gives each row its result, in one transaction a customer, and is idempotent row by row', async () => {
    const [one, two] = [await buyer(), await buyer({ externalIds: [{ system: 'shop', id: 'B-2' }] })]
    await record(one, sale('g0', '2026-09-01'))
    const purchases = [
      { customerId: one, ...sale('g2', '2026-10-02') },
      { customerId: one, ...sale('g1', '2026-10-01') },
      { customer: { system: 'shop', id: 'B-2' }, ...sale('g3', '2026-10-01') },
      { customerId: one, ...sale('g0', '2026-09-01') },
      { customerId: one, ...sale('g0', '2026-09-01', 7) },
      { email: 'nobody@example.com', ...sale('g5', '2026-10-01') },
      { customerId: one, at: 'yesterday' },
      'not a row',
      { customerId: one, ...sale('g2', '2026-10-02') },
      { customerId: two, ...sale('g2', '2026-10-03') },
    ]
    await crm.call('PATCH', `/customers/${two}`, { body: { lifecycle: undefined, notes: 'x' }, ifMatch: 1 })
    crm.spent.length = 0
    const { status, body } = await crm.call('POST', '/purchases/batch', { body: { purchases } })
    expect(status, JSON.stringify(body)).toBe(207)
    expect(body['results'].map((row: { status: number }) => row.status)).toEqual([201, 201, 201, 200, 409, 404, 400, 400, 200, 409])
    expect(body['results'].map((row: { index: number }) => row.index)).toEqual(purchases.map((_, index) => index))
    expect(await historyOf(one)).toMatchObject({ count: 3, x: 2 })
    expect(await historyOf(two)).toMatchObject({ count: 1 })
    const again = await crm.call('POST', '/purchases/batch', { body: { purchases: purchases.slice(0, 3) } })
    expect(again.body['results'].map((row: { status: number }) => row.status)).toEqual([200, 200, 200])
  })

  test.runIf(countsUnits)('of a hundred for one customer costs 4 units a purchase and 4 a transaction, in three transactions', async () => {
    const id = await buyer()
    await record(id, sale('h', '2025-12-31'))
    const purchases = Array.from({ length: 100 }, (_, i) => ({
      customerId: id,
      ...sale(`h${i}`, new Date(Date.UTC(2026, 0, 1 + i)).toISOString().slice(0, 10)),
    }))
    crm.spent.length = 0
    const { body } = await crm.call('POST', '/purchases/batch', { body: { purchases }, as: 'integration' })
    expect(body['results'].every((row: { status: number }) => row.status === 201)).toBe(true)
    const writes = crm.spent.filter((one) => one.call === 'TransactWriteItems')
    expect(writes).toHaveLength(3)
    expect(writes.reduce((sum, one) => sum + one.writeUnits, 0)).toBe(100 * 4 + 3 * 2)
    expect(await historyOf(id)).toMatchObject({ count: 101, x: 100 })
  })

  test.runIf(countsUnits)('for a hundred customers reads ahead in few calls', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => buyer({ lifecycle: 'customer' })))
    crm.spent.length = 0
    const purchases = ids.map((customerId, i) => ({ customerId, ...sale(`i${i}`, '2026-10-01') }))
    const { body } = await crm.call('POST', '/purchases/batch', { body: { purchases }, key: 'batch-i' })
    expect(body['results'].every((row: { status: number }) => row.status === 201)).toBe(true)
    expect(crm.spent.filter((one) => one.call === 'BatchGetItem')).toEqual([{ call: 'BatchGetItem', readUnits: 60, writeUnits: 0 }])
    expect(crm.spent.filter((one) => one.call === 'TransactWriteItems').map((one) => one.writeUnits)).toEqual(ids.map(() => 6))
    const again = await crm.call('POST', '/purchases/batch', { body: { purchases }, key: 'batch-i' })
    expect(again.body).toEqual(body)
  })

  test('of more than a hundred, or of none, is refused', async () => {
    expect((await crm.call('POST', '/purchases/batch', { body: { purchases: [] } })).status).toBe(400)
    expect((await crm.call('POST', '/purchases/batch', { body: { purchases: Array.from({ length: 101 }, () => ({})) } })).status).toBe(400)
  })
})

describe('a correction', () => {
  test('takes back part, then the rest, each once, never more than remains', async () => {
    const id = await buyer()
    await record(id, sale('r1', '2026-09-01', 500))
    const { body } = await record(id, sale('r2', '2026-10-01', 1000))
    const give = (more: object, key?: string) => crm.call('POST', `/purchases/${body['id']}/returns`, { body: more, ...(key && { key }) })
    crm.spent.length = 0
    const part = await give({
      returnId: 'R1',
      amount: { amount: 300, currency: 'USD' },
      reason: 'Broken',
      items: [{ sku: 'a', quantity: 1 }],
    })
    expect(part, JSON.stringify(part.body)).toMatchObject({ status: 200, body: { returned: 300, version: 2 } })
    expect(crm.spent.reduce((sum, one) => sum + one.writeUnits, 0)).toBe(4)
    expect(await historyOf(id)).toMatchObject({ count: 2, returned: 300, net: 1200, repeatSpend: 700, yearNet: 1200 })
    const again = await give({ returnId: 'R1', amount: { amount: 300, currency: 'USD' }, items: [{ sku: 'a', quantity: 1 }] })
    expect(again.body).toEqual(part.body)
    expect(await give({ returnId: 'R1', amount: { amount: 301, currency: 'USD' } })).toMatchObject({
      status: 409,
      body: { code: 'purchase.return_differs' },
    })
    expect(await give({ returnId: 'R2', amount: { amount: 701, currency: 'USD' } })).toMatchObject({
      status: 409,
      body: { code: 'purchase.return_exceeds', remaining: 700 },
    })
    expect((await give({ returnId: 'R2', amount: { amount: 1, currency: 'EUR' } })).status).toBe(400)
    expect(await give({ returnId: 'R2' }, 'rest')).toMatchObject({ status: 200, body: { returned: 1000 } })
    expect((await give({ returnId: 'R3' })).body['code']).toBe('purchase.return_exceeds')
    expect(await historyOf(id)).toMatchObject({ count: 2, x: 1, net: 500, repeatSpend: 0 })
  })

  test('by twenty returns at once never gives back more than was paid', async () => {
    const id = await buyer()
    const { body } = await record(id, sale('rr', '2026-10-01', 1000))
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        crm.call('POST', `/purchases/${body['id']}/returns`, { body: { returnId: `x${i}`, amount: { amount: 100, currency: 'USD' } } }),
      ),
    )
    expect(replies.filter((one) => one.status === 200)).toHaveLength(10)
    expect(replies.filter((one) => one.status === 409)).toHaveLength(10)
    expect(await historyOf(id)).toMatchObject({ returned: 1000, net: 0 })
  })

  test('to the bin undoes what the purchase did, and back does it again', async () => {
    const id = await buyer()
    const first = await record(id, sale('d1', '2026-09-01', 500))
    const second = await record(id, sale('d2', '2026-10-01', 1000))
    const before = await historyOf(id)
    const remove = (purchase: Reply, ifMatch?: number) =>
      crm.call('DELETE', `/purchases/${purchase.body['id']}`, { ...(ifMatch && { ifMatch }) })
    expect((await remove(first)).status).toBe(428)
    expect((await remove(first, 2)).status).toBe(412)
    expect((await remove(first, 1)).status).toBe(204)
    expect(await historyOf(id)).toMatchObject({
      count: 1,
      x: 0,
      net: 1000,
      firstDay: second.body['day'],
      firstAt: '2026-10-01T10:00:00.000Z',
    })
    expect((await crm.call('GET', `/purchases/${first.body['id']}`)).status).toBe(404)
    expect((await crm.call('GET', `/customers/${id}/purchases`)).body['items']).toHaveLength(1)
    expect(await record(id, sale('d1', '2026-09-01', 500))).toMatchObject({
      status: 409,
      body: { code: 'purchase.deleted', existingId: first.body['id'] },
    })
    expect((await remove(second, 1)).status).toBe(204)
    expect(await historyOf(id)).toBeUndefined()
    for (const one of [first, second]) expect((await crm.call('POST', `/purchases/${one.body['id']}/restore`)).status).toBe(200)
    const after = await historyOf(id)
    for (const field of ['count', 'x', 'net', 'gross', 'repeatSpend', 'firstDay', 'lastDay', 'yearNet'])
      expect(after?.[field], field).toEqual(before?.[field])
    expect((await crm.call('POST', `/purchases/${first.body['id']}/restore`)).body['code']).toBe('purchase.not_deleted')
  })

  test('of notes and channel is one blind write; of amounts there is none', async () => {
    const { body } = await record(await buyer(), sale('p1', '2026-10-01'))
    crm.spent.length = 0
    const changed = await crm.call('PATCH', `/purchases/${body['id']}`, { body: { channel: 'store', notes: 'Gift' }, ifMatch: 1 })
    expect(changed, JSON.stringify(changed.body)).toMatchObject({ status: 200, body: { channel: 'store', notes: 'Gift', version: 2 } })
    expect(crm.spent).toEqual([{ call: 'UpdateItem', readUnits: 0, writeUnits: 1 }])
    expect(
      (await crm.call('PATCH', `/purchases/${body['id']}`, { body: { amount: { amount: 1, currency: 'USD' } }, ifMatch: 2 })).status,
    ).toBe(400)
  })
})

describe('the list of a customer’s purchases', () => {
  test('is newest first, page after page, bounded by days, with the fields asked for', async () => {
    const id = await buyer()
    for (const [i, day] of ['2026-10-03', '2026-10-01', '2026-10-02', '2026-10-05', '2026-10-04'].entries())
      await record(id, sale(`q${i}`, day))
    crm.spent.length = 0
    const seen: string[] = []
    let path = `/customers/${id}/purchases?limit=2&fields=at`
    for (;;) {
      const { body } = await crm.call('GET', path)
      seen.push(...body['items'].map((one: { at: string }) => one.at.slice(8, 10)))
      expect(Object.keys(body['items'][0]).sort()).toEqual(['at', 'id'])
      if (!body['nextCursor']) break
      path = `/customers/${id}/purchases?limit=2&fields=at&cursor=${body['nextCursor']}`
    }
    expect(seen).toEqual(['05', '04', '03', '02', '01'])
    const some = await crm.call('GET', `/customers/${id}/purchases?from=2026-10-02&to=2026-10-04`)
    expect(some.body['items'].map((one: { at: string }) => one.at.slice(8, 10))).toEqual(['04', '03', '02'])
    const bounded = await crm.call('GET', `/customers/${id}/purchases?from=2026-10-02&to=2026-10-04&limit=2`)
    const rest = await crm.call(
      'GET',
      `/customers/${id}/purchases?from=2026-10-02&to=2026-10-04&limit=2&cursor=${bounded.body['nextCursor']}`,
    )
    expect(rest.body['items'].map((one: { at: string }) => one.at.slice(8, 10))).toEqual(['02'])
    expect((await crm.call('GET', `/customers/${id}/purchases?from=2026-10-04&to=2026-10-02`)).status).toBe(400)
    expect((await crm.call('GET', `/customers/${id}/purchases?fields=colour`)).status).toBe(400)
    expect((await crm.call('GET', `/customers/${id}/purchases?channel=web`)).status).toBe(400)
  })
})
