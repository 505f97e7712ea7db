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

async function newCustomer(file: object = {}, tier?: string): Promise<string> {
  const { body, status } = await crm.call('POST', '/customers', { as: 'sales', body: { name: `Customer ${++made}`, ...file } })
  expect(status, JSON.stringify(body)).toBe(201)
  if (tier) await crm.call('POST', `/customers/${body['id']}/tier/override`, { body: { tier, reason: 'Test', until: '2028-12-30' } })
  return body['id']
}

const tasksOf = async (id: string): Promise<Reply['body'][]> => (await crm.call('GET', `/customers/${id}/tasks`)).body['items']
const setPolicy = (occasions: object[], more: object = {}) =>
  crm.call('POST', '/greeting-policy', { body: { occasions, leapDay: 'february_28', ...more } })

async function greetingsAt(now: string): Promise<void> {
  crm.clock.now = now
  await Promise.all([runJob(crm, 'greetings'), runJob(crm, 'greetings')])
  await settle(crm)
}

async function festivalsAt(now: string): Promise<number> {
  crm.clock.now = now
  await runJob(crm, 'festivals')
  let seen = 0
  // The job is run again while there are pages left.
  for (let round = await runJob(crm, 'festival-pages'); round.seen > 0; round = await runJob(crm, 'festival-pages')) seen += round.seen
  await settle(crm)
  return seen
}

