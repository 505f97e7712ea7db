import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { follow } from '../../domain/care/referral/index.ts'
import { invoke } from '../../domain/kernel/invoke.ts'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'
import { replay, runJob, settle } from '../support/stream.ts'

const START = '2026-11-22T09:00:00.000Z'
let crm: Crm
let made = 0
beforeAll(async () => {
  crm = await startCrm({ now: START })
  await crm.call('POST', '/points-programme', {
    body: {
      active: true,
      startsOn: '2026-01-01',
      points: 1,
      per: { amount: 1_000_000, currency: 'USD' },
      rounding: 'down',
      tiers: [],
      channels: [],
      skus: [],
      referral: { windowDays: 90, valueDays: 365, referrerPoints: 500, referredPoints: 200 },
    },
  })
})
beforeEach(() => {
  crm.clock.now = START
  crm.forget()
})

async function customer(more: object = {}): Promise<string> {
  const { body, status } = await crm.call('POST', '/customers', { body: { name: `Customer ${++made}`, ...more } })
  expect(status, JSON.stringify(body)).toBe(201)
  return body['id']
}
const email = (): string => `friend${++made}@example.com`
const known = (address: string): object => ({ emails: [{ address, primary: true }] })
async function buys(id: string, dollars: number, at = crm.clock.now): Promise<string> {
  const { body, status } = await crm.call('POST', `/customers/${id}/purchases`, {
    body: { orderId: { id: `o${++made}` }, at, amount: { amount: dollars * 100, currency: 'USD' } },
  })
  expect(status, JSON.stringify(body)).toBe(201)
  return body['id']
}
const refer = (id: string, body: object, more = {}): Promise<Reply> => crm.call('POST', `/customers/${id}/referrals`, { body, ...more })
const one = async (id: string): Promise<Reply['body']> => (await crm.call('GET', `/referrals/${id}`)).body
const valueOf = async (id: string): Promise<Reply['body']> => (await crm.call('GET', `/customers/${id}/word-of-mouth`)).body
const balanceOf = async (id: string): Promise<number> => (await crm.call('GET', `/customers/${id}/points`)).body['balance']

async function merges(id: string, absorb: string): Promise<string> {
  const { body, status } = await crm.call('POST', `/customers/${id}/merge`, { body: { absorb, choose: {} } })
  expect(status, JSON.stringify(body)).toBe(200)
  crm.forget()
  return body['id']
}

