import { Webhook } from 'standardwebhooks'
import { beforeEach, describe, expect, test } from 'vitest'
import type { CloudEvent } from '../../domain/kernel/cloud-event.ts'
import { placeOf } from '../../domain/kernel/entity.ts'
import { webhook } from '../../domain/data/webhook/index.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { settle } from '../support/stream.ts'
import { webhooksOf, type Sent, type Webhooks } from '../support/webhooks.ts'

let crm: Crm
let hooks: Webhooks
beforeEach(async () => {
  crm = await startCrm({ now: new Date().toISOString() })
  hooks = webhooksOf(crm)
})

const URL_ONE = 'https://hooks.example.com/crm?key=hush'
const later = (seconds: number) => new Date(Date.parse(crm.clock.now) + seconds * 1000).toISOString()

async function ok(method: string, path: string, body?: object, more: object = {}) {
  const reply = await crm.call(method, path, { ...(body && { body }), ...more })
  expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300)
  return reply.body
}
async function open(types = ['*'], url = URL_ONE) {
  const made = await ok('POST', '/webhooks', { url, types })
  await hooks.carry()
  hooks.sent.length = 0
  crm.forget()
  return { id: String(made['id']), secret: String(made['secret']) }
}
const idOf = ({ headers }: Sent) => headers['webhook-id']
const typeOf = ({ body }: Sent) => (JSON.parse(body) as CloudEvent).type
const rows = async (id: string, query = '') => (await ok('GET', `/webhooks/${id}/deliveries${query}`))['items'] as Record<string, unknown>[]

/** A new customer's event, told to the webhooks. @returns the customer's id */
async function happens(): Promise<string> {
  const id = String((await ok('POST', '/customers', { name: 'Ada' }))['id'])
  await hooks.carry()
  return id
}
const delivery = async (id: string, eventId: string) => {
  const row = (await rows(id)).find((one) => one['eventId'] === eventId)
  return ok('GET', `/deliveries/${String(row?.['id'])}`)
}

describe('a webhook is set up', () => {
  test('with a secret that is shown once and never comes back: not in a view, an event, the log or a conflict', async () => {
    const made = await ok('POST', '/webhooks', { url: URL_ONE, types: ['deal.*', 'customer.created'] }, { key: 'k' })
    expect(made).toMatchObject({ state: 'on', types: ['deal.*', 'customer.created'], ownerId: 'usr_admin000000000000000', version: 1 })
    const secret = String(made['secret'])
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    const { published } = await settle(crm)
    const shown = [
      await ok('GET', `/webhooks/${made['id']}`),
      await ok('GET', '/webhooks'),
      await ok('PATCH', `/webhooks/${made['id']}`, { types: ['*'] }, { ifMatch: 1 }),
      (await crm.call('PATCH', `/webhooks/${made['id']}`, { body: { types: ['deal.won'] }, ifMatch: 1 })).body,
      await ok('GET', `/records/${made['id']}/history`),
      await ok('GET', '/events'),
      published,
    ]
    for (const one of shown) expect(JSON.stringify(one)).not.toContain(secret.slice(6))
    const told = published.find(({ type }) => type === 'webhook.created')
    expect(told?.data.changed).toMatchObject({ url: 'private', state: { to: 'on' } })
    const log = await crm.table.query({ pk: placeOf(webhook, made['id']).pk, begins: 'log#', limit: 10 })
    expect(JSON.stringify(log.items)).not.toContain(secret.slice(6))
  })

  test('with types that exist, at an address that may be called', async () => {
    const wrong = await crm.call('POST', '/webhooks', { body: { url: URL_ONE, types: ['deal.own', 'nobody.*'] } })
    expect(wrong).toMatchObject({ status: 400, body: { code: 'event.type_unknown', errors: [{ path: 'types.0' }, { path: 'types.1' }] } })
    const inside = await crm.call('POST', '/webhooks', { body: { url: 'https://169.254.169.254/', types: ['*'] } })
    expect(inside).toMatchObject({ status: 400, body: { code: 'webhook.url_not_public' } })
    expect((await crm.call('POST', '/webhooks', { body: { url: 'not a url', types: ['*'] } })).status).toBe(400)
    expect((await crm.call('POST', '/webhooks', { body: { url: URL_ONE, types: [] } })).status).toBe(400)
    expect((await crm.call('POST', '/webhooks', { body: { url: URL_ONE, types: ['*'], secret: 'mine' } })).status).toBe(400)
  })

  test('by admins and integrations; managers look on; others know nothing of it', async () => {
    const { id } = await open()
    const status = async (as: string, method: string, path: string, body?: object) =>
      (await crm.call(method, path, { as, ...(body && { body }) })).status
    expect(await status('integration', 'POST', '/webhooks', { url: 'https://b.example.com/', types: ['*'] })).toBe(201)
    expect(await status('manager', 'POST', '/webhooks', { url: 'https://b.example.com/', types: ['*'] })).toBe(403)
    expect(await status('manager', 'GET', `/webhooks/${id}`)).toBe(200)
    for (const as of ['sales', 'service']) expect(await status(as, 'GET', `/webhooks/${id}`)).toBe(403)
  })

  test('fifty times at most', async () => {
    for (let nth = 0; nth < 50; nth++) await ok('POST', '/webhooks', { url: `https://h${nth}.example.com/`, types: ['deal.won'] })
    const reply = await crm.call('POST', '/webhooks', { body: { url: URL_ONE, types: ['*'] } })
    expect(reply).toMatchObject({ status: 409, body: { code: 'webhook.too_many' } })
  })
})