describe('a birthday', () => {
  test('becomes one task in time, in the customer’s language and by their channel, however often anything is told', async () => {
    const id = await newCustomer(
      { kind: 'person', name: '陳大文', birthday: '1985-11-29', language: 'zh-HK', preferredChannel: 'phone' },
      'diamond',
    )
    await settle(crm)
    const { items } = (await crm.call('GET', `/customers/${id}/greetings`, { as: 'sales' })).body
    const birthday = items.find((one: { occasion: string }) => one.occasion === 'birthday')
    expect(birthday).toMatchObject({
      day: '2026-11-29',
      preparedOn: '2026-11-26',
      applies: true,
      language: 'zh-Hant',
      channel: 'phone',
      text: '陳大文，祝您生日快樂，新的一歲平安順遂！',
    })
    await greetingsAt('2026-11-25T23:00:00.000Z')
    expect(await tasksOf(id)).toEqual([])
    await greetingsAt('2026-11-26T00:30:00.000Z')
    const [task, ...rest] = await tasksOf(id)
    expect(rest).toEqual([])
    expect(task).toMatchObject({
      cause: 'greeting',
      title: 'Birthday 2026-11-29',
      ownerId: userIdOf('sales'),
      dueAt: '2026-11-26T09:00:00.000Z',
      reason: 'By phone, in zh-Hant: “陳大文，祝您生日快樂，新的一歲平安順遂！”',
    })
    await replay(crm)
    await crm.call('PATCH', `/customers/${id}`, { body: { birthday: '1985-11-28' }, ifMatch: 1 })
    await settle(crm)
    await greetingsAt('2026-11-27T00:30:00.000Z')
    expect(await tasksOf(id)).toHaveLength(1)
    await greetingsAt('2027-11-25T12:00:00.000Z')
    expect(await tasksOf(id)).toHaveLength(2)
  })

  test('by the Chinese calendar is greeted on its day there, and moves when that is said', async () => {
    await setPolicy([{ occasion: 'birthday', daysAhead: 3, as: 'task' }])
    // The 15th of the 10th month; in 2026 that is 23 November.
    const id = await newCustomer({ kind: 'person', birthday: '1985-11-26', birthdayCalendar: 'lunar' })
    const shown = async () => (await crm.call('GET', `/customers/${id}/greetings`)).body['items'][0]
    expect(await shown()).toMatchObject({ occasion: 'birthday', day: '2026-11-23' })
    await settle(crm)
    await greetingsAt('2026-11-20T00:30:00.000Z')
    expect(await tasksOf(id)).toMatchObject([{ title: 'Birthday 2026-11-23' }])
    const { body: file } = await crm.call('GET', `/customers/${id}`)
    await crm.call('PATCH', `/customers/${id}`, { body: { birthdayCalendar: 'gregorian' }, ifMatch: file['version'] })
    await settle(crm)
    // Greeted this year: by the other calendar it is next year's turn.
    expect(await shown()).toMatchObject({ day: '2027-11-26' })
  })

  test('at the weekend is greeted on the last working day before it', async () => {
    await setPolicy([{ occasion: 'birthday', daysAhead: 1, as: 'task' }])
    const id = await newCustomer({ kind: 'person', birthday: '1980-12-06' })
    await settle(crm)
    // Sunday 6 December: prepared on Saturday, when only Monday is left; a day earlier there would be Friday.
    await greetingsAt('2026-12-05T12:00:00.000Z')
    expect((await tasksOf(id))[0]).toMatchObject({ dueAt: '2026-12-07T09:00:00.000Z' })
    await setPolicy([{ occasion: 'birthday', daysAhead: 20, as: 'task' }])
    crm.clock.now = START
    const other = await newCustomer({ kind: 'person', birthday: '1980-12-06' })
    await settle(crm)
    await greetingsAt('2026-12-03T12:00:00.000Z')
    expect((await tasksOf(other))[0]?.['dueAt']).toBe('2026-12-04T09:00:00.000Z')
  })

  test('of who is not of a tier that is greeted, has left, or has none, makes nothing', async () => {
    await setPolicy([{ occasion: 'birthday', tiers: ['diamond'], daysAhead: 3, as: 'task' }])
    const low = await newCustomer({ kind: 'person', birthday: '1980-11-20' }, 'crystal')
    const gone = await newCustomer({ kind: 'person', birthday: '1980-11-20' }, 'diamond')
    const none = await newCustomer({}, 'diamond')
    await crm.call('DELETE', `/customers/${gone}`, { ifMatch: 1 })
    await settle(crm)
    await greetingsAt('2026-11-19T00:30:00.000Z')
    for (const id of [low, none]) expect(await tasksOf(id)).toEqual([])
    await crm.call('POST', `/customers/${gone}/restore`)
    expect(await tasksOf(gone)).toEqual([])
    await settle(crm)
    await greetingsAt('2026-11-19T01:00:00.000Z')
    // Back in time for the day.
    expect(await tasksOf(gone)).toHaveLength(1)
    const { items } = (await crm.call('GET', `/customers/${low}/greetings`)).body
    expect(items).toMatchObject([{ applies: false, because: 'for diamond only' }])
    crm.spent.length = 0
    await greetingsAt('2026-11-19T01:30:00.000Z')
    expect(crm.spent.reduce((sum, one) => sum + one.writeUnits, 0)).toBe(0)
  })

  test('can become a message for the channel that sends, told as an event without its words', async () => {
    await setPolicy([{ occasion: 'birthday', daysAhead: 0, as: 'message', texts: { en: 'Cheers, {name}!' } }])
    const address = `a${made}@example.com`
    const id = await newCustomer({ kind: 'person', name: 'Ada', birthday: '1980-11-20', emails: [{ address }] })
    const silent = await newCustomer({ kind: 'person', name: 'Bo', birthday: '1980-11-20', emails: [{ address: `b${made}@example.com` }] })
    const said = { purpose: 'greeting', channels: ['email'], decision: 'given', how: 'form', textVersion: '1' }
    expect((await crm.call('POST', `/customers/${id}/consents`, { body: said })).status).toBe(200)
    expect((await crm.call('GET', `/customers/${silent}/greetings`)).body['items']).toMatchObject([
      { applies: false, because: 'no consent' },
    ])
    await settle(crm)
    crm.clock.now = '2026-11-20T00:30:00.000Z'
    await runJob(crm, 'greetings')
    const { published } = await settle(crm)
    const [told, ...others] = published.filter((one) => one.type === 'wish.written')
    expect(others).toEqual([])
    expect(told?.data).toMatchObject({
      customerId: id,
      changed: { occasion: { to: 'birthday' }, channel: { to: 'email' }, text: 'private' },
    })
    expect(await tasksOf(id)).toEqual([])
    await sent(id, String(told?.data.recordId), address)
  })
})

