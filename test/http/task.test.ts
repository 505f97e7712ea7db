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

async function newCustomer(as = 'sales'): Promise<string> {
  const { body, status } = await crm.call('POST', '/customers', { as, body: { name: `Customer ${++made}` } })
  expect(status, JSON.stringify(body)).toBe(201)
  return body['id']
}

async function newTask(customerId: string, more: object = {}, as = 'sales') {
  const { body, status } = await crm.call('POST', `/customers/${customerId}/tasks`, {
    as,
    body: { title: 'Call back', dueAt: '2026-11-19T09:00:00Z', ...more },
  })
  expect(status, JSON.stringify(body)).toBe(201)
  return body
}

async function tasksOf(customerId: string, state = 'open') {
  return (await crm.call('GET', `/customers/${customerId}/tasks?state=${state}`)).body['items'] as Reply['body'][]
}

const taskOf = async (task: Reply['body'] | undefined) => (await crm.call('GET', `/tasks/${task?.['id']}`)).body
const planOf = async (id: string) => (await crm.call('GET', `/customers/${id}/cadence`)).body

/** A person of the staff, written beside the API, since people's ids come from the user pool. */
async function addPerson(id: string, teamId?: string): Promise<void> {
  const person = {
    name: id,
    email: `${id}@example.com`,
    roles: ['sales'],
    disabled: false,
    version: 1,
    ...(teamId !== undefined && { teamId }),
  }
  await crm.table.write({ put: { pk: `user#${id.slice(4)}`, sk: 'user', id, noun: 'user', ...person } })
}

/** Sells something on past days, so that a warning falls due. */
async function silentCustomer(as = 'sales'): Promise<string> {
  const id = await newCustomer(as)
  for (const day of ['2026-05-01', '2026-06-01', '2026-07-01', '2026-08-01', '2026-09-01']) {
    const { status } = await crm.call('POST', `/customers/${id}/purchases`, {
      as: 'integration',
      body: { orderId: { id: `${id}-${day}` }, at: `${day}T10:00:00Z`, amount: { amount: 50_000, currency: 'USD' } },
    })
    expect(status).toBe(201)
  }
  await settle(crm)
  return id
}

