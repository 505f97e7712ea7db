import { beforeAll, describe, expect, test } from 'vitest'
import { dayFrom } from '../../../domain/kernel/clock.ts'
import { create } from '../../../domain/kernel/commit.ts'
import { invoke } from '../../../domain/kernel/invoke.ts'
import { itemOf } from '../../../domain/kernel/place.ts'
import type { Item } from '../../../domain/kernel/table/table.ts'
import { customer, customerCreated } from '../../../domain/customer/customer/index.ts'
import { purchase, purchaseRecorded } from '../../../domain/customer/purchase/index.ts'
import { newKey } from '../../../domain/kernel/id.ts'
import { fitSegments } from '../../../domain/insight/backtest/judge.ts'
import { packLogs, unpackLogs } from '../../../domain/insight/backtest/log.ts'
import { stepBacktest } from '../../../domain/insight/backtest/index.ts'
import { countPurchases } from '../../../domain/insight/statistics/index.ts'
import { noteShare, sampled, SAMPLE_SIZE } from '../../../domain/insight/statistics/sample.ts'
import { startCrm, type Crm } from '../../support/crm.ts'
import { runJob } from '../../support/stream.ts'
import { cdnow, historyImages } from './cdnow.ts'
import { simulate } from '../insight/simulate.ts'

const END = '1998-06-30T12:00:00.000Z'
let crm: Crm
const units = (what: 'readUnits' | 'writeUnits'): number => crm.spent.reduce((sum, one) => sum + one[what], 0)

/** The CDNOW sample as the product keeps it: files, purchases, and what the stream tells of their histories. */
async function plantCdnow(): Promise<void> {
  const ctx = crm.ctx()
  const stamp = { type: 'planted', actor: 'test', action: 'test', request: 'test', write: 1, at: ctx.now, quiet: true as const }
  const items: Item[] = []
  let images: Item[] = []
  for (const entries of cdnow('1998-06-30').values()) {
    const lists = { emails: [], phones: [], messaging: [], externalIds: [], addresses: [], interests: [], tags: [], custom: {} }
    const country = items.length % 3 === 0 ? 'DE' : 'US'
    const file = { ...lists, kind: 'person' as const, name: 'Buyer', country, lifecycle: 'customer' as const, lifecycleSince: ctx.now }
    const { record } = create(ctx, customer, file, customerCreated, { own: newKey(Date.parse(ctx.now), ctx.random) })
    items.push(itemOf(customer, record, stamp))
    for (const [at, { day, amount }] of entries.entries()) {
      const sale = {
        orderId: { system: 'shop', id: `${record.id}-${at}` },
        at: `${dayFrom(day)}T10:00:00.000Z`,
        amount: { amount, currency: 'USD' },
        day,
        returned: 0,
      }
      items.push(
        itemOf(
          purchase,
          create(ctx, purchase, sale, purchaseRecorded, { customer: record.id, own: newKey(Date.parse(sale.at), ctx.random) }).record,
          stamp,
        ),
      )
    }
    const last = historyImages(record.id.slice('cus_'.length), entries).at(-1)
    if (last) images.push(last)
    if (images.length === 25) {
      await countPurchases.project(
        ctx,
        images.map((after) => ({ after })),
      )
      images = []
    }
    while (items.length >= 100) await crm.table.writeAll(items.splice(0, 100).map((put) => ({ put })))
  }
  await countPurchases.project(
    ctx,
    images.map((after) => ({ after })),
  )
  if (items.length > 0) await crm.table.writeAll(items.map((put) => ({ put })))
}

