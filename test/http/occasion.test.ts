import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'
import { replay, settle } from '../support/stream.ts'

const START = '2026-11-22T09:00:00.000Z'
const DAY = '2026-12-24T18:00:00.000Z'
let crm: Crm
let made = 0
beforeAll(async () => {
  crm = await startCrm({ now: START })
})
beforeEach(() => {
  crm.clock.now = START
  crm.forget()
})

async function customer(): Promise<string> {
  return (await crm.call('POST', '/customers', { body: { name: `Customer ${++made}` } })).body['id']
}
async function occasion(seats: number, more: object = {}): Promise<string> {
  const { body, status } = await crm.call('POST', '/occasions', { body: { title: `Tasting ${++made}`, startsAt: DAY, seats, ...more } })
  expect(status, JSON.stringify(body)).toBe(201)
  return body['id']
}
/** Invites new customers. @returns the ids of the guests, in the order of their customers */
async function guests(id: string, count: number): Promise<string[]> {
  const customerIds = await Promise.all(Array.from({ length: count }, customer))
  expect((await crm.call('POST', `/occasions/${id}/invitations`, { body: { customerIds } })).body).toMatchObject({ done: count })
  const invited = (await crm.call('GET', `/occasions/${id}/guests?state=invited&limit=100`)).body['items'] as Reply['body'][]
  return customerIds.map((one) => String(invited.find((guest) => guest['customerId'] === one)?.['id']))
}
const rsvp = (guest: string, answer: string): Promise<Reply> => crm.call('POST', `/guests/${guest}/rsvp`, { body: { answer } })
const show = async (id: string): Promise<Reply['body']> => (await crm.call('GET', `/occasions/${id}`)).body
const stateOf = async (guest: string): Promise<string> => (await crm.call('GET', `/guests/${guest}`)).body['state']

/** What must hold at all times: the counter is what the guests are, nobody waits while there is a seat. */
async function expectSound(id: string, all: readonly string[]): Promise<void> {
  const [{ seats, seatsLeft, waiting }, states] = [await show(id), await Promise.all(all.map(stateOf))]
  expect(states.filter((one) => one === 'yes').length).toBe(seats - seatsLeft)
  expect(states.filter((one) => one === 'waiting').length).toBe(waiting)
  expect(seatsLeft >= 0 && (waiting === 0 || seatsLeft === 0), `${seatsLeft} left, ${waiting} wait`).toBe(true)
}

