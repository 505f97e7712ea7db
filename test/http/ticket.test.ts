import { beforeAll, describe, expect, test } from 'vitest'
import { invoke } from '../../domain/kernel/invoke.ts'
import { elapse } from '../../domain/service/ticket/index.ts'
import { startCrm, type Asking, type Crm } from '../support/crm.ts'

const START = '2026-11-22T09:00:00.000Z'
const days = (n: number) => new Date(Date.parse(START) + n * 86_400_000).toISOString()

let crm: Crm
let customerId: string
beforeAll(async () => {
  crm = await startCrm()
  customerId = (await crm.call('POST', '/customers', { body: { name: 'Loom & Co' } })).body['id']
})

async function open(body: object = {}, asking: Asking = {}, customer = customerId) {
  const answer = await crm.call('POST', `/customers/${customer}/tickets`, {
    body: { subject: 'It stops', body: 'Since today.', channel: 'phone', ...body },
    ...asking,
  })
  expect(answer.status, JSON.stringify(answer.body)).toBe(201)
  return answer.body
}
const post = (id: string, verb: string, body: object = {}, asking: Asking = {}) =>
  crm.call('POST', `/tickets/${id}/${verb}`, { body, ...asking })
const say = (id: string, from: 'customer' | 'staff', more: object = {}) => post(id, 'messages', { body: `says ${from}`, from, ...more })
const ids = async (path: string, as = 'admin') => {
  const answer = await crm.call('GET', path, { as })
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  return answer.body['items'].map((one: { id: string }) => one.id) as string[]
}

describe('a ticket is opened', () => {
  test('with the customer’s first message in the same write, once under an idempotency key', async () => {
    const first = await open({ priority: 'high', category: 'fault' }, { key: 'tic-1' })
    expect(first).toMatchObject({
      customerId,
      state: 'new',
      priority: 'high',
      messageCount: 1,
      lastMessageFrom: 'customer',
      reopenedCount: 0,
      version: 1,
    })
    const again = await crm.call('POST', `/customers/${customerId}/tickets`, {
      body: { subject: 'It stops', body: 'Since today.', channel: 'phone', priority: 'high', category: 'fault' },
      key: 'tic-1',
    })
    expect(again.headers['idempotent-replayed']).toBe('true')
    expect(again.body).toEqual(first)
    crm.spent.length = 0
    const shown = await crm.call('GET', `/tickets/${first['id']}`)
    expect(crm.spent.map((one) => one.call).sort()).toEqual(['GetItem', 'Query'])
    expect(shown.body['messages']).toMatchObject([{ from: 'customer', internal: false, body: 'Since today.' }])
    crm.spent.length = 0
    await open()
    expect(crm.spent.map((one) => one.call)).toEqual(['GetItem', 'TransactWriteItems'])
  })

  test('not with a bad input, all faults named at once', async () => {
    const body = { subject: 'x\u0007', body: '', channel: 'pigeon', priority: 'huge', tags: ['A B'], state: 'closed' }
    const answer = await crm.call('POST', `/customers/${customerId}/tickets`, { body })
    expect(answer.status).toBe(400)
    expect(answer.body['errors'].map((one: { path: string }) => one.path).sort()).toEqual([
      'body',
      'channel',
      'priority',
      'state',
      'subject',
      'tags.0',
    ])
  })

  test('not for a customer that is not there, nor by another customer’s contact', async () => {
    const body = { subject: 'x', body: 'y', channel: 'api' }
    expect((await crm.call('POST', '/customers/cus_99999999999999999999/tickets', { body })).status).toBe(404)
    const company = (await crm.call('POST', '/customers', { body: { kind: 'company', name: 'Mill' } })).body['id']
    const personId = (await crm.call('POST', '/customers', { body: { name: 'Ada' } })).body['id']
    const added = await crm.call('POST', `/customers/${company}/contacts`, { body: { personId, role: 'user' } })
    const contactId = added.body['id']
    expect((await open({ contactId }, {}, company))['contactId']).toBe(contactId)
    expect((await crm.call('POST', `/customers/${customerId}/tickets`, { body: { ...body, contactId } })).body['code']).toBe(
      'contact.unknown',
    )
  })
})

