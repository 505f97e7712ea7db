import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'
import { userIdOf } from '../support/http-event.ts'
import { replay, runJob, settle } from '../support/stream.ts'

let crm: Crm
let made = 0
const START = '2026-11-18T09:00:00.000Z'
beforeAll(async () => {
  crm = await startCrm({ now: START })
})
beforeEach(() => {
  crm.clock.now = START
  crm.forget()
})

async function newCustomer(): Promise<string> {
  return (await crm.call('POST', '/customers', { as: 'sales', body: { name: `Customer ${++made}` } })).body['id']
}

async function newSeries(id: string, more: object = {}): Promise<Reply['body']> {
  const body = { title: 'Ask about the hours', every: { n: 2, unit: 'weeks' }, start: '2026-11-20', ...more }
  const reply = await crm.call('POST', `/customers/${id}/task-series`, { as: 'sales', body })
  expect(reply.status, JSON.stringify(reply.body)).toBe(201)
  return reply.body
}

async function at(now: string): Promise<void> {
  crm.clock.now = now
  await Promise.all([runJob(crm, 'series'), runJob(crm, 'series')])
  await settle(crm)
}
const tasksOf = async (id: string): Promise<Reply['body'][]> => (await crm.call('GET', `/customers/${id}/tasks`)).body['items']
const seriesOf = async (one: Reply['body']) => (await crm.call('GET', `/task-series/${one['id']}`)).body

describe('a recurring series', () => {
  test('opens one task at a time, each once, on the first working morning from its day on', async () => {
    const id = await newCustomer()
    const series = await newSeries(id, { start: '2026-11-21' })
    expect(series).toMatchObject({ state: 'running', nextDay: '2026-11-21', priority: 'normal' })
    await at('2026-11-20T23:00:00.000Z')
    expect(await tasksOf(id)).toEqual([])
    // A Saturday: the task is for Monday.
    await at('2026-11-21T01:00:00.000Z')
    const [first, ...rest] = await tasksOf(id)
    expect(rest).toEqual([])
    expect(first).toMatchObject({
      cause: 'series',
      sourceId: series['id'],
      dueAt: '2026-11-23T09:00:00.000Z',
      ownerId: userIdOf('sales'),
      reason: 'every 2 weeks since 2026-11-21',
    })
    await replay(crm)
    await at('2026-11-21T02:00:00.000Z')
    expect(await tasksOf(id)).toHaveLength(1)
    expect(await seriesOf(series)).toMatchObject({ nextDay: '2026-12-05', lastDay: '2026-11-21', lastTaskId: first?.['id'] })
    await at('2026-12-05T01:00:00.000Z')
    expect((await tasksOf(id)).map((one) => one['dueAt'])).toEqual(['2026-11-23T09:00:00.000Z', '2026-12-07T09:00:00.000Z'])
  })

  test('does not make up for days that nothing ran on, and ends with its last day', async () => {
    const id = await newCustomer()
    const series = await newSeries(id, { every: { n: 1, unit: 'days' }, until: '2026-12-01' })
    await at('2026-11-25T06:00:00.000Z')
    expect(await tasksOf(id)).toHaveLength(1)
    expect(await seriesOf(series)).toMatchObject({ lastDay: '2026-11-25', nextDay: '2026-11-26' })
    await at('2026-12-20T06:00:00.000Z')
    expect(await tasksOf(id)).toHaveLength(2)
    const over = await seriesOf(series)
    expect(over).toMatchObject({ state: 'ended', lastDay: '2026-12-01' })
    expect(over['nextDay']).toBeUndefined()
    crm.spent.length = 0
    await at('2026-12-21T06:00:00.000Z')
    expect(crm.spent.reduce((sum, one) => sum + one.writeUnits, 0)).toBe(0)
  })

  test('is changed from its next day on, and stopped for good', async () => {
    const id = await newCustomer()
    const series = await newSeries(id)
    await at('2026-11-20T06:00:00.000Z')
    const changed = await crm.call('PATCH', `/task-series/${series['id']}`, {
      as: 'sales',
      body: { every: { n: 3, unit: 'days' }, until: null },
      ifMatch: 2,
    })
    expect(changed.body).toMatchObject({ nextDay: '2026-11-23', version: 3 })
    expect((await crm.call('PATCH', `/task-series/${series['id']}`, { as: 'sales', body: { title: 'x' }, ifMatch: 1 })).status).toBe(412)
    // Back to the days it had: the task of a day that had one is not opened again.
    await crm.call('PATCH', `/task-series/${series['id']}`, { as: 'sales', body: { every: { n: 2, unit: 'weeks' } }, ifMatch: 3 })
    await at('2026-11-23T06:00:00.000Z')
    expect(await tasksOf(id)).toHaveLength(1)
    const stopped = await crm.call('POST', `/task-series/${series['id']}/stop`, { as: 'sales' })
    expect(stopped.body).toMatchObject({ state: 'stopped' })
    expect((await crm.call('POST', `/task-series/${series['id']}/stop`, { as: 'sales' })).body['code']).toBe('task_series.stopped')
    expect((await crm.call('PATCH', `/task-series/${series['id']}`, { body: { title: 'x' }, ifMatch: 5 })).body['code']).toBe(
      'task_series.stopped',
    )
    await at('2027-01-20T06:00:00.000Z')
    expect(await tasksOf(id)).toHaveLength(1)
    expect((await crm.call('GET', `/customers/${id}/task-series`, { as: 'sales' })).body['items']).toMatchObject([
      { id: series['id'], state: 'stopped' },
    ])
  })

  test('passes over a customer in the bin and goes on when they are back', async () => {
    const id = await newCustomer()
    const series = await newSeries(id)
    await crm.call('DELETE', `/customers/${id}`, { ifMatch: 1 })
    await at('2026-11-20T06:00:00.000Z')
    expect(await seriesOf(series)).toMatchObject({ nextDay: '2026-12-04' })
    await crm.call('POST', `/customers/${id}/restore`)
    await at('2026-12-04T06:00:00.000Z')
    expect(await tasksOf(id)).toHaveLength(1)
  })

  test('that could never be, or is somebody else’s, is refused by name', async () => {
    const id = await newCustomer()
    const ask = (body: object, as = 'sales') =>
      crm.call('POST', `/customers/${id}/task-series`, {
        as,
        body: { title: 'x', every: { n: 1, unit: 'weeks' }, start: '2026-11-20', ...body },
      })
    expect((await ask({ until: '2026-11-19' })).body['code']).toBe('task_series.never')
    expect((await ask({ start: '0001-01-01' })).body['code']).toBe('task_series.start_far')
    expect((await ask({ every: { n: 0, unit: 'weeks' } })).status).toBe(400)
    expect((await ask({ every: { n: 1, unit: 'fortnights' } })).status).toBe(400)
    expect((await ask({ ownerId: 'usr_99999999999999999999' })).body['code']).toBe('user.unknown')
    expect((await ask({}, 'usr_00000000000000000009:sales')).status).toBe(404)
    expect((await ask({}, 'viewer')).status).toBe(403)
    const series = await newSeries(id)
    expect((await crm.call('GET', `/task-series/${series['id']}`, { as: 'usr_00000000000000000009:sales' })).status).toBe(404)
  })
})
