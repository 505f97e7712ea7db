import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { daysLater } from '../../domain/kernel/clock.ts'
import { placeOf } from '../../domain/kernel/entity.ts'
import { invoke } from '../../domain/kernel/invoke.ts'
import { bookTicket, bookVisit, cost, costTotals } from '../../domain/insight/cost/index.ts'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'
import { replay, settle } from '../support/stream.ts'

const START = '2026-11-10T09:00:00.000Z'
const usd = (amount: number) => ({ amount, currency: 'USD' })
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
const customer = async (): Promise<string> => (await made('/customers', { name: `Guest ${++people}` }))['id']
const ledger = async (id: string, query = '') => (await crm.call('GET', `/customers/${id}/costs${query}`)).body

interface Part {
  kind: string
  amount: { amount: number }
}
/** What the ledger's lines come to, by adding them up. */
async function addedUp(id: string): Promise<number> {
  const { pk } = placeOf(cost, cost.id('0'.repeat(20), id))
  const { items } = await crm.table.query({ pk, begins: 'cost#', limit: 1_000 })
  return items.filter((item) => !item['void']).reduce((sum, item) => sum + (item['amount'] as { amount: number }).amount, 0)
}
async function keptTotal(id: string): Promise<number> {
  const item = await crm.table.get(placeOf(costTotals, costTotals.id('', id)))
  const months = Object.values((item?.['months'] ?? {}) as Record<string, Record<string, number>>)
  return [...months, (item?.['earlier'] ?? {}) as Record<string, number>]
    .flatMap((sums) => Object.values(sums))
    .reduce((sum, n) => sum + n, 0)
}

describe('a visit', () => {
  test('costs the time of all who went and the way, once however often it is told', async () => {
    const id = await customer()
    const visit = await made(`/customers/${id}/interactions`, { kind: 'visit', durationMinutes: 90, direction: 'out' })
    await made(`/customers/${id}/interactions`, { kind: 'call', durationMinutes: 30 })
    await settle(crm)
    const { items, booked } = await ledger(id)
    // 90 minutes at $40.00 an hour, and $20.00 for the way.
    expect(items).toMatchObject([{ sourceId: visit['id'], parts: [{ kind: 'visit', amount: usd(8_000) }] }])
    expect(items[0].parts[0].words).toBe('Visit, $80.00: 90 minutes at $40.00 an hour and $20.00 for the way')
    expect(booked).toMatchObject({ currency: 'USD', months: [{ month: '2026-11', total: 8_000, byKind: { visit: 8_000 } }] })
    await replay(crm)
    expect((await ledger(id)).items).toEqual(items)
    expect(await keptTotal(id)).toBe(8_000)
  })

  test('costs what it turned out to be, at the rates of when it was booked, and nothing in the bin', async () => {
    const id = await customer()
    const visit = await made(`/customers/${id}/interactions`, { kind: 'visit', durationMinutes: 60 })
    await settle(crm)
    const { status } = await crm.call('PATCH', `/interactions/${visit['id']}`, { ifMatch: 1, body: { durationMinutes: 30 } })
    expect(status).toBe(200)
    await settle(crm)
    expect(await keptTotal(id)).toBe(4_000)
    expect((await crm.call('DELETE', `/interactions/${visit['id']}`, { ifMatch: 2 })).status).toBe(204)
    await settle(crm)
    expect(await keptTotal(id)).toBe(0)
    expect((await ledger(id)).items).toMatchObject([{ void: true, parts: [{ amount: usd(0) }] }])
    await made(`/interactions/${visit['id']}/restore`, {}, 200)
    await settle(crm)
    expect(await keptTotal(id)).toBe(4_000)
    expect(await addedUp(id)).toBe(4_000)
  })
})

