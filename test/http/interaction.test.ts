import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { entities } from '../../domain/index.ts'
import { interaction } from '../../domain/customer/interaction/index.ts'
import { placeOf } from '../../domain/kernel/entity.ts'
import { happened } from '../../domain/kernel/event.ts'
import { newKey } from '../../domain/kernel/id.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { userIdOf } from '../support/http-event.ts'

let crm: Crm
let customerId: string
beforeAll(async () => {
  crm = await startCrm()
  customerId = await file()
})
beforeEach(() => void (crm.spent.length = 0))

async function file(more: object = {}, as = 'admin'): Promise<string> {
  const { body, status } = await crm.call('POST', '/customers', { as, body: { name: 'Ada', ...more } })
  expect(status, JSON.stringify(body)).toBe(201)
  return body['id']
}
const record = (id: string, body: object, more: object = {}) => crm.call('POST', `/customers/${id}/interactions`, { body, ...more })

describe('an interaction', () => {
  test('is recorded with one read and one write unit, now unless it says when', async () => {
    const made = await record(customerId, {
      kind: 'call',
      direction: 'out',
      subject: 'Renewal',
      body: 'Wants a quote',
      durationMinutes: 12,
      outcome: 'interested',
    })
    expect(made, JSON.stringify(made.body)).toMatchObject({
      status: 201,
      body: { contact: true, occurredAt: crm.clock.now, byId: expect.stringMatching(/^usr_/) },
    })
    expect(crm.spent).toEqual([
      { call: 'GetItem', readUnits: 1, writeUnits: 0 },
      { call: 'PutItem', readUnits: 0, writeUnits: 1 },
    ])
    expect((await crm.call('GET', `/interactions/${made.body['id']}`)).body).toEqual(made.body)
    expect(made.headers['location']).toBe(`/v1/interactions/${made.body['id']}`)
  })

  test.each([
    ['call', 'reached', true],
    ['call', 'no_answer', false],
    ['visit', undefined, true],
    ['chat', undefined, true],
    ['email', undefined, true],
    ['note', undefined, false],
    ['sms', undefined, false],
    ['web_visit', undefined, false],
    ['event', 'met', false],
  ])('of kind %s with outcome %s counts as contact: %s', async (kind, outcome, contact) => {
    expect((await record(customerId, { kind, outcome })).body['contact']).toBe(contact)
  })

  test('tells in its event the kind and whether it was contact, never what was said', async () => {
    const { body } = await record(customerId, { kind: 'visit', subject: 'Secret', body: 'Private' })
    const item = await crm.table.get(placeOf(interaction, body['id']))
    const event = happened(entities, undefined, item)
    expect(event).toMatchObject({
      type: 'interaction.recorded',
      customerId,
      changed: { kind: { to: 'visit' }, contact: { to: true }, subject: 'private', body: 'private' },
    })
    expect(JSON.stringify(event)).not.toMatch(/Secret|Private/)
  })

  test('is told again under its key without being recorded twice', async () => {
    const id = await file()
    const [first, second] = [
      await record(id, { kind: 'note', body: 'Once' }, { key: 'once' }),
      await record(id, { kind: 'note', body: 'Once' }, { key: 'once' }),
    ]
    expect(second.body).toEqual(first.body)
    expect((await crm.call('GET', `/customers/${id}/interactions`)).body['items']).toHaveLength(1)
  })

  test('is changed, in one blind write where its outcome stands, and weighed anew where it does not', async () => {
    const { body } = await record(customerId, { kind: 'call', outcome: 'reached' })
    crm.spent.length = 0
    const path = `/interactions/${body['id']}`
    expect((await crm.call('PATCH', path, { body: { subject: 'Hello' }, ifMatch: 1 })).status).toBe(200)
    expect(crm.spent).toEqual([{ call: 'UpdateItem', readUnits: 0, writeUnits: 1 }])
    const missed = await crm.call('PATCH', path, { body: { outcome: 'no_answer' }, ifMatch: 2 })
    expect(missed, JSON.stringify(missed.body)).toMatchObject({ status: 200, body: { contact: false, version: 3 } })
    expect((await crm.call('PATCH', path, { body: { outcome: null }, ifMatch: 3 })).body).toMatchObject({ contact: true })
    expect((await crm.call('PATCH', path, { body: { kind: 'note' }, ifMatch: 4 })).status).toBe(400)
    expect((await crm.call('DELETE', path, { ifMatch: 4 })).status).toBe(204)
    expect((await crm.call('GET', path)).status).toBe(404)
    expect((await crm.call('POST', `${path}/restore`)).status).toBe(200)
    expect((await crm.call('POST', `${path}/restore`)).status).toBe(409)
  })

  test.each([
    ['the future', { kind: 'call', occurredAt: '2026-11-22T10:00:00Z' }],
    ['an unknown kind', { kind: 'telepathy' }],
    ['an unknown field', { kind: 'call', contact: true }],
    ['a stranger', { kind: 'call', withUserIds: ['usr_nobody00000000000000'] }],
    ['a contact of nobody', { kind: 'call', contactId: 'con_0000000000000000000000000000000000000000' }],
    ['a control character', { kind: 'note', subject: 'x\u0007' }],
  ])('with %s is refused and nothing is written', async (_what, body) => {
    const id = await file()
    expect((await record(id, body)).status).toBe(400)
    expect((await crm.call('GET', `/customers/${id}/interactions`)).body['items']).toEqual([])
  })

  test('names the contact of the company who took part', async () => {
    const [company, person] = [await file({ kind: 'company' }), await file()]
    const { body } = await crm.call('POST', `/customers/${company}/contacts`, { body: { personId: person, role: 'buyer' } })
    expect((await record(company, { kind: 'visit', contactId: body['id'], withUserIds: [userIdOf('admin')] })).status).toBe(201)
    expect((await record(customerId, { kind: 'visit', contactId: body['id'] })).status).toBe(400)
  })

  test('is another’s business for who may not see the customer', async () => {
    const { body } = await record(customerId, { kind: 'note', body: 'x' })
    expect((await record(customerId, { kind: 'note', body: 'x' }, { as: 'sales' })).status).toBe(404)
    expect((await crm.call('GET', `/interactions/${body['id']}`, { as: 'sales' })).status).toBe(404)
    expect((await crm.call('GET', `/customers/${customerId}/timeline`, { as: 'sales' })).status).toBe(404)
    expect((await record(customerId, { kind: 'note', body: 'x' }, { as: 'viewer' })).status).toBe(403)
    const own = await file({}, 'sales')
    expect((await record(own, { kind: 'call' }, { as: 'sales' })).status).toBe(201)
    expect((await crm.call('GET', `/customers/${own}/timeline`, { as: 'sales' })).body['items']).toHaveLength(1)
  })

  test('is listed newest first, bounded by days', async () => {
    const id = await file()
    for (const day of ['03', '01', '02', '04']) await record(id, { kind: 'note', subject: day, occurredAt: `2026-11-${day}T23:59:59.999Z` })
    const days = async (query: string) =>
      (await crm.call('GET', `/customers/${id}/interactions${query}`)).body['items'].map((one: { subject: string }) => one.subject)
    expect(await days('')).toEqual(['04', '03', '02', '01'])
    expect(await days('?from=2026-11-02&to=2026-11-03')).toEqual(['03', '02'])
    expect(await days('?to=2026-11-01')).toEqual(['01'])
  })
})

