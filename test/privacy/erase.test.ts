import { inspect } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { expire, referral } from '../../domain/care/referral/index.ts'
import { routes } from '../../domain/index.ts'
import { eraseAgain } from '../../domain/data/privacy/index.ts'
import { allKinds, inspect as inspectPiece, step, type Finding } from '../../domain/data/upkeep/index.ts'
import { placeOf } from '../../domain/kernel/entity.ts'
import { keysOf } from '../../domain/kernel/id.ts'
import { invoke } from '../../domain/kernel/invoke.ts'
import type { Item } from '../../domain/kernel/table/table.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { replay, runJob, settle } from '../support/stream.ts'

/** In every text that is written about the person, so that a scan finds it wherever it went. */
const CANARY = 'zqcanaryqz'
let crm: Crm
let company: string
let referrer: string
let other: string
let number = 0
/** What the product logged. */
const logged: unknown[] = []

beforeAll(async () => {
  crm = await startCrm()
  company = (await post('/customers', { kind: 'company', name: 'Tea Ltd' })).id
  referrer = (await post('/customers', { name: 'Grace', emails: [{ address: 'grace@example.com' }] })).id
  other = (await post('/customers', { name: 'Bystander', emails: [{ address: 'by@example.com' }] })).id
  await buy(other, 1, 'Wrapped')
})

async function post(path: string, body: object, key?: string) {
  const answer = await crm.call('POST', path, { as: 'admin', body, ...(key && { key }) })
  logged.push(answer.status)
  if (answer.status > 299) throw new Error(`${path} ${JSON.stringify(answer.body)}`)
  return answer.body
}

const buy = (id: string, day: number, notes = `${CANARY} wants it wrapped`) =>
  post(`/customers/${id}/purchases`, {
    orderId: { system: 'shop', id: `o-${id.slice(-6)}-${day}` },
    at: `2026-11-${String(day).padStart(2, '0')}T10:00:00Z`,
    amount: { amount: 1000 + day, currency: 'USD' },
    notes,
  })

/** Somebody with something of everything that people write about a person. */
async function furnished(): Promise<{ id: string; email: string; key: string; ticketId: string; file: object }> {
  const email = `${CANARY}${++number}@example.com`
  await post(`/customers/${referrer}/referrals`, { email, note: `${CANARY} is a friend` })
  const key = `key-${number}`
  const file = {
    name: `Ada ${CANARY}`,
    familyName: CANARY,
    emails: [{ address: email }],
    phones: [{ number: `+4420794600${String(10 + number)}` }],
    addresses: [{ street: `1 ${CANARY} Street`, city: 'London', country: 'GB' }],
    messaging: [{ system: 'wechat', handle: `${CANARY}${number}` }],
    externalIds: [{ system: 'shop', id: `${CANARY}${number}` }],
    birthday: '1980-11-30',
    occupation: CANARY,
    interests: [CANARY],
    tags: ['vip'],
    notes: `About ${CANARY}`,
    source: `Met ${CANARY}`,
  }
  const { id } = await post('/customers', file, key)
  for (const day of [1, 9, 20]) await buy(id, day)
  await post(`/customers/${id}/interactions`, {
    kind: 'call',
    direction: 'in',
    subject: CANARY,
    body: `${CANARY} called`,
    occurredAt: '2026-11-20T10:00:00Z',
  })
  const ticket = await post(`/customers/${id}/tickets`, { subject: `${CANARY} asks`, channel: 'email', body: `It broke, ${CANARY}` })
  await post(`/tickets/${ticket.id}/messages`, { body: `Dear ${CANARY}` }, `reply-${number}`)
  await post(`/customers/${id}/tasks`, { title: `Call ${CANARY}`, dueAt: '2026-12-01T10:00:00Z' })
  await post(`/customers/${company}/contacts`, { personId: id, role: 'buyer', title: `${CANARY} of tea`, primary: true })
  await post(`/customers/${id}/consents`, {
    purpose: 'marketing',
    channels: ['email'],
    decision: 'given',
    how: 'form',
    textVersion: '1',
    evidence: CANARY,
  })
  await dismissed(id)
  return { id, email, key, ticketId: ticket.id, file }
}