/** A greeting goes out as the company's mailer does it: found, looked at, sent, told. */
async function sent(customerId: string, wishId: string, to: string): Promise<void> {
  const path = `/greeting-messages/${wishId}`
  const waiting = async (state = 'ready') =>
    (await crm.call('GET', `/greeting-messages?state=${state}`, { as: 'integration' })).body['items'].map(({ id }: { id: string }) => id)
  const timeline = async () => (await crm.call('GET', `/customers/${customerId}/timeline`)).body['items']
  expect(await waiting()).toEqual([wishId])
  expect((await crm.call('GET', '/greeting-messages', { as: 'sales' })).status).toBe(403)
  expect((await crm.call('GET', path, { as: 'integration' })).body).toMatchObject({ text: 'Cheers, Ada!', allowed: true, to })
  const consented = (decision: string) =>
    crm.call('POST', `/customers/${customerId}/consents`, {
      body: { purpose: 'greeting', channels: ['email'], decision, how: 'form', textVersion: '1' },
    })
  await consented('withdrawn')
  expect((await crm.call('GET', path)).body).toMatchObject({ allowed: false, because: expect.any(String) })
  await consented('given')
  const tell = (body: object) => crm.call('POST', `${path}/outcome`, { as: 'integration', body })
  expect((await tell({ outcome: 'sent', at: '2027-01-01T00:00:00.000Z' })).status).toBe(400)
  expect(await timeline()).toEqual([])
  crm.forget()
  const answers = await Promise.all([tell({ outcome: 'sent' }), tell({ outcome: 'sent' })])
  expect(answers.map(({ status }) => status)).toEqual([200, 200])
  expect(answers[0]?.body).toEqual(answers[1]?.body)
  expect(await timeline()).toMatchObject([{ kind: 'interaction', title: 'Greeting: birthday' }])
  expect((await tell({ outcome: 'not_sent' })).body).toMatchObject({ status: 409, code: 'greeting_message.told' })
  expect([await waiting(), await waiting('sent')]).toEqual([[], [wishId]])
  await settle(crm)
  await replay(crm)
  expect(await timeline()).toHaveLength(1)
}

test('the anniversary of the first purchase is greeted from the year after it on', async () => {
  await setPolicy([{ occasion: 'anniversary', daysAhead: 3, as: 'task' }])
  const id = await newCustomer({ name: 'Silk Ltd', kind: 'company' })
  const buy = (at: string) =>
    crm.call('POST', `/customers/${id}/purchases`, {
      body: { orderId: { id: `o-${++made}` }, at, amount: { amount: 500, currency: 'USD' } },
    })
  await buy('2024-11-25T10:00:00Z')
  await settle(crm)
  await greetingsAt('2026-11-22T06:00:00.000Z')
  expect((await tasksOf(id))[0]).toMatchObject({
    title: 'Customer anniversary 2026-11-25',
    reason: expect.stringContaining('it is 2 years since your first purchase'),
  })
})

test('the anniversary follows the first purchase when that is binned or taken out again', async () => {
  await setPolicy([{ occasion: 'anniversary', daysAhead: 3, as: 'task' }])
  const id = await newCustomer({ name: 'Silk Ltd', kind: 'company' })
  const buy = async (at: string) =>
    (
      await crm.call('POST', `/customers/${id}/purchases`, {
        body: { orderId: { id: `o-${++made}` }, at, amount: { amount: 500, currency: 'USD' } },
      })
    ).body as { id: string }
  const first = await buy('2024-11-25T10:00:00Z')
  await buy('2025-11-27T10:00:00Z')
  await settle(crm)
  expect((await crm.call('DELETE', `/purchases/${first.id}`, { ifMatch: 1 })).status).toBe(204)
  await settle(crm)
  await greetingsAt('2026-11-22T06:00:00.000Z')
  expect(await tasksOf(id)).toEqual([])
  expect((await crm.call('POST', `/purchases/${first.id}/restore`)).status).toBe(200)
  await settle(crm)
  await greetingsAt('2026-11-22T06:00:00.000Z')
  expect(await tasksOf(id)).toMatchObject([{ title: 'Customer anniversary 2026-11-25' }])
})

