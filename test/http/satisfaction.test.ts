import fc from '../support/property.ts'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { invoke } from '../../domain/kernel/invoke.ts'
import { countRating, countReferral } from '../../domain/insight/satisfaction/index.ts'
import { measuresOf, scoresOf } from '../../domain/insight/satisfaction/rating.ts'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'
import { replay, settle } from '../support/stream.ts'

const START = '2026-11-20T09:00:00.000Z'
let crm: Crm
let people = 0
beforeAll(async () => {
  crm = await startCrm({ now: START })
})
beforeEach(() => void (crm.clock.now = START))

async function made(path: string, body: object, status = 201): Promise<Reply['body']> {
  const reply = await crm.call('POST', path, { body })
  expect(reply.status, JSON.stringify(reply.body)).toBe(status)
  return reply.body
}
const customer = async (facts: object = {}): Promise<string> => (await made('/customers', { name: `Guest ${++people}`, ...facts }))['id']
const satisfaction = async (query: string) => {
  const { status, body } = await crm.call('GET', `/satisfaction?${query}`)
  expect(status, JSON.stringify(body)).toBe(200)
  return body
}

describe('a measure', () => {
  test('is what its definition says, and within its bounds', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 1 }), (scores) => {
        const { nps, csat } = measuresOf(scoresOf(scores.map((score) => ({ kind: 'nps' as const, score }))))
        const share = (which: (score: number) => boolean) => (100 * scores.filter(which).length) / scores.length
        expect(nps.value).toBeCloseTo(share((score) => score >= 9) - share((score) => score <= 6), 0)
        expect(nps.responses).toBe(scores.length)
        expect(csat).toEqual({ responses: 0, counts: {} })
      }),
    )
  })
})