describe('an occasion', () => {
  test('is planned, listed by its start, changed, cancelled, binned and restored', async () => {
    const id = await occasion(10, { startsAt: '2026-11-30T18:00:00Z', place: 'The old mill' })
    const later = await occasion(10, { startsAt: '2027-11-30T18:00:00Z' })
    const ids = async (query: string) => (await crm.call('GET', `/occasions?${query}`)).body['items'].map((one: { id: string }) => one.id)
    expect((await ids('limit=100')).indexOf(id)).toBeLessThan((await ids('limit=100')).indexOf(later))
    expect(await ids('from=2027-01-01')).toEqual([later])
    expect((await crm.call('PATCH', `/occasions/${id}`, { body: { endsAt: '2026-11-30T17:00:00Z' }, ifMatch: 1 })).status).toBe(400)
    expect((await crm.call('PATCH', `/occasions/${id}`, { body: { title: 'Dinner' }, ifMatch: 1 })).body).toMatchObject({
      title: 'Dinner',
      version: 2,
    })
    expect((await crm.call('POST', `/occasions/${id}/cancel`, { body: { reason: 'Snow' } })).body).toMatchObject({ state: 'cancelled' })
    expect((await crm.call('POST', `/occasions/${id}/cancel`, { body: { reason: 'Snow' } })).body).toMatchObject({
      code: 'occasion.is_cancelled',
    })
    expect(await ids('state=cancelled')).toEqual([id])
    expect((await crm.call('DELETE', `/occasions/${id}`, { ifMatch: 3 })).status).toBe(204)
    expect(await ids('deleted=true')).toEqual([id])
    expect((await crm.call('GET', '/occasions?deleted=true&state=planned')).status).toBe(400)
    expect((await crm.call('POST', `/occasions/${id}/restore`)).status).toBe(200)
  })

  test('has no more guests than seats, whoever answers at the same time', async () => {
    const id = await occasion(3)
    const all = await guests(id, 12)
    const replies = await Promise.all(all.map((guest) => rsvp(guest, 'yes')))
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(3)
    expect(new Set(replies.filter(({ status }) => status !== 200).map(({ body }) => body['code']))).toEqual(new Set(['occasion.full']))
    await expectSound(id, all)
  })

  test('hands a freed seat to who has waited longest, in the same moment', async () => {
    const id = await occasion(1)
    const all = await guests(id, 4)
    const [a = '', b = '', c = '', d = ''] = all
    expect((await rsvp(a, 'waitlist')).body).toMatchObject({ state: 'yes' })
    for (const [at, guest] of [b, c, d].entries()) {
      crm.clock.now = `2026-11-22T09:0${at + 1}:00.000Z`
      expect((await rsvp(guest, 'waitlist')).body).toMatchObject({ state: 'waiting' })
    }
    expect(await show(id)).toMatchObject({ seatsLeft: 0, waiting: 3 })
    await rsvp(b, 'no')
    expect((await rsvp(a, 'no')).body).toMatchObject({ state: 'no' })
    expect(await Promise.all(all.map(stateOf))).toEqual(['no', 'no', 'yes', 'waiting'])
    expect((await rsvp(a, 'yes')).body).toMatchObject({ code: 'occasion.full', waiting: 1 })
    await expectSound(id, all)
    expect((await settle(crm)).published.map(({ type }) => type)).toContain('occasion.promoted')
  })

  test('stays sound while guests come and go at once', async () => {
    for (let round = 0; round < 3; round++) {
      const id = await occasion(3)
      const all = await guests(id, 8)
      const say = ['yes', 'waitlist', 'no', 'waitlist', 'no', 'yes'] as const
      await Promise.all(
        all.map(async (guest, at) => {
          for (let n = 0; n < 5; n++) {
            const { status, body } = await rsvp(guest, say[(at * 5 + n * 7 + round) % say.length] ?? 'no')
            expect([200, 409, 503], JSON.stringify(body)).toContain(status)
          }
        }),
      )
      await expectSound(id, all)
    }
  }, 60_000)

  test('gives added seats to who waits, and cannot have fewer than are taken', async () => {
    const id = await occasion(2)
    const all = await guests(id, 5)
    for (const [at, guest] of all.entries()) {
      crm.clock.now = `2026-11-22T09:0${at}:00.000Z`
      await rsvp(guest, 'waitlist')
    }
    expect((await crm.call('PATCH', `/occasions/${id}`, { body: { seats: 1 }, ifMatch: 1 })).body).toMatchObject({
      status: 409,
      code: 'occasion.seats_taken',
      taken: 2,
    })
    expect((await crm.call('PATCH', `/occasions/${id}`, { body: { seats: 4 }, ifMatch: 1 })).status).toBe(200)
    await settle(crm)
    await replay(crm)
    expect(await Promise.all(all.map(stateOf))).toEqual(['yes', 'yes', 'yes', 'yes', 'waiting'])
    await expectSound(id, all)
    expect((await crm.call('PATCH', `/occasions/${id}`, { body: { seats: 6 }, ifMatch: 2 })).status).toBe(200)
    await settle(crm)
    expect(await show(id)).toMatchObject({ seats: 6, seatsLeft: 1, waiting: 0 })
  })

  test('takes no answer after its last moment, and none when it is cancelled, but who cannot come may say so', async () => {
    const id = await occasion(5, { rsvpUntil: '2026-12-20T00:00:00Z' })
    const [a = '', b = ''] = await guests(id, 2)
    await rsvp(a, 'yes')
    crm.clock.now = '2026-12-20T00:00:00.000Z'
    expect((await rsvp(b, 'yes')).body).toMatchObject({ status: 409, code: 'occasion.closed' })
    expect((await rsvp(a, 'no')).body).toMatchObject({ state: 'no' })
    expect(await show(id)).toMatchObject({ seatsLeft: 5 })
  })

  test('tells the timeline who came, once, and takes it back', async () => {
    const id = await occasion(5, { title: 'Spring tasting' })
    const [guest = ''] = await guests(id, 1)
    await rsvp(guest, 'yes')
    const came = (attended: boolean) => crm.call('POST', `/guests/${guest}/attendance`, { body: { attended } })
    expect((await came(true)).body).toMatchObject({ status: 409, code: 'occasion.not_begun' })
    crm.clock.now = '2026-12-24T20:00:00.000Z'
    const customerId = `cus_${guest.slice(4, 24)}`
    const told = async () => (await crm.call('GET', `/customers/${customerId}/timeline`)).body['items'] as Reply['body'][]
    expect((await came(true)).body).toMatchObject({ attended: true })
    expect((await came(true)).status).toBe(200)
    expect(await told()).toMatchObject([{ kind: 'interaction', title: 'Spring tasting', at: DAY, summary: 'Attended' }])
    expect((await came(false)).body).toMatchObject({ attended: false })
    expect(await told()).toEqual([])
    await came(true)
    expect(await told()).toHaveLength(1)
    const { published } = await settle(crm)
    expect(published.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['occasion.attended', 'interaction.recorded', 'interaction.deleted', 'interaction.restored']),
    )
    expect((await crm.call('GET', `/customers/${customerId}/occasions`)).body['items']).toMatchObject([
      { occasionId: id, title: 'Spring tasting', startsAt: DAY, attended: true },
    ])
  })

  test('invites by tier, by club and by name, each once', async () => {
    const id = await occasion(5)
    const [ada, bob] = [await customer(), await customer()]
    await crm.call('POST', `/customers/${ada}/tier/override`, { body: { tier: 'diamond', reason: 'Test', until: '2027-12-30' } })
    const { body: club } = await crm.call('POST', '/clubs', { body: { name: 'Friends', joining: 'manual' } })
    await crm.call('POST', `/customers/${bob}/club-members`, { body: { clubId: club['id'] } })
    const invite = (body: object) => crm.call('POST', `/occasions/${id}/invitations`, { body })
    expect((await invite({ tier: 'diamond' })).body).toEqual({ done: 1, there: 0, missing: [] })
    expect((await invite({ clubId: club['id'] })).body).toEqual({ done: 1, there: 0, missing: [] })
    expect((await invite({ customerIds: [ada, bob] })).body).toEqual({ done: 0, there: 2, missing: [] })
    expect((await invite({ tier: 'gold', clubId: club['id'] })).body).toMatchObject({ code: 'invitation.name_one' })
    const seenBy = async (as: string) =>
      (await crm.call('GET', `/occasions/${id}/guests?state=invited`, { as })).body['items'].map((one: Reply['body']) => one['customerId'])
    const stranger = 'usr_00000000000000000009:sales'
    expect(await seenBy(stranger)).toEqual([])
    const theirs = (await crm.call('POST', '/customers', { as: stranger, body: { name: 'Theirs' } })).body['id']
    expect((await invite({ customerIds: [theirs] })).body).toMatchObject({ done: 1 })
    expect(await seenBy(stranger)).toEqual([theirs])
    expect(await seenBy('admin')).toHaveLength(3)
  })

  test('invites a segment page by page, each member once, and no segment that is not ready or not there', async () => {
    const id = await occasion(5)
    const members = await Promise.all(Array.from({ length: 102 }, () => customer()))
    const { body: regulars } = await crm.call('POST', '/segments', { body: { name: 'Regulars' } })
    for (const add of [members.slice(0, 100), members.slice(100)])
      expect((await crm.call('POST', `/segments/${regulars['id']}/members`, { body: { add } })).status).toBe(200)
    const invite = (body: object, as = 'admin') => crm.call('POST', `/occasions/${id}/invitations`, { body, as })
    const { body: first } = await invite({ segmentId: regulars['id'] })
    expect(first).toMatchObject({ done: 100, there: 0, missing: [], nextCursor: expect.any(String) })
    expect((await invite({ segmentId: regulars['id'], cursor: first['nextCursor'] })).body).toEqual({ done: 2, there: 0, missing: [] })
    expect((await invite({ segmentId: regulars['id'] })).body).toMatchObject({ done: 0, there: 100 })

    const rule = { field: 'purchases.last', op: 'longer_ago', days: 60 }
    const { body: building } = await crm.call('POST', '/segments', { body: { name: 'Quiet', rule } })
    expect((await invite({ segmentId: building['id'] })).body).toMatchObject({ status: 409, code: 'segment.building' })
    expect((await invite({ segmentId: 'seg_00000000000000000009' })).body).toMatchObject({ status: 404, code: 'segment.not_found' })
    expect((await invite({ segmentId: regulars['id'], tier: 'gold' })).body).toMatchObject({ code: 'invitation.name_one' })

    const { body: club } = await crm.call('POST', '/clubs', { body: { name: 'Regulars only', joining: 'invitation' } })
    const asked = await crm.call('POST', `/clubs/${club['id']}/invitations`, { body: { segmentId: regulars['id'] } })
    expect(asked.body).toMatchObject({ done: 100, there: 0 })
  })

  test('costs 6 write units a seat taken, 12 with a hand-over', async () => {
    const id = await occasion(1)
    const [a = '', b = ''] = await guests(id, 2)
    crm.spent.length = 0
    await rsvp(a, 'yes')
    const units = () =>
      crm.spent
        .splice(0)
        .reduce((sum, one) => ({ reads: sum.reads + one.readUnits, writes: sum.writes + one.writeUnits }), { reads: 0, writes: 0 })
    expect(units()).toMatchObject({ reads: 3, writes: expect.toSatisfy((writes: number) => writes <= 6) })
    await rsvp(b, 'waitlist')
    units()
    await rsvp(a, 'no')
    expect(units()).toMatchObject({
      reads: expect.toSatisfy((reads: number) => reads <= 6),
      writes: expect.toSatisfy((writes: number) => writes <= 12),
    })
  })
})