/** Somebody else whose file looks like theirs, and was said not to be. */
async function dismissed(id: string): Promise<void> {
  await post('/customers', { name: 'Bea', birthday: '1980-11-30', phones: [{ number: `+120794600${String(10 + number)}` }] })
  await settle(crm)
  const { items: pairs } = (await crm.call('GET', '/duplicates', { as: 'admin' })).body
  const pair = pairs.find((one: { customerIds: string[] }) => one.customerIds.includes(id))
  await post(`/duplicates/${pair.id}/dismiss`, { why: `${CANARY} has a sister` })
  await settle(crm)
}

async function items(): Promise<Item[]> {
  const all: Item[] = []
  let after: Item | undefined
  do {
    const page = await crm.table.scan({ limit: 500, ...(after && { after }) })
    all.push(...page.items)
    after = page.last
  } while (after)
  return all
}

/** Every store that holds a trace, byte by byte: items as they lie in the table, files, and what was logged. */
async function traces(): Promise<string[]> {
  const places = (await items())
    .filter((item) => JSON.stringify(item).toLowerCase().includes(CANARY))
    .map((item) => `${String(item['pk'])} ${String(item['sk'])}`)
  const files = [...crm.files.kept].filter(([key, body]) => `${key}${Buffer.from(body).toString('latin1')}`.toLowerCase().includes(CANARY))
  const logs = inspect(logged, { depth: 9 }).toLowerCase().includes(CANARY) ? ['logs'] : []
  return [...places, ...files.map(([key]) => key), ...logs]
}

async function drift(): Promise<Finding[]> {
  const found: Finding[] = []
  let after: Item | undefined
  do {
    const read = await step(crm.table, 1_000, after)
    for (const piece of read.pieces) found.push(...(await inspectPiece(crm.table, allKinds(), piece, crm.clock.now)))
    after = read.after
  } while (after)
  return found
}

async function erased(id: string): Promise<string> {
  const preview = await post(`/customers/${id}/erase`, {})
  const { erasureId } = await post(`/customers/${id}/erase`, { token: preview.token, reason: 'request', reference: 'LETTER-7' })
  return erasureId
}

/** The rounds of an erasure, to its end. */
async function finished(erasureId: string): Promise<void> {
  for (let rounds = 0; rounds < 5; rounds++) {
    await runJob(crm, 'erasures')
    await settle(crm)
    crm.clock.now = new Date(Date.parse(crm.clock.now) + 21 * 60_000).toISOString()
  }
  expect((await crm.call('GET', `/erasures/${erasureId}`, { as: 'admin' })).body).toMatchObject({ state: 'done' })
}

const versionOf = async (id: string): Promise<number> => (await crm.call('GET', `/customers/${id}`, { as: 'admin' })).body['version']

/** What no erasure may change: sums of all customers together, and how many events there are. */
async function totals() {
  const all = await items()
  const live = (noun: string) => all.filter((item) => item['noun'] === noun && item['ev'] !== undefined)
  const sum = (noun: string, value: (item: Item) => number) => live(noun).reduce((total, item) => total + value(item), 0)
  return {
    spent: sum('purchase', (item) => (item['amount'] as { amount: number }).amount),
    net: sum('history', (item) => Number(item['net'])),
    purchases: live('purchase').length,
    tickets: live('ticket').length,
    cells: all
      .filter((item) => String(item['pk']).startsWith('statistics') && item['n'] !== undefined)
      .map(({ pk, sk, n }) => ({ pk, sk, n })),
  }
}