describe('the timeline', () => {
  test('tells purchases, interactions and the work of later areas as one story, newest first, in one round a page', async () => {
    const id = await file()
    await crm.call('POST', `/customers/${id}/purchases`, {
      body: { orderId: { id: 't1' }, at: '2026-11-02T10:00:00Z', amount: { amount: 12_900, currency: 'USD' }, channel: 'web' },
    })
    await record(id, { kind: 'call', subject: 'Thanks', outcome: 'reached', occurredAt: '2026-11-03T10:00:00Z' })
    await record(id, { kind: 'note', body: 'Likes tea', occurredAt: '2026-11-01T10:00:00Z' })
    const key = id.slice(4)
    const put = async (noun: string, prefix: string, at: string, more: object) => {
      const own = newKey(Date.parse(at), crm.ctx().random)
      await crm.table.write({ put: { pk: `customer#${key}`, sk: `${noun}#${own}`, noun, id: `${prefix}_${key}${own}`, ...more } })
    }
    await put('ticket', 'tic', '2026-11-04T10:00:00Z', { subject: 'Broken', state: 'open', priority: 'high' })
    await put('task', 'tas', '2026-11-05T10:00:00Z', { title: 'Call', state: 'done' })
    await put('task', 'tas', '2026-11-06T10:00:00Z', { title: 'Later', state: 'open' })
    crm.spent.length = 0
    const { body, status } = await crm.call('GET', `/customers/${id}/timeline`)
    expect(status, JSON.stringify(body)).toBe(200)
    expect(body['items'].map((one: { kind: string; title: string }) => [one.kind, one.title])).toEqual([
      ['task', 'Call'],
      ['ticket', 'Broken'],
      ['interaction', 'Thanks'],
      ['purchase', 'Purchase t1'],
      ['interaction', 'Note'],
    ])
    expect(body['items'][3]).toMatchObject({ at: '2026-11-02T10:00:00.000Z', summary: '$129.00 · web' })
    expect(crm.spent.map((one) => one.call).sort()).toEqual(['GetItem', 'Query', 'Query', 'Query', 'Query', 'Query'])
    await put('deal', 'dea', '2026-11-07T10:00:00Z', { name: 'Big one', state: 'open', value: { amount: 500, currency: 'USD' } })
    const told = async (as: string) =>
      (await crm.call('GET', `/customers/${id}/timeline`, { as })).body['items'].map((one: { kind: string }) => one.kind)
    expect(await told('admin')).toContain('deal')
    expect(await told('service')).toEqual(['task', 'ticket', 'interaction', 'purchase', 'interaction'])
  })

  test('goes page after page with nothing twice and nothing left out', async () => {
    const id = await file()
    for (let i = 0; i < 9; i++) {
      const at = `2026-11-${String(i + 1).padStart(2, '0')}T10:00:00Z`
      if (i % 3 === 0)
        await crm.call('POST', `/customers/${id}/purchases`, {
          body: { orderId: { id: `p${i}` }, at, amount: { amount: 1, currency: 'USD' } },
        })
      else await record(id, { kind: 'note', occurredAt: at })
    }
    const seen: string[] = []
    let path = `/customers/${id}/timeline?limit=2`
    for (let pages = 0; pages < 20; pages++) {
      const { body } = await crm.call('GET', path)
      seen.push(...body['items'].map((one: { at: string }) => one.at.slice(8, 10)))
      if (!body['nextCursor']) break
      path = `/customers/${id}/timeline?limit=2&cursor=${body['nextCursor']}`
    }
    expect(seen).toEqual(['09', '08', '07', '06', '05', '04', '03', '02', '01'])
  })
})