describe('an event', () => {
  test('is sent to those who want it, verified by the reference library, with no personal value', async () => {
    const { secret } = await open(['customer.*'])
    await open(['deal.*'], 'https://deals.example.com/')
    hooks.sent.length = 0
    await ok('POST', '/customers', { name: 'Ada Lovelace', emails: [{ address: 'ada@example.com' }] })
    const [told] = await hooks.carry()
    expect(hooks.sent.map(({ url }) => url)).toEqual([URL_ONE])
    const [sent] = hooks.sent
    expect(new Webhook(secret).verify(sent?.body ?? '', { ...sent?.headers })).toEqual({ ...told, timestamp: told?.time })
    expect(sent?.body).not.toMatch(/Ada|example\.com/)
  })

  test('that comes twice is sent once', async () => {
    const { id } = await open()
    await ok('POST', '/customers', { name: 'Ada' })
    const told = await hooks.carry()
    await hooks.tell(told)
    await hooks.tell(told)
    expect(hooks.sent).toHaveLength(1)
    expect((await rows(id)).find(({ type }) => type === 'customer.created')).toMatchObject({
      state: 'delivered',
      attempts: 1,
      lastStatus: 200,
      lastMs: 12,
    })
  })

  test('costs three units to write at most when it is taken at once, and four to read; nothing when nobody wants it', async () => {
    await open(['customer.created'])
    await ok('POST', '/customers', { name: 'Ada' })
    const { published } = await settle(crm)
    crm.spent.length = 0
    await hooks.tell(published)
    expect(crm.spent.map(({ call }) => call)).toEqual(['BatchGetItem', 'PutItem'])
    expect(crm.spent.reduce((sum, one) => sum + one.readUnits, 0)).toBeLessThanOrEqual(4)
    expect(crm.spent.reduce((sum, one) => sum + one.writeUnits, 0)).toBeLessThanOrEqual(3)
    crm.spent.length = 0
    await hooks.tell(published.map((one) => ({ ...one, type: 'deal.won', id: `${one.id}0` })))
    expect(crm.spent).toEqual([])
  })

  test('is not sent by a webhook that is off or gone, and a new one is known at once', async () => {
    const { id } = await open()
    await ok('PATCH', `/webhooks/${id}`, { state: 'off' }, { ifMatch: 1 })
    await happens()
    expect(hooks.sent.map(typeOf)).not.toContain('customer.created')
    await ok('PATCH', `/webhooks/${id}`, { state: 'on' }, { ifMatch: 2 })
    await happens()
    expect(hooks.sent.map(typeOf)).toContain('customer.created')
    await crm.call('DELETE', `/webhooks/${id}`, { ifMatch: 3 })
    hooks.sent.length = 0
    await happens()
    expect(hooks.sent).toEqual([])
    expect((await crm.table.query({ pk: placeOf(webhook, id).pk, begins: 'secret', limit: 1 })).items).toEqual([])
  })
})

