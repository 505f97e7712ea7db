import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startCrm, type Crm } from '../support/crm.ts'
import { userIdOf } from '../support/http-event.ts'
import { runJob, settle } from '../support/stream.ts'

let crm: Crm
const START = '2026-11-18T09:00:00.000Z'
const week = { days: [1, 2, 3, 4, 5], from: '09:00', to: '18:00' }
beforeAll(async () => {
  crm = await startCrm({ now: START })
})
beforeEach(() => {
  crm.clock.now = START
  crm.forget()
})

/** A person of the staff, written beside the API, since people's ids come from the user pool. */
async function addPerson(id: string, more: object = {}): Promise<void> {
  const person = { name: id, email: `${id}@example.com`, roles: ['sales'], disabled: false, version: 1, ...more }
  await crm.table.write({ put: { pk: `user#${id.slice(4)}`, sk: 'user', id, noun: 'user', ...person } })
}

describe('the work calendar', () => {
  test('is the product’s own until it is set, then whole and by version', async () => {
    const { body } = await crm.call('GET', '/work-calendar', { as: 'sales' })
    expect(body).toMatchObject({ version: 0, hours: [week], daysOff: [] })
    const set = await crm.call('POST', '/work-calendar', { body: { hours: [week], country: 'CN', daysOff: ['2026-11-20'] }, ifMatch: 0 })
    expect(set).toMatchObject({ status: 200, body: { version: 1, country: 'CN', workOn: [] } })
    expect((await crm.call('POST', '/work-calendar', { body: { hours: [week] }, ifMatch: 0 })).status).toBe(412)
    const again = await crm.call('POST', '/work-calendar', { body: { hours: [week] } })
    expect(again.body['country']).toBeUndefined()
    expect((await crm.call('POST', '/work-calendar', { as: 'sales', body: { hours: [week] } })).status).toBe(403)
  })

  test.each([
    ['no day at all', { hours: [] }, 'work_calendar.no_day', 'hours'],
    ['hours on no day', { hours: [{ ...week, days: [] }] }, 'work_calendar.no_day', 'hours'],
    ['an hour that ends when it begins', { hours: [{ ...week, to: '09:00' }] }, 'work_calendar.no_hour', 'hours.0.to'],
    ['a night in one piece', { hours: [{ ...week, from: '22:00', to: '06:00' }] }, 'work_calendar.no_hour', 'hours.0.to'],
    ['hours that overlap', { hours: [week, { days: [5], from: '17:00', to: '20:00' }] }, 'work_calendar.overlap', 'hours'],
    ['a day both worked and off', { hours: [week], daysOff: ['2026-12-24'], workOn: ['2026-12-24'] }, 'work_calendar.both', 'workOn'],
  ])('with %s is refused with the reason', async (_, body, code, path) => {
    const refused = await crm.call('POST', '/work-calendar', { body })
    expect(refused).toMatchObject({ status: 400, body: { code, errors: [{ path, code }] } })
    expect(refused.body['detail'].length).toBeGreaterThan(20)
  })

  test('shows the days to come as they are worked, and why others are not', async () => {
    await crm.call('POST', '/work-calendar', { body: { hours: [week], country: 'CN', workOn: ['2027-02-14'] } })
    const { body } = await crm.call('GET', '/work-calendar/days?from=2027-02-04&days=12')
    const off = body['days'].filter((one: { works: unknown[] }) => one.works.length === 0)
    expect(off.map((one: { day: string; holiday?: string }) => [one.day.slice(5), one.holiday])).toEqual([
      ['02-05', 'Lunar New Year’s Eve'],
      ['02-06', 'Spring Festival'],
      ['02-07', 'Spring Festival'],
      ['02-08', 'Spring Festival'],
      ['02-13', undefined],
    ])
    expect(body['omits']).toContain('State Council')
    const { items } = (await crm.call('GET', '/holidays?country=US&year=2027')).body
    expect(items).toContainEqual({ day: '2027-11-25', name: 'Thanksgiving Day' })
    expect((await crm.call('GET', '/holidays?country=XX&year=2027')).status).toBe(400)
    await crm.call('POST', '/work-calendar', { body: { hours: [week] } })
  })

  test('of a person adds leave, another country and other hours, in the person’s own time zone', async () => {
    const person = 'usr_0000000000000000000W'
    await addPerson(person, { timeZone: 'Asia/Shanghai' })
    const set = await crm.call('POST', `/users/${person}/work-calendar`, { body: { daysOff: ['2026-12-02'], country: 'HK' } })
    expect(set).toMatchObject({ status: 200, body: { daysOff: ['2026-12-02'], version: 1 } })
    const days = (await crm.call('GET', `/work-calendar/days?from=2026-12-01&days=3&userId=${person}`)).body
    expect(days).toMatchObject({ timeZone: 'Asia/Shanghai', country: 'HK', days: [{ works: [{}] }, { works: [] }, { works: [{}] }] })
    expect((await crm.call('GET', `/users/${person}/work-calendar`, { as: 'usr_0000000000000000000X:sales' })).status).toBe(403)
    expect((await crm.call('POST', '/users/usr_99999999999999999999/work-calendar', { body: {} })).status).toBe(404)
    const bad = await crm.call('POST', `/users/${person}/work-calendar`, { body: { hours: [] } })
    expect(bad.body['code']).toBe('work_calendar.no_day')
  })

  test('puts a person’s visits on their own working mornings', async () => {
    const person = 'usr_0000000000000000000Y'
    await addPerson(person, { timeZone: 'Asia/Shanghai' })
    await crm.call('POST', `/users/${person}/work-calendar`, {
      body: { daysOff: ['2026-12-02', '2026-12-03'], hours: [{ ...week, from: '10:30' }] },
    })
    crm.forget()
    const id = String((await crm.call('POST', '/customers', { as: `${person}:sales`, body: { name: 'Shanghai Silk' } })).body['id'])
    await crm.call('POST', `/customers/${id}/tier/override`, { body: { tier: 'black-gold', reason: 'Test', until: '2027-12-30' } })
    await settle(crm)
    crm.clock.now = '2026-12-02T01:00:00.000Z'
    await runJob(crm, 'revisits')
    const [visit] = (await crm.call('GET', `/customers/${id}/tasks`)).body['items']
    // Friday 4 December, 10:30 in Shanghai.
    expect(visit).toMatchObject({ ownerId: person, dueAt: '2026-12-04T02:30:00.000Z' })
    expect(userIdOf('sales')).not.toBe(person)
  })
})
