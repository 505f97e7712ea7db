import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'

let crm: Crm
let keys = 0
beforeAll(async () => {
  crm = await startCrm()
  await crm.call('POST', '/customers', { body: { name: 'First' } })
})
beforeEach(() => void (crm.spent.length = 0))

const bulk = (operations: object[], more: object = {}, asking: object = {}) =>
  crm.call('POST', '/bulk', { body: { operations, ...more }, ...asking })
const together = (operations: object[], asking: object = {}) => bulk(operations, { allOrNone: true }, asking)
const opened = (name: string, more: object = {}) => ({ method: 'POST', path: '/customers', body: { name, ...more } })
const open = async (name: string, more: object = {}): Promise<string> =>
  (await crm.call('POST', '/customers', { body: { name, ...more } })).body['id']
const statuses = (reply: Reply): number[] => reply.body['results'].map((one: { status: number }) => one.status)
const writes = () => crm.spent.reduce((sum, one) => sum + one.writeUnits, 0)

describe('a bulk call', () => {
  test('carries out each operation in its turn and answers each as it would be alone', async () => {
    const ada = await open('Ada')
    const reply = await bulk([
      opened('Bob', { emails: [{ address: 'bulk-bob@example.com' }] }),
      opened('Bobby', { emails: [{ address: 'bulk-bob@example.com' }] }),
      { method: 'PATCH', path: `/v1/customers/${ada}`, body: { occupation: 'Analyst' }, ifMatch: 1 },
      { method: 'PATCH', path: `/customers/${ada}`, body: { occupation: 'Poet' }, ifMatch: 1 },
      { method: 'PATCH', path: `/customers/${ada}`, body: { occupation: 'Poet' } },
      { method: 'PUT', path: '/customers/by/erp/B%2F1', body: { name: 'Cy' } },
      { method: 'PUT', path: '/customers/by/erp/B%2F1', body: { name: 'Cy' } },
      { method: 'POST', path: `/customers/${ada}/interactions`, body: { kind: 'call', colour: 'red' } },
      { method: 'DELETE', path: `/customers/${ada}`, ifMatch: 2 },
      { method: 'POST', path: '/nowhere' },
      { method: 'POST', path: '/purchases/batch', body: { purchases: [] } },
      { method: 'POST', path: '/bulk', body: { operations: [] } },
    ])
    expect(reply.status).toBe(207)
    expect(statuses(reply)).toEqual([201, 409, 200, 412, 428, 201, 200, 400, 204, 404, 404, 404])
    const [bob, taken, patched, stale, , made, , wrong] = reply.body['results']
    expect(taken).toMatchObject({ code: 'customer.identity_taken', existingId: bob.id, index: 1 })
    expect(patched).toMatchObject({ id: ada, version: 2 })
    expect(stale).toMatchObject({
      code: 'customer.version_differs',
      currentVersion: 2,
      conflicts: [{ field: 'occupation', theirs: 'Analyst' }],
    })
    expect(wrong.errors).toMatchObject([{ path: 'colour', code: 'unknown_field' }])
    expect(reply.body).toMatchObject({ done: 5, refused: 7 })
    expect((await crm.call('GET', '/customers/by/erp/B%2F1')).body['id']).toBe(made.id)
    expect((await crm.call('GET', `/customers/${ada}`)).status).toBe(404)
  })

  test('gives whole answers when asked, and holds its bounds', async () => {
    const full = await bulk([opened('Full')], { full: true })
    expect(full.body['results'][0].body).toMatchObject({ name: 'Full', version: 1 })
    const many = (n: number) => Array.from({ length: n }, (_, at) => opened(`M${at}`))
    expect((await bulk(many(26), { full: true })).body['errors']).toMatchObject([{ path: 'operations' }])
    expect((await together(many(26))).status).toBe(400)
    expect((await bulk(many(101))).status).toBe(400)
    expect((await bulk([{ ...opened('X'), path: 'customers' }])).body['errors']).toMatchObject([{ path: 'operations.0.path' }])
  })

  test('gives nobody more rights than they have', async () => {
    const theirs = await open('Theirs')
    const reply = await bulk(
      [
        opened('Mine'),
        { method: 'PATCH', path: `/customers/${theirs}`, body: { occupation: 'x' }, ifMatch: 1 },
        { method: 'PATCH', path: '/workspace', body: { name: 'Mine' }, ifMatch: 1 },
        { method: 'DELETE', path: `/customers/${theirs}`, ifMatch: 1 },
      ],
      {},
      { as: 'sales' },
    )
    expect(statuses(reply)).toEqual([201, 404, 403, 403])
    expect((await bulk([opened('Nope')], {}, { as: 'viewer' })).status).toBe(403)
    const none = await together([opened('Mine too'), { method: 'PATCH', path: '/workspace', body: { name: 'Mine' }, ifMatch: 1 }], {
      as: 'sales',
    })
    expect(statuses(none)).toEqual([424, 403])
  })

  test('under a key happens once, also when it was cut short, and another body is refused', async () => {
    const key = `bulk-${++keys}`
    const operations = [opened('Once', { externalIds: [{ system: 'erp', id: 'once' }] }), opened('Twice')]
    const first = await bulk(operations, {}, { key })
    const again = await bulk(operations, {}, { key })
    expect(again.body).toEqual(first.body)
    expect(again.headers['idempotent-replayed']).toBe('true')
    expect((await bulk([opened('Other')], {}, { key })).status).toBe(422)
    // The answer as a whole was never kept: those that were done answer as they did.
    await crm.table.write({ delete: { pk: `idem#usr_admin000000000000000#${key}`, sk: 'idem' } })
    expect((await bulk(operations, {}, { key })).body).toEqual(first.body)
  })
})