describe('a referral', () => {
  test('of an address is claimed by the first purchase of who has it later, once however often it is told', async () => {
    const ada = await customer()
    const address = email()
    const { body, status } = await refer(ada, { email: address.toUpperCase(), note: 'A colleague' })
    expect(status, JSON.stringify(body)).toBe(201)
    expect(body).toMatchObject({ state: 'open', expiresAt: '2027-02-20T09:00:00.000Z' })
    crm.clock.now = '2026-12-01T09:00:00.000Z'
    const grace = await customer(known(address))
    const first = await buys(grace, 120)
    const { published } = await settle(crm)
    await replay(crm)
    expect(published.map(({ type }) => type)).toEqual(expect.arrayContaining(['referral.claimed', 'word_of_mouth.changed']))
    expect(await one(body['id'])).toMatchObject({
      state: 'claimed',
      referredId: grace,
      purchases: 1,
      net: 12_000,
      claim: { purchaseId: first, stands: true, countsUntil: '2027-12-01T09:00:00.000Z' },
    })
    expect(await valueOf(ada)).toMatchObject({
      referred: 1,
      purchases: 1,
      net: { amount: 12_000, currency: 'USD' },
      words: '1 person referred bought, 1 purchase for $120.00 net within their periods.',
    })
    expect([await balanceOf(ada), await balanceOf(grace)]).toEqual([500, 200])
    const [entry] = (await crm.call('GET', `/customers/${ada}/points/entries`)).body['items']
    expect(entry).toMatchObject({ kind: 'earn', points: 500, sourceId: body['id'] })
  })

  test('is worth what the one referred buys in their period, less what they give back', async () => {
    const [ada, grace] = [await customer(), await customer()]
    const { body } = await refer(ada, { customerId: grace })
    const first = await buys(grace, 100)
    await settle(crm)
    crm.clock.now = '2027-05-01T09:00:00.000Z'
    const second = await buys(grace, 50)
    await buys(grace, 7, '2026-12-24T10:00:00Z')
    crm.clock.now = '2028-05-01T09:00:00.000Z'
    await buys(grace, 999)
    await settle(crm)
    expect(await valueOf(ada)).toMatchObject({ referred: 1, purchases: 3, net: { amount: 15_700 } })
    await crm.call('POST', `/purchases/${second}/returns`, { body: { returnId: 'r1', amount: { amount: 2_000, currency: 'USD' } } })
    await settle(crm)
    expect(await valueOf(ada)).toMatchObject({ purchases: 3, net: { amount: 13_700 } })
    await crm.call('POST', `/purchases/${first}/returns`, { body: { returnId: 'r2' } })
    await settle(crm)
    await replay(crm)
    expect(await valueOf(ada)).toMatchObject({ referred: 1, purchases: 2, net: { amount: 3_700 } })
    expect((await one(body['id']))['claim'].stands).toBe(false)
    expect([await balanceOf(ada), await balanceOf(grace)]).toEqual([0, 0])
  })

  test('lapses with its window, and the person may be referred by another', async () => {
    const [ada, bob, grace] = [await customer(), await customer(), await customer()]
    const { body } = await refer(ada, { customerId: grace })
    expect((await refer(bob, { customerId: grace })).body).toMatchObject({ status: 409, code: 'referral.taken', existingId: body['id'] })
    crm.clock.now = '2027-02-21T09:00:00.000Z'
    expect((await runJob(crm, 'referrals')).seen).toBe(0)
    const late = await buys(grace, 10)
    await settle(crm)
    expect(await one(body['id'])).toMatchObject({ state: 'open' })
    crm.clock.now = '2027-02-23T09:00:01.000Z'
    await runJob(crm, 'referrals')
    expect(await one(body['id'])).toMatchObject({ state: 'expired' })
    const shown = await crm.call('GET', `/purchases/${late}`)
    await crm.call('DELETE', `/purchases/${late}`, { ifMatch: shown.body['version'] })
    expect((await refer(bob, { customerId: grace })).status).toBe(201)
  })

  test('counts a purchase of the window that is told a day after it', async () => {
    const [ada, grace] = [await customer(), await customer()]
    const { body } = await refer(ada, { customerId: grace })
    crm.clock.now = '2027-02-21T09:00:00.000Z'
    await buys(grace, 10, '2027-02-20T08:59:00Z')
    await settle(crm)
    expect(await one(body['id'])).toMatchObject({ state: 'claimed', net: 1_000 })
  })

  test('is refused for oneself, for who has bought, for who is not there, and for two people at once', async () => {
    const address = email()
    const ada = await customer(known(address))
    expect((await refer(ada, { customerId: ada })).body).toMatchObject({ status: 409, code: 'referral.self' })
    expect((await refer(ada, { email: address })).body).toMatchObject({ code: 'referral.self' })
    const buyer = await customer()
    await buys(buyer, 1)
    expect((await refer(ada, { customerId: buyer })).body).toMatchObject({ status: 409, code: 'referral.already_buyer' })
    expect((await refer(ada, {})).body).toMatchObject({ status: 400, code: 'referral.name_one' })
    expect((await refer(ada, { customerId: buyer, email: email() })).body).toMatchObject({ status: 400, code: 'referral.name_one' })
    expect((await refer(ada, { customerId: `cus_${'Z'.repeat(20)}` })).status).toBe(404)
    const [one_, two] = [email(), '+442079460123']
    await customer(known(one_))
    await customer({ phones: [{ number: two }] })
    expect((await refer(ada, { email: one_, phone: two })).body).toMatchObject({ status: 400, code: 'referral.two_people' })
  })

  test('is refused where it would close a circle, directly or over others', async () => {
    const chain = [await customer(), await customer(), await customer(), await customer()]
    const [a = '', b = '', c = '', d = ''] = chain
    for (const [from, to] of [
      [a, b],
      [b, c],
      [c, d],
    ])
      expect((await refer(from ?? '', { customerId: to })).status).toBe(201)
    expect((await refer(b, { customerId: a })).body).toMatchObject({ status: 409, code: 'referral.cycle', steps: 1 })
    expect((await refer(d, { customerId: a })).body).toMatchObject({ code: 'referral.cycle', steps: 3 })
  })

  test('never closes a circle, whoever refers whom at the same time', async () => {
    for (let round = 0; round < 5; round++) {
      const people = [await customer(), await customer(), await customer()]
      const replies = await Promise.all(people.map((id, at) => refer(id, { customerId: people[(at + 1) % people.length] })))
      expect(replies.filter(({ status }) => status === 201).length).toBe(2)
      expect(replies.map(({ body }) => body['code'])).toContain('referral.cycle')
    }
  })

  test('that turns out to lead back to the one referred is void', async () => {
    const address = email()
    const ada = await customer()
    const { body } = await refer(ada, { email: address })
    const grace = await customer(known(address))
    await refer(grace, { customerId: ada })
    await buys(grace, 10)
    await settle(crm)
    expect(await one(body['id'])).toMatchObject({ state: 'void', reason: expect.stringContaining('came by way of') })
    expect(await valueOf(ada)).toMatchObject({ referred: 0, net: { amount: 0 } })
  })

  test('of two of one person, by address and by file, counts for who referred first', async () => {
    const address = email()
    const [ada, bob] = [await customer(), await customer()]
    const first = await refer(ada, { email: address })
    const grace = await customer(known(address))
    crm.clock.now = '2026-11-23T09:00:00.000Z'
    const second = await refer(bob, { customerId: grace })
    expect(second.status).toBe(201)
    await buys(grace, 10)
    await settle(crm)
    await replay(crm)
    expect((await one(first.body['id']))['state']).toBe('claimed')
    expect((await one(second.body['id']))['state']).toBe('void')
    expect([await balanceOf(ada), await balanceOf(bob)]).toEqual([500, 0])
  })

  test('never closes a circle by way of files that were merged', async () => {
    const [ada, grace, alias] = [await customer(), await customer(), await customer()]
    expect((await refer(ada, { customerId: grace })).status).toBe(201)
    await merges(alias, grace)
    expect((await refer(alias, { customerId: ada })).body).toMatchObject({ status: 409, code: 'referral.cycle' })
    const other = await customer()
    await merges(other, ada)
    expect((await refer(alias, { customerId: other })).body).toMatchObject({ status: 409, code: 'referral.cycle' })
    expect((await refer(other, { customerId: await customer() })).status).toBe(201)
  })

  test('goes with the one referred into the file they are merged into, and its points with the referrer', async () => {
    const [ada, grace, kept, elder] = [await customer(), await customer(), await customer(), await customer()]
    await refer(ada, { customerId: grace })
    await buys(grace, 100)
    await settle(crm)
    await merges(kept, grace)
    await merges(elder, ada)
    await settle(crm)
    await buys(kept, 50)
    await settle(crm)
    await replay(crm)
    expect(await valueOf(elder)).toMatchObject({ referred: 1, purchases: 2, net: { amount: 15_000 } })
    expect([await balanceOf(elder), await balanceOf(kept)]).toEqual([500, 200])
    const { items } = (await crm.call('GET', `/customers/${kept}/purchases`)).body
    for (const { id } of items) await crm.call('POST', `/purchases/${id}/returns`, { body: { returnId: `m-${id}` } })
    await settle(crm)
    expect(await valueOf(elder)).toMatchObject({ purchases: 0, net: { amount: 0 } })
    expect([await balanceOf(elder), await balanceOf(kept)]).toEqual([0, 0])
  })

  test('counts nothing while referrer and referred are one person, and all again when that is undone', async () => {
    const [ada, grace] = [await customer(), await customer()]
    const { body } = await refer(ada, { customerId: grace })
    await buys(grace, 100)
    await settle(crm)
    const merge = await merges(ada, grace)
    await settle(crm)
    await replay(crm)
    expect(await valueOf(ada)).toMatchObject({ purchases: 0, net: { amount: 0 } })
    expect(await balanceOf(ada)).toBe(0)
    expect((await crm.call('POST', `/merges/${merge}/undo`, { body: {} })).status).toBe(200)
    await settle(crm)
    expect(await valueOf(ada)).toMatchObject({ referred: 1, purchases: 1, net: { amount: 10_000 } })
    expect((await balanceOf(ada)) + (await balanceOf(grace))).toBe(700)
    expect((await one(body['id']))['claim'].stands).toBe(true)
  })

  test('is listed, cancelled while open, and another team’s secret', async () => {
    const ada = await customer()
    const { body } = await refer(ada, { phone: '+442079460999' })
    expect((await crm.call('GET', `/customers/${ada}/referrals?fields=state`)).body['items']).toEqual([{ id: body['id'], state: 'open' }])
    expect((await crm.call('GET', `/customers/${ada}/referrals`, { as: 'usr_00000000000000000009:sales' })).status).toBe(404)
    expect((await crm.call('GET', `/referrals/${body['id']}`, { as: 'usr_00000000000000000009:sales' })).status).toBe(404)
    expect((await crm.call('POST', `/referrals/${body['id']}/cancel`, { body: { reason: 'Wrong customer' } })).body).toMatchObject({
      state: 'cancelled',
    })
    expect((await crm.call('POST', `/referrals/${body['id']}/cancel`, { body: { reason: 'Again' } })).body).toMatchObject({
      code: 'referral.closed',
    })
  })

  test('costs two reads, two more at a first purchase, and no write for a purchase of a customer nobody referred', async () => {
    const id = await customer(known(email()))
    const told = async (recordId: string) => {
      crm.spent.length = 0
      const happened = {
        id: 'x',
        type: 'purchase.recorded',
        at: START,
        actor: 'a',
        action: 'b',
        request: 'r',
        noun: 'purchase',
        recordId,
        version: 1,
        customerId: id,
        changed: {},
      }
      await invoke(follow, crm.ctx('referral.follow'), happened)
      return crm.spent.reduce((sum, one) => ({ reads: sum.reads + one.readUnits, writes: sum.writes + one.writeUnits }), {
        reads: 0,
        writes: 0,
      })
    }
    expect(await told(await buys(id, 1))).toEqual({ reads: 4, writes: 0 })
    crm.clock.now = '2026-11-23T09:00:00.000Z'
    expect(await told(await buys(id, 1))).toEqual({ reads: 2, writes: 0 })
  })
})