describe('an erasure', () => {
  test('shows first what goes and what stays, and takes no other token', async () => {
    const { id } = await furnished()
    const preview = await post(`/customers/${id}/erase`, {})
    expect(preview).toMatchObject({ step: 'preview', counted: 'all' })
    const purchase = preview.kinds.find((one: { noun: string }) => one.noun === 'purchase')
    expect(purchase).toMatchObject({
      records: 3,
      goes: expect.arrayContaining(['notes', 'returns']),
      stays: expect.arrayContaining(['at', 'amount']),
    })
    const ask = (body: object, as = 'admin') => crm.call('POST', `/customers/${id}/erase`, { as, body })
    expect((await ask({ token: preview.token })).body).toMatchObject({ status: 400, code: 'erasure.needs_reason' })
    expect((await ask({ token: 'x.y', reason: 'request' })).body).toMatchObject({ status: 409, code: 'erasure.preview_outdated' })
    expect((await ask({}, 'manager')).status).toBe(403)
    expect(
      (await crm.call('PATCH', `/customers/${id}`, { as: 'admin', ifMatch: await versionOf(id), body: { occupation: 'Poet' } })).status,
    ).toBe(200)
    expect((await ask({ token: preview.token, reason: 'request' })).body).toMatchObject({ status: 409 })
    expect((await crm.call('GET', `/customers/${id}`, { as: 'admin' })).status).toBe(200)
    await finished(await erased(id))
  })

  test('leaves no trace in any store, every total, a log without a gap; replay does not bring the person back', async () => {
    const { id } = await furnished()
    const archive = await post(`/customers/${id}/archives`, {})
    await runJob(crm, 'archives')
    expect((await crm.call('GET', `/archives/${archive.id}`, { as: 'admin' })).body['state']).toBe('ready')
    await settle(crm)
    const before = await totals()
    expect((await traces()).length).toBeGreaterThan(20)
    const events = (await items()).filter((item) => String(item['sk']).startsWith('log#')).length
    await finished(await erased(id))
    expect(await traces()).toEqual([])
    expect(await totals()).toEqual(before)
    expect((await items()).filter((item) => String(item['sk']).startsWith('log#')).length).toBeGreaterThan(events)
    await replay(crm)
    expect(await traces()).toEqual([])
    expect(await totals()).toEqual(before)
    crm.clock.now = new Date(Date.parse(crm.clock.now) + 3_600_000).toISOString()
    expect(await drift()).toEqual([])
  })

  test('answers 410 ever after, for the id, every record and every way to write, and to the request that opened the file', async () => {
    const { id, key, email, ticketId, file } = await furnished()
    expect((await crm.call('POST', '/customers', { as: 'admin', key, body: file })).headers['idempotent-replayed']).toBe('true')
    await finished(await erased(id))
    const gone = (answer: { status: number }) => expect(answer.status).toBe(410)
    gone(await crm.call('GET', `/customers/${id}`, { as: 'admin' }))
    gone(await crm.call('GET', `/tickets/${ticketId}`, { as: 'service' }))
    gone(await crm.call('PATCH', `/tickets/${ticketId}`, { as: 'admin', ifMatch: 1, body: { priority: 'high' } }))
    const now = await crm.table.get({ pk: `customer#${id.slice(4)}`, sk: `ticket#${ticketId.slice(24)}` })
    gone(await crm.call('PATCH', `/tickets/${ticketId}`, { as: 'admin', ifMatch: Number(now?.['version']), body: { subject: 'Back' } }))
    gone(await crm.call('POST', `/customers/${id}/restore`, { as: 'admin', body: {} }))
    const ways = routes.filter((route) => route.path.startsWith('/customers/{id}/') && route.method === 'GET')
    for (const { path } of ways) {
      const answer = await crm.call('GET', path.replace('{id}', id), { as: 'admin' })
      expect({ path, status: answer.status === 400 ? 410 : answer.status }).toEqual({ path, status: 410 })
    }
    const order = { orderId: { system: 'shop', id: 'late' }, at: '2026-11-21T10:00:00Z', amount: { amount: 5, currency: 'USD' } }
    gone(await crm.call('POST', `/customers/${id}/purchases`, { as: 'admin', body: order }))
    gone(await crm.call('POST', `/customers/${id}/tickets`, { as: 'admin', body: { subject: 'x', channel: 'email', body: 'y' } }))
    gone(await crm.call('POST', '/customers', { as: 'admin', key, body: file }))
    // The address is free: who comes back is somebody new.
    expect(
      (await crm.call('POST', '/customers', { as: 'admin', body: { name: 'New', emails: [{ address: email.replace(CANARY, 'back') }] } }))
        .status,
    ).toBe(201)
  })

  test('is heard of by who sends a call about many again, wherever in its answer the person stood', async () => {
    const bodies = Array.from({ length: 60 }, (_, at) => ({ name: at === 59 ? `Last ${CANARY}` : `One of many ${at}` }))
    const body = { operations: bodies.map((one) => ({ method: 'POST', path: '/customers', body: one })) }
    const call = () => crm.call('POST', '/bulk', { as: 'admin', key: 'many', body })
    const { results } = (await call()).body
    expect(await call()).toMatchObject({ status: 207, headers: { 'idempotent-replayed': 'true' } })
    await finished(await erased(results[59].id))
    expect((await call()).body).toMatchObject({ status: 410, code: 'customer.erased' })
    expect(await traces()).toEqual([])
  })

  test('is done again after a restore to a time before it', async () => {
    const { id } = await furnished()
    const kept = (await items()).filter((item) => String(item['pk']) === placeOf({ noun: 'customer', home: 'workspace' }, id).pk)
    await finished(await erased(id))
    // The partition as the backup has it, and no erasure: that was later.
    for (const item of kept) await crm.table.write({ put: item })
    await crm.table.write({ delete: { pk: `erasure#${id.slice(4)}`, sk: 'erasure' } })
    expect((await crm.call('GET', `/customers/${id}`, { as: 'admin' })).status).toBe(200)
    const { begun } = await eraseAgain(crm.ctx())
    expect(begun).toBe(1)
    await finished(`ers_${id.slice(4)}`)
    expect(await traces()).toEqual([])
    expect((await crm.call('GET', `/customers/${id}`, { as: 'admin' })).status).toBe(410)
    expect(await eraseAgain(crm.ctx())).toMatchObject({ begun: 0 })
  })

  test('empties what is written at the very moment by who had read the file before', async () => {
    const { id } = await furnished()
    const erasureId = await erased(id)
    await runJob(crm, 'erasures')
    const { pk } = placeOf({ noun: 'customer', home: 'workspace' }, id)
    const late = { pk, sk: `interaction#${'Z'.repeat(20)}`, id: `int_${id.slice(4)}${'Z'.repeat(20)}`, noun: 'interaction', version: 1 }
    const ev = { type: 'interaction.recorded', actor: 'x', action: 'x', request: 'x', write: 1, at: crm.clock.now }
    const times = { createdAt: crm.clock.now, updatedAt: crm.clock.now }
    await crm.table.write({
      put: { ...late, ...times, ev, kind: 'note', subject: CANARY, occurredAt: crm.clock.now, contact: false, byId: 'x' },
    })
    await finished(erasureId)
    expect(await traces()).toEqual([])
    expect(await crm.table.get({ pk, sk: late.sk })).toMatchObject({ erasedAt: expect.any(String), kind: 'note' })
  })

  test('finds what other people hold of a file that was merged into it, and what an undone merge had copied', async () => {
    const { id } = await furnished()
    const survivor = (await post('/customers', { name: 'Survivor' })).id
    const merged = await post(`/customers/${survivor}/merge`, { absorb: id })
    await settle(crm)
    await finished(await erased(survivor))
    expect(await traces()).toEqual([])
    expect(merged.state).toBe('standing')

    const { id: other } = await furnished()
    const bystander = (await post('/customers', { name: 'By the way' })).id
    const undone = await post(`/customers/${bystander}/merge`, { absorb: other })
    await post(`/merges/${undone.id}/undo`, {})
    await settle(crm)
    await finished(await erased(other))
    expect(await traces()).toEqual([])
    expect((await crm.call('GET', `/customers/${bystander}`, { as: 'admin' })).status).toBe(200)
  })

  test('comes to its end also of somebody whose referrer is erased at the same time; their referral is written no more', async () => {
    const { id: friend } = await post('/customers', { name: `Friend ${CANARY}` })
    const email = `${CANARY}-referred@example.com`
    const { id: referralId } = await post(`/customers/${friend}/referrals`, { email, note: `${CANARY} is a friend` })
    const { id } = await post('/customers', { name: CANARY, emails: [{ address: email }] })
    const [theirs, own] = [await erased(friend), await erased(id)]
    await finished(theirs)
    await finished(own)
    expect(await traces()).toEqual([])
    const place = placeOf(referral, referralId)
    const emptied = await crm.table.get(place)
    expect(emptied).toMatchObject({ erasedAt: expect.any(String), state: 'open' })
    // The index of what is due follows late: it may name the referral still.
    const [now, late] = [crm.clock.now, '2028-01-01T00:00:00.000Z']
    crm.clock.now = late
    await invoke(expire, crm.ctx('referral.expire'), { id: referralId, at: late })
    crm.clock.now = now
    expect(await crm.table.get(place)).toEqual(emptied)
  })

  test('leaves no trace in a referral that had come to nothing before: expired, cancelled or void', async () => {
    const started = crm.clock.now
    const { id: friend } = await post('/customers', { name: 'A friend of all' })
    const people: string[] = []
    const referrals: string[] = []
    for (const why of ['expired', 'cancelled', 'void']) {
      const email = `${CANARY}-${why}@example.com`
      referrals.push((await post(`/customers/${friend}/referrals`, { email, note: `${CANARY} is a friend` })).id)
      people.push((await post('/customers', { name: CANARY, emails: [{ address: email }] })).id)
    }
    await post(`/referrals/${referrals[1]}/cancel`, { reason: 'By mistake' })
    // Who referred them turns out to have come by way of them.
    await post(`/customers/${people[2]}/referrals`, { customerId: friend })
    await post(`/customers/${people[2]}/purchases`, {
      orderId: { system: 'shop', id: 'circle' },
      at: crm.clock.now,
      amount: { amount: 1_000, currency: 'USD' },
    })
    await settle(crm)
    crm.clock.now = new Date(Date.parse(started) + 100 * 86_400_000).toISOString()
    await runJob(crm, 'referrals')
    const states = referrals.map(async (id) => (await crm.call('GET', `/referrals/${id}`, { as: 'admin' })).body['state'])
    expect(await Promise.all(states)).toEqual(['expired', 'cancelled', 'void'])
    for (const id of people) await finished(await erased(id))
    expect(await traces()).toEqual([])
    crm.clock.now = started
  })

  test('of a company takes it out of all who work there, however many', async () => {
    const { id } = await post('/customers', { kind: 'company', name: `${CANARY} Ltd` })
    const stamp = { version: 1, createdAt: crm.clock.now, updatedAt: crm.clock.now }
    const ev = { type: 'contact.added', actor: 'x', action: 'x', request: 'x', write: 1, at: crm.clock.now, quiet: true }
    const own = keysOf(id).first
    const people = Array.from({ length: 700 }, (_, n) => `${String(n).padStart(19, '0')}P`)
    const part = (pk: string, noun: string, sk: string, more: object) => ({
      put: {
        pk: `customer#${pk}`,
        sk: `${noun}#${sk}`,
        id: `${noun.slice(0, 3)}_${pk}${sk}`,
        noun,
        role: 'user',
        title: CANARY,
        ...stamp,
        ev,
        ...more,
      },
    })
    await crm.table.writeEach(
      people.flatMap((person) => [
        part(own, 'contact', person, { personId: `cus_${person}`, primary: false }),
        part(person, 'employer', own, { companyId: id }),
      ]),
    )
    await finished(await erased(id))
    expect(await traces()).toEqual([])
  })
})