describe('a festival', () => {
  test('greets the customers of a tier, page after page, each once, at a cost that follows the tier and not the workspace', async () => {
    await setPolicy([{ occasion: 'spring_festival', tiers: ['platinum'], languages: ['zh'], daysAhead: 7, as: 'task' }])
    const ids: string[] = []
    for (let n = 0; n < 120; n++) ids.push(await newCustomer({ language: n % 2 ? 'zh-CN' : 'zh-TW' }, 'platinum'))
    const english = await newCustomer({ language: 'en' }, 'platinum')
    const gold = await newCustomer({ language: 'zh' }, 'gold')
    await settle(crm)
    expect(await festivalsAt('2027-01-29T23:00:00.000Z')).toBe(0)
    crm.spent.length = 0
    // 6 February 2027 is the new year: seven days before it the greetings are prepared.
    expect(await festivalsAt('2027-01-30T06:00:00.000Z')).toBe(3)
    const queries = crm.spent.filter((one) => one.call === 'Scan')
    expect(queries).toEqual([])
    const tasks = await Promise.all(ids.map(tasksOf))
    expect(tasks.map((one) => one.length)).toEqual(ids.map(() => 1))
    const due = tasks.map(([one]) => String(one?.['dueAt']))
    // Levelled over the working days before the festival, none after Friday the 5th.
    expect([...new Set(due.map((at) => at.slice(0, 10)))].sort()).toEqual([
      '2027-02-01',
      '2027-02-02',
      '2027-02-03',
      '2027-02-04',
      '2027-02-05',
    ])
    expect(due.filter((at) => at.startsWith('2027-02-01')).length).toBe(12)
    expect(tasks[1]?.[0]).toMatchObject({ title: 'Spring Festival 2027-02-06', reason: expect.stringContaining('in zh-Hans: “Customer') })
    expect(await tasksOf(english)).toEqual([])
    expect(await tasksOf(gold)).toEqual([])
    await replay(crm)
    expect(await festivalsAt('2027-01-31T06:00:00.000Z')).toBe(0)
    expect((await Promise.all(ids.map(tasksOf))).flat()).toHaveLength(120)
  }, 120_000)

  test('is listed with its day and its names', async () => {
    const { items } = (await crm.call('GET', '/festivals?year=2027', { as: 'sales' })).body
    expect(items).toContainEqual({
      occasion: 'spring_festival',
      day: '2027-02-06',
      name: { en: 'Spring Festival', 'zh-Hant': '春節', 'zh-Hans': '春节' },
    })
    expect(items.map((one: { day: string }) => one.day)).toEqual(items.map((one: { day: string }) => one.day).sort())
  })
})

test('a policy that greets an occasion twice, or too far ahead, is refused', async () => {
  const birthday = { occasion: 'birthday', daysAhead: 3, as: 'task' }
  expect((await setPolicy([birthday, birthday])).body['errors']).toMatchObject([
    { path: 'occasions', message: 'an occasion is given twice' },
  ])
  expect((await setPolicy([{ ...birthday, tiers: ['gold', 'goldd'] }])).body['errors']).toMatchObject([
    { path: 'occasions.0.tiers.1', code: 'unknown', message: expect.stringContaining('There is no tier goldd') },
  ])
  expect((await setPolicy([{ ...birthday, daysAhead: 31 }])).status).toBe(400)
  expect((await setPolicy([{ ...birthday, occasion: 'name_day' }])).status).toBe(400)
  expect((await crm.call('POST', '/greeting-policy', { as: 'sales', body: { occasions: [], leapDay: 'march_1' } })).status).toBe(403)
})