describe('a ticket’s thread', () => {
  test('takes a new ticket up with the first public answer, whose moment is kept', async () => {
    const { id } = await open()
    crm.clock.now = days(0.1)
    const note = await say(id, 'staff', { internal: true })
    expect(note.body).toMatchObject({
      state: 'new',
      messageCount: 2,
      lastMessageFrom: 'customer',
      message: { internal: true, from: 'staff' },
    })
    expect(note.body).not.toHaveProperty('firstRespondedAt')
    crm.clock.now = days(0.2)
    const answer = await say(id, 'staff')
    crm.clock.now = days(0.3)
    const second = await say(id, 'staff')
    crm.clock.now = START
    expect(answer.body).toMatchObject({ state: 'open', firstRespondedAt: days(0.2), lastMessageFrom: 'staff' })
    expect(answer.headers['etag']).toBe('"3"')
    expect(second.body['firstRespondedAt']).toBe(days(0.2))
    const shown = await crm.call('GET', `/tickets/${id}`)
    expect(shown.body['messages'].map((one: { internal: boolean; createdAt: string }) => [one.createdAt, one.internal])).toEqual([
      [START, false],
      [days(0.1), true],
      [days(0.2), false],
      [days(0.3), false],
    ])
    const first = await crm.call('GET', `/tickets/${id}/messages?limit=3`)
    const rest = await crm.call('GET', `/tickets/${id}/messages?limit=3&cursor=${first.body['nextCursor']}`)
    expect([...first.body['items'], ...rest.body['items']].map((one) => one.createdAt)).toEqual([days(0.3), days(0.2), days(0.1), START])
  })

  test('is the ticket’s own, beside another of the same customer', async () => {
    const [one, two] = [await open({ body: 'One' }), await open({ body: 'Two' })]
    expect((await crm.call('GET', `/tickets/${two['id']}/messages`)).body['items'].map((m: { body: string }) => m.body)).toEqual(['Two'])
    expect((await crm.call('GET', `/tickets/${one['id']}/messages`)).body['items']).toHaveLength(1)
  })

  test('is written once under an idempotency key, in one transaction', async () => {
    const { id } = await open()
    crm.spent.length = 0
    const first = await post(id, 'messages', { body: 'On our way' }, { key: 'msg-1' })
    expect(crm.spent.map((one) => one.call)).toEqual(['GetItem', 'TransactWriteItems'])
    const again = await post(id, 'messages', { body: 'On our way' }, { key: 'msg-1' })
    expect([again.status, again.headers['idempotent-replayed'], again.body['message'].id]).toEqual([200, 'true', first.body['message'].id])
    expect((await crm.call('GET', `/tickets/${id}/messages`)).body['items']).toHaveLength(2)
  })

  test('wakes a pending ticket and brings a resolved one back when the customer writes, but not a closed one', async () => {
    const { id } = await open()
    await post(id, 'pend')
    expect((await say(id, 'staff')).body['state']).toBe('pending')
    expect((await say(id, 'customer')).body).toMatchObject({ state: 'open', reopenedCount: 0 })
    await post(id, 'resolve', { resolution: 'Belt replaced' })
    expect((await say(id, 'staff')).body['state']).toBe('resolved')
    const back = await say(id, 'customer')
    expect(back.body).toMatchObject({ state: 'open', reopenedCount: 1, resolution: 'Belt replaced' })
    expect(back.body).not.toHaveProperty('resolvedAt')
    await post(id, 'resolve', { resolution: 'Motor replaced' })
    await post(id, 'close')
    expect((await say(id, 'customer')).body).toMatchObject({ status: 409, code: 'ticket.closed' })
    expect((await say(id, 'staff', { internal: true })).status).toBe(200)
    expect((await say(id, 'customer', { internal: true })).body['code']).toBe('message.internal_from_customer')
  })
})

