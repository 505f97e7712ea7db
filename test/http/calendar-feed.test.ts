import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { routes } from '../../domain/index.ts'
import { httpHandler } from '../../functions/http.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { eventFor, userIdOf } from '../support/http-event.ts'
import { allOf, plain, readCalendar } from '../support/ics.ts'
import { settle } from '../support/stream.ts'

let crm: Crm
const START = '2026-11-18T09:20:00.000Z'
beforeAll(async () => {
  crm = await startCrm({ now: START })
})
beforeEach(() => {
  crm.clock.now = START
  crm.forget()
})

/** What a calendar program gets: it sends no token. */
async function fetchFeed(address: string, headers: Record<string, string> = {}) {
  const handler = httpHandler(routes, () => ({ table: crm.table, now: () => crm.clock.now }))
  const event = eventFor(routes, 'GET', address.replace(/^\/v1/, ''), { headers })
  const { authorizer: _, ...requestContext } = event.requestContext
  return handler({ ...event, requestContext }, {} as never)
}

const make = async (as: string, more: object = {}) => (await crm.call('POST', '/me/calendar', { as, ...more })).body
async function newTask(as: string, more: object = {}) {
  const customer = (await crm.call('POST', '/customers', { as, body: { name: '大衛, & Söhne; GmbH' } })).body
  const body = {
    title: 'Call back; twice,\\ or thrice about the new collection and everything that goes with it',
    dueAt: '2026-11-19T09:00:00Z',
    reason: 'They asked',
    ...more,
  }
  return (await crm.call('POST', `/customers/${customer['id']}/tasks`, { as, body })).body
}

describe('a calendar address', () => {
  test('shows a person’s own open work and no one else’s, as iCalendar', async () => {
    const as = 'usr_0000000000000000000F:sales'
    const task = await newTask(as, { priority: 'high', valueAtStake: { amount: 150_000, currency: 'USD' } })
    await newTask('sales')
    const { address } = await make(as)
    expect(address).toMatch(/^\/v1\/calendar\/[A-Za-z0-9_-]{43}\.ics$/)
    crm.spent.length = 0
    const answer = await fetchFeed(address)
    expect(answer).toMatchObject({
      statusCode: 200,
      headers: { 'content-type': 'text/calendar; charset=utf-8', 'cache-control': 'no-store' },
    })
    expect(crm.spent.reduce((sum, one) => sum + one.readUnits, 0)).toBeLessThanOrEqual(6)
    expect(crm.spent.reduce((sum, one) => sum + one.writeUnits, 0)).toBe(0)
    const calendar = readCalendar(answer.body)
    expect(allOf(calendar, 'UID')).toEqual([`${task['id']}@crm`])
    expect(plain(allOf(calendar, 'SUMMARY')[0] ?? '')).toBe(`${task['title']} – 大衛, & Söhne; GmbH`)
    expect(plain(allOf(calendar, 'DESCRIPTION')[0] ?? '')).toBe('They asked\n$1,500.00 at stake')
    expect(allOf(calendar, 'DTSTART')).toEqual(['20261119T090000Z'])
    expect(allOf(calendar, 'DTSTAMP')).toEqual(['20261118T090000Z'])
    await crm.call('POST', `/tasks/${task['id']}/done`, { as, body: { outcome: 'reached' } })
    expect(readCalendar((await fetchFeed(address)).body).inner).toEqual([])
  })

  test('is read again only when something changed', async () => {
    const as = 'usr_0000000000000000000G:sales'
    const { address } = await make(as)
    const first = await fetchFeed(address)
    const etag = first.headers['etag'] ?? ''
    crm.clock.now = '2026-11-18T09:50:00.000Z'
    expect(await fetchFeed(address, { 'if-none-match': etag })).toMatchObject({ statusCode: 304, body: '' })
    await newTask(as)
    expect((await fetchFeed(address, { 'if-none-match': etag })).statusCode).toBe(200)
  })

  test('ends at once when it is made anew or revoked; none is told from one that never was', async () => {
    const as = 'usr_0000000000000000000H:sales'
    const first = await make(as)
    const second = await make(as)
    const refused = await fetchFeed(first['address'])
    expect(refused.statusCode).toBe(404)
    expect((await fetchFeed(second['address'])).statusCode).toBe(200)
    expect((await crm.call('GET', '/me/calendar', { as })).body).toEqual({ id: second['id'], version: 2, madeAt: START })
    expect((await crm.call('DELETE', '/me/calendar', { as, ifMatch: 1 })).status).toBe(412)
    expect((await crm.call('DELETE', '/me/calendar', { as, ifMatch: 2 })).status).toBe(204)
    const revoked = await fetchFeed(second['address'])
    const never = await fetchFeed(`/v1/calendar/${'A'.repeat(43)}.ics`)
    const nonsense = await fetchFeed('/v1/calendar/nonsense')
    const said = [refused, revoked, never, nonsense].map(({ statusCode, body }) => ({
      statusCode,
      ...JSON.parse(body),
      requestId: undefined,
    }))
    for (const one of said) expect(one).toEqual(said[0])
    expect(JSON.stringify(said)).not.toContain(String(first['address']).slice(13, 40))
    expect((await crm.call('GET', '/me/calendar', { as })).body['code']).toBe('feed.not_found')
    const third = await make(as)
    expect((await fetchFeed(third['address'])).statusCode).toBe(200)
  })

  test('is kept as a hash alone: not in the table, not in an event, not in a kept answer', async () => {
    const as = 'usr_0000000000000000000I:sales'
    const asked = { key: 'calendar-1' }
    const { address } = await make(as, asked)
    const again = await crm.call('POST', '/me/calendar', { as, ...asked })
    expect(again.headers['idempotent-replayed']).toBe('true')
    expect(again.body['address']).toBeUndefined()
    expect((await fetchFeed(address)).statusCode).toBe(200)
    const secret = String(address).slice('/v1/calendar/'.length, -4)
    const { items } = await crm.table.scan({ limit: 1_000 })
    expect(JSON.stringify(items)).not.toContain(secret)
    const { published } = await settle(crm)
    expect(published.filter((one) => one.type === 'feed.made').length).toBeGreaterThan(0)
    expect(published.filter((one) => one.type === 'feed.made').every((one) => one.data.changed['hash'] === 'private')).toBe(true)
  })

  test('shows nothing to who was disabled or may read no tasks any more, and is for people only', async () => {
    const id = 'usr_0000000000000000000J'
    const { address } = await make(`${id}:sales`)
    const person = {
      pk: `user#${id.slice(4)}`,
      sk: 'user',
      id,
      noun: 'user',
      name: 'Jo',
      email: 'jo@example.com',
      roles: ['sales'],
      version: 1,
    }
    await crm.table.write({ put: { ...person, disabled: false } })
    expect((await fetchFeed(address)).statusCode).toBe(200)
    await crm.table.write({ put: { ...person, disabled: true } })
    expect((await fetchFeed(address)).statusCode).toBe(404)
    await crm.table.write({ put: { ...person, disabled: false, roles: ['nobody'] } })
    expect((await fetchFeed(address)).statusCode).toBe(404)
    expect((await crm.call('POST', '/me/calendar', { as: 'integration' })).body['code']).toBe('feed.people_only')
    expect((await fetchFeed('/v1/me/calendar')).statusCode).toBe(401)
    expect(userIdOf('sales')).not.toBe(id)
  })
})