describe('a task by hand', () => {
  test('goes to the customer’s account manager, is read in one unit and listed by due time', async () => {
    const id = await newCustomer()
    const late = await newTask(id, { dueAt: '2026-12-01T09:00:00Z' }, 'admin')
    const soon = await newTask(id, { title: 'Send the offer', dueAt: '2026-11-20T09:00:00Z', priority: 'high' })
    expect(late).toMatchObject({ ownerId: userIdOf('sales'), state: 'open', cause: 'manual', priority: 'normal' })
    crm.spent.length = 0
    expect((await crm.call('GET', `/tasks/${soon['id']}`)).status).toBe(200)
    expect(crm.spent).toEqual([{ call: 'GetItem', readUnits: 1, writeUnits: 0 }])
    const { items } = (await crm.call('GET', '/tasks', { as: 'sales' })).body
    expect(items.map((one: { customerId: string }) => one.customerId)).toContain(id)
    expect(soon['customerId']).toBe(id)
    const mine = items.map((one: { id: string }) => one.id)
    expect(mine.indexOf(soon['id'])).toBeLessThan(mine.indexOf(late['id']))
    expect((await tasksOf(id)).map((one) => one['id'])).toEqual([soon['id'], late['id']])
    expect((await crm.call('GET', `/tasks?ownerId=${userIdOf('sales')}`, { as: 'manager' })).body['items'].length).toBeGreaterThan(1)
    expect((await crm.call('GET', `/tasks?ownerId=${userIdOf('sales')}`, { as: 'usr_00000000000000000009:sales' })).status).toBe(403)
    expect((await crm.call('GET', `/tasks/${soon['id']}`, { as: 'usr_00000000000000000009:sales' })).status).toBe(404)
  })

  test('is moved while it is open, done with an outcome, and then closed to changes', async () => {
    const task = await newTask(await newCustomer())
    const moved = await crm.call('PATCH', `/tasks/${task['id']}`, { as: 'sales', body: { dueAt: '2026-11-25T09:00:00Z' }, ifMatch: 1 })
    expect(moved.body).toMatchObject({ dueAt: '2026-11-25T09:00:00.000Z', version: 2 })
    expect((await crm.call('PATCH', `/tasks/${task['id']}`, { as: 'sales', body: { title: 'x' }, ifMatch: 1 })).status).toBe(412)
    const asked = { as: 'sales', body: { outcome: 'reached', note: 'Comes on Saturday' }, key: 'done-1' }
    const done = await crm.call('POST', `/tasks/${task['id']}/done`, asked)
    expect(done.body).toMatchObject({ state: 'done', outcome: 'reached', closedAt: crm.clock.now })
    const again = await crm.call('POST', `/tasks/${task['id']}/done`, asked)
    expect(again.headers['idempotent-replayed']).toBe('true')
    for (const [path, body] of [
      ['done', { outcome: 'sold' }],
      ['cancel', { reason: 'No' }],
    ] as const) {
      const refused = await crm.call('POST', `/tasks/${task['id']}/${path}`, { as: 'sales', body })
      expect(refused).toMatchObject({ status: 409, body: { code: 'task.closed' } })
    }
    const back = await crm.call('POST', `/tasks/${task['id']}/reopen`, { as: 'sales' })
    expect(back.body).toMatchObject({ state: 'open' })
    expect(back.body['outcome']).toBeUndefined()
    expect((await crm.call('POST', `/tasks/${task['id']}/reopen`, { as: 'sales' })).body['code']).toBe('task.not_closed')
  })

  test('goes to the bin and comes back', async () => {
    const id = await newCustomer()
    const task = await newTask(id)
    expect((await crm.call('DELETE', `/tasks/${task['id']}`, { ifMatch: 1 })).status).toBe(204)
    expect(await tasksOf(id)).toEqual([])
    expect((await crm.call('GET', '/tasks?deleted=true')).body['items'].map((one: { id: string }) => one.id)).toContain(task['id'])
    expect((await crm.call('POST', `/tasks/${task['id']}/restore`)).status).toBe(200)
    expect((await tasksOf(id)).map((one) => one['id'])).toEqual([task['id']])
  })

  test('with faults in it is refused, each by name', async () => {
    const id = await newCustomer()
    const { status, body } = await crm.call('POST', `/customers/${id}/tasks`, {
      body: { title: '', dueAt: 'tomorrow', priority: 'extreme', color: 'red' },
    })
    expect(status).toBe(400)
    expect(body['errors'].map((one: { path: string }) => one.path).sort()).toEqual(['color', 'dueAt', 'priority', 'title'])
    const far = await crm.call('POST', `/customers/${id}/tasks`, { body: { title: 'x', dueAt: '9999-12-31T23:59:59Z' } })
    expect(far).toMatchObject({ status: 400, body: { code: 'due_at.too_far' } })
    const nobody = await crm.call('POST', `/customers/${id}/tasks`, {
      body: { title: 'x', dueAt: '2026-11-19T09:00:00Z', ownerId: 'usr_99999999999999999999' },
    })
    expect(nobody).toMatchObject({ status: 400, body: { code: 'user.unknown' } })
  })

  test('two working days late goes before the team’s lead, once', async () => {
    const id = await newCustomer()
    const task = await newTask(id)
    // Due on Thursday: Saturday would be two days later, Monday is.
    for (const now of ['2026-11-21T08:59:00.000Z', '2026-11-21T09:00:00.000Z', '2026-11-23T08:59:00.000Z']) {
      crm.clock.now = now
      await runJob(crm, 'tasks')
      expect((await taskOf(task))['escalatedAt']).toBeUndefined()
    }
    crm.clock.now = '2026-11-23T09:00:00.000Z'
    await Promise.all([runJob(crm, 'tasks'), runJob(crm, 'tasks')])
    const { published } = await settle(crm)
    expect(published.filter((one) => one.type === 'task.overdue' && one.subject === task['id'])).toHaveLength(1)
    expect(await taskOf(task)).toMatchObject({ escalatedAt: crm.clock.now, priority: 'high', version: 3 })
    expect((await runJob(crm, 'tasks')).seen).toBe(0)
  })

  test('waits for who has leave, and by the new time when it is moved meanwhile', async () => {
    const person = 'usr_0000000000000000000W'
    await addPerson(person)
    crm.forget()
    const leave = ['2026-11-20', '2026-11-23', '2026-11-24']
    expect((await crm.call('POST', `/users/${person}/work-calendar`, { body: { daysOff: leave } })).status).toBe(200)
    const [stays, moves] = [
      await newTask(await newCustomer(), { ownerId: person }, 'admin'),
      await newTask(await newCustomer(), { ownerId: person }, 'admin'),
    ]
    const at = async (now: string) => {
      crm.clock.now = now
      crm.forget()
      await runJob(crm, 'tasks')
      return [await taskOf(stays), await taskOf(moves)].map((one) => one['escalatedAt'] !== undefined)
    }
    // Due on Thursday the 19th; Friday to Tuesday are free, so Wednesday and Thursday are the working days.
    expect(await at('2026-11-23T09:00:00.000Z')).toEqual([false, false])
    const { version } = await taskOf(moves)
    const moved = await crm.call('PATCH', `/tasks/${moves['id']}`, { body: { dueAt: '2026-11-18T10:00:00Z' }, ifMatch: version })
    expect(moved.status, JSON.stringify(moved.body)).toBe(200)
    expect(await at('2026-11-25T08:59:00.000Z')).toEqual([false, false])
    // By its earlier time, Thursday and Wednesday were its days.
    expect(await at('2026-11-25T09:00:00.000Z')).toEqual([false, true])
    expect(await at('2026-11-26T09:00:00.000Z')).toEqual([true, true])
  })

  test('names whom it was put before, when the team has a lead', async () => {
    const lead = userIdOf('lead')
    const team = (await crm.call('POST', '/teams', { body: { name: 'South' } })).body['id'] as string
    const person = 'usr_0000000000000000000S'
    await addPerson(person, team)
    await addPerson(lead)
    crm.forget()
    expect((await crm.call('PATCH', `/teams/${team}`, { body: { leadId: lead }, ifMatch: 1 })).status).toBe(200)
    const task = await newTask(await newCustomer(), { ownerId: person }, 'admin')
    crm.clock.now = '2026-11-23T09:00:00.000Z'
    crm.forget()
    await runJob(crm, 'tasks')
    expect((await taskOf(task))['escalatedTo']).toBe(lead)
  })

  test('follows the customer to another account manager, unless it was given to someone on purpose', async () => {
    const id = await newCustomer()
    const theirs = await newTask(id)
    const other = await newTask(id, { ownerId: userIdOf('admin') }, 'admin')
    const person = 'usr_0000000000000000000T'
    await addPerson(person)
    crm.forget()
    expect((await crm.call('POST', `/customers/${id}/assign`, { body: { ownerId: person } })).status).toBe(200)
    await settle(crm)
    expect((await crm.call('GET', `/tasks/${theirs['id']}`)).body['ownerId']).toBe(person)
    expect((await crm.call('GET', `/tasks/${other['id']}`)).body['ownerId']).toBe(userIdOf('admin'))
  })

  test('of a customer in the bin is cancelled', async () => {
    const id = await newCustomer()
    const task = await newTask(id)
    expect((await crm.call('DELETE', `/customers/${id}`, { ifMatch: 1 })).status).toBe(204)
    await settle(crm)
    expect(await taskOf(task)).toMatchObject({ state: 'cancelled', cancelReason: 'The customer file was put in the bin.' })
  })

  test('is not opened at the moment its customer goes to the bin', async () => {
    const ids = await Promise.all(Array.from({ length: 12 }, () => newCustomer()))
    await Promise.all(
      ids.flatMap((id) => [
        crm.call('POST', `/customers/${id}/tasks`, { as: 'admin', body: { title: 'Call', dueAt: START } }),
        crm.call('DELETE', `/customers/${id}`, { as: 'admin', ifMatch: 1 }),
      ]),
    )
    await settle(crm)
    for (const id of ids) {
      const { items } = await crm.table.query({ pk: `customer#${id.slice(4)}`, begins: 'task#', limit: 10 })
      expect(items.filter(({ state }) => state === 'open')).toEqual([])
    }
  })

  test('of a merged file goes to the bin with the surviving one', async () => {
    const [into, other] = [await newCustomer(), await newCustomer()]
    const theirs = await newTask(other)
    expect((await crm.call('POST', `/customers/${into}/merge`, { as: 'admin', body: { absorb: other, choose: {} } })).status).toBe(200)
    await settle(crm)
    await replay(crm)
    expect(await taskOf(theirs)).toMatchObject({ state: 'open' })
    const { version } = (await crm.call('GET', `/customers/${into}`, { as: 'admin' })).body
    expect((await crm.call('DELETE', `/customers/${into}`, { as: 'admin', ifMatch: version })).status).toBe(204)
    await settle(crm)
    expect(await taskOf(theirs)).toMatchObject({ state: 'cancelled' })
  })
})