describe('a back-test on the workspace’s own past', () => {
  beforeAll(async () => {
    crm = await startCrm({ now: END })
    await plantCdnow()
  }, 240_000)

  test('before the first says so, and is begun only by who may', async () => {
    const { body } = await crm.call('GET', '/model/backtest', { as: 'viewer' })
    expect(body).toMatchObject({ realised: [], words: expect.stringContaining('No back-test') })
    expect(body).not.toHaveProperty('result')
    expect((await crm.call('POST', '/model/backtest', { as: 'sales', body: {} })).status).toBe(403)
    expect((await crm.call('GET', '/model/backtest', { as: 'integration' })).status).toBe(200)
  })

  test('reads each sampled customer once, however many run at once, and beats the simple rules', async () => {
    expect((await crm.call('PATCH', '/insight-settings', { body: { segmentBy: 'country' }, ifMatch: 0 })).status).toBe(200)
    const begun = await Promise.all(Array.from({ length: 3 }, () => crm.call('POST', '/model/backtest', { body: {} })))
    expect(begun.map(({ status, body }) => [status, body['version']])).toEqual([
      [202, 1],
      [202, 1],
      [202, 1],
    ])
    crm.spent.length = 0
    await runJob(crm, 'backtest')
    const cost = `${units('readUnits')} read units, ${units('writeUnits')} write units`
    expect(units('readUnits') / 2_357, cost).toBeLessThanOrEqual(3)
    expect(units('writeUnits'), cost).toBeLessThanOrEqual(200)
    const { body } = await crm.call('GET', '/model/backtest')
    expect(body['run'], JSON.stringify(body['run'])).toMatchObject({ state: 'done', customers: 2_357, leftOut: 0, chunks: 10 })
    const { mean, calibration, lift, cuts, tracking, score } = body['result']
    expect(cuts.length).toBeGreaterThan(10)
    const used = mean[score.kind]
    expect(used.aucActive).toBeGreaterThanOrEqual(mean.fixedDays.aucActive + 0.09)
    expect(used.aucAll).toBeGreaterThanOrEqual(mean.fixedDays.aucAll)
    expect(used.precisionTop).toBeGreaterThanOrEqual(mean.fixedDays.precisionTop + 0.08)
    expect(mean.ownGap.aucActive).toBeLessThan(mean.fixedDays.aucActive)
    expect(lift[score.kind]).toHaveLength(10)
    expect(lift[score.kind][0].lift).toBeGreaterThan(lift[score.kind][9].lift)
    expect(calibration[score.kind].length).toBeGreaterThan(4)
    const end = tracking.at(-1)
    expect(Math.abs(end.expected / end.actual - 1)).toBeLessThan(0.1)
    expect(body['words']).toContain('days since the last purchase')
    for (const rule of Object.keys(mean)) expect(body['formulas']).toHaveProperty(rule)
    expect((await crm.table.query({ pk: 'backtest#chunks', limit: 10 })).items).toEqual([])
  }, 120_000)

  test('chooses the score by which a customer’s risk is told, with the reason', async () => {
    const { body: tested } = await crm.call('GET', '/model/backtest')
    const [one] = (await sampled(crm.ctx(), '', 1)).customerIds
    const sale = { orderId: { id: 'new' }, at: END, amount: { amount: 1_000, currency: 'USD' } }
    expect((await crm.call('POST', `/customers/${one}/purchases`, { body: sale })).status).toBe(201)
    const { body } = await crm.call('GET', `/customers/${one}/rhythm`)
    expect(body['risk']).toMatchObject({ score: tested['result'].score.kind, why: tested['result'].score.why })
    expect(body['risk'].value).toBeGreaterThan(0)
    expect(body['risk'].value).toBeLessThan(1)
  })

  test('counts margin and discount of the workspace in what a customer is worth', async () => {
    const [one] = (await sampled(crm.ctx(), '', 1)).customerIds
    const before = (await crm.call('GET', `/customers/${one}/rhythm`)).body
    const { version } = (await crm.call('GET', '/insight-settings')).body
    await crm.call('PATCH', '/insight-settings', { body: { margin: 0.4, monthlyDiscount: 0 }, ifMatch: version })
    const after = (await crm.call('GET', `/customers/${one}/rhythm`)).body
    const share = after['value'].next12Months.amount / before['value'].next12Months.amount
    expect(share).toBeGreaterThan(0.4)
    expect(share).toBeLessThan(0.44)
    expect(after).toMatchObject({ value: { margin: 0.4, monthlyDiscount: 0 }, expected: before['expected'] })
    expect(after['words']).toContain('at a margin of 40 %')
    expect(after['formulas'].value12Months).toContain('margin 0.4')
  })

  test('run again begins anew and replaces the result, and a step that comes late does nothing', async () => {
    crm.clock.now = '1998-07-07T12:00:00.000Z'
    expect((await invoke(stepBacktest, crm.ctx(), { id: 'btr_x', at: END })).output.outcome).toBe('not_due')
    await crm.call('POST', '/model/backtest', { body: {} })
    await Promise.all([runJob(crm, 'backtest'), runJob(crm, 'backtest')])
    const { body } = await crm.call('GET', '/model/backtest')
    expect(body).toMatchObject({ run: { state: 'done', customers: 2_357 }, result: { version: 2, until: '1998-07-07' } })
  }, 120_000)
})