describe('what an occasion did', () => {
  test('is what those who came spent more, less the same of those who stayed away, over equal periods', async () => {
    const id = await occasion(10)
    const [came, away, late] = await guests(id, 3)
    const customerOf = async (one = '') => (await crm.call('GET', `/guests/${one}`)).body['customerId'] as string
    const buys = async (one: string | undefined, at: string, amount: number) => {
      const body = { orderId: { id: `effect-${++made}` }, at, amount: { amount, currency: 'USD' } }
      expect((await crm.call('POST', `/customers/${await customerOf(one)}/purchases`, { body })).status).toBe(201)
    }
    expect((await crm.call('GET', `/occasions/${id}/effect`)).body).toMatchObject({ status: 409, code: 'occasion.too_early' })
    crm.clock.now = '2027-01-23T18:00:00.000Z'
    await buys(came, '2026-12-01T10:00:00Z', 1_000)
    await buys(came, '2026-12-30T10:00:00Z', 9_000)
    await buys(away, '2026-12-01T10:00:00Z', 2_000)
    await buys(away, '2027-01-02T10:00:00Z', 5_000)
    // Outside of both periods of 30 days.
    await buys(late, '2026-11-23T10:00:00Z', 70_000)
    expect((await crm.call('POST', `/guests/${came}/attendance`, { body: { attended: true } })).status).toBe(200)
    const { body, status } = await crm.call('GET', `/occasions/${id}/effect?days=60`)
    expect(status, JSON.stringify(body)).toBe(200)
    const usd = (amount: number) => ({ amount, currency: 'USD' })
    expect(body).toMatchObject({
      days: 30,
      attended: { guests: 1, before: usd(1_000), after: usd(9_000), changePerGuest: usd(8_000) },
      stayedAway: { guests: 2, before: usd(2_000), after: usd(5_000), changePerGuest: usd(1_500) },
      effectPerGuest: usd(6_500),
      whole: true,
    })
    expect((await crm.call('GET', `/occasions/${id}/effect`, { as: 'sales' })).status).toBe(403)
  })
})
