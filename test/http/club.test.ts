import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'
import { replay, settle } from '../support/stream.ts'

const START = '2026-11-22T09:00:00.000Z'
let crm: Crm
let made = 0
beforeAll(async () => {
  crm = await startCrm({ now: START })
})
beforeEach(() => {
  crm.clock.now = START
  crm.forget()
})

async function customer(as = 'admin'): Promise<string> {
  return (await crm.call('POST', '/customers', { as, body: { name: `Customer ${++made}` } })).body['id']
}
async function club(more: object = {}): Promise<string> {
  const { body, status } = await crm.call('POST', '/clubs', { body: { name: `Club ${++made}`, joining: 'invitation', ...more } })
  expect(status, JSON.stringify(body)).toBe(201)
  return body['id']
}
const invite = (id: string, body: object): Promise<Reply> => crm.call('POST', `/clubs/${id}/invitations`, { body })
const members = async (id: string, state = 'member'): Promise<Reply['body'][]> =>
  (await crm.call('GET', `/clubs/${id}/members?state=${state}`)).body['items']
const tier = (id: string, name: string): Promise<Reply> =>
  crm.call('POST', `/customers/${id}/tier/override`, { body: { tier: name, reason: 'Test', until: '2027-12-30' } })
const answer = (id: string, said: string): Promise<Reply> => crm.call('POST', `/club-members/${id}/answer`, { body: { answer: said } })

describe('a club', () => {
  test('is founded, listed by name, changed, binned and restored', async () => {
    const id = await club({ name: 'Aachen' })
    expect((await crm.call('GET', '/clubs')).body['items'][0]).toMatchObject({ id, name: 'Aachen', joining: 'invitation' })
    expect((await crm.call('PATCH', `/clubs/${id}`, { body: { name: 'Bremen' }, ifMatch: 1 })).body).toMatchObject({ name: 'Bremen' })
    expect((await crm.call('DELETE', `/clubs/${id}`, { ifMatch: 2 })).status).toBe(204)
    expect((await crm.call('GET', '/clubs?deleted=true')).body['items']).toHaveLength(1)
    expect((await crm.call('POST', `/clubs/${id}/restore`)).status).toBe(200)
    expect((await crm.call('POST', `/clubs/${id}/restore`)).body).toMatchObject({ code: 'club.not_deleted' })
  })

  test('is refused with tiers that are not, or none where they are needed', async () => {
    const said = async (body: object) =>
      (await crm.call('POST', '/clubs', { body: { name: 'X', ...body } })).body['errors']?.map((one: { path: string }) => one.path)
    expect(await said({ joining: 'tier' })).toEqual(['tiers'])
    expect(await said({ joining: 'tier', tiers: ['tin'] })).toEqual(['tiers.0'])
    expect(await said({ joining: 'manual', tiers: ['gold'] })).toEqual(['tiers'])
  })

  test('by invitation has those who accept; who was asked before is left as they are', async () => {
    const id = await club()
    const [ada, bob] = [await customer(), await customer()]
    const nobody = `cus_${'Z'.repeat(20)}`
    expect((await invite(id, { customerIds: [ada, bob, nobody] })).body).toEqual({ done: 2, there: 0, missing: [nobody] })
    expect((await invite(id, { customerIds: [ada] })).body).toMatchObject({ done: 0, there: 1 })
    const [first, second] = await members(id, 'invited')
    expect((await answer(first?.['id'], 'accept')).body).toMatchObject({ state: 'member', via: 'invitation' })
    expect((await answer(second?.['id'], 'decline')).body).toMatchObject({ state: 'declined' })
    expect((await answer(second?.['id'], 'leave')).body).toMatchObject({ status: 409, code: 'club.answer_not_possible' })
    expect(await members(id)).toHaveLength(1)
    expect((await answer(first?.['id'], 'leave')).body).toMatchObject({ state: 'left' })
    expect(await members(id)).toHaveLength(0)
    const types = (await settle(crm)).published.map(({ type }) => type)
    expect(types).toEqual(expect.arrayContaining(['club.invited', 'club.joined', 'club.declined', 'club.left']))
  })

  test('by hand takes a customer in once', async () => {
    const id = await club({ joining: 'manual' })
    const ada = await customer()
    const first = await crm.call('POST', `/customers/${ada}/club-members`, { body: { clubId: id } })
    expect(first.status, JSON.stringify(first.body)).toBe(201)
    expect((await crm.call('GET', String(first.headers['location']).replace('/v1', ''))).body).toMatchObject({ id: first.body['id'] })
    expect((await crm.call('POST', `/customers/${ada}/club-members`, { body: { clubId: id } })).status).toBe(200)
    expect((await crm.call('GET', `/customers/${ada}/clubs`)).body['items']).toMatchObject([{ clubId: id, state: 'member', via: 'manual' }])
  })

  test('by tier has who has the tier, for as long as they do, and not who left', async () => {
    const id = await club({ joining: 'tier', tiers: ['gold', 'diamond'] })
    crm.forget()
    const [ada, bob] = [await customer(), await customer()]
    await tier(ada, 'gold')
    await tier(bob, 'gold')
    await settle(crm)
    expect(new Set((await members(id)).map((one) => one['customerId']))).toEqual(new Set([ada, bob]))
    await tier(ada, 'diamond')
    await settle(crm)
    expect(await members(id)).toHaveLength(2)
    await tier(ada, 'jade')
    await settle(crm)
    expect((await members(id, 'ended')).map((one) => one['customerId'])).toEqual([ada])
    await answer((await members(id))[0]?.['id'], 'leave')
    await tier(bob, 'diamond')
    await tier(ada, 'gold')
    await settle(crm)
    await replay(crm)
    expect((await members(id)).map((one) => one['customerId'])).toEqual([ada])
  })

  test('by tier is filled with those who had the tier before', async () => {
    const ada = await customer()
    await tier(ada, 'platinum')
    await tier(await customer(), 'gold')
    await settle(crm)
    const id = await club({ joining: 'tier', tiers: ['platinum'] })
    expect((await invite(id, { tier: 'platinum' })).body).toMatchObject({ done: 1, there: 0 })
    expect((await invite(id, { tier: 'gold' })).body).toMatchObject({ done: 0, there: 0 })
    expect((await members(id)).map((one) => one['customerId'])).toEqual([ada])
    expect((await invite(id, {})).body).toMatchObject({ status: 400, code: 'invitation.name_one' })
  })

  test('shows of its members those whom one may see, and takes in only one’s own customers', async () => {
    const id = await club({ joining: 'manual' })
    const ada = await customer()
    const stranger = 'usr_00000000000000000009:sales'
    expect((await crm.call('GET', `/clubs/${id}/members`, { as: stranger })).body).toEqual({ items: [] })
    expect((await crm.call('GET', `/customers/${ada}/clubs`, { as: stranger })).status).toBe(404)
    expect((await crm.call('GET', `/clubs/${id}`, { as: stranger })).status).toBe(200)
  })
})
