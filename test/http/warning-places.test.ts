import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { dayNumber, daysLater } from '../../domain/kernel/clock.ts'
import { invoke } from '../../domain/kernel/invoke.ts'
import { due, warningIdOf } from '../../domain/insight/warning/index.ts'
import { rhythm } from '../../domain/insight/rhythm/index.ts'
import { userIdOf } from '../support/http-event.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { plantCustomers } from '../support/silent.ts'
import { replay, runJob, settle } from '../support/stream.ts'

const NOW = '2026-11-18T00:00:30.000Z'
const LAST = dayNumber('2026-09-20')
const SALES = userIdOf('sales')
let crm: Crm

interface Row {
  id: string
  customerId: string
  valueAtStake: { amount: number }
}
const rows = async (query: string): Promise<Row[]> => (await crm.call('GET', `/warnings?limit=100&${query}`)).body['items']
const amounts = (some: readonly Row[]): number[] => some.map((one) => one.valueAtStake.amount)
const spentUnits = (what: 'readUnits' | 'writeUnits'): number => crm.spent.reduce((sum, one) => sum + one[what], 0)
const types = async () => (await settle(crm)).published.map(({ type }) => type).filter((type) => type.startsWith('warning.'))
const times = (all: readonly string[], type: string): number => all.filter((one) => one === type).length