describe('a receiver that fails', () => {
  test('is called again by the schedule, under the same id, until it takes it', async () => {
    const { id } = await open(['customer.created'])
    hooks.answer = () => ({ status: 500, ms: 5 })
    const customer = await happens()
    expect(hooks.asked).toMatchObject([{ message: { delivery: expect.any(String) }, delaySeconds: expect.any(Number) }])
    expect(hooks.asked[0]?.delaySeconds).toBeLessThanOrEqual(6)
    crm.clock.now = later(6)
    await hooks.hand([hooks.asked[0]?.message ?? {}])
    await hooks.hand([hooks.asked[0]?.message ?? {}])
    expect(hooks.sent).toHaveLength(2)
    await hooks.at(later(60))
    expect(hooks.sent).toHaveLength(2)
    hooks.answer = () => ({ status: 202, ms: 7 })
    await hooks.at(later(330))
    expect(hooks.sent).toHaveLength(3)
    expect(new Set(hooks.sent.map(idOf))).toEqual(new Set([`${customer}_1`]))
    expect(new Set(hooks.sent.map(({ body }) => body)).size).toBe(1)
    expect(await delivery(id, `${customer}.1`)).toMatchObject({
      state: 'delivered',
      attempts: [{ status: 500, ms: 5 }, { status: 500 }, { status: 202, ms: 7 }],
    })
    await hooks.at(later(86_400))
    expect(hooks.sent).toHaveLength(3)
  })

  test('to the end is disabled, its owner told by an event, a count and their day, and what waits is called off', async () => {
    const { id } = await open(['customer.created'])
    hooks.answer = () => ({ error: 'timeout', ms: 15_000 })
    const customer = await happens()
    for (let nth = 0; nth < 8; nth++) await hooks.at(later(100_000))
    expect(hooks.sent.filter((one) => idOf(one) === `${customer}_1`)).toHaveLength(9)
    const second = await happens()
    await hooks.at(later(100_000))
    expect(hooks.sent.filter((one) => idOf(one) === `${customer}_1`)).toHaveLength(10)
    const { published } = await settle(crm)
    expect(published.map(({ type }) => type)).toEqual(['webhook.disabled'])
    const now = await ok('GET', `/webhooks/${id}`)
    expect(now).toMatchObject({ state: 'disabled', reason: 'exhausted', disabledAt: crm.clock.now })
    expect(await delivery(id, `${customer}.1`)).toMatchObject({ state: 'failed', reason: 'exhausted' })
    await hooks.at(later(100_000))
    expect(await delivery(id, `${second}.1`)).toMatchObject({ state: 'failed', reason: 'webhook_off' })
    expect((await rows(id, '?state=failed')).map((one) => one['reason']).sort()).toEqual(['exhausted', 'webhook_off'])
    const notices = async () => (await ok('GET', '/me/day'))['notices']
    expect(await notices()).toEqual([expect.objectContaining({ kind: 'webhook', id, at: now['disabledAt'] })])
    await ok('PATCH', `/webhooks/${id}`, { state: 'on' }, { ifMatch: now['version'] })
    expect(await ok('GET', `/webhooks/${id}`)).not.toHaveProperty('reason')
    expect(await notices()).toEqual([])
  })

  test('with 410 is disabled at once', async () => {
    const { id } = await open(['customer.created'])
    hooks.answer = () => ({ status: 410, ms: 5 })
    const customer = await happens()
    expect(await ok('GET', `/webhooks/${id}`)).toMatchObject({ state: 'disabled', reason: 'gone' })
    expect(await delivery(id, `${customer}.1`)).toMatchObject({ state: 'failed', reason: 'gone', attempts: [{ status: 410 }] })
    await happens()
    expect(hooks.sent).toHaveLength(1)
  })

  test('with a redirect has failed', async () => {
    const { id } = await open(['customer.created'])
    hooks.answer = () => ({ status: 301, ms: 5 })
    const customer = await happens()
    expect(await delivery(id, `${customer}.1`)).toMatchObject({ state: 'waiting', attempts: [{ status: 301 }] })
  })

  test('and asks for a pause gets it, for all its events', async () => {
    const { id } = await open(['customer.created'])
    hooks.answer = () => ({ status: 429, ms: 5, retryAfter: 600 })
    const customer = await happens()
    const waiting = await delivery(id, `${customer}.1`)
    expect(Date.parse(waiting['nextAt']) - Date.parse(crm.clock.now)).toBe(600_000)
    expect(hooks.asked).toEqual([])
    hooks.answer = () => ({ status: 200, ms: 5 })
    const second = await happens()
    expect(hooks.sent).toHaveLength(1)
    expect(await delivery(id, `${second}.1`)).toMatchObject({ state: 'waiting', attempts: [{ error: 'resting' }] })
    await hooks.at(later(700))
    await hooks.at(later(700))
    expect(hooks.sent).toHaveLength(3)
    expect((await rows(id)).map((one) => one['state'])).toEqual(['delivered', 'delivered'])
  })

  test('for long is left alone: a hundred events cost it a handful of calls, and all come when it is back', async () => {
    const { id } = await open(['customer.created'])
    hooks.answer = () => ({ error: 'timeout', ms: 15_000 })
    for (let nth = 0; nth < 20; nth++) await ok('POST', '/customers', { name: `Customer ${nth}` })
    const { published } = await settle(crm)
    for (const one of published) await hooks.tell([one])
    expect(hooks.sent).toHaveLength(5)
    hooks.answer = () => ({ status: 200, ms: 5 })
    for (let nth = 0; nth < 4; nth++) await hooks.at(later(2_100))
    expect((await rows(id, '?state=delivered&limit=100')).length).toBe(20)
    expect(new Set(hooks.sent.map(idOf)).size).toBe(20)
  })

  test('is tried by one when its break is over, however many are waiting', async () => {
    await open(['customer.created'])
    hooks.answer = () => ({ error: 'connection', ms: 5 })
    for (let nth = 0; nth < 12; nth++) await ok('POST', '/customers', { name: `Customer ${nth}` })
    const { published } = await settle(crm)
    for (const one of published) await hooks.tell([one])
    hooks.sent.length = 0
    await hooks.at(later(35))
    expect(hooks.sent).toHaveLength(1)
  })
})