describe('a churn warning', () => {
  test('becomes one visit on the next working morning, however often it is told, and a purchase takes it back', async () => {
    const id = await silentCustomer()
    await runJob(crm, 'warnings')
    await settle(crm)
    const [task, ...rest] = await tasksOf(id)
    expect(rest).toEqual([])
    expect(task).toMatchObject({
      cause: 'warning',
      ownerId: userIdOf('sales'),
      dueAt: '2026-11-18T09:00:00.000Z',
      valueAtStake: { currency: 'USD' },
    })
    expect(task?.['reason']).toContain('since the last purchase')
    await replay(crm)
    expect(await tasksOf(id)).toEqual([task])
    await crm.call('POST', `/customers/${id}/purchases`, {
      as: 'integration',
      body: { orderId: { id: `${id}-new` }, at: '2026-11-18T08:00:00Z', amount: { amount: 50_000, currency: 'USD' } },
    })
    await settle(crm)
    expect(await tasksOf(id)).toEqual([])
    expect(await taskOf(task)).toMatchObject({ state: 'cancelled', cancelReason: 'The customer bought again: the warning is cleared.' })
    await replay(crm)
    expect((await taskOf(task))['version']).toBe(2)
  })

  test('that ends while its visit is in the bin ends the visit there, so that whoever takes it out finds it cancelled', async () => {
    const id = await silentCustomer()
    await runJob(crm, 'warnings')
    await settle(crm)
    const [task] = await tasksOf(id)
    const removed = await crm.call('DELETE', `/tasks/${task?.['id']}`, { as: 'sales', ifMatch: 1 })
    expect(removed.status).toBe(204)
    await crm.call('POST', `/customers/${id}/purchases`, {
      as: 'integration',
      body: { orderId: { id: `${id}-new` }, at: '2026-11-18T08:00:00Z', amount: { amount: 50_000, currency: 'USD' } },
    })
    await settle(crm)
    const restored = await crm.call('POST', `/tasks/${task?.['id']}/restore`, { as: 'sales' })
    expect(restored.body).toMatchObject({ state: 'cancelled', cancelReason: 'The customer bought again: the warning is cleared.' })
    await replay(crm)
    expect(await taskOf(task)).toEqual(restored.body)
    expect(await tasksOf(id)).toEqual([])
  })

  test('visit that is done is not made again by a repeated warning; one that reached nobody is tried again', async () => {
    const id = await silentCustomer()
    await runJob(crm, 'warnings')
    await settle(crm)
    const [task] = await tasksOf(id)
    await crm.call('POST', `/tasks/${task?.['id']}/done`, { as: 'sales', body: { outcome: 'no_answer' } })
    await settle(crm)
    await replay(crm)
    expect(await tasksOf(id)).toEqual([])
    crm.clock.now = '2026-11-21T12:00:00.000Z'
    await runJob(crm, 'revisits')
    await settle(crm)
    const [next, ...rest] = await tasksOf(id)
    expect(rest).toEqual([])
    expect(next).toMatchObject({ cause: 'warning', sourceId: task?.['sourceId'], dueAt: '2026-11-23T09:00:00.000Z' })
  })

  test('that a person closes ends its visit with the reason', async () => {
    const id = await silentCustomer()
    await runJob(crm, 'warnings')
    await settle(crm)
    const [task] = await tasksOf(id)
    expect((await crm.call('POST', `/warnings/${task?.['sourceId']}/close`, { body: { outcome: 'false_alarm' } })).status).toBe(200)
    await settle(crm)
    expect(await taskOf(task)).toMatchObject({ state: 'cancelled', cancelReason: 'The warning was closed: false alarm.' })
  })
})