describe('a ticket moves', () => {
  test('from new to closed and back, each illegal move refused by name', async () => {
    const { id } = await open()
    const refused = await post(id, 'close')
    expect([refused.status, refused.body['code'], refused.body['from'], refused.body['to']]).toEqual([
      409,
      'ticket.move_not_possible',
      'new',
      'closed',
    ])
    expect(refused.body['possible']).toEqual(['open', 'pending', 'resolved'])
    expect((await post(id, 'assign', { assigneeId: 'usr_admin000000000000000' })).body).toMatchObject({
      state: 'open',
      assigneeId: 'usr_admin000000000000000',
    })
    expect((await post(id, 'reopen', { reason: 'x' })).status).toBe(409)
    expect((await post(id, 'pend', { until: '2026-11-01T00:00:00Z' })).body['code']).toBe('ticket.until_past')
    expect((await post(id, 'pend', { until: '2026-12-01T08:00:00Z' })).body).toMatchObject({
      state: 'pending',
      pendingUntil: '2026-12-01T08:00:00.000Z',
    })
    const resolved = await post(id, 'resolve', { resolution: 'Done' })
    expect(resolved.body).toMatchObject({ state: 'resolved', resolvedAt: START, resolution: 'Done' })
    expect(resolved.body).not.toHaveProperty('pendingUntil')
    expect((await post(id, 'pend')).status).toBe(409)
    expect((await post(id, 'close')).body).toMatchObject({ state: 'closed', closedAt: START, resolvedAt: START })
    expect((await post(id, 'close')).status).toBe(409)
    expect((await post(id, 'assign', { assigneeId: null })).body['code']).toBe('ticket.closed')
    const back = await post(id, 'reopen', { reason: 'Again' })
    expect(back.body).toMatchObject({ state: 'open', reopenedCount: 1, reopenReason: 'Again' })
    expect(back.body).not.toHaveProperty('closedAt')
    expect((await post(id, 'assign', { assigneeId: null })).body).not.toHaveProperty('assigneeId')
    expect((await post(id, 'assign', { assigneeId: 'usr_99999999999999999999' })).body['code']).toBe('user.unknown')
  })

  test('by itself when its time has come: a pending one wakes, a resolved one closes after a week', async () => {
    const { id } = await open()
    const elapsed = async (at: string) => {
      crm.clock.now = at
      await invoke(elapse, crm.ctx('ticket.elapse'), { id, at })
      crm.clock.now = START
      return (await crm.call('GET', `/tickets/${id}`)).body
    }
    await post(id, 'pend', { until: days(2) })
    expect(await elapsed(days(1))).toMatchObject({ state: 'pending', version: 2 })
    expect(await elapsed(days(2))).toMatchObject({ state: 'open', version: 3 })
    expect(await elapsed(days(3))).toMatchObject({ version: 3 })
    await post(id, 'resolve', { resolution: 'Done' })
    expect(await elapsed(days(6.9))).toMatchObject({ state: 'resolved' })
    expect(await elapsed(days(7))).toMatchObject({ state: 'closed', closedAt: days(7), resolvedAt: START })
    expect(await elapsed(days(8))).toMatchObject({ version: 5 })
    const due = await Promise.all([0, 1, 2, 3].map((shard) => crm.table.query({ index: 'due', pk: `due#tickets#${shard}`, limit: 100 })))
    expect(
      due
        .flatMap(({ items }) => items)
        .map((item) => String(item['sk']))
        .filter((sk) => sk.includes(id.slice(-20))),
    ).toEqual([])
  })
})

describe('a ticket is changed', () => {
  test('in one write where no list depends on it, and not over someone else’s change', async () => {
    const { id } = await open()
    crm.spent.length = 0
    expect((await crm.call('PATCH', `/tickets/${id}`, { body: { tags: ['vip'], category: 'fault' }, ifMatch: 1 })).status).toBe(200)
    expect(crm.spent.map((one) => one.call)).toEqual(['UpdateItem'])
    const late = await crm.call('PATCH', `/tickets/${id}`, { body: { priority: 'urgent', tags: ['x'] }, ifMatch: 1 })
    expect(late.status).toBe(412)
    expect(late.body['conflicts'].map((one: { field: string }) => one.field)).toEqual(['priority', 'tags'])
    expect((await crm.call('PATCH', `/tickets/${id}`, { body: { priority: 'urgent', category: null }, ifMatch: 2 })).body).toMatchObject({
      priority: 'urgent',
      version: 3,
    })
    expect((await crm.call('PATCH', `/tickets/${id}`, { body: { state: 'closed' }, ifMatch: 3 })).status).toBe(400)
    expect((await crm.call('PATCH', `/tickets/${id}`, { body: {}, ifMatch: 3 })).status).toBe(400)
  })

  test('to the bin and back', async () => {
    const { id } = await open()
    expect((await crm.call('DELETE', `/tickets/${id}`, { ifMatch: 2 })).status).toBe(412)
    expect((await crm.call('DELETE', `/tickets/${id}`, { ifMatch: 1 })).status).toBe(204)
    expect((await crm.call('GET', `/tickets/${id}`)).status).toBe(404)
    expect((await crm.call('GET', `/tickets/${id}/messages`)).status).toBe(404)
    expect(await ids('/tickets?deleted=true')).toContain(id)
    expect(await ids(`/customers/${customerId}/tickets?limit=100`)).not.toContain(id)
    expect((await post(id, 'restore')).status).toBe(200)
    expect((await post(id, 'restore')).body['code']).toBe('ticket.not_deleted')
  })
})