describe('deliveries', () => {
  test('two runs at once make one call', async () => {
    await open(['customer.created'])
    hooks.answer = () => ({ status: 500, ms: 5 })
    await happens()
    crm.clock.now = later(30)
    await Promise.all([hooks.hand([{ job: 'deliveries' }]), hooks.hand([{ job: 'deliveries' }])])
    expect(hooks.sent).toHaveLength(2)
  })

  test('a call that died with its function is made again once its lease is over', async () => {
    const { id } = await open(['customer.created'])
    hooks.answer = () => ({ status: 500, ms: 5 })
    const customer = await happens()
    hooks.answer = () => {
      throw new Error('killed')
    }
    await hooks.at(later(30))
    hooks.answer = () => ({ status: 200, ms: 5 })
    await hooks.at(later(30))
    expect(await delivery(id, `${customer}.1`)).toMatchObject({ state: 'waiting' })
    await hooks.at(later(31))
    expect(await delivery(id, `${customer}.1`)).toMatchObject({ state: 'delivered' })
  })

  test('are listed latest first, a page at a time, and one is told again under the same id', async () => {
    const { id } = await open(['customer.created'])
    for (let nth = 0; nth < 5; nth++) {
      crm.clock.now = later(1)
      await happens()
    }
    const first = await ok('GET', `/webhooks/${id}/deliveries?limit=3`)
    const second = await ok('GET', `/webhooks/${id}/deliveries?limit=3&cursor=${first['nextCursor']}`)
    const all = [...first['items'], ...second['items']] as { id: string; createdAt: string }[]
    expect(all).toHaveLength(5)
    expect(all.map(({ createdAt }) => createdAt)).toEqual(
      all
        .map(({ createdAt }) => createdAt)
        .sort()
        .reverse(),
    )
    const one = all[2]?.id ?? ''
    const { event } = await ok('GET', `/deliveries/${one}`)
    hooks.sent.length = 0
    expect(await ok('POST', `/deliveries/${one}/replay`, {}, { key: 'again' })).toMatchObject({ state: 'waiting' })
    expect(await ok('POST', `/deliveries/${one}/replay`, {}, { key: 'again' })).toMatchObject({ state: 'waiting' })
    expect(await crm.call('POST', `/deliveries/${one}/replay`, { body: {} })).toMatchObject({
      status: 409,
      body: { code: 'delivery.waiting' },
    })
    await hooks.at(later(1))
    expect(hooks.sent.map(idOf)).toEqual([event.id.replace('.', '_')])
    expect((await ok('GET', `/deliveries/${one}`))['attempts']).toHaveLength(2)
    expect((await crm.call('GET', `/deliveries/dlv_${'0'.repeat(20)}`)).status).toBe(404)
  })

  test('a message that is none of ours fails alone', async () => {
    expect(await hooks.hand([{ strange: true }, { job: 'deliveries' }])).toBe(1)
  })
})