describe('many churn warnings at once', () => {
  test('are spread over working days with room, but the most critical, which is next morning’s', async () => {
    const { id: _i, version: _v, createdAt: _c, updatedAt: _u, ...rules } = (await crm.call('GET', '/revisit-policy')).body
    expect((await crm.call('POST', '/revisit-policy', { body: { ...rules, capacityPerDay: 2 } })).status).toBe(200)
    const owner = 'usr_0000000000000000000V:sales'
    const ids = []
    for (let n = 0; n < 5; n++) ids.push(await silentCustomer(owner))
    await runJob(crm, 'warnings')
    await settle(crm)
    const visits = (await Promise.all(ids.map((id) => tasksOf(id)))).flat()
    expect(visits.map(({ cause }) => cause)).toEqual(Array.from({ length: 5 }, () => 'warning'))
    const perDay = new Map<string, number>()
    for (const { dueAt } of visits) perDay.set(String(dueAt), (perDay.get(String(dueAt)) ?? 0) + 1)
    expect([...perDay.values()].sort()).toEqual([1, 2, 2])
    expect((await crm.call('POST', '/revisit-policy', { body: rules })).status).toBe(200)
  })
})

describe('the cadence of a tier', () => {
  const founding = { tier: 'black-gold', reason: 'Founding customer', until: '2027-06-30' }

  async function blackGold(as = 'sales'): Promise<string> {
    const id = await newCustomer(as)
    const { status, body } = await crm.call('POST', `/customers/${id}/tier/override`, { body: founding })
    expect(status, JSON.stringify(body)).toBe(200)
    await settle(crm)
    return id
  }
  const call = (id: string, more: object = {}) =>
    crm.call('POST', `/customers/${id}/interactions`, { body: { kind: 'call', direction: 'out', ...more } })

  test('plans a visit when nobody was in touch for its days, says why, and counts from a contact', async () => {
    const id = await blackGold()
    expect(await planOf(id)).toMatchObject({ tier: 'black-gold', everyDays: 14, nextAt: '2026-12-02T00:00:00.000Z' })
    crm.clock.now = '2026-11-25T15:00:00.000Z'
    expect((await call(id)).status).toBe(201)
    await settle(crm)
    expect(await planOf(id)).toMatchObject({ nextAt: '2026-12-09T00:00:00.000Z', countedFrom: 'contact' })
    crm.clock.now = '2026-12-02T01:00:00.000Z'
    await runJob(crm, 'revisits')
    expect(await tasksOf(id)).toEqual([])
    crm.clock.now = '2026-12-09T01:00:00.000Z'
    crm.spent.length = 0
    const run = await runJob(crm, 'revisits')
    expect(run.done).toBeGreaterThan(0)
    const [visit, ...rest] = await tasksOf(id)
    expect(rest).toEqual([])
    expect(visit).toMatchObject({
      cause: 'cadence',
      dueAt: '2026-12-09T09:00:00.000Z',
      reason: 'black-gold customers are contacted every 14 days; last contact 14 days ago',
    })
    await settle(crm)
    await replay(crm)
    await runJob(crm, 'revisits')
    expect(await tasksOf(id)).toHaveLength(1)
    await call(id, { outcome: 'no_answer' })
    await settle(crm)
    expect(await tasksOf(id)).toHaveLength(1)
    crm.clock.now = '2026-12-09T10:00:00.000Z'
    const { body: reached } = await call(id)
    await settle(crm)
    expect(await taskOf(visit)).toMatchObject({ state: 'done', outcome: 'reached', contactId: reached['id'] })
    expect(await planOf(id)).toMatchObject({ nextAt: '2026-12-23T00:00:00.000Z', lastContactAt: '2026-12-09T10:00:00.000Z' })
  })

  test('is counted from a visit that reached the customer, and left out once when a visit is cancelled', async () => {
    const id = await blackGold()
    crm.clock.now = '2026-12-02T01:00:00.000Z'
    await runJob(crm, 'revisits')
    const [first] = await tasksOf(id)
    crm.clock.now = '2026-12-03T10:00:00.000Z'
    await crm.call('POST', `/tasks/${first?.['id']}/done`, { as: 'sales', body: { outcome: 'sold' } })
    await settle(crm)
    expect((await planOf(id))['nextAt']).toBe('2026-12-17T00:00:00.000Z')
    crm.clock.now = '2026-12-17T01:00:00.000Z'
    await runJob(crm, 'revisits')
    const [second] = await tasksOf(id)
    await crm.call('POST', `/tasks/${second?.['id']}/cancel`, { as: 'sales', body: { reason: 'On holiday' } })
    await settle(crm)
    await runJob(crm, 'revisits')
    expect(await tasksOf(id)).toEqual([])
    expect((await planOf(id))['nextAt']).toBe('2026-12-31T00:00:00.000Z')
  })

  test('and a warning become one visit, which goes on when the warning ends', async () => {
    const id = await silentCustomer()
    await runJob(crm, 'warnings')
    await settle(crm)
    await crm.call('POST', `/customers/${id}/tier/override`, { body: founding })
    await settle(crm)
    crm.clock.now = '2026-12-03T01:00:00.000Z'
    await runJob(crm, 'revisits')
    const [visit, ...rest] = await tasksOf(id)
    expect(rest).toEqual([])
    const whole = await taskOf(visit)
    expect(whole).toMatchObject({ cause: 'warning', also: [{ cause: 'cadence' }], dueAt: '2026-11-18T09:00:00.000Z' })
    await crm.call('POST', `/warnings/${whole['sourceId']}/close`, { body: { outcome: 'saved' } })
    await settle(crm)
    expect(await taskOf(visit)).toMatchObject({ state: 'open', cause: 'cadence', also: [] })
    await replay(crm)
    expect(await tasksOf(id)).toHaveLength(1)
  })

  test('spreads a manager’s visits over working days, none beyond the day’s capacity', async () => {
    const policy = (await crm.call('GET', '/revisit-policy')).body
    const { id: _id, version: _version, createdAt: _created, updatedAt: _updated, ...rules } = policy
    expect((await crm.call('POST', '/revisit-policy', { body: { ...rules, capacityPerDay: 3 } })).status).toBe(200)
    const week = [{ days: [1, 2, 3, 4, 5], from: '09:00', to: '18:00' }]
    expect((await crm.call('POST', '/work-calendar', { body: { hours: week, daysOff: ['2026-12-03'] } })).status).toBe(200)
    const person = 'usr_0000000000000000000C:sales'
    const ids = []
    for (let n = 0; n < 8; n++) ids.push(await blackGold(person))
    crm.clock.now = '2026-12-02T01:00:00.000Z'
    await runJob(crm, 'revisits')
    const due = (await Promise.all(ids.map((id) => tasksOf(id))))
      .flat()
      .map((one) => String(one['dueAt']))
      .sort()
    // Wednesday, then no Thursday, then Friday and, after the weekend, Monday.
    expect(due.map((at) => at.slice(0, 10))).toEqual(['02', '02', '02', '04', '04', '04', '07', '07'].map((day) => `2026-12-${day}`))
    expect((await crm.call('POST', '/revisit-policy', { body: { ...rules }, ifMatch: 0 })).status).toBe(412)
    expect((await crm.call('POST', '/revisit-policy', { as: 'sales', body: { ...rules } })).status).toBe(403)
    const slip = await crm.call('POST', '/revisit-policy', { body: { ...rules, cadenceDays: { ...rules.cadenceDays, dimond: 7 } } })
    expect(slip.body['errors']).toMatchObject([{ path: 'cadenceDays.dimond', code: 'unknown' }])
    expect((await crm.call('POST', '/revisit-policy', { body: rules })).status).toBe(200)
    expect((await crm.call('POST', '/work-calendar', { body: { hours: week } })).status).toBe(200)
  })
})