describe('a thousand silences found on one day among many customers', () => {
  let returned: string | undefined
  beforeAll(async () => {
    crm = await startCrm({ now: NOW })
    await plantCustomers(crm, 3_000, () => ({ amount: 5_000, lastDay: LAST, dueAt: '2027-05-01T00:00:00.000Z' }))
    await plantCustomers(crm, 1_000, (n) => ({
      ownerId: SALES,
      amount: 1_000 + ((n * 617) % 1_000) * 10,
      lastDay: LAST,
      dueAt: '2026-11-18T00:00:00.000Z',
    }))
    await settle(crm, { reactions: [], projections: [] })
    await crm.call('GET', '/insight-settings')
  }, 120_000)

  test('cost reads for a thousand, and become work for the twenty of most value', async () => {
    crm.spent.length = 0
    const { seen, failed } = await runJob(crm, 'warnings')
    const reads = spentUnits('readUnits')
    expect(failed).toBe(0)
    expect(seen).toBeGreaterThan(1_000)
    expect(seen).toBeLessThan(1_010)
    expect(reads / 1_000, `${reads} read units, ${spentUnits('writeUnits')} write units`).toBeLessThanOrEqual(3)
    const open = await rows(`ownerId=${SALES}`)
    const waiting = await rows(`ownerId=${SALES}&state=ranked`)
    expect(open).toHaveLength(20)
    expect(Math.min(...amounts(open))).toBeGreaterThanOrEqual(Math.max(...amounts(waiting)))
    expect(amounts(waiting)).toEqual(amounts(waiting).sort((a, b) => b - a))
  }, 120_000)

  test('make tasks of those twenty alone, and dormant customers of all', async () => {
    const told = await types()
    expect([times(told, 'warning.ranked'), times(told, 'warning.raised')]).toEqual([1_000, 20])
    const tasks = (await crm.call('GET', `/tasks?limit=100&ownerId=${SALES}`)).body['items']
    expect(tasks).toHaveLength(20)
    expect((await crm.call('GET', `/customers?ownerId=${SALES}&lifecycle=dormant&limit=100`)).body['items']).toHaveLength(100)
  }, 240_000)

  test('are told in a few numbers, at the cost of four bounded queries', async () => {
    await crm.call('GET', `/warnings/summary?ownerId=${SALES}`)
    crm.spent.length = 0
    const { body, status } = await crm.call('GET', `/warnings/summary?ownerId=${SALES}`)
    expect(status, JSON.stringify(body)).toBe(200)
    expect(crm.spent.filter(({ call }) => call === 'Query')).toHaveLength(4)
    expect(spentUnits('readUnits')).toBeLessThanOrEqual(60)
    expect(body).toMatchObject({
      ownerId: SALES,
      day: '2026-11-18',
      open: { count: 20, more: false },
      waiting: { count: 200, more: true },
      late: { count: 0 },
      places: { perDay: 20, taken: 20 },
    })
    const { bySeverity, value } = body['open']
    const parts = Object.values(bySeverity) as { count: number; value: { amount: number } }[]
    expect(parts.reduce((sum, one) => sum + one.count, 0)).toBe(20)
    expect(parts.reduce((sum, one) => sum + one.value.amount, 0)).toBe(value.amount)
    expect(body['words']).toContain('20 open warnings')
    expect((await crm.call('GET', '/warnings/summary?ownerId=me', { as: 'sales' })).body['open']).toEqual(body['open'])
    expect((await crm.call('GET', '/warnings/summary', { as: 'usr_00000000000000000009:sales' })).body['open'].count).toBe(0)
    expect((await crm.call('GET', `/warnings/summary?ownerId=${SALES}`, { as: 'usr_00000000000000000009:sales' })).status).toBe(403)
  })

  test('move up by one when a person ends one, and only as far as the day has places', async () => {
    crm.clock.now = '2026-11-18T10:00:00.000Z'
    await runJob(crm, 'warnings')
    const [first] = await rows(`ownerId=${SALES}`)
    const [next] = await rows(`ownerId=${SALES}&state=ranked`)
    expect((await crm.call('POST', `/warnings/${first?.id}/close`, { body: { outcome: 'saved' } })).status).toBe(200)
    await settle(crm)
    await Promise.all([runJob(crm, 'warnings'), runJob(crm, 'warnings')])
    const told = await types()
    expect(times(told, 'warning.raised')).toBe(1)
    const open = await rows(`ownerId=${SALES}`)
    expect(open).toHaveLength(20)
    expect(open.map((one) => one.id)).toContain(next?.id)
  }, 120_000)

  test('give the next day’s places to the next in line, and none to one who bought meanwhile', async () => {
    const [next] = await rows(`ownerId=${SALES}&state=ranked`)
    returned = next?.customerId
    const sale = { orderId: { id: 'back' }, at: '2026-11-18T11:00:00Z', amount: { amount: 5_000, currency: 'USD' } }
    expect((await crm.call('POST', `/customers/${next?.customerId}/purchases`, { body: sale })).status).toBe(201)
    await settle(crm)
    expect((await crm.call('GET', `/warnings/${next?.id}`)).body).toMatchObject({ state: 'cleared', outcome: 'saved' })
    crm.clock.now = '2026-11-18T23:59:59.000Z'
    await runJob(crm, 'warnings')
    expect(times(await types(), 'warning.raised')).toBe(0)
    crm.clock.now = '2026-11-19T00:00:00.000Z'
    await runJob(crm, 'warnings')
    expect(times(await types(), 'warning.raised')).toBe(20)
    expect(await rows(`ownerId=${SALES}`)).toHaveLength(40)
  }, 120_000)

  test('are counted by month as they turn out, once each', async () => {
    const [first, second] = await rows(`ownerId=${SALES}`)
    await crm.call('POST', `/warnings/${first?.id}/close`, { body: { outcome: 'lost' } })
    await crm.call('POST', `/warnings/${second?.id}/close`, { body: { outcome: 'false_alarm' } })
    await settle(crm)
    const { body } = await crm.call('GET', '/model/backtest')
    expect(body['realised'], JSON.stringify(body)).toMatchObject([
      { month: '2026-11', raised: 41, saved: 1, lost: 1, falseAlarm: 1, waiting: { returned: 1, other: 0 }, precision: 2 / 3 },
    ])
  }, 120_000)

  test('are late, and nobody’s work, when they found no place for as long as the warning looks ahead', async () => {
    const waiting = (await rows(`ownerId=${SALES}&state=ranked`)).length
    expect(waiting).toBeGreaterThan(0)
    await crm.call('PATCH', '/insight-settings', { body: { warningsPerDay: 1 }, ifMatch: 0 })
    crm.clock.now = daysLater(NOW, 91)
    await runJob(crm, 'warnings')
    expect(times(await types(), 'warning.raised')).toBeLessThanOrEqual(1)
    const next = await rows(`ownerId=${SALES}&state=ranked`)
    expect(next.map((one) => one.customerId)).toEqual([returned])
    expect((await rows(`ownerId=${SALES}&state=late`)).length).toBe(100)
  }, 240_000)
})