describe('a rating', () => {
  test('counts once in its month, tier, lifecycle and country, however often it is told', async () => {
    const [here, there] = [await customer({ country: 'GB' }), await customer({ country: 'TW' })]
    await made(`/customers/${here}/purchases`, { orderId: { id: 's1' }, at: START, amount: { amount: 40_000, currency: 'USD' } })
    await settle(crm)
    for (const score of [5, 4, 2]) await made(`/customers/${here}/ratings`, { kind: 'csat', score })
    await made(`/customers/${there}/ratings`, { kind: 'csat', score: 1, at: '2026-10-31T23:59:00Z' })
    for (const score of [10, 9, 8, 3]) await made(`/customers/${there}/ratings`, { kind: 'nps', score })
    const { published } = await settle(crm)
    const all = await satisfaction('period=2026-11')
    expect(all['groups']).toMatchObject([
      {
        group: 'all',
        csat: { responses: 3, value: 66.7, mean: 3.7, counts: { 2: 1, 4: 1, 5: 1 } },
        nps: { responses: 4, value: 25 },
        ces: { responses: 0 },
      },
    ])
    expect(all['words']).toBe('2026-11: CSAT 66.7 % of 3 answers, NPS 25 of 4, no CES.')
    expect(all['formulas'].nps).toContain('Reichheld')
    const groups = async (by: string) =>
      (await satisfaction(`period=2026-Q4&by=${by}`))['groups'].map((one: { group: string; csat: { responses: number } }) => [
        one.group,
        one.csat.responses,
      ])
    expect(await groups('country')).toEqual([
      ['GB', 3],
      ['TW', 1],
    ])
    expect(await groups('tier')).toEqual([
      ['gold', 3],
      ['none', 1],
    ])
    expect(await groups('lifecycle')).toEqual([
      ['customer', 3],
      ['lead', 1],
    ])
    await replay(crm)
    const [told] = published.filter(({ type }) => type === 'rating.recorded')
    await Promise.all(Array.from({ length: 5 }, () => invoke(countRating, crm.ctx(), told?.data)))
    expect((await satisfaction('period=2026-11'))['groups']).toEqual(all['groups'])
  })

  test('is counted once by five reactions at once, at 2 read and 12 write units', async () => {
    const id = await customer()
    await made(`/customers/${id}/ratings`, { kind: 'ces', score: 7 })
    const [told] = (await settle(crm, { reactions: [] })).published.filter(({ type }) => type === 'rating.recorded')
    await Promise.all(Array.from({ length: 5 }, () => invoke(countRating, crm.ctx(), told?.data)))
    expect((await satisfaction('period=2026-11'))['groups'][0].ces).toMatchObject({ responses: 1, value: 100 })
    await made(`/customers/${id}/ratings`, { kind: 'ces', score: 1 })
    const [next] = (await settle(crm, { reactions: [] })).published.filter(({ type }) => type === 'rating.recorded')
    crm.spent.length = 0
    await invoke(countRating, crm.ctx(), next?.data)
    const units = (kind: 'readUnits' | 'writeUnits') => crm.spent.reduce((sum, one) => sum + one[kind], 0)
    expect([units('readUnits'), units('writeUnits')]).toEqual([2, 12])
  })

  test('counts no more in the bin and again out of it', async () => {
    const id = await customer({ country: 'IS' })
    const { id: ratingId } = await made(`/customers/${id}/ratings`, { kind: 'csat', score: 5 })
    const inIceland = async () => {
      await settle(crm)
      return (await satisfaction('by=country'))['groups'].find((one: { group: string }) => one.group === 'IS')?.csat.responses ?? 0
    }
    expect(await inIceland()).toBe(1)
    expect((await crm.call('DELETE', `/ratings/${ratingId}`, { ifMatch: 1 })).status).toBe(204)
    expect(await inIceland()).toBe(0)
    await made(`/ratings/${ratingId}/restore`, {}, 200)
    expect(await inIceland()).toBe(1)
    expect((await crm.call('GET', `/customers/${id}/ratings`)).body['items']).toHaveLength(1)
  })

  test('is refused out of range, in the future, and of another customer’s ticket', async () => {
    const id = await customer()
    const post = (body: object, as = 'admin') => crm.call('POST', `/customers/${id}/ratings`, { body, as })
    for (const [kind, score] of [
      ['csat', 0],
      ['csat', 6],
      ['nps', 11],
      ['ces', 0],
      ['ces', 8],
      ['nps', 9.5],
    ]) {
      expect((await post({ kind, score })).status, `${kind} ${score}`).toBe(400)
    }
    expect((await post({ kind: 'csat', score: 5, at: '2026-11-21T00:00:00Z' })).status).toBe(400)
    const other = await customer()
    const { id: ticketId } = await made(`/customers/${other}/tickets`, { subject: 'Late', body: 'Where?', channel: 'email' })
    expect((await post({ kind: 'csat', score: 5, ticketId })).body['errors']).toMatchObject([{ code: 'ticket.unknown' }])
    expect((await crm.call('POST', `/customers/${other}/ratings`, { body: { kind: 'csat', score: 5, ticketId } })).status).toBe(201)
    expect((await post({ kind: 'csat', score: 5 }, 'viewer')).status).toBe(403)
  })

  test('is recorded once by the survey’s own name of it', async () => {
    const id = await customer()
    const body = { kind: 'nps', score: 9, responseId: 'answer-1' }
    const replies = await Promise.all(Array.from({ length: 5 }, () => crm.call('POST', `/customers/${id}/ratings`, { body })))
    expect(replies.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 200, 200, 200, 201])
    const other = await crm.call('POST', `/customers/${id}/ratings`, { body: { ...body, score: 1 } })
    expect(other.body).toMatchObject({ code: 'rating.response_taken', existingId: replies[0]?.body['id'] })
  })
})

