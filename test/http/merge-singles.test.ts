import { beforeAll, describe, expect, test } from 'vitest'
import { startCrm, type Crm } from '../support/crm.ts'
import { replay, runJob, settle } from '../support/stream.ts'

/** What is kept once of each customer, over a merge and back: what was said, who was brought, lists they were put in by hand. */
let crm: Crm
let made = 0
beforeAll(async () => {
  crm = await startCrm()
})

async function post(path: string, body: object = {}) {
  const answer = await crm.call('POST', path, { as: 'admin', body })
  if (answer.status > 299) throw new Error(`${path} ${JSON.stringify(answer.body)}`)
  return answer.body
}
const get = async (path: string) => (await crm.call('GET', path, { as: 'admin' })).body
const open = async (email?: string): Promise<string> =>
  (await post('/customers', { name: `Person ${++made}`, ...(email && { emails: [{ address: email }] }) })).id
const later = (minutes: number) => void (crm.clock.now = new Date(Date.parse(crm.clock.now) + minutes * 60_000).toISOString())

describe('what a person agreed to', () => {
  const says = (id: string, decision: 'given' | 'withdrawn') =>
    post(`/customers/${id}/consents`, {
      purpose: 'marketing',
      channels: ['email'],
      decision,
      how: 'form',
      ...(decision === 'given' && { textVersion: '1' }),
    })
  async function may(id: string): Promise<boolean> {
    const { items } = await get(`/customers/${id}/consents`)
    return items.find((one: { purpose: string; channel: string }) => one.purpose === 'marketing' && one.channel === 'email').allowed
  }

  test('is the last word of either file, and each file’s own again once they are parted', async () => {
    const [a, b] = [await open(), await open()]
    await says(a, 'given')
    later(5)
    await says(b, 'withdrawn')
    const { id } = await post(`/customers/${a}/merge`, { absorb: b })
    expect([await may(a), await may(b)]).toEqual([false, false])
    await post(`/merges/${id}/undo`)
    expect([await may(a), await may(b)]).toEqual([true, false])
  })

  test('a no said while they were one holds for both, a yes for the survivor alone', async () => {
    const [a, b, c] = [await open(), await open(), await open()]
    await says(b, 'given')
    await says(c, 'given')
    const first = await post(`/customers/${a}/merge`, { absorb: b })
    expect(await may(a)).toBe(true)
    later(5)
    await says(b, 'withdrawn')
    await post(`/merges/${first.id}/undo`)
    expect([await may(a), await may(b)]).toEqual([false, false])
    later(5)
    await says(c, 'withdrawn')
    const second = await post(`/customers/${b}/merge`, { absorb: c })
    later(5)
    await says(b, 'given')
    await post(`/merges/${second.id}/undo`)
    expect([await may(b), await may(c)]).toEqual([true, false])
  })

  test('of one alone goes back to that one alone', async () => {
    const [a, b] = [await open(), await open()]
    await says(a, 'withdrawn')
    const { id } = await post(`/customers/${a}/merge`, { absorb: b })
    await post(`/merges/${id}/undo`)
    const said = async (of: string) => (await get(`/customers/${of}/consents`)).items.filter((one: object) => 'decision' in one).length
    expect([await said(a), await said(b)]).toEqual([1, 0])
  })
})

test('word of mouth of both files counts towards the survivor’s tier, goes on counting, and is each one’s own when parted', async () => {
  const { tiers } = await get('/tier-policy')
  const { id: policyId } = await post('/tier-policies', { tiers, holdDays: 365, warnDays: 60, wordOfMouthPercent: 50 })
  await post(`/tier-policies/${policyId}/simulate`)
  for (let runs = 0; runs < 3; runs++) await runJob(crm, 'tiers')
  await post(`/tier-policies/${policyId}/publish`)
  for (let runs = 0; runs < 3; runs++) await runJob(crm, 'tiers')
  crm.forget()
  const buys = (id: string, dollars: number) =>
    post(`/customers/${id}/purchases`, {
      orderId: { id: `w${++made}` },
      at: crm.clock.now,
      amount: { amount: dollars * 100, currency: 'USD' },
    })
  const brings = async (id: string, dollars: number): Promise<string> => {
    const email = `friend${++made}@example.com`
    await post(`/customers/${id}/referrals`, { email })
    const friend = await open(email)
    await buys(friend, dollars)
    return friend
  }
  const creditOf = async (id: string): Promise<number> => ((await get(`/customers/${id}/tier`))['wordOfMouth']?.amount ?? 0) / 100
  const [a, b] = [await open(), await open()]
  await buys(a, 10)
  await buys(b, 10)
  await brings(a, 100)
  const friend = await brings(b, 1_000)
  await settle(crm)
  expect([await creditOf(a), await creditOf(b)]).toEqual([50, 500])
  const { id } = await post(`/customers/${a}/merge`, { absorb: b })
  await settle(crm)
  expect([await creditOf(a), await creditOf(b)]).toEqual([550, 550])
  const tierOf = async (id: string): Promise<string> => (await get(`/customers/${id}/tier`)).tier
  expect(await tierOf(a)).toBe('gold')
  later(10)
  await buys(friend, 2_000)
  await settle(crm)
  expect(await creditOf(a)).toBe(1_550)
  expect(await tierOf(a)).toBe('platinum')
  await replay(crm)
  expect(await creditOf(a)).toBe(1_550)
  await post(`/merges/${id}/undo`)
  await settle(crm)
  expect([await creditOf(a), await creditOf(b)]).toEqual([50, 1_500])
  expect(await tierOf(a)).toBe('crystal')
})

test('lists they were put in by hand are the survivor’s too, until they are taken out or parted', async () => {
  const [a, b] = [await open(), await open()]
  const { id: segmentId } = await post('/segments', { name: 'Guests' })
  await post(`/segments/${segmentId}/members`, { add: [b] })
  await settle(crm)
  const members = async (): Promise<string[]> =>
    (await get(`/segments/${segmentId}/members`)).items.map((one: { customerId: string }) => one.customerId)
  expect(await members()).toEqual([b])
  const { id } = await post(`/customers/${a}/merge`, { absorb: b })
  await settle(crm)
  expect(await members()).toEqual([a])
  await post(`/merges/${id}/undo`)
  await settle(crm)
  expect(await members()).toEqual([b])
  await post(`/customers/${a}/merge`, { absorb: b })
  await settle(crm)
  await post(`/segments/${segmentId}/members`, { remove: [a] })
  await settle(crm)
  expect(await members()).toEqual([])
})
