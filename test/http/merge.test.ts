import { randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { interaction, interactionRecorded } from '../../domain/customer/interaction/index.ts'
import { create } from '../../domain/kernel/commit.ts'
import { newKey } from '../../domain/kernel/id.ts'
import { itemOf } from '../../domain/kernel/place.ts'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'
import { replay, settle } from '../support/stream.ts'

let crm: Crm
beforeAll(async () => {
  crm = await startCrm()
  await crm.call('GET', '/workspace')
})

let made = 0
async function open(file: Record<string, unknown> = {}, as = 'admin'): Promise<string> {
  made += 1
  const reply = await crm.call('POST', '/customers', { as, body: { name: `Person ${made}`, ...file } })
  expect(reply.status, JSON.stringify(reply.body)).toBe(201)
  return String(reply.body['id'])
}
async function get(path: string, as = 'admin'): Promise<Reply> {
  return crm.call('GET', path, { as })
}
async function good(reply: Promise<Reply>, status = 200): Promise<Reply['body']> {
  const { status: is, body } = await reply
  expect(is, JSON.stringify(body)).toBe(status)
  return body
}
const merge = (id: string, absorb: string, choose: Record<string, string> = {}) =>
  crm.call('POST', `/customers/${id}/merge`, { as: 'admin', body: { absorb, choose } })
const undo = (id: string) => crm.call('POST', `/merges/${id}/undo`, { as: 'admin', body: {} })
let orders = 0
const buy = (id: string, amount: number, at: string, orderId = `M-${++orders}`) =>
  good(
    crm.call('POST', `/customers/${id}/purchases`, {
      as: 'admin',
      body: { orderId: { id: orderId }, at, amount: { amount, currency: 'USD' } },
    }),
    201,
  )

/** All items of two customers' partitions but the log, and the sentinels that lead to them. */
async function stateOf(...ids: string[]): Promise<Record<string, unknown>> {
  const state: Record<string, unknown> = {}
  for (const id of ids) {
    const { items } = await crm.table.query({ pk: `customer#${id.slice(4)}`, limit: 1000 })
    for (const { ev: _, version: __, updatedAt: ___, v: ____, ...item } of items) {
      if (!/^(log|merge|find)#/.test(String(item['sk']))) state[`${String(item['pk'])}|${String(item['sk'])}`] = item
    }
  }
  return state
}

describe('merging two files', () => {
  test('shows beforehand what each field would become and why', async () => {
    const a = await open({ name: 'Ada Lovelace', emails: [{ address: 'ada@one.example', primary: true }], occupation: 'Analyst' })
    const b = await open({
      name: 'A. Lovelace',
      emails: [{ address: 'ada@two.example', primary: true }],
      phones: [{ number: '+442079460001' }],
      birthday: '1980-12-10',
    })
    const shown = await good(get(`/customers/${a}/merge?absorb=${b}`))
    const of = (field: string) => shown['fields'].find((one: { field: string }) => one.field === field)
    expect(of('name')).toMatchObject({
      survivor: 'Ada Lovelace',
      absorbed: 'A. Lovelace',
      result: 'Ada Lovelace',
      from: 'survivor',
      conflict: true,
    })
    expect(of('birthday')).toMatchObject({ absorbed: '1980-12-10', result: '1980-12-10', from: 'absorbed', conflict: false })
    expect(of('emails')).toMatchObject({
      from: 'both',
      result: [{ address: 'ada@one.example', primary: true }, { address: 'ada@two.example' }],
    })
    expect(shown).toMatchObject({ survivorId: a, absorbedId: b, absorbed: [b], conflicts: 2 })
    expect((await get(`/customers/${b}`)).body).toMatchObject({ id: b, name: 'A. Lovelace' })
  })

  test('ids and identities from before lead to the survivor, whose lists show the records of both', async () => {
    const a = await open({ name: 'Grace Hopper', emails: [{ address: 'grace@one.example' }] }, 'sales')
    const b = await open({ name: 'G. Hopper', emails: [{ address: 'grace@two.example' }], externalIds: [{ system: 'shop', id: 'G-1' }] })
    const ofB = await good(
      crm.call('POST', `/customers/${b}/interactions`, { as: 'admin', body: { kind: 'call', subject: 'From B' } }),
      201,
    )
    await good(crm.call('POST', `/customers/${a}/interactions`, { as: 'admin', body: { kind: 'call', subject: 'From A' } }), 201)
    const ticket = await good(
      crm.call('POST', `/customers/${b}/tickets`, {
        as: 'admin',
        body: { subject: 'Broken', channel: 'email', priority: 'high', body: 'It broke.' },
      }),
      201,
    )
    const task = await good(
      crm.call('POST', `/customers/${b}/tasks`, { as: 'admin', body: { title: 'Call back', dueAt: '2026-11-25T09:00:00.000Z' } }),
      201,
    )
    const done = await good(merge(a, b))
    expect(done).toMatchObject({ survivorId: a, absorbedId: b, state: 'standing' })

    const file = await good(get(`/customers/${b}`))
    expect(file).toMatchObject({ id: a, name: 'Grace Hopper', absorbed: [b] })
    expect((await good(get('/customers/by/shop/G-1')))['id']).toBe(a)
    expect((await good(get(`/interactions/${ofB['id']}`)))['subject']).toBe('From B')
    expect((await good(get(`/interactions/${ofB['id']}`, 'sales')))['subject']).toBe('From B')
    const told = await good(get(`/customers/${a}/interactions`))
    expect(told['items'].map((one: { subject: string }) => one.subject).sort()).toEqual(['From A', 'From B'])
    expect(await good(get(`/customers/${b}/interactions`))).toEqual(told)
    const story = await good(get(`/customers/${a}/timeline`))
    expect(story['items']).toHaveLength(3)
    const seen = await good(get(`/customers/${a}/overview`))
    expect(seen['customer'].id).toBe(a)
    expect(seen['timeline'].items.map((one: { title: string }) => one.title).sort()).toEqual(['Broken', 'From A', 'From B'])
    expect(seen['tickets'].items.map((one: { id: string }) => one.id)).toEqual([ticket['id']])
    expect(seen['tasks'].items.map((one: { id: string }) => one.id)).toEqual([task['id']])
    expect((await good(get(`/customers/${a}/tasks`)))['items'].map((one: { id: string }) => one.id)).toEqual([task['id']])

    const next = await good(
      crm.call('POST', `/customers/${b}/interactions`, { as: 'admin', body: { kind: 'note', subject: 'Later' } }),
      201,
    )
    expect(String(next['id']).slice(4, 24)).toBe(a.slice(4))
    const sold = await good(
      crm.call('POST', '/purchases', {
        as: 'integration',
        body: { email: 'grace@two.example', orderId: { id: 'G-77' }, at: '2026-11-01T10:00:00Z', amount: { amount: 500, currency: 'USD' } },
      }),
      201,
    )
    expect(String(sold['id']).slice(4, 24)).toBe(a.slice(4))
    const patched = await good(
      crm.call('PATCH', `/customers/${b}`, { as: 'admin', ifMatch: file['version'] + 1, body: { notes: 'Hello' } }),
    )
    expect(patched).toMatchObject({ id: a, notes: 'Hello' })
    expect((await get(`/customers?name=g.%20hopper`)).body['items']).toEqual([])
    expect((await get(`/customers?deleted=true`)).body['items'].map((one: { id: string }) => one.id)).not.toContain(b)
  })

  test('merge and undo together change nothing', async () => {
    const a = await open({ name: 'Alan Turing', emails: [{ address: 'alan@one.example' }], interests: ['chess'], custom: {} })
    const b = await open({
      name: 'Alan M. Turing',
      emails: [{ address: 'alan@two.example' }],
      phones: [{ number: '+442079460003' }],
      interests: ['chess', 'running'],
      notes: 'Prefers mornings',
    })
    await buy(a, 1000, '2026-01-10T10:00:00Z')
    await buy(b, 3000, '2025-03-10T10:00:00Z')
    await buy(b, 3000, '2026-01-10T12:00:00Z')
    await buy(a, 500, '2026-06-10T10:00:00Z')
    await settle(crm)
    const before = await stateOf(a, b)
    const done = await good(merge(a, b, { name: 'absorbed' }))
    await settle(crm)
    expect(await good(get(`/customers/${b}`))).toMatchObject({ id: a, name: 'Alan M. Turing', notes: 'Prefers mornings' })
    const sums = await good(get(`/customers/${a}/overview`))
    expect(sums['totals'].purchases.value).toBe(4)
    expect(sums['totals'].spent.value.amount).toBe(7500)
    expect(sums['rhythm']).toBeDefined()
    await good(undo(done['id']))
    await settle(crm)
    const after = await stateOf(a, b)
    for (const timer of [`customer#${a.slice(4)}|!rhythm`, `customer#${b.slice(4)}|!rhythm`]) {
      for (const state of [before, after]) delete state[timer]
    }
    expect(after).toEqual(before)
    await replay(crm)
    expect(await good(get(`/customers/${b}`))).toMatchObject({ id: b, name: 'Alan M. Turing' })
  })

  test('counts a day on which both bought once, and makes the sums anew from what remains when it is undone', async () => {
    const a = await open()
    const b = await open()
    for (const [who, amount, at] of [
      [a, 100, '2026-02-01T10:00:00Z'],
      [a, 100, '2026-03-01T10:00:00Z'],
      [b, 100, '2026-03-01T15:00:00Z'],
      [b, 100, '2026-02-01T10:00:00Z'],
      [b, 100, '2026-04-01T10:00:00Z'],
    ] as const)
      await buy(who, amount, at)
    const done = await good(merge(a, b))
    const sums = async (id: string) => (await crm.table.get({ pk: `customer#${id.slice(4)}`, sk: '!history' })) ?? {}
    expect(await sums(a)).toMatchObject({ x: 2, count: 5, net: 500, repeatSpend: 300 })
    expect(await sums(b)).toMatchObject({ mergedInto: a, deletedAt: expect.any(String) })
    const back = (await good(get(`/customers/${a}/purchases`)))['items'].find((one: { id: string }) => one.id.slice(4, 24) === b.slice(4))
    await good(
      crm.call('POST', `/purchases/${back.id}/returns`, {
        as: 'admin',
        body: { returnId: 'R-1', amount: { amount: 40, currency: 'USD' } },
      }),
    )
    await buy(b, 1000, '2026-05-01T10:00:00Z')
    expect(await sums(a)).toMatchObject({ x: 3, count: 6, net: 1460, repeatSpend: 1260 })
    await good(undo(done['id']))
    expect(await sums(a)).toMatchObject({ x: 2, count: 3, net: 1200, repeatSpend: 1100 })
    expect(await sums(b)).toMatchObject({ x: 2, count: 3, net: 260 })
    expect((await sums(b))['deletedAt']).toBeUndefined()
  })

  test('an order told again after the merge is answered with what is there', async () => {
    const a = await open()
    const b = await open()
    const sold = await buy(b, 100, '2026-02-01T10:00:00Z', 'AGAIN-1')
    await good(merge(a, b))
    const again = await crm.call('POST', `/customers/${b}/purchases`, {
      as: 'admin',
      body: { orderId: { id: 'AGAIN-1' }, at: '2026-02-01T10:00:00Z', amount: { amount: 100, currency: 'USD' } },
    })
    expect(again.status).toBe(200)
    expect(again.body['id']).toBe(sold['id'])
    const rows = await good(
      crm.call('POST', '/purchases/batch', {
        as: 'admin',
        body: {
          purchases: [{ customerId: b, orderId: { id: 'NEW-1' }, at: '2026-02-02T10:00:00Z', amount: { amount: 1, currency: 'USD' } }],
        },
      }),
      207,
    )
    expect(rows['results']).toMatchObject([{ status: 201, id: expect.stringContaining(a.slice(4)) }])
  })

  test('undone, keeps what was said of each since', async () => {
    const a = await open({ emails: [{ address: 'since@one.example' }], tags: ['vip'] })
    const b = await open({ emails: [{ address: 'since@two.example' }], tags: ['b2c'], birthday: '1990-01-01' })
    const done = await good(merge(a, b))
    const now = await good(get(`/customers/${a}`))
    expect(now).toMatchObject({ tags: ['vip', 'b2c'], birthday: '1990-01-01' })
    await good(
      crm.call('PATCH', `/customers/${a}`, {
        as: 'admin',
        ifMatch: now['version'],
        body: { occupation: 'Painter', tags: ['vip', 'b2c', 'new'], emails: [...now['emails'], { address: 'since@three.example' }] },
      }),
    )
    await good(undo(done['id']))
    const [mine, theirs] = [await good(get(`/customers/${a}`)), await good(get(`/customers/${b}`))]
    expect(mine).toMatchObject({
      occupation: 'Painter',
      tags: ['vip', 'new'],
      emails: [{ address: 'since@one.example' }, { address: 'since@three.example' }],
    })
    expect(mine['birthday']).toBeUndefined()
    expect(mine['absorbed']).toBeUndefined()
    expect(theirs).toMatchObject({ id: b, tags: ['b2c'], birthday: '1990-01-01', emails: [{ address: 'since@two.example' }] })
    const taken = await crm.call('POST', '/customers', { as: 'admin', body: { name: 'X', emails: [{ address: 'since@two.example' }] } })
    expect(taken.body).toMatchObject({ code: 'customer.identity_taken', existingId: b })
    expect((await undo(done['id'])).body['code']).toBe('merge.undone')
  })

  test('an identity that the survivor does not list leads to it all the same, and to nobody else', async () => {
    const a = await open({ emails: [{ address: 'alias@one.example' }] })
    const b = await open({ emails: [{ address: 'alias@two.example' }] })
    const done = await good(merge(a, b, { emails: 'survivor' }))
    expect(await good(get(`/customers/${a}`))).toMatchObject({
      emails: [{ address: 'alias@one.example' }],
      aliases: ['email:alias@two.example'],
    })
    const sold = await crm.call('POST', '/purchases', {
      as: 'integration',
      body: { email: 'alias@two.example', orderId: { id: 'AL-1' }, at: '2026-11-01T10:00:00Z', amount: { amount: 5, currency: 'USD' } },
    })
    expect(sold.body['id']).toContain(a.slice(4))
    expect(
      (await crm.call('POST', '/customers', { as: 'admin', body: { name: 'X', emails: [{ address: 'alias@two.example' }] } })).status,
    ).toBe(409)
    await good(undo(done['id']))
    expect((await good(get(`/customers/${a}`)))['aliases']).toBeUndefined()
    expect(await good(get(`/customers/${b}`))).toMatchObject({ emails: [{ address: 'alias@two.example' }] })
  })

  test('an identity that went to somebody else meanwhile stops the undo, with the name of who has it', async () => {
    const a = await open({ emails: [{ address: 'gone@one.example' }] })
    const b = await open({ emails: [{ address: 'gone@two.example' }] })
    const done = await good(merge(a, b))
    const { version } = await good(get(`/customers/${a}`))
    await good(crm.call('PATCH', `/customers/${a}`, { as: 'admin', ifMatch: version, body: { emails: [{ address: 'gone@one.example' }] } }))
    const third = await open({ emails: [{ address: 'gone@two.example' }] })
    expect((await undo(done['id'])).body).toMatchObject({ code: 'customer.identity_taken', existingId: third })
    expect(await good(get(`/customers/${b}`))).toMatchObject({ id: a })
  })

  test('chains lead to the last survivor, are undone from the last, and never close to a ring', async () => {
    const [a, b, c] = [await open({ name: 'Chain A' }), await open({ name: 'Chain B' }), await open({ name: 'Chain C' })]
    await good(crm.call('POST', `/customers/${a}/interactions`, { as: 'admin', body: { kind: 'note', subject: 'Of A' } }), 201)
    const first = await good(merge(b, a))
    const second = await good(merge(c, b))
    expect(await good(get(`/customers/${a}`))).toMatchObject({ id: c, absorbed: [b, a] })
    expect((await good(get(`/customers/${c}/interactions`)))['items']).toMatchObject([{ subject: 'Of A' }])
    expect((await good(get(`/customers/${a}/merges`)))['items'].map((one: { id: string }) => one.id).sort()).toEqual(
      [second['id'], first['id']].sort(),
    )
    expect((await merge(a, c)).body['code']).toBe('merge.same_customer')
    expect((await merge(c, a)).body).toMatchObject({ code: 'merge.already_absorbed' })
    expect((await merge(c, c)).body['code']).toBe('merge.same_customer')
    expect((await undo(first['id'])).body).toMatchObject({ code: 'merge.survivor_absorbed', survivorId: c })
    const d = await open({ name: 'Chain D' })
    await good(merge(a, d))
    expect(await good(get(`/customers/${d}`))).toMatchObject({ id: c, absorbed: [b, a, d] })
    await good(undo(second['id']))
    expect(await good(get(`/customers/${a}`))).toMatchObject({ id: b, absorbed: [a] })
    expect(await good(get(`/customers/${c}`))).toMatchObject({ id: c, absorbed: [d] })
    await good(undo(first['id']))
    expect(await good(get(`/customers/${a}`))).toMatchObject({ id: a, name: 'Chain A' })
  })

  test('a company and a person are never one, and one value is not two', async () => {
    const a = await open({ kind: 'company', name: 'Acme' })
    const b = await open()
    expect((await merge(a, b)).body['code']).toBe('merge.kinds_differ')
    expect((await merge(b, await open(), { name: 'both' })).body).toMatchObject({ status: 400, code: 'merge.one_value' })
    expect((await merge(b, await open(), { nonsense: 'both' })).status).toBe(400)
    expect((await merge(b, 'cus_ZZZZZZZZZZZZZZZZZZZZ')).status).toBe(404)
  })

  test('who may not write both files merges neither', async () => {
    const mine = await open({}, 'sales')
    const other = await open()
    const asked = await crm.call('POST', `/customers/${mine}/merge`, { as: 'sales', body: { absorb: other } })
    expect(asked.status).toBe(404)
    expect((await crm.call('POST', `/customers/${mine}/merge`, { as: 'integration', body: { absorb: other } })).status).toBe(403)
    expect((await crm.call('POST', `/customers/${mine}/merge`, { as: 'service', body: { absorb: other } })).status).toBe(403)
    const also = await open({}, 'sales')
    await good(crm.call('POST', `/customers/${mine}/merge`, { as: 'sales', body: { absorb: also } }))
  })
})

describe('what a merge costs and keeps', () => {
  test('reading who never merged costs what it did: one round each', async () => {
    const id = await open()
    await good(crm.call('POST', `/customers/${id}/interactions`, { as: 'admin', body: { kind: 'note' } }), 201)
    await good(get(`/customers/${id}/timeline`))
    crm.spent.length = 0
    const { version } = await good(get(`/customers/${id}`))
    expect(crm.spent).toMatchObject([{ call: 'GetItem', readUnits: 1 }])
    crm.spent.length = 0
    await good(get(`/customers/${id}/interactions`))
    expect(crm.spent.map((one) => one.call).sort()).toEqual(['GetItem', 'Query'])
    crm.spent.length = 0
    await good(crm.call('PATCH', `/customers/${id}`, { as: 'admin', ifMatch: version, body: { source: 'fair' } }))
    expect(crm.spent.map((one) => one.call)).toEqual(['UpdateItem'])
  })

  test('points and the better tier come over, and go back', async () => {
    const points = async (id: string) => (await good(get(`/customers/${id}/points`)))['balance']
    const adjust = (id: string, some: number) =>
      good(crm.call('POST', `/customers/${id}/points/adjust`, { as: 'admin', body: { points: some, reason: 'Test' } }))
    const [a, b] = [await open(), await open()]
    await adjust(a, 100)
    await adjust(b, 40)
    const now = await crm.call('GET', `/customers/${b}/tier`, { as: 'admin' })
    const override = { tier: 'gold', reason: 'Important', until: '2027-12-31' }
    await good(
      crm.call('POST', `/customers/${b}/tier/override`, {
        as: 'admin',
        body: override,
        ...(now.body['version'] && { ifMatch: now.body['version'] }),
      }),
    )
    await settle(crm)
    const done = await good(merge(a, b))
    await settle(crm)
    expect(await points(a)).toBe(140)
    expect(await points(b)).toBe(140)
    expect((await good(get(`/customers/${a}/overview`)))['tier']).toMatchObject({ name: 'gold' })
    const ledger = await good(get(`/customers/${a}/points/entries`))
    expect(ledger['items'].map((one: { points: number }) => one.points)).toEqual([40, 100])
    await adjust(a, -120)
    await good(undo(done['id']))
    await settle(crm)
    const [mine, theirs] = [await good(get(`/customers/${a}/points`)), await good(get(`/customers/${b}/points`))]
    expect([mine['balance'], mine['owed'], theirs['balance']]).toEqual([0, 20, 40])
    expect((await good(get(`/customers/${a}/overview`)))['tier']).toBeUndefined()
    expect((await good(get(`/customers/${b}/overview`)))['tier']).toMatchObject({ name: 'gold' })
  })

  test('points of a redemption from before come back to the survivor', async () => {
    const [a, b] = [await open(), await open()]
    await good(crm.call('POST', `/customers/${b}/points/adjust`, { as: 'admin', body: { points: 50, reason: 'Test' } }))
    const reward = await good(crm.call('POST', '/rewards', { as: 'admin', body: { name: 'Mug', cost: 30 } }), 201)
    const redeemed = await good(crm.call('POST', `/customers/${b}/redemptions`, { as: 'admin', body: { rewardId: reward['id'] } }), 201)
    await good(merge(a, b))
    expect((await good(get(`/customers/${a}/points`)))['balance']).toBe(20)
    await good(crm.call('POST', `/redemptions/${redeemed['id']}/cancel`, { as: 'admin', body: { reason: 'Broken' } }))
    expect((await good(get(`/customers/${a}/points`)))['balance']).toBe(50)
  })

  test('what both bought within the year together promotes, and no longer does once undone', async () => {
    const [a, b] = [await open(), await open()]
    await buy(a, 600_000, '2026-10-01T10:00:00Z')
    await buy(b, 600_000, '2026-10-02T10:00:00Z')
    await settle(crm)
    const tier = async (id: string) => (await good(get(`/customers/${id}/overview`)))['tier']?.name
    const before = [await tier(a), await tier(b)]
    const done = await good(merge(a, b))
    await settle(crm)
    expect(await tier(a)).not.toBe(before[0])
    await replay(crm)
    await good(undo(done['id']))
    await settle(crm)
    expect([await tier(a), await tier(b)]).toEqual(before)
  })

  test('a merge sent again with its key is answered as before', async () => {
    const [a, b] = [await open(), await open()]
    const asking = { as: 'admin', key: 'merge-once', body: { absorb: b } }
    const first = await crm.call('POST', `/customers/${a}/merge`, asking)
    const again = await crm.call('POST', `/customers/${a}/merge`, asking)
    expect(again).toMatchObject({ status: 200, body: first.body })
    expect(again.headers['idempotent-replayed']).toBe('true')
  })

  test('who merges at the same moment the other way round, or buys, loses nothing', async () => {
    for (let round = 0; round < 5; round++) {
      const [a, b, c] = [await open(), await open(), await open()]
      await buy(b, 100, '2026-02-01T10:00:00Z')
      const answers = await Promise.all([
        merge(a, b),
        merge(b, a),
        merge(c, b),
        ...[1, 2, 3].map((n) =>
          crm.call('POST', `/customers/${b}/purchases`, {
            as: 'admin',
            body: { orderId: { id: `R-${round}-${n}` }, at: `2026-03-0${n}T10:00:00Z`, amount: { amount: 10, currency: 'USD' } },
          }),
        ),
        crm.call('POST', `/customers/${b}/interactions`, { as: 'admin', body: { kind: 'note', subject: 'Meanwhile' } }),
      ])
      expect(answers.map((one) => one.status).filter((status) => status >= 500)).toEqual([])
      expect(
        answers.slice(3).every((one) => one.status === 201),
        JSON.stringify(answers.map((one) => one.body)),
      ).toBe(true)
      const { id } = await good(get(`/customers/${b}`))
      const seen = await good(get(`/customers/${id}/overview`))
      expect(seen['totals'].purchases.value).toBe(4)
      expect(seen['totals'].spent.value.amount).toBe(130)
      expect((await good(get(`/customers/${id}/purchases`)))['items']).toHaveLength(4)
      expect((await good(get(`/customers/${id}/interactions`)))['items']).toHaveLength(1)
    }
  })
})

describe('a merge of long histories', () => {
  beforeAll(async () => {
    crm = await startCrm()
    await crm.call('GET', '/workspace')
  })

  const writes = () => crm.spent.reduce((sum, { writeUnits }) => sum + writeUnits, 0)
  /** A file with a long past: interactions as the table keeps them, written past the routes for speed. */
  async function withPast(entries: number): Promise<string> {
    const id = await open({ emails: [{ address: `past${made}@one.example` }] })
    await buy(id, 100, '2026-01-01T10:00:00Z')
    for (let from = 0; from < entries; from += 100) {
      const part = Array.from({ length: Math.min(100, entries - from) }, (_, at) => {
        const fields = {
          kind: 'note' as const,
          subject: `Note ${from + at}`,
          occurredAt: crm.clock.now,
          contact: false,
          byId: 'usr_admin000000000000000',
        }
        const own = newKey(Date.parse('2020-01-01') + (from + at) * 60_000, randomBytes)
        return {
          put: itemOf(interaction, create(crm.ctx(), interaction, fields, interactionRecorded, { customer: id, own }).record, STAMP),
        }
      })
      await crm.table.writeAll(part)
    }
    return id
  }
  const STAMP = { type: 'interaction.recorded', actor: 'test', action: 'test', request: 'test', write: 1, at: '2026-11-22T09:00:00.000Z' }

  test('merge and undo are one transaction of as many units with 10,000 entries on the timeline as with 10', {
    timeout: 120_000,
  }, async () => {
    const costs = []
    for (const entries of [10, 10_000]) {
      const [a, b] = [await withPast(entries), await withPast(entries)]
      crm.spent.length = 0
      const done = await good(merge(a, b))
      const there = { calls: crm.spent.filter((one) => one.writeUnits > 0).map((one) => one.call), units: writes() }
      const first = await good(get(`/customers/${a}/timeline?limit=100`))
      expect(first['items']).toHaveLength(entries === 10 ? 22 : 100)
      crm.spent.length = 0
      await good(get(`/customers/${a}/overview`))
      const seen = crm.spent.reduce((sum, { readUnits }) => sum + readUnits, 0)
      crm.spent.length = 0
      await good(undo(done['id']))
      costs.push({ there, back: { calls: crm.spent.filter((one) => one.writeUnits > 0).map((one) => one.call), units: writes() } })
      expect(seen).toBeLessThanOrEqual(14)
    }
    const [short, long] = costs
    expect(long).toEqual(short)
    expect(short?.there.calls).toEqual(['TransactWriteItems'])
    expect(short?.back.calls).toEqual(['TransactWriteItems'])
    expect(short?.there.units).toBeLessThan(60)
  })
})
