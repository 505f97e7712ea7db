import { beforeAll, describe, expect, test } from 'vitest'
import { accrualPlace } from '../../../domain/care/points/points.store.ts'
import { accountOf, pointsEntry, reckon, recomputed, type EntryRecord } from '../../../domain/care/points/index.ts'
import { redemption, type RedemptionRecord } from '../../../domain/care/reward/index.ts'
import type { Purchase } from '../../../domain/customer/purchase/index.ts'
import type { Entity } from '../../../domain/kernel/entity.ts'
import { customerIdIn } from '../../../domain/kernel/id.ts'
import { invoke } from '../../../domain/kernel/invoke.ts'
import { recordIn } from '../../../domain/kernel/place.ts'
import { startCrm, type Crm, type Reply } from '../../support/crm.ts'
import { runJob } from '../../support/stream.ts'

/** A tenth of what the product promises, unless told otherwise: `POINTS_OPERATIONS=10000` takes one to two minutes. */
const OPERATIONS = Number(process.env['POINTS_OPERATIONS'] ?? 1_000)
const CUSTOMERS = 20
const ABREAST = 24
const START = '2026-11-22T09:00:00.000Z'
const STOCK = 1_000_000

let crm: Crm
let rewardId = ''
const customers: string[] = []
const purchases: string[] = []
const redemptions: string[] = []
const adjusted = new Map<string, { customerId: string; points: number }>()
const unexpected: Reply[] = []

/** Chance that a seed repeats (mulberry32). */
function chance(seed: number): (most: number) => number {
  let state = seed
  return (most) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % most
  }
}
const seed = Number(process.env['POINTS_SEED'] ?? 20_261_122)
const upTo = chance(seed)
const one = <T>(all: readonly T[]): T | undefined => all[upTo(all.length)]

beforeAll(async () => {
  crm = await startCrm({ now: START })
  await crm.call('POST', '/points-programme', {
    body: {
      active: true,
      startsOn: '2026-01-01',
      points: 1,
      per: { amount: 100, currency: 'USD' },
      rounding: 'nearest',
      tiers: [],
      channels: [],
      skus: [],
      expiryMonths: 6,
      referral: { windowDays: 90, valueDays: 365, referrerPoints: 0, referredPoints: 0 },
    },
  })
  rewardId = (await crm.call('POST', '/rewards', { body: { name: 'Tea set', cost: 37, stock: STOCK, perCustomer: 40 } })).body['id']
  for (let n = 0; n < CUSTOMERS; n++) {
    const { body } = await crm.call('POST', '/customers', { body: { name: `Customer ${n}` } })
    customers.push(body['id'])
    for (let order = 0; order < 4; order++) await buy(body['id'], `${n}-${order}`)
  }
})

async function buy(customerId: string, order: string): Promise<void> {
  const sale = { orderId: { id: order }, at: crm.clock.now, amount: { amount: 1_000 + upTo(9_000), currency: 'USD' } }
  const { body } = await crm.call('POST', `/customers/${customerId}/purchases`, { body: sale })
  purchases.push(body['id'])
}

/** An operation as the world does it: twice now and then, and not minding refusals that are meant. */
async function operate(n: number): Promise<void> {
  const purchase = one(purchases) ?? ''
  const customerId = one(customers) ?? ''
  const again = upTo(4) === 0 ? 2 : 1
  const key = `op-${n}`
  const kind = upTo(10)
  const [amount, taken, quantity] = [upTo(60) - 20 || 1, 1 + upTo(400), 1 + upTo(3)]
  const redeemed = one(redemptions)
  await Promise.all(
    Array.from({ length: again }, async () => {
      if (kind < 4) return reckoned(purchase)
      if (kind === 4)
        return note(
          await crm.call('POST', `/purchases/${purchase}/returns`, { body: { returnId: key, amount: { amount: taken, currency: 'USD' } } }),
        )
      if (kind === 5) return note(await binOrRestore(purchase))
      if (kind === 6 && redeemed) return note(await crm.call('POST', `/redemptions/${redeemed}/cancel`, { body: { reason: 'Test' } }))
      if (kind === 7) return adjust(customerId, amount, key)
      const reply = await crm.call('POST', `/customers/${customerId}/redemptions`, { body: { rewardId, quantity }, key })
      if (reply.status === 201) redemptions.push(reply.body['id'])
      note(reply)
    }),
  )
}

async function adjust(customerId: string, points: number, key: string): Promise<void> {
  const reply = await crm.call('POST', `/customers/${customerId}/points/adjust`, { body: { points, reason: 'Test' }, key })
  if (reply.status === 200) adjusted.set(key, { customerId, points })
  note(reply)
}

async function binOrRestore(purchase: string): Promise<Reply> {
  const { status, body } = await crm.call('GET', `/purchases/${purchase}`)
  return status === 200
    ? crm.call('DELETE', `/purchases/${purchase}`, { ifMatch: body['version'] })
    : crm.call('POST', `/purchases/${purchase}/restore`)
}