describe('a ticket', () => {
  const opened = (id: string) => made(`/customers/${id}/tickets`, { subject: 'Late', body: 'Where is it?', channel: 'email' })
  const resolved = async (ticketId: string) => made(`/tickets/${ticketId}/resolve`, { resolution: 'Found' }, 200)

  test('costs the time its messages are taken to need once it is resolved, and more when it comes back', async () => {
    const id = await customer()
    const { id: ticketId } = await opened(id)
    await made(`/tickets/${ticketId}/messages`, { body: 'On its way' }, 200)
    await settle(crm)
    expect((await ledger(id)).items).toEqual([])
    await resolved(ticketId)
    await settle(crm)
    // 5 minutes and 2 messages of 5 at $30.00 an hour.
    expect(await keptTotal(id)).toBe(750)
    await made(`/tickets/${ticketId}/messages`, { body: 'Still not here', from: 'customer' }, 200)
    await resolved(ticketId)
    await settle(crm)
    expect(await keptTotal(id)).toBe(1_000)
    expect((await ledger(id)).items).toHaveLength(1)
    await replay(crm)
    expect(await keptTotal(id)).toBe(1_000)
  })

  test('costs what is written in it after it was resolved too', async () => {
    const id = await customer()
    const { id: ticketId } = await opened(id)
    await resolved(ticketId)
    await settle(crm)
    const before = await keptTotal(id)
    await made(`/tickets/${ticketId}/messages`, { body: 'It was the belt', internal: true }, 200)
    await settle(crm)
    expect(await keptTotal(id)).toBe(before + 250)
    await replay(crm)
    expect(await keptTotal(id)).toBe(before + 250)
  })

  test('costs the time recorded for it instead, whether before or after it was resolved', async () => {
    const id = await customer()
    const { id: ticketId } = await opened(id)
    await resolved(ticketId)
    await settle(crm)
    expect(await keptTotal(id)).toBe(500)
    await made(`/customers/${id}/costs`, { kind: 'ticket', minutes: 20, ticketId })
    await made(`/customers/${id}/costs`, { kind: 'ticket', minutes: 4, ticketId })
    expect(await keptTotal(id)).toBe(1_200)
    const { id: later } = await opened(id)
    await made(`/customers/${id}/costs`, { kind: 'ticket', minutes: 2, ticketId: later })
    await resolved(later)
    await settle(crm)
    expect(await keptTotal(id)).toBe(1_300)
    expect(await addedUp(id)).toBe(1_300)
    const stranger = await customer()
    const wrong = await crm.call('POST', `/customers/${stranger}/costs`, { body: { kind: 'ticket', minutes: 2, ticketId } })
    expect(wrong.body['errors']).toMatchObject([{ path: 'ticketId', code: 'ticket.unknown' }])
  })
})

describe('a purchase', () => {
  test('tells of its discount and returns by itself: nothing is written for them', async () => {
    const id = await customer()
    const bought = await made(`/customers/${id}/purchases`, { orderId: { id: 'c1' }, at: START, amount: usd(9_000), discount: 1_000 })
    await made(`/customers/${id}/purchases`, { orderId: { id: 'c2' }, at: START, amount: usd(500) })
    await made(`/purchases/${bought['id']}/returns`, { returnId: 'r1', amount: usd(2_500) }, 200)
    await settle(crm)
    const { items, booked } = await ledger(id)
    expect(items).toHaveLength(1)
    expect(items[0].id).toBe(bought['id'])
    expect(items[0].parts.map(({ kind, amount }: Part) => [kind, amount.amount])).toEqual([
      ['discount', 1_000],
      ['refund', 2_500],
      ['return_handling', 500],
    ])
    expect(items[0].parts[0].inRevenue).toBe(true)
    expect(booked.months).toEqual([])
  })
})

