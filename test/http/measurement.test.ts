import { beforeAll, describe, expect, test } from 'vitest'
import { Random } from '../faults/random.ts'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'
import { runJob, settle } from '../support/stream.ts'

const NOW = '2026-11-20T09:00:00.000Z'
let crm: Crm
let orders = 0
beforeAll(async () => {
  crm = await startCrm({ now: NOW })
})

async function made(path: string, body: object, status = 201): Promise<Reply['body']> {
  const reply = await crm.call('POST', path, { body })
  expect(reply.status, JSON.stringify(reply.body)).toBe(status)
  return reply.body
}
let people = 0
const customer = async (): Promise<string> => (await made('/customers', { name: `Guest ${++people}` }))['id']
const buys = async (id: string, day: string): Promise<string> =>
  (
    await made(`/customers/${id}/purchases`, {
      orderId: { id: `m${++orders}` },
      at: `${day}T10:00:00Z`,
      amount: { amount: 5_000, currency: 'USD' },
    })
  )['id']
const measure = (body: object, as = 'admin') => crm.call('POST', '/satisfaction/measurements', { body, as })

/** Days on which each of many customers bought, and the NPS that each gave on a day. */
interface Told {
  id: string
  days: string[]
  ratings: { day: string; score: number }[]
}
const within = (day: string, from: string, to: string): boolean => day >= from && day <= to

/** The same by its definition: from lists, with no record of the product but what was sent to it. */
function defined(all: readonly Told[], from: string, to: string) {
  const first = ({ days }: Told) => [...days].sort()[0]
  const buyers = all.filter((one) => (first(one) ?? '9') <= to)
  const before = buyers.filter((one) => (first(one) ?? '9') < from)
  const scores = all.flatMap(({ ratings }) => ratings.filter(({ day }) => within(day, from, to)).map(({ score }) => score))
  const share = (which: (score: number) => boolean) => (100 * scores.filter(which).length) / scores.length
  return {
    looked: all.length,
    buyers: buyers.length,
    repeaters: buyers.filter(({ days }) => new Set(days).size > 1).length,
    before: before.length,
    retained: before.filter(({ days }) => days.some((day) => within(day, from, to))).length,
    joined: buyers.length - before.length,
    nps: scores.length,
    value: Math.round(10 * (share((score) => score >= 9) - share((score) => score <= 6))) / 10,
  }
}

describe('a measurement of a segment', () => {
  test('is what its customers’ purchases and answers come to, in each period, in the background where they are many', async () => {
    const by = new Random('measurement')
    const dayOf = (from: number, to: number) =>
      `2026-${String(by.between(from, to)).padStart(2, '0')}-${String(by.between(1, 28)).padStart(2, '0')}`
    const all: Told[] = []
    for (let n = 0; n < 120; n++) {
      const id = await customer()
      const days = Array.from({ length: by.between(0, 3) }, () => dayOf(5, 10))
      for (const day of days) await buys(id, day)
      const ratings = by.chance(1 / 3) ? [{ day: dayOf(5, 10), score: by.between(0, 10) }] : []
      for (const { day, score } of ratings) await made(`/customers/${id}/ratings`, { kind: 'nps', score, at: `${day}T10:00:00Z` })
      all.push({ id, days, ratings })
    }
    const { id: segmentId } = await made('/segments', { name: 'Everyone' })
    for (const part of [all.slice(0, 100), all.slice(100)])
      await made(`/segments/${segmentId}/members`, { add: part.map(({ id }) => id) }, 200)
    for (const [period, from, to] of [
      ['2026-08', '2026-08-01', '2026-08-31'],
      ['2026-Q3', '2026-07-01', '2026-09-30'],
      ['2026', '2026-01-01', '2026-12-31'],
      ['2026-10', '2026-10-01', '2026-10-31'],
    ] as const) {
      const { body: begun } = await measure({ segmentId, period })
      expect(begun).toMatchObject({ state: 'running', looked: 100 })
      expect(begun).not.toHaveProperty('cursor')
      await runJob(crm, 'measurements')
      const { body } = await crm.call('GET', `/satisfaction/measurements/${begun['id']}`)
      const { nps, value, ...sums } = defined(all, from, to)
      expect(body).toMatchObject({ state: 'done', ...sums, nps: { responses: nps, value } })
      if (sums.before > 0) expect(body['retentionRate']).toBeCloseTo(sums.retained / sums.before, 3)
      expect(body['repeatRate']).toBeCloseTo(sums.repeaters / sums.buyers, 3)
      expect(body['words']).toContain(
        sums.before > 0 ? `${sums.retained} of ${sums.before} who had bought before bought again` : 'Nobody had bought before',
      )
    }
    const { items } = (await crm.call('GET', '/satisfaction/measurements')).body
    expect(items).toHaveLength(4)
  }, 120_000)
})

describe('a measurement of a tier', () => {
  test('is done at once, counts who was referred, and no purchase that was taken back', async () => {
    const [old, gone, fresh, referred] = [await customer(), await customer(), await customer(), await customer()]
    const [referrer] = [await customer()]
    await made(`/customers/${referrer}/referrals`, { customerId: referred })
    for (const id of [old, gone]) await buys(id, '2026-03-05')
    await buys(old, '2026-09-05')
    await buys(old, '2026-11-05')
    const lost = await buys(gone, '2026-09-06')
    await buys(gone, '2026-11-06')
    const { body: sale } = await crm.call('GET', `/purchases/${lost}`)
    await crm.call('DELETE', `/purchases/${lost}`, { ifMatch: sale['version'] })
    await buys(fresh, '2026-09-07')
    await made(`/customers/${referred}/purchases`, { orderId: { id: 'ref' }, at: NOW, amount: { amount: 5_000, currency: 'USD' } })
    await settle(crm)
    for (const id of [old, gone, fresh, referred])
      await made(`/customers/${id}/tier/override`, { tier: 'diamond', reason: 'Test', until: '2027-12-30' }, 200)
    expect((await measure({ tier: 'diamond', period: '2026-09' })).body).toMatchObject({
      state: 'done',
      looked: 4,
      before: 2,
      retained: 1,
      joined: 1,
      referred: 0,
      retentionRate: 0.5,
    })
    const { body: now } = await measure({ tier: 'diamond', period: '2026-11' })
    expect(now).toMatchObject({
      before: 3,
      retained: 2,
      joined: 1,
      referred: 1,
      referralShare: 1,
      buyers: 4,
      repeaters: 2,
      repeatRate: 0.5,
    })
    // Measured again it is the same record, with what is true by then.
    await buys(fresh, '2026-11-19')
    expect((await measure({ tier: 'diamond', period: '2026-11' })).body).toMatchObject({ id: now['id'], retained: 3, state: 'done' })
  })

  test('is refused where there is no such group, none or two, in the future, and for who may not see all', async () => {
    expect((await measure({ tier: 'wood' })).body).toMatchObject({ status: 400, errors: [{ path: 'tier', code: 'tier.unknown' }] })
    expect((await measure({})).body).toMatchObject({ status: 400, code: 'measurement.name_one' })
    expect((await measure({ tier: 'gold', segmentId: 'seg_00000000000000000009' })).body).toMatchObject({ code: 'measurement.name_one' })
    expect((await measure({ segmentId: 'seg_00000000000000000009' })).body).toMatchObject({ status: 404, code: 'segment.not_found' })
    expect((await measure({ tier: 'gold', period: '2027-01' })).body).toMatchObject({ errors: [{ code: 'in_the_future' }] })
    expect((await measure({ tier: 'gold' }, 'sales')).status).toBe(403)
  })
})