/** The event of a purchase, told at any time. */
async function reckoned(recordId: string): Promise<void> {
  const happened = {
    id: recordId,
    type: 'purchase.changed',
    at: START,
    actor: 'a',
    action: 'b',
    request: 'r',
    noun: 'purchase',
    recordId,
    version: 1,
    customerId: customerIdIn(recordId),
    changed: {},
  }
  await invoke(reckon, crm.ctx('points.reckon'), happened)
}

/** Refusals are answers too; failures are not, save when a record is wanted by too many at once. */
function note(reply: Reply): void {
  if (reply.status >= 500 && reply.body['code'] !== 'record.busy') unexpected.push(reply)
}

async function operations(from: number, to: number): Promise<void> {
  let next = from
  await Promise.all(
    Array.from({ length: ABREAST }, async () => {
      while (next < to) await operate(next++)
    }),
  )
}

async function all<R>(kind: Pick<Entity, 'noun'>, customerId: string): Promise<R[]> {
  const records: R[] = []
  let after: Record<string, unknown> | undefined
  do {
    const { items, last } = await crm.table.query({
      pk: `customer#${customerId.slice(4)}`,
      begins: `${kind.noun}#`,
      limit: 1_000,
      ...(after && { after }),
    })
    records.push(...items.map((item) => recordIn(item) as R))
    after = last
  } while (after)
  return records
}
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

describe(`after ${OPERATIONS} operations at once, repeated, out of order, over an expiry (seed ${seed})`, () => {
  beforeAll(async () => {
    await operations(0, OPERATIONS / 2)
    for (const id of purchases) await reckoned(id)
    crm.clock.now = '2027-06-20T09:00:00.000Z'
    crm.forget()
    for (const [n, id] of customers.entries()) await buy(id, `${n}-late`)
    await Promise.all([runJob(crm, 'points'), operations(OPERATIONS / 2, OPERATIONS)])
    for (const id of purchases) await reckoned(id)
    await runJob(crm, 'points')
  }, 300_000)

  test('nothing failed', () => expect(unexpected).toEqual([]))

  test('every account is what its ledger comes to, entry after entry', async () => {
    let entries = 0
    for (const id of customers) {
      const [account, ledger] = await Promise.all([accountOf(crm.ctx(), id), all<EntryRecord>(pointsEntry, id)])
      entries += ledger.length
      expect(ledger.map(({ number }) => number)).toEqual(ledger.map((_, at) => at + 1))
      const sums = recomputed(ledger.map(({ kind, points, owed = 0, lots }) => ({ kind, points, owed, lots })))
      expect(account).toMatchObject({ ...sums, last: ledger.length })
      for (const [at, entry] of ledger.entries()) {
        expect(entry.balance).toBe((ledger[at - 1]?.balance ?? 0) + entry.points)
        expect(entry.balance).toBeGreaterThanOrEqual(0)
      }
    }
    expect(entries).toBeGreaterThan(OPERATIONS / 10)
  })

  test('every purchase has earned exactly what it should, once', async () => {
    for (const id of purchases) {
      const [bought] = await crm.table.getAll([{ pk: `customer#${id.slice(4, 24)}`, sk: `purchase#${id.slice(24)}` }])
      if (!bought) throw new Error(`${id} is gone`)
      const { amount: paid } = bought['amount'] as Purchase['amount']
      const earned = Math.round(paid / 100)
      const { pk, sk } = accrualPlace(id)
      const late = (await crm.table.get({ pk, sk }))?.['lapsed'] === true
      const should = bought['deletedAt'] || late ? 0 : Math.floor((earned * (paid - Number(bought['returned']))) / paid)
      const own = (await all<EntryRecord>(pointsEntry, customerIdIn(id))).filter(({ sourceId }) => sourceId === id)
      expect(sum(own.map(({ points, owed = 0 }) => points - owed))).toBe(should)
    }
  })

  test('what was redeemed, cancelled and adjusted is there once, and the stock and limits agree', async () => {
    let gone = 0
    for (const id of customers) {
      const [ledger, redeemed] = await Promise.all([all<EntryRecord>(pointsEntry, id), all<RedemptionRecord>(redemption, id)])
      for (const one_ of redeemed) {
        const own = ledger.filter(({ sourceId }) => sourceId === one_.id).map(({ points, owed = 0 }) => points - owed)
        expect(own).toEqual(one_.state === 'redeemed' ? [-one_.points] : [-one_.points, one_.points])
      }
      const live = sum(redeemed.filter(({ state }) => state === 'redeemed').map(({ quantity }) => quantity))
      expect(live).toBeLessThanOrEqual(40)
      gone += live
      const byHand = [...adjusted.values()].filter(({ customerId }) => customerId === id)
      expect(sum(ledger.filter(({ kind }) => kind === 'adjust').map(({ points, owed = 0 }) => points - owed))).toBe(
        sum(byHand.map(({ points }) => points)),
      )
    }
    expect((await crm.call('GET', `/rewards/${rewardId}`)).body['left']).toBe(STOCK - gone)
  })
})