describe('an entered cost', () => {
  test('is priced by the rates or given as an amount, and stays out of the wrong hands', async () => {
    const id = await customer()
    const path = `/customers/${id}/costs`
    const entered = await made(path, { kind: 'other', minutes: 45, reason: 'Gift wrapping' })
    expect(entered).toMatchObject({
      amount: usd(2_250),
      month: '2026-11',
      rateVersion: 0,
      words: 'Other, $22.50: 45 minutes at $30.00 an hour. Gift wrapping',
    })
    expect((await crm.call('GET', `/costs/${entered['id']}`, { as: 'viewer' })).body['words']).toBe(entered['words'])
    expect((await crm.call('POST', path, { as: 'viewer', body: { kind: 'other', amount: usd(1) } })).status).toBe(403)
    const wrong = await crm.call('POST', path, { body: { kind: 'compensation', minutes: 3, sends: 2, ticketId: 'tic_x' } })
    expect(wrong.body['errors'].map((one: { path: string }) => one.path).sort()).toEqual(['amount', 'minutes', 'sends', 'ticketId'])
    expect((await crm.call('POST', path, { body: { kind: 'other', amount: { amount: 1, currency: 'EUR' } } })).status).toBe(400)
    expect((await crm.call('POST', path, { body: { kind: 'other', amount: usd(1), at: daysLater(START, 1) } })).status).toBe(400)
    expect((await crm.call('POST', path, { body: { kind: 'other', amount: usd(-1) } })).status).toBe(400)
  })

  test('is entered once by its own name, however many tell it at once', async () => {
    const id = await customer()
    const body = { kind: 'compensation', amount: usd(1_500), sourceId: 'claim-1' }
    const replies = await Promise.all(Array.from({ length: 6 }, () => crm.call('POST', `/customers/${id}/costs`, { body })))
    expect(replies.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 200, 200, 200, 200, 201])
    expect(new Set(replies.map(({ body: one }) => one['id'])).size).toBe(1)
    expect(await keptTotal(id)).toBe(1_500)
    const other = await crm.call('POST', `/customers/${id}/costs`, { body: { ...body, amount: usd(1_600) } })
    expect(other.status).toBe(409)
    expect(other.body).toMatchObject({ code: 'cost.source_taken', existingId: replies[0]?.body['id'] })
  })

  test('is taken back with a reason; what follows from a record is not', async () => {
    const id = await customer()
    const { id: line } = await made(`/customers/${id}/costs`, { kind: 'other', amount: usd(700) })
    expect(await made(`/costs/${line}/void`, { reason: 'Entered twice' }, 200)).toMatchObject({
      void: true,
      words: 'Taken back: Entered twice',
    })
    expect(await made(`/costs/${line}/void`, { reason: 'Again' }, 200)).toMatchObject({ version: 2 })
    expect(await keptTotal(id)).toBe(0)
    await made(`/customers/${id}/interactions`, { kind: 'visit', durationMinutes: 6 })
    await settle(crm)
    const visit = (await ledger(id)).items.find((one: { id: string }) => one.id !== line)
    expect((await crm.call('POST', `/costs/${visit.id}/void`, { body: { reason: 'No' } })).body['code']).toBe('cost.follows')
  })

  test('adds up to the totals, many at once, told twice, taken back, and of long ago', async () => {
    const id = await customer()
    const entries = Array.from({ length: 40 }, (_, n) => ({
      kind: ['other', 'compensation', 'campaign'][n % 3],
      amount: usd(100 + n),
      sourceId: `bulk-${n % 30}`,
      at: daysLater(START, -20 * n),
    }))
    for (let from = 0; from < entries.length; from += 4) {
      await Promise.all(entries.slice(from, from + 4).map((body) => crm.call('POST', `/customers/${id}/costs`, { body })))
    }
    const { items } = await ledger(id, '?limit=100')
    for (const { id: line } of items.slice(0, 5)) await made(`/costs/${line}/void`, { reason: 'Not ours' }, 200)
    expect(await keptTotal(id)).toBe(await addedUp(id))
    expect(await addedUp(id)).toBeGreaterThan(0)
    const totals = await crm.table.get(placeOf(costTotals, costTotals.id('', id)))
    expect(Object.keys(totals?.['months'] as object).length).toBeLessThanOrEqual(13)
  })

  test('is paged with what purchases tell of, newest first, and bounded by days', async () => {
    const id = await customer()
    for (let n = 0; n < 5; n++) {
      const at = daysLater(START, -n)
      await made(`/customers/${id}/costs`, { kind: 'other', amount: usd(100), at })
      await made(`/customers/${id}/purchases`, { orderId: { id: `p${n}` }, at: daysLater(at, -0.5), amount: usd(100), discount: 10 })
    }
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await ledger(id, `?limit=3${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`)
      seen.push(...page.items.map((one: { at: string }) => one.at))
      cursor = page.nextCursor
    } while (cursor !== undefined)
    expect(seen).toHaveLength(10)
    expect(seen).toEqual([...seen].sort().reverse())
    expect((await ledger(id, '?from=2026-11-09&to=2026-11-09')).items).toHaveLength(2)
    expect((await crm.call('GET', `/customers/${id}/costs?kind=visit`)).status).toBe(400)
  })
})

