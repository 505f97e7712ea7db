import { beforeAll, expect, test } from 'vitest'
import { daysLater } from '../../domain/kernel/clock.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { replay, runJob, settle } from '../support/stream.ts'

const START = '2026-11-22T09:00:00.000Z'
let crm: Crm
let made = 0
beforeAll(async () => {
  crm = await startCrm({ now: START })
})

const usd = (amount: number) => ({ amount: amount * 100, currency: 'USD' })

async function customer(address?: string): Promise<string> {
  const emails = address === undefined ? {} : { emails: [{ address, primary: true }] }
  const { body, status } = await crm.call('POST', '/customers', { body: { name: `Customer ${++made}`, ...emails } })
  expect(status, JSON.stringify(body)).toBe(201)
  return body['id']
}
async function buys(id: string, dollars: number): Promise<string> {
  const body = { orderId: { id: `o${++made}` }, at: crm.clock.now, amount: usd(dollars) }
  const reply = await crm.call('POST', `/customers/${id}/purchases`, { body })
  expect(reply.status, JSON.stringify(reply.body)).toBe(201)
  return reply.body['id']
}
const tierOf = async (id: string) => (await crm.call('GET', `/customers/${id}/tier`)).body
/** Somebody referred by a customer, who then buys. */
async function brings(referrer: string, dollars: number): Promise<string> {
  const address = `friend${++made}@example.com`
  expect((await crm.call('POST', `/customers/${referrer}/referrals`, { body: { email: address } })).status).toBe(201)
  return buys(await customer(address), dollars)
}
async function policy(wordOfMouthPercent: number): Promise<Record<string, unknown>> {
  const { tiers } = (await crm.call('GET', '/tier-policy')).body
  const body = { tiers, holdDays: 365, warnDays: 60, wordOfMouthPercent }
  const { id, ...drafted } = (await crm.call('POST', '/tier-policies', { body })).body
  expect(drafted).toMatchObject({ wordOfMouthPercent })
  expect((await crm.call('POST', `/tier-policies/${id}/simulate`, { body: {} })).status).toBe(202)
  for (let runs = 0; runs < 3; runs++) await runJob(crm, 'tiers')
  const simulation = (await crm.call('GET', `/tier-policies/${id}/simulation`)).body
  expect((await crm.call('POST', `/tier-policies/${id}/publish`, { body: {} })).status).toBe(200)
  for (let runs = 0; runs < 3; runs++) await runJob(crm, 'tiers')
  await settle(crm)
  crm.forget()
  return simulation
}

test('word of mouth counts towards a tier by the share the policy gives it, at once, once, and back when goods are returned', async () => {
  const ada = await customer()
  await buys(ada, 60)
  await brings(ada, 500)
  await settle(crm)
  expect(await tierOf(ada)).toMatchObject({ tier: 'crystal', spent365Days: usd(60) })
  expect((await tierOf(ada))['wordOfMouth']).toBeUndefined()

  // 60 of her own and half of 500: the simulation foretells what publishing then does.
  const simulation = await policy(50)
  expect(simulation['moves']).toEqual([
    expect.objectContaining({ from: 'crystal', to: 'gold', when: 'at_once', customers: 1, sample: [ada] }),
  ])
  expect(await tierOf(ada)).toMatchObject({ tier: 'gold', spent365Days: usd(310), wordOfMouth: usd(250) })
  expect((await tierOf(ada))['changes'].at(-1).words).toContain('($250.00 of it by those they referred)')

  const big = await brings(ada, 2_000)
  await settle(crm)
  await replay(crm)
  expect(await tierOf(ada)).toMatchObject({ tier: 'platinum', wordOfMouth: usd(1_250) })
  expect(
    (await crm.call('POST', `/purchases/${big}/returns`, { body: { amount: usd(2_000), at: crm.clock.now, returnId: 'r1' } })).status,
  ).toBe(200)
  await settle(crm)
  expect(await tierOf(ada)).toMatchObject({ tier: 'platinum', wordOfMouth: usd(250) })

  // A year and a half on nothing of it counts any more, and the tier is lost when it expires.
  crm.clock.now = daysLater(START, 500)
  crm.forget()
  for (let runs = 0; runs < 3; runs++) await runJob(crm, 'tiers')
  expect(await tierOf(ada)).toMatchObject({ tier: 'gold' })
  expect((await tierOf(ada))['wordOfMouth']).toBeUndefined()
})

test('a share beyond all of it is refused', async () => {
  const { tiers } = (await crm.call('GET', '/tier-policy')).body
  const body = { tiers, holdDays: 365, warnDays: 60, wordOfMouthPercent: 101 }
  expect((await crm.call('POST', '/tier-policies', { body })).body['errors']).toMatchObject([{ path: 'wordOfMouthPercent' }])
})