describe('the sample of customers', () => {
  test('is noted with the first purchase only, and thins out as the workspace grows', async () => {
    expect([noteShare(0), noteShare(20_000), noteShare(1_000_000)]).toEqual([1, 1, 0.02])
    expect(SAMPLE_SIZE).toBe(10_000)
    crm = await startCrm()
    const images = historyImages('0'.repeat(20), [
      { day: 20_000, amount: 1 },
      { day: 20_010, amount: 1 },
    ])
    const costs: number[] = []
    for (const after of [...images, ...images]) {
      crm.spent.length = 0
      await countPurchases.project(crm.ctx(), [{ after }])
      costs.push(units('writeUnits'))
    }
    expect(Math.max(...costs)).toBeLessThanOrEqual(4)
    expect((await sampled(crm.ctx(), '', 10)).customerIds).toEqual([`cus_${'0'.repeat(20)}`])
  })

  test('is read in order, in pages of any size, without gap or double', async () => {
    crm = await startCrm()
    const keys = Array.from({ length: 120 }, (_, n) => `Key${String(n).padStart(17, '0')}`)
    await countPurchases.project(
      crm.ctx(),
      keys.map((key) => ({ after: historyImages(key, [{ day: 20_000, amount: 1 }])[0] ?? {} })),
    )
    const found: string[] = []
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page: { customerIds: string[]; next?: string } = await sampled(crm.ctx(), after, 7)
      found.push(...page.customerIds)
      after = page.next
    }
    expect(found).toHaveLength(120)
    expect(new Set(found)).toEqual(new Set(keys.map((key) => `cus_${key}`)))
    expect((await sampled(crm.ctx(), '', 200)).customerIds).toEqual(found)
  })

  test('is kept in short texts and read as it was', () => {
    const logs = Array.from({ length: 500 }, (_, n) => ({
      ...(n % 2 === 0 && { segment: 'DE' }),
      entries: [
        { day: 10_000 + n, amount: n * 7 },
        { day: 10_050 + n, amount: 3 },
      ],
    }))
    expect(packLogs(logs).flatMap(unpackLogs)).toEqual(logs)
  })
})

describe('the model of a segment', () => {
  const END_DAY = 20_000
  /** Customers who buy as the parameters say, as logs that lead to their states. */
  const logsOf = (segment: string, alpha: number, seed: number, count: number) =>
    [...simulate(count, { r: 0.8, alpha, a: 0.6, b: 2.5 }, 400, seed)].map(({ firstDay, lastDay, x }) => {
      const days = new Set([firstDay, lastDay])
      for (let day = firstDay + 1; days.size < x + 1 && day < lastDay; day++) days.add(day)
      return { segment, entries: [...days].sort((a, b) => a - b).map((day) => ({ day, amount: 1_000 })) }
    })

  test('is its own where the data say so, and everybody’s where they do not or are too few', () => {
    const logs = [...logsOf('DE', 2, 1, 900), ...logsOf('US', 20, 2, 900), ...logsOf('FR', 20, 3, 60)]
    const [first, second, third] = fitSegments(logs, END_DAY).sort((a, b) => (a.value < b.value ? -1 : 1))
    expect([first?.value, second?.value, third?.value]).toEqual(['DE', 'FR', 'US'])
    expect(first).toMatchObject({ source: 'fitted', customers: 900 })
    expect(third).toMatchObject({ source: 'fitted', customers: 900 })
    expect(second?.source).toBe('pooled')
    expect(second?.why).toContain('too few')
    expect((first?.params.alpha ?? 0) / (first?.params.r ?? 1)).toBeLessThan((third?.params.alpha ?? 0) / (third?.params.r ?? 1))
    const alike = fitSegments([...logsOf('DE', 5, 4, 900), ...logsOf('US', 5, 5, 900)], END_DAY)
    expect(alike.map(({ source }) => source)).toEqual(['pooled', 'pooled'])
    expect(alike[0]?.params).toEqual(alike[1]?.params)
    expect(
      fitSegments(
        logs.map(({ entries }) => ({ entries })),
        END_DAY,
      ),
    ).toEqual([])
  })
})