describe('the rates', () => {
  test('are the product’s own until they are set, are refused when they make no sense, and keep their versions', async () => {
    const before = (await crm.call('GET', '/cost-rates')).body
    expect(before).toMatchObject({ version: 0, servicePerHour: usd(3_000) })
    const { id: _, version: __, createdAt: ___, updatedAt: ____, ...rates } = before
    const set = (body: object, how: object = {}) => crm.call('POST', '/cost-rates', { body, ...how })
    expect((await set(rates, { as: 'sales' })).status).toBe(403)
    const wrong = await set({ ...rates, perVisit: { amount: 1, currency: 'CNY' }, perSend: usd(4_000) })
    expect(wrong.body['errors'].map((one: { path: string }) => one.path).sort()).toEqual(['perSend.amount', 'perVisit.currency'])
    expect((await set({ ...rates, returnLoss: 2 })).status).toBe(400)
    const id = await customer()
    const visit = await made(`/customers/${id}/interactions`, { kind: 'visit', durationMinutes: 60 })
    await settle(crm)
    expect((await set({ ...rates, visitPerHour: usd(10_000) }, { ifMatch: 0 })).body).toMatchObject({ version: 1 })
    expect((await set(rates, { ifMatch: 0 })).status).toBe(412)
    await crm.call('PATCH', `/interactions/${visit['id']}`, { ifMatch: 1, body: { durationMinutes: 30 } })
    await made(`/customers/${id}/interactions`, { kind: 'visit', durationMinutes: 30 })
    await settle(crm)
    // The first keeps the rate it was booked at: $20.00 + $20.00; the second is $50.00 + $20.00.
    expect(await keptTotal(id)).toBe(4_000 + 7_000)
    expect((await set(rates)).body).toMatchObject({ version: 2 })
    expect((await crm.call('GET', '/cost-rates/1')).body).toMatchObject({ version: 1, visitPerHour: usd(10_000) })
    expect((await crm.call('GET', '/cost-rates/9')).status).toBe(404)
  })
})

describe('the reactions', () => {
  test('write once when five run at once, cost what they should, and leave other interactions alone', async () => {
    const id = await customer()
    await made(`/customers/${id}/interactions`, { kind: 'visit', durationMinutes: 60 })
    await made(`/customers/${id}/interactions`, { kind: 'note', body: 'Called back' })
    const { published } = await settle(crm, { reactions: [] })
    const [visit, note] = published.filter(({ type }) => type === 'interaction.recorded')
    crm.spent.length = 0
    await invoke(bookVisit, crm.ctx(), note?.data)
    expect(crm.spent).toEqual([])
    await invoke(bookVisit, crm.ctx(), visit?.data)
    const units = (kind: 'readUnits' | 'writeUnits') => crm.spent.reduce((sum, one) => sum + one[kind], 0)
    expect(units('writeUnits')).toBe(4)
    expect(units('readUnits')).toBeLessThanOrEqual(5)
    crm.spent.length = 0
    await Promise.all(Array.from({ length: 5 }, () => invoke(bookVisit, crm.ctx(), visit?.data)))
    expect(units('writeUnits')).toBe(0)
    expect(await keptTotal(id)).toBe(6_000)
    await invoke(bookTicket, crm.ctx(), { ...visit?.data, recordId: 'tic_0' })
  })
})