describe('tickets are listed', () => {
  test('most urgent first, then oldest first, page after page', async () => {
    const fresh = await startCrm()
    const { body: file } = await fresh.call('POST', '/customers', { body: { name: 'Listed' } })
    fresh.clock.now = days(0.5)
    const { body: newer } = await fresh.call('POST', '/customers', { body: { name: 'Newer' } })
    // The first of them belongs to the customer who came last: age counts, not whose it is.
    const customers = [newer['id'], ...Array<string>(4).fill(file['id'])]
    const made: string[] = []
    for (const [at, priority] of (['low', 'urgent', 'low', 'urgent', 'high'] as const).entries()) {
      fresh.clock.now = days(at)
      made.push(
        (
          await fresh.call('POST', `/customers/${customers[at]}/tickets`, {
            body: { subject: `T${at}`, body: 'x', channel: 'web', priority },
          })
        ).body['id'],
      )
    }
    const seen: string[] = []
    let path = '/tickets?state=new&limit=2'
    for (;;) {
      const { body } = await fresh.call('GET', path)
      seen.push(...body['items'].map((one: { id: string }) => one.id))
      if (!body['nextCursor']) break
      path = `/tickets?state=new&limit=2&cursor=${body['nextCursor']}`
    }
    expect(seen).toEqual([1, 3, 4, 0, 2].map((at) => made[at]))
    const urgent = await fresh.call('GET', '/tickets?state=new&priority=urgent&fields=subject')
    expect(urgent.body['items']).toEqual([
      { id: made[1], subject: 'T1' },
      { id: made[3], subject: 'T3' },
    ])
    const theirs = await fresh.call('GET', `/customers/${file['id']}/tickets`)
    expect(theirs.body['items'].map((one: { id: string }) => one.id)).toEqual(made.slice(1).toReversed())
    expect((await fresh.call('GET', '/tickets?state=asleep')).status).toBe(400)
    expect((await fresh.call('GET', '/tickets?colour=red')).status).toBe(400)
  })

  test('to service all, to sales their own and their team’s, to a person their own', async () => {
    const { id } = await open()
    await post(id, 'assign', { assigneeId: 'usr_service0000000000000' }, { as: 'service' })
    expect(await ids('/tickets?assigneeId=usr_service0000000000000', 'service')).toEqual([id])
    expect(await ids('/tickets?assigneeId=usr_service0000000000000&priority=high', 'viewer')).toEqual([])
    expect(await ids('/tickets', 'sales')).toEqual([])
    expect((await crm.call('GET', `/tickets/${id}`, { as: 'sales' })).status).toBe(404)
    expect((await crm.call('GET', '/tickets?assigneeId=usr_service0000000000000', { as: 'sales' })).status).toBe(403)
    expect((await crm.call('GET', `/tickets/${id}`, { as: 'viewer' })).status).toBe(200)
    expect((await post(id, 'resolve', { resolution: 'x' }, { as: 'viewer' })).status).toBe(403)
    expect((await crm.call('DELETE', `/tickets/${id}`, { as: 'service', ifMatch: 2 })).status).toBe(403)
    const { body: own } = await crm.call('POST', '/customers', { as: 'sales', body: { name: 'Own' } })
    const mine = await open({}, { as: 'integration' }, own['id'])
    expect((await crm.call('GET', `/tickets/${mine['id']}`, { as: 'sales' })).status).toBe(200)
    expect((await post(mine['id'], 'assign', { assigneeId: 'usr_sales000000000000000' }, { as: 'sales' })).status).toBe(200)
    expect(await ids('/tickets', 'sales')).toEqual([mine['id']])
  })
})
