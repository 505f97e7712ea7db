import { beforeAll, describe, expect, test } from 'vitest'
import { accrualPlace } from '../../../domain/care/points/points.store.ts'
import { accountOf, pointsEntry, reckon, recomputed, type EntryRecord } from '../../../domain/care/points/index.ts'
import { redemption, type RedemptionRecord } from '../../../domain/care/reward/index.ts'
import type { Purchase } from '../../../domain/customer/purchase/index.ts'
import type { Entity } from '../../../domain/kernel/entity.ts'
import { customerIdIn } from '../../../domain/kernel/id.ts'
import { invoke } from '../../../domain/kernel/invoke.ts'
import { recordIn } from '../../../domain/kernel/place.ts'
import { Random } from '../../faults/random.ts'
import { startCrm, type Asking, type Crm, type Reply } from '../../support/crm.ts'
import { faultyTable } from '../../support/faulty-table.ts'
import { runJob } from '../../support/stream.ts'

/**
 * Points after thousands of operations at once: on the simulated table, which loses writes and answers, all that the product
 * promises; on a real engine a tenth of it. `POINTS_SEED=… ` takes other chances.
 */
const RUNS = [
  { where: 'on a table that loses writes and answers', operations: 10_000, faulty: true },
  { where: 'on a real engine', operations: 1_000, faulty: false },
] as const

const CUSTOMERS = 20
const ABREAST = 24
const START = '2026-11-22T09:00:00.000Z'
const STOCK = 1_000_000
const seed = Number(process.env['POINTS_SEED'] ?? 20_261_122)

/** More often than this nobody asks again. */
const PATIENCE = 20

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** A shop with customers, and the world that works on their points. */
class Shop {
  readonly crm: Crm
  readonly by: Random
  readonly customers: string[] = []
  readonly purchases: string[] = []
  readonly redemptions: string[] = []
  readonly adjusted = new Map<string, { customerId: string; points: number }>()
  readonly unexpected: Reply[] = []
  /** Calls that had to be made again. */
  repeated = 0
  rewardId = ''

  constructor(crm: Crm, by: Random) {
    this.crm = crm
    this.by = by
  }

