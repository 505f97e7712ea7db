import { beforeAll, describe, expect, test } from 'vitest'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'
import { userIdOf } from '../support/http-event.ts'

let crm: Crm
beforeAll(async () => {
  crm = await startCrm({ now: '2026-11-18T09:00:00.000Z' })
})

async function post(path: string, body: object, as = 'admin') {
  const reply = await crm.call('POST', path, { body, as })
  expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300)
  return reply.body
}
const newCustomer = async (name: string, as: string) => String((await post('/customers', { name }, as))['id'])
const day = async (as: string, query = '') => (await crm.call('GET', `/me/day${query}`, { as })).body
const titles = (body: Reply['body']): string[] => body['items'].map((one: { title: string }) => one.title)

describe('my day', () => {
  test('ranks due tasks, tickets and deals by what is at stake, each with its score explained', async () => {
    const id = await newCustomer('Ada', 'sales')
    const sales = userIdOf('sales')
    await post(
      `/customers/${id}/tasks`,
      { title: 'Small and late', dueAt: '2026-11-15T09:00:00Z', valueAtStake: { amount: 1_000, currency: 'USD' } },
      'sales',
    )
    await post(
      `/customers/${id}/tasks`,
      { title: 'Large and due today', dueAt: '2026-11-18T15:00:00Z', valueAtStake: { amount: 100_000_000, currency: 'USD' } },
      'sales',
    )
    await post(`/customers/${id}/tasks`, { title: 'Tomorrow', dueAt: '2026-11-19T09:00:00Z' }, 'sales')
    await post(
      `/customers/${id}/deals`,
      { name: 'Closes soon', value: { amount: 5_000_000, currency: 'USD' }, currency: 'USD', expectedClose: '2026-11-25', ownerId: sales },
      'sales',
    )
    await post(`/customers/${id}/deals`, { name: 'Far away', currency: 'USD', expectedClose: '2027-06-01', ownerId: sales }, 'sales')
    const ticket = await post(`/customers/${id}/tickets`, {
      subject: 'Urgent fault',
      body: 'It burns.',
      channel: 'phone',
      priority: 'urgent',
    })
    if (ticket['assigneeId'] !== sales)
      await crm.call('POST', `/tickets/${ticket['id']}/assign`, { as: 'sales', body: { assigneeId: sales } })
    const body = await day('sales')
    expect(body).toMatchObject({ userId: sales, day: '2026-11-18', shown: 4, rest: 0 })
    expect(titles(body)[0]).toBe('Large and due today')
    expect(titles(body).sort()).toEqual(['Closes soon', 'Large and due today', 'Small and late', 'Urgent fault'])
    for (const { score, parts, customerName } of body['items']) {
      expect(parts.reduce((sum: number, one: { points: number }) => sum + one.points, 0)).toBe(score)
      expect(customerName).toBe('Ada')
    }
    const scores = body['items'].map((one: { score: number }) => one.score)
    expect(scores).toEqual([...scores].sort((a, b) => b - a))
    expect(body['counts']).toMatchObject({
      tasks: { count: 2, more: false },
      tickets: { count: 1 },
      deals: { count: 1 },
      warnings: { count: 0 },
    })
    const short = await day('sales', '?limit=1')
    expect(short).toMatchObject({ shown: 1, rest: 3 })
  })

  test('is read in one round and the names in one more, and counts what is beyond its cap', async () => {
    const as = 'usr_0000000000000000000B:sales'
    const id = await newCustomer('Bea', as)
    await Promise.all(
      Array.from({ length: 105 }, (_, n) => post(`/customers/${id}/tasks`, { title: `Task ${n}`, dueAt: '2026-11-18T08:00:00Z' }, as)),
    )
    await day(as)
    crm.spent.length = 0
    const body = await day(as)
    expect(crm.spent.map((one) => one.call).sort()).toEqual(['BatchGetItem', ...Array(5).fill('Query')])
    expect(
      crm.spent.reduce((sum, one) => sum + one.readUnits, 0),
      JSON.stringify(crm.spent),
    ).toBeLessThanOrEqual(10)
    expect(body).toMatchObject({ shown: 25, rest: 75, counts: { tasks: { count: 100, more: true } } })
  })

  test('is one’s own, or that of someone in one’s scope', async () => {
    expect((await day('manager', `?for=${userIdOf('sales')}`))['userId']).toBe(userIdOf('sales'))
    expect((await crm.call('GET', `/me/day?for=${userIdOf('manager')}`, { as: 'sales' })).status).toBe(403)
    expect((await crm.call('GET', '/me/day?when=now', { as: 'sales' })).status).toBe(400)
  })

  test('of who may not read deals has none', async () => {
    const body = await day('service')
    expect(Object.keys(body['counts'])).not.toContain('deals')
  })

  test('ends at midnight in the workspace’s time zone', async () => {
    const as = 'usr_0000000000000000000D:sales'
    const id = await newCustomer('Dee', as)
    await post(`/customers/${id}/tasks`, { title: 'Tonight there', dueAt: '2026-11-19T02:00:00Z' }, as)
    expect(titles(await day(as))).toEqual([])
    await crm.call('PATCH', '/workspace', { body: { timeZone: 'America/New_York' }, ifMatch: 0 })
    crm.forget()
    const body = await day(as)
    expect(titles(body)).toEqual(['Tonight there'])
    expect(body['day']).toBe('2026-11-18')
  })

  test('ends at the person’s own midnight where they live elsewhere', async () => {
    const person = 'usr_0000000000000000000T'
    const as = `${person}:sales`
    const file = { id: person, noun: 'user', name: 'T', email: 't@example.com', roles: ['sales'], disabled: false, version: 1 }
    await crm.table.write({ put: { pk: `user#${person.slice(4)}`, sk: 'user', ...file, timeZone: 'Pacific/Auckland' } })
    crm.forget()
    const id = await newCustomer('Tui', as)
    await post(`/customers/${id}/tasks`, { title: 'Tonight in Auckland', dueAt: '2026-11-18T10:30:00Z' }, as)
    await post(`/customers/${id}/tasks`, { title: 'Tomorrow in Auckland', dueAt: '2026-11-18T11:00:00Z' }, as)
    const body = await day(as)
    expect([body['day'], titles(body)]).toEqual(['2026-11-18', ['Tonight in Auckland']])
  })
})