describe('a secret is changed', () => {
  test('with both counting for a while, then the new one alone', async () => {
    const { id, secret } = await open(['customer.created'])
    const rotated = await ok('POST', `/webhooks/${id}/rotate`, { overlapHours: 1 })
    const fresh = String(rotated['secret'])
    expect(fresh).not.toBe(secret)
    await happens()
    for (const one of [secret, fresh])
      expect(() => new Webhook(one).verify(hooks.sent[0]?.body ?? '', { ...hooks.sent[0]?.headers })).not.toThrow()
    expect(hooks.sent[0]?.headers['webhook-signature']?.split(' ')).toHaveLength(2)
    expect(JSON.stringify(await ok('GET', `/webhooks/${id}`))).not.toContain(fresh.slice(6))
    crm.clock.now = later(3_601)
    await happens()
    expect(hooks.sent[1]?.headers['webhook-signature']?.split(' ')).toHaveLength(1)
    await ok('POST', `/webhooks/${id}/rotate`, { overlapHours: 0 })
    await happens()
    expect(hooks.sent[2]?.headers['webhook-signature']?.split(' ')).toHaveLength(1)
  })
})

describe('a test', () => {
  test('goes to that webhook alone, by the way of all events, even when it is off', async () => {
    const { id } = await open(['deal.won'])
    await open(['*'], 'https://all.example.com/')
    await ok('PATCH', `/webhooks/${id}`, { state: 'off' }, { ifMatch: 1 })
    await hooks.carry()
    hooks.sent.length = 0
    await ok('POST', `/webhooks/${id}/test`, {})
    await hooks.carry()
    expect(hooks.sent.map(({ url, body }) => [url, (JSON.parse(body) as CloudEvent).type])).toEqual([[URL_ONE, 'webhook.tested']])
    expect(await rows(id)).toMatchObject([{ type: 'webhook.tested', state: 'delivered' }])
  })
})