  async open(): Promise<void> {
    await this.call('POST', '/points-programme', {
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
    const reward = { name: 'Tea set', cost: 37, stock: STOCK, perCustomer: 40 }
    this.rewardId = (await this.call('POST', '/rewards', { body: reward })).body['id']
    for (let n = 0; n < CUSTOMERS; n++) {
      const { body } = await this.call('POST', '/customers', { body: { name: `Customer ${n}` }, key: `customer-${n}` })
      this.customers.push(body['id'])
      for (let order = 0; order < 4; order++) await this.buy(body['id'], `${n}-${order}`)
    }
  }

  /** As a client calls: again, with the same words and key, when the product could not say what became of it. */
  async call(method: string, path: string, asking: Asking = {}): Promise<Reply> {
    for (let tries = 1; ; tries++) {
      const reply = await this.crm.call(method, path, asking)
      if (reply.status < 500 || tries === PATIENCE) return reply
      this.repeated += 1
    }
  }

  async buy(customerId: string, order: string): Promise<void> {
    const amount = { amount: 1_000 + this.by.between(0, 8_999), currency: 'USD' }
    const { body } = await this.call('POST', `/customers/${customerId}/purchases`, {
      body: { orderId: { id: order }, at: this.crm.clock.now, amount },
    })
    if (!body['id']) throw new Error(JSON.stringify(body))
    this.purchases.push(body['id'])
  }

  /** An operation as the world does it: twice at once now and then, again after a failure, and not minding refusals that are meant. */
  async operate(n: number): Promise<void> {
    const { by } = this
    const [purchase, customerId] = [by.pick(this.purchases), by.pick(this.customers)]
    const again = by.chance(1 / 4) ? 2 : 1
    const key = `op-${n}`
    const kind = by.between(0, 9)
    const [points, taken, quantity] = [by.between(-20, 39) || 1, by.between(1, 400), by.between(1, 3)]
    const redeemed = this.redemptions.length > 0 ? by.pick(this.redemptions) : undefined
    const amount = { amount: taken, currency: 'USD' }
    await Promise.all(
      Array.from({ length: again }, async () => {
        if (kind < 4) return this.reckoned(purchase)
        if (kind === 4) return this.note(await this.call('POST', `/purchases/${purchase}/returns`, { body: { returnId: key, amount } }))
        if (kind === 5) return this.note(await this.binOrRestore(purchase))
        if (kind === 6 && redeemed)
          return this.note(await this.call('POST', `/redemptions/${redeemed}/cancel`, { body: { reason: 'Test' } }))
        if (kind === 7) return this.adjust(customerId, points, key)
        const asked = { body: { rewardId: this.rewardId, quantity }, key }
        const reply = await this.call('POST', `/customers/${customerId}/redemptions`, asked)
        if (reply.status === 201) this.redemptions.push(reply.body['id'])
        this.note(reply)
      }),
    )
  }

  async adjust(customerId: string, points: number, key: string): Promise<void> {
    const reply = await this.call('POST', `/customers/${customerId}/points/adjust`, { body: { points, reason: 'Test' }, key })
    if (reply.status === 200) this.adjusted.set(key, { customerId, points })
    this.note(reply)
  }

  async binOrRestore(purchase: string): Promise<Reply> {
    const { status, body } = await this.call('GET', `/purchases/${purchase}`)
    return status === 200
      ? this.call('DELETE', `/purchases/${purchase}`, { ifMatch: body['version'] })
      : this.call('POST', `/purchases/${purchase}/restore`)
  }

  /** The event of a purchase, told at any time; the queue hands it out again when its reaction fails. */
  async reckoned(recordId: string): Promise<void> {
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
    for (let tries = 1; ; tries++) {
      try {
        await invoke(reckon, this.crm.ctx('points.reckon'), happened)
        return
      } catch (error) {
        if (tries === PATIENCE) throw error
        this.repeated += 1
      }
    }
  }

  /** Refusals are answers too; failures are not, save when a record is wanted by too many at once. */
  note(reply: Reply): void {
    if (reply.status >= 500 && reply.body['code'] !== 'record.busy') this.unexpected.push(reply)
  }

  async operations(from: number, to: number): Promise<void> {
    let next = from
    await Promise.all(
      Array.from({ length: ABREAST }, async () => {
        while (next < to) await this.operate(next++)
      }),
    )
  }

  async all<R>(kind: Pick<Entity, 'noun'>, customerId: string): Promise<R[]> {
    const records: R[] = []
    let after: Record<string, unknown> | undefined
    do {
      const { items, last } = await this.crm.table.query({
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
}

describe.each(RUNS)('after $operations operations at once, repeated, out of order, over an expiry, $where', ({ operations, faulty }) => {
  const switches = { faults: false }
  let shop: Shop

  beforeAll(async () => {
    const by = new Random(seed, 'points', operations)
    const through = faulty ? { through: (_: unknown, spent: Crm['spent']) => faultyTable(new Random(seed, 'table'), spent, switches) } : {}
    shop = new Shop(await startCrm({ now: START, ...through }), by)
    await shop.open()
    switches.faults = faulty
    await shop.operations(0, operations / 2)
    for (const id of shop.purchases) await shop.reckoned(id)
    shop.crm.clock.now = '2027-06-20T09:00:00.000Z'
    shop.crm.forget()
    for (const [n, id] of shop.customers.entries()) await shop.buy(id, `${n}-late`)
    await Promise.all([runJob(shop.crm, 'points', { failing: true }), shop.operations(operations / 2, operations)])
    switches.faults = false
    for (const id of shop.purchases) await shop.reckoned(id)
    await runJob(shop.crm, 'points')
  }, 300_000)

  test('nothing failed that was not tried again', () => {
    expect(shop.unexpected).toEqual([])
    if (faulty) expect(shop.repeated).toBeGreaterThan(100)
  })

  test('every account is what its ledger comes to, entry after entry', async () => {
    let entries = 0
    for (const id of shop.customers) {
      const [account, ledger] = await Promise.all([accountOf(shop.crm.ctx(), id), shop.all<EntryRecord>(pointsEntry, id)])
      entries += ledger.length
      expect(ledger.map(({ number }) => number)).toEqual(ledger.map((_, at) => at + 1))
      const sums = recomputed(ledger.map(({ kind, points, owed = 0, lots }) => ({ kind, points, owed, lots })))
      expect(account).toMatchObject({ ...sums, last: ledger.length })
      for (const [at, entry] of ledger.entries()) {
        expect(entry.balance).toBe((ledger[at - 1]?.balance ?? 0) + entry.points)
        expect(entry.balance).toBeGreaterThanOrEqual(0)
      }
    }
    expect(entries).toBeGreaterThan(operations / 10)
  })

  test('every purchase has earned exactly what it should, once', async () => {
    for (const customerId of shop.customers) {
      const ledger = await shop.all<EntryRecord>(pointsEntry, customerId)
      for (const id of shop.purchases.filter((one) => customerIdIn(one) === customerId)) {
        const [bought] = await shop.crm.table.getAll([{ pk: `customer#${id.slice(4, 24)}`, sk: `purchase#${id.slice(24)}` }])
        if (!bought) throw new Error(`${id} is gone`)
        const { amount: paid } = bought['amount'] as Purchase['amount']
        const earned = Math.round(paid / 100)
        const { pk, sk } = accrualPlace(id)
        const late = (await shop.crm.table.get({ pk, sk }))?.['lapsed'] === true
        const should = bought['deletedAt'] || late ? 0 : Math.floor((earned * (paid - Number(bought['returned']))) / paid)
        const own = ledger.filter(({ sourceId }) => sourceId === id)
        expect(sum(own.map(({ points, owed = 0 }) => points - owed))).toBe(should)
      }
    }
  })

  test('what was redeemed, cancelled and adjusted is there once, and the stock and limits agree', async () => {
    let gone = 0
    for (const id of shop.customers) {
      const [ledger, redeemed] = await Promise.all([shop.all<EntryRecord>(pointsEntry, id), shop.all<RedemptionRecord>(redemption, id)])
      for (const one of redeemed) {
        const own = ledger.filter(({ sourceId }) => sourceId === one.id).map(({ points, owed = 0 }) => points - owed)
        expect(own).toEqual(one.state === 'redeemed' ? [-one.points] : [-one.points, one.points])
      }
      const live = sum(redeemed.filter(({ state }) => state === 'redeemed').map(({ quantity }) => quantity))
      expect(live).toBeLessThanOrEqual(40)
      gone += live
      const byHand = [...shop.adjusted.values()].filter(({ customerId }) => customerId === id)
      expect(sum(ledger.filter(({ kind }) => kind === 'adjust').map(({ points, owed = 0 }) => points - owed))).toBe(
        sum(byHand.map(({ points }) => points)),
      )
    }
    expect((await shop.crm.call('GET', `/rewards/${shop.rewardId}`)).body['left']).toBe(STOCK - gone)
  })
})