describe('a customer’s satisfaction', () => {
  test('is told from their own ratings and purchases, in two queries', async () => {
    const id = await customer()
    for (const day of ['01', '09']) {
      await made(`/customers/${id}/purchases`, {
        orderId: { id: `l${day}` },
        at: `2026-11-${day}T10:00:00Z`,
        amount: { amount: 100, currency: 'USD' },
      })
    }
    for (const score of [5, 5, 3]) await made(`/customers/${id}/ratings`, { kind: 'csat', score, comment: 'Thank you' })
    await crm.call('GET', `/customers/${id}/satisfaction`)
    crm.spent.length = 0
    const { body } = await crm.call('GET', `/customers/${id}/satisfaction`)
    expect(crm.spent.map(({ call }) => call)).toEqual(['Query', 'Query'])
    expect(body).toMatchObject({
      csat: { responses: 3, value: 66.7 },
      loyalty: { repeat: true, purchaseDays: 2, lastPurchase: '2026-11-09', boughtInLast365Days: true },
      lifecycle: 'customer',
      whole: true,
    })
    expect(body['records']).toHaveLength(3)
    expect(body['words']).toContain('Bought on 2 days, last 11 days ago.')
  })

  test('is told of a period, and of the files that were merged into theirs', async () => {
    const [id, other, none] = [await customer(), await customer(), await customer()]
    const at = (day: string) => `${day}T10:00:00Z`
    await made(`/customers/${id}/ratings`, { kind: 'csat', score: 5, at: at('2026-09-30') })
    await made(`/customers/${id}/ratings`, { kind: 'csat', score: 1, at: at('2026-10-01') })
    await made(`/customers/${other}/ratings`, { kind: 'csat', score: 4, at: at('2026-07-01') })
    await made(`/customers/${other}/purchases`, { orderId: { id: 'q3' }, at: at('2026-08-09'), amount: { amount: 100, currency: 'USD' } })
    const told = async (period?: string, of = id) =>
      (await crm.call('GET', `/customers/${of}/satisfaction${period ? `?period=${period}` : ''}`)).body
    expect(await told('2026-Q3')).toMatchObject({
      period: '2026-Q3',
      csat: { responses: 1, value: 100 },
      loyalty: { boughtInPeriod: false },
    })
    await made(`/customers/${id}/merge`, { absorb: other, choose: {} }, 200)
    expect(await told('2026-Q3')).toMatchObject({ csat: { responses: 2, mean: 4.5 }, loyalty: { boughtInPeriod: true, referred: 0 } })
    expect(await told('2026-Q4')).toMatchObject({ csat: { responses: 1, value: 0 }, loyalty: { boughtInPeriod: false } })
    expect(await told()).toMatchObject({ csat: { responses: 3 } })
    expect(await told('2026', none)).toMatchObject({ csat: { responses: 0 }, loyalty: { boughtInPeriod: false } })
  })
})

describe('loyalty', () => {
  test('has repeat rate, retention by month and the share of referrals, each referral once', async () => {
    const own = await startCrm({ now: START })
    const post = async (path: string, body: object) => (await own.call('POST', path, { body })).body
    const buyer = async (name: string, days: readonly string[]) => {
      const { id } = await post('/customers', { name })
      for (const day of days)
        await post(`/customers/${id}/purchases`, {
          orderId: { id: `${name} ${day}` },
          at: `2026-${day}T10:00:00Z`,
          amount: { amount: 100, currency: 'USD' },
        })
    }
    await buyer('stays', ['09-07', '11-05'])
    await buyer('left', ['09-08', '09-18'])
    await buyer('once', ['09-09'])
    await buyer('new', ['11-11'])
    await settle(own)
    const told = {
      id: 'rfr_1.2',
      type: 'referral.claimed',
      at: START,
      actor: 'x',
      action: 'y',
      request: 'z',
      noun: 'referral',
      recordId: 'rfr_1',
      version: 2,
      changed: {},
    }
    await Promise.all(Array.from({ length: 5 }, () => invoke(countReferral, own.ctx(), told)))
    const { loyalty } = (await own.call('GET', '/satisfaction?period=2026-11')).body
    expect(loyalty).toMatchObject({ customers: 4, repeaters: 2, repeatRate: 0.5, newCustomers: 1, referred: 1, referralShare: 1 })
    expect(loyalty.retention).toEqual([{ month: '2026-11', customersBefore: 3, boughtSince: 1, rate: 0.3333, closed: false }])
    const quarter = (await own.call('GET', '/satisfaction?period=2026-Q3')).body['loyalty']
    expect(quarter.retention.map((one: { month: string }) => one.month)).toEqual(['2026-07', '2026-08', '2026-09'])
    expect(quarter.newCustomers).toBe(3)
    expect((await own.call('GET', '/satisfaction?period=2026-11&by=age')).status).toBe(400)
  })
})