describe('a silence found long after it began', () => {
  beforeAll(async () => {
    crm = await startCrm({ now: NOW })
  })
  beforeEach(() => void (crm.clock.now = NOW))

  async function imported(lastDay: string): Promise<string> {
    const { body } = await crm.call('POST', '/customers', { as: 'sales', body: { name: `Imported ${lastDay}` } })
    for (let n = 4; n >= 0; n--) {
      const at = `${daysLater(`${lastDay}T10:00:00.000Z`, -30 * n)}`
      const sale = { orderId: { id: `${body['id']}-${n}` }, at, amount: { amount: 50_000, currency: 'USD' } }
      expect((await crm.call('POST', `/customers/${body['id']}/purchases`, { body: sale })).status).toBe(201)
    }
    return body['id']
  }

  test('as in an imported history is listed as late, makes the customer dormant and nobody any work, once', async () => {
    const id = await imported('2025-06-01')
    await settle(crm)
    await Promise.all(Array.from({ length: 5 }, () => invoke(due, crm.ctx(), { id: rhythm.id('', id), at: NOW })))
    await runJob(crm, 'warnings')
    expect(await types()).toEqual(['warning.late'])
    const [late, ...rest] = (await crm.call('GET', '/warnings?state=late')).body['items']
    expect(rest).toEqual([])
    expect(late).toMatchObject({ id: warningIdOf(id, dayNumber('2025-06-01')), state: 'late', customerId: id })
    expect((await crm.call('GET', '/warnings')).body['items']).toEqual([])
    expect((await crm.call('GET', `/customers/${id}/tasks`)).body['items']).toEqual([])
    expect((await crm.call('GET', `/customers/${id}`)).body['lifecycle']).toBe('dormant')
    expect((await crm.call('GET', `/customers/${id}/overview`)).body['warnings'].items).toMatchObject([{ state: 'late' }])
    expect(
      (await crm.call('POST', `/warnings/${late.id}/snooze`, { body: { until: '2026-12-24T09:00:00Z', reason: 'Later' } })).body['code'],
    ).toBe('warning.not_open')
  })

  test('ends like any other with a purchase, and the next silence is a warning again', async () => {
    const id = await imported('2025-05-01')
    await settle(crm)
    await runJob(crm, 'warnings')
    await settle(crm)
    await crm.call('POST', `/customers/${id}/purchases`, {
      body: { orderId: { id: 'again' }, at: NOW, amount: { amount: 50_000, currency: 'USD' } },
    })
    await settle(crm)
    await replay(crm)
    expect((await crm.call('GET', `/customers/${id}`)).body['lifecycle']).toBe('won_back')
    expect((await crm.call('GET', `/customers/${id}/warnings`)).body['items']).toMatchObject([{ state: 'cleared', outcome: 'saved' }])
    const [month] = (await crm.call('GET', '/model/backtest')).body['realised']
    expect(month).toMatchObject({ raised: 0, saved: 0, waiting: { returned: 1, other: 0 } })
    for (let day = 1; day < 250; day += 10) {
      crm.clock.now = daysLater(NOW, day)
      await runJob(crm, 'warnings')
    }
    await settle(crm)
    expect((await crm.call('GET', `/customers/${id}/warnings`)).body['items']).toMatchObject([{ state: 'open' }, { state: 'cleared' }])
  })

  test('of the new day competes with those that waited, though its timer fires at the same moment as the day’s places are given', async () => {
    crm = await startCrm({ now: NOW })
    await crm.call('PATCH', '/insight-settings', { body: { warningsPerDay: 1 }, ifMatch: 0 })
    const found = (amount: number, day: string) => ({ ownerId: SALES, amount, lastDay: LAST, dueAt: `${day}T00:00:00.000Z` })
    await plantCustomers(crm, 3, (n) => found(10_000 + n * 1_000, '2026-11-18'))
    const [large] = await plantCustomers(crm, 1, () => found(90_000, '2026-11-19'))
    await runJob(crm, 'warnings')
    crm.clock.now = '2026-11-18T12:00:00.000Z'
    await runJob(crm, 'warnings')
    expect(await rows(`ownerId=${SALES}`)).toHaveLength(1)
    crm.clock.now = '2026-11-19T00:00:00.000Z'
    await runJob(crm, 'warnings')
    expect((await rows(`ownerId=${SALES}`)).map((one) => one.customerId)).toContain(large)
    expect(await rows(`ownerId=${SALES}`)).toHaveLength(2)
  })

  test('goes to the new account manager’s line when it waits there', async () => {
    crm = await startCrm({ now: NOW })
    await crm.call('PATCH', '/insight-settings', { body: { warningsPerDay: 1 }, ifMatch: 0 })
    await crm.table.write({
      put: {
        pk: `user#${userIdOf('manager').slice(4)}`,
        sk: 'user',
        id: userIdOf('manager'),
        noun: 'user',
        version: 1,
        name: 'M',
        email: 'm@example.com',
        roles: ['manager'],
        disabled: false,
      },
    })
    crm.forget()
    const both = [await imported('2026-09-18'), await imported('2026-09-19')]
    await settle(crm)
    await runJob(crm, 'warnings')
    await settle(crm)
    const states = async () =>
      Promise.all(both.map(async (id) => (await crm.call('GET', `/customers/${id}/warnings`)).body['items'][0].state))
    expect((await states()).toSorted((a: string, b: string) => (a < b ? -1 : 1))).toEqual(['open', 'ranked'])
    const waiting = both[(await states()).indexOf('ranked')]
    expect((await crm.call('POST', `/customers/${waiting}/assign`, { body: { ownerId: userIdOf('manager') } })).status).toBe(200)
    await settle(crm)
    await runJob(crm, 'warnings')
    expect(await states()).toEqual(['open', 'open'])
  })
})