describe('all or none', () => {
  test('are one transaction, under a key once', async () => {
    const [ada, bob] = [await open('Ada'), await open('Bob')]
    const key = `all-${++keys}`
    const operations = [
      opened('New', { emails: [{ address: 'all-new@example.com' }] }),
      { method: 'PATCH', path: `/customers/${ada}`, body: { occupation: 'Analyst' }, ifMatch: 1 },
      { method: 'POST', path: `/customers/${bob}/interactions`, body: { kind: 'note', subject: 'Hello' } },
      { method: 'POST', path: `/customers/${bob}/tickets`, body: { subject: 'Help', body: 'Please', channel: 'email' } },
    ]
    crm.spent.length = 0
    const first = await together(operations, { key })
    expect(statuses(first), JSON.stringify(first.body)).toEqual([201, 200, 201, 201])
    expect(
      crm.spent.filter(({ call }) => call !== 'GetItem' && call !== 'BatchGetItem' && call !== 'Query').map(({ call }) => call),
    ).toEqual(['TransactWriteItems'])
    const again = await together(operations, { key })
    expect(again.body).toEqual(first.body)
    expect(again.headers['idempotent-replayed']).toBe('true')
    expect((await crm.call('GET', `/customers/${ada}`)).body).toMatchObject({ occupation: 'Analyst', version: 2 })
    expect((await crm.call('GET', `/customers/${bob}/interactions`)).body['items']).toHaveLength(1)
  })

  test('write nothing when one is refused by its rules, by a version, or by what another holds', async () => {
    const ada = await open('Ada', { emails: [{ address: 'none-ada@example.com' }] })
    const cases: [object, number, string][] = [
      [{ method: 'POST', path: '/customers', body: { name: '' } }, 400, 'input.invalid'],
      [{ method: 'PATCH', path: `/customers/${ada}`, body: { occupation: 'x' }, ifMatch: 9 }, 412, 'customer.version_differs'],
      [opened('Thief', { emails: [{ address: 'none-ada@example.com' }] }), 409, 'customer.identity_taken'],
    ]
    for (const [bad, status, code] of cases) {
      crm.spent.length = 0
      const reply = await together([opened('Good'), bad, opened('Better')])
      expect(statuses(reply), JSON.stringify(reply.body)).toEqual([424, status, 424])
      expect(reply.body).toMatchObject({ done: 0, refused: 3, results: [{ code: 'bulk.not_done' }, { code }, {}] })
      expect(writes()).toBe(0)
    }
    const found = await crm.call('GET', '/customers?name=good')
    expect(found.body['items']).toEqual([])
    const taken = await together([opened('Good'), opened('Thief', { emails: [{ address: 'none-ada@example.com' }] })])
    expect(taken.body['results'][1]).toMatchObject({ existingId: ada })
  })

  test('refuse two that touch one record, and say which', async () => {
    const ada = await open('Ada')
    const patch = (occupation: string) => ({ method: 'PATCH', path: `/customers/${ada}`, body: { occupation }, ifMatch: 1 })
    const reply = await together([patch('a'), patch('b')])
    expect(statuses(reply)).toEqual([424, 409])
    const sale = (id: string) => ({
      method: 'POST',
      path: `/customers/${ada}/purchases`,
      body: { orderId: { id }, at: crm.clock.now, amount: { amount: 100, currency: 'USD' } },
    })
    const sales = await together([sale('same1'), sale('same2')])
    expect(statuses(sales)).toEqual([424, 409])
    expect(sales.body['results'][1]).toMatchObject({ code: 'bulk.same_record', detail: expect.stringContaining('operation 0') })
    const apart = await bulk([sale('same1'), sale('same2')])
    expect(statuses(apart)).toEqual([201, 201])
  })

  test('from many at once change nothing twice and lose nothing', async () => {
    const ids = await Promise.all(Array.from({ length: 3 }, (_, at) => open(`T${at}`)))
    const note = (id: string) => ({ method: 'POST', path: `/customers/${id}/lifecycle`, body: { lifecycle: 'prospect', reason: 'All' } })
    const replies = await Promise.all(Array.from({ length: 5 }, () => together(ids.map(note))))
    const done = replies.filter((one) => one.body['done'] === 3)
    expect(done).toHaveLength(1)
    for (const id of ids) expect((await crm.call('GET', `/customers/${id}`)).body).toMatchObject({ lifecycle: 'prospect', version: 2 })
  })
})
