import { beforeAll, describe, expect, test } from 'vitest'
import { invoke } from '../../../domain/kernel/invoke.ts'
import type { Change } from '../../../domain/kernel/event.ts'
import type { Item } from '../../../domain/kernel/table/table.ts'
import { rhythmCellsOf } from '../../../domain/insight/model/cells.ts'
import { spendCellsOf } from '../../../domain/insight/model/spend-cells.ts'
import type { RhythmState } from '../../../domain/customer/rhythm/index.ts'
import { readCells } from '../../../domain/insight/statistics/cells.store.ts'
import { count, countedIn, countingOf, countPurchases } from '../../../domain/insight/statistics/count.ts'
import { recount } from '../../../domain/insight/statistics/recount.ts'
import { startCrm, type Crm } from '../../support/crm.ts'
import { replay, runJob, settle } from '../../support/stream.ts'
import { cdnow, historyImages } from './cdnow.ts'

let crm: Crm
const inOrder = (texts: string[]): string[] => texts.sort((a, b) => (a < b ? -1 : 1))
const lineOf = (cell: object): string => inOrder(Object.entries(cell).map(([name, value]) => `${name} ${String(value)}`)).join(', ')
const sorted = (cells: Iterable<object>): string[] => inOrder(Array.from(cells, lineOf))

/** The cells as they are kept. */
async function kept(generation: number): Promise<string[][]> {
  const { rhythm, spend } = await readCells(crm.ctx(), generation)
  return [sorted(rhythm), sorted(spend)]
}

/** What they must be: those of the states, computed in memory. */
const computed = (of: RhythmState[]): string[][] => [sorted(rhythmCellsOf(of).values()), sorted(spendCellsOf(of).values())]

const states = (images: Iterable<Item>): RhythmState[] =>
  [...images].map((item) => countedIn(item)?.state).filter((one) => one !== undefined)

describe('the statistics behind the models', () => {
  let last: Map<string, Item>

  beforeAll(async () => {
    crm = await startCrm({ now: '1997-09-30T12:00:00.000Z' })
    const all = [...cdnow('1997-09-30')].map(([id, entries]) => historyImages(id, entries))
    last = new Map(all.map((images) => [String(images.at(-1)?.['pk']), images.at(-1) ?? {}]))
    // As the stream tells them: in order per customer, in batches, every third batch twice.
    const rounds = Math.max(...all.map((images) => images.length))
    const told = Array.from({ length: rounds }, (_, at) => all.flatMap((images): Item[] => (images[at] ? [images[at]] : []))).flat()
    for (let from = 0, batch = 0; from < told.length; from += 100, batch++) {
      const changes = told.slice(from, from + 100).map((after): Change => ({ after }))
      await countPurchases.project(crm.ctx(), changes)
      if (batch % 3 === 0) await countPurchases.project(crm.ctx(), changes)
    }
  }, 120_000)

  test('are exactly those of the customers, however often purchases are told', async () => {
    expect(last.size).toBe(2_357)
    expect(await kept(1)).toEqual(computed(states(last.values())))
    const late = [...last.values()].slice(0, 25).map((image): Change => ({ after: { ...image, version: 1 } }))
    await countPurchases.project(crm.ctx(), late)
    expect(await kept(1)).toEqual(computed(states(last.values())))
  })

  test('before the first fit are answered by the published parameters, with the reason', async () => {
    const { status, body } = await crm.call('GET', '/model')
    expect(status, JSON.stringify(body)).toBe(200)
    expect(body).toMatchObject({
      version: 0,
      customers: 0,
      rhythm: { source: 'pooled', params: { r: 0.525, alpha: 6.183, a: 0.891, b: 1.614 } },
    })
    expect(body['rhythm'].why).toContain('too few to fit')
  })

  test('give the published parameters on the CDNOW calibration period to three digits', async () => {
    const { status, body } = await crm.call('POST', '/model/fit')
    expect(status, JSON.stringify(body)).toBe(200)
    const digits = (params: Record<string, number>) =>
      Object.fromEntries(Object.entries(params).map(([name, value]) => [name, Number(value.toPrecision(3))]))
    expect(body).toMatchObject({ customers: 2_357, repeats: 2_457, observed: '1997-09-30', version: 1 })
    expect(body['rhythm']).toMatchObject({ kind: 'mbgnbd', source: 'fitted', degenerate: false })
    expect(digits(body['rhythm'].params)).toEqual(digits({ r: 0.524838, alpha: 6.182993, a: 0.891356, b: 1.613998 }))
    expect(digits(body['comparison'].params)).toEqual(digits({ r: 0.242593, alpha: 4.413532, a: 0.792886, b: 2.425753 }))
    // Amounts are in cents here and in dollars there: v is a hundred times as large.
    expect(digits(body['spend'].params)).toEqual(digits({ p: 6.248802, q: 3.744588, v: 1544.7749 }))
    expect(body['rhythm'].logLikelihood).toBeCloseTo(-9582.13, 0)
    expect(body['spend'].repeaters).toBe(946)
    expect(body['rhythm'].standardErrors.r).toBeGreaterThan(0)
    expect(body['typicalValueMinor']).toBeGreaterThan(0)
    expect((await crm.call('GET', '/model', { as: 'viewer' })).body).toEqual(body)
  })

  test('are fitted once by five runs at once, and only by who may', async () => {
    crm.clock.now = '1997-09-30T13:00:00.000Z'
    const answers = await Promise.all(Array.from({ length: 5 }, () => crm.call('POST', '/model/fit')))
    expect(answers.map(({ status, body }) => [status, body['version']])).toEqual(Array.from({ length: 5 }, () => [200, 2]))
    expect((await crm.call('POST', '/model/fit', { as: 'manager' })).status).toBe(403)
    expect((await crm.call('GET', '/model', { as: 'sales' })).status).toBe(200)
  })

  test('follow a purchase with at most 3 write units, the same again with no effect', async () => {
    const [first, second, third] = historyImages('Lone', [
      { day: 10_000, amount: 500 },
      { day: 10_030, amount: 700 },
      { day: 10_065, amount: 900 },
    ])
    const costs: number[] = []
    for (const after of [first, second, third, third]) {
      crm.spent.length = 0
      await countPurchases.project(crm.ctx(), after ? [{ after }] : [])
      costs.push(crm.spent.reduce((sum, one) => sum + one.writeUnits, 0))
    }
    expect(costs.slice(0, 3).map((units) => units <= 3)).toEqual([true, true, true])
    expect(costs[0]).toBe(3)
    if (third) last.set('customer#Lone', third)
    expect(await kept(1)).toEqual(computed(states(last.values())))
  })

  test('count a purchase once when five runs tell it at once, and forget a customer whose purchases are gone', async () => {
    const [first, second] = historyImages('Torn', [
      { day: 10_000, amount: 500 },
      { day: 10_030, amount: 700 },
    ])
    await Promise.all(Array.from({ length: 5 }, () => countPurchases.project(crm.ctx(), [{ after: first ?? {} }])))
    await Promise.all(Array.from({ length: 5 }, () => countPurchases.project(crm.ctx(), [{ after: second ?? {} }])))
    expect(await kept(1)).toEqual(computed(states([...last.values(), second ?? {}])))
    await countPurchases.project(crm.ctx(), [{ after: { ...second, version: 3, deletedAt: crm.clock.now } }])
    expect(await kept(1)).toEqual(computed(states(last.values())))
  })
})

describe('the projection of the table’s stream', () => {
  test('counts what the shop posts, once, however often the past is told', async () => {
    crm = await startCrm()
    for (let n = 0; n < 6; n++) {
      const { body } = await crm.call('POST', '/customers', { body: { name: `Buyer ${n}` } })
      for (let order = 0; order <= n; order++) {
        const sale = {
          orderId: { id: `${n}-${order}` },
          at: `2026-0${order + 1}-1${n}T10:00:00Z`,
          amount: { amount: 1_000 + 100 * n, currency: 'USD' },
        }
        expect((await crm.call('POST', `/customers/${body['id']}/purchases`, { body: sale })).status).toBe(201)
      }
    }
    await settle(crm)
    const { items } = await crm.table.scan({ limit: 1_000 })
    const truth = computed(states(items))
    expect(await kept(1)).toEqual(truth)
    await replay(crm)
    expect(await kept(1)).toEqual(truth)
    expect((await crm.call('POST', '/model/fit')).body).toMatchObject({
      customers: 6,
      rhythm: { source: 'pooled' },
      spend: { source: 'pooled', repeaters: 5 },
    })
  })
})

describe('a recount', () => {
  test('makes drifted cells exact again, beside purchases that go on', async () => {
    crm = await startCrm()
    const all = [...cdnow('1997-03-31')].slice(0, 300).map(([id, entries]) => historyImages(id, entries))
    const last = all.map((images) => images.at(-1) ?? {})
    for (const item of last) await crm.table.write({ put: item })
    // A third was never told, another third was marked and lost on the way to its cells.
    await countPurchases.project(
      crm.ctx(),
      last.slice(0, 100).map((after) => ({ after })),
    )
    for (const item of last.slice(100, 200)) {
      const mark = { v: item['version'], g: 1, state: countedIn(item)?.state }
      await crm.table.write({ put: { pk: String(item['pk']), sk: 'counted', ...mark } })
    }
    const fifth = last.slice(0, 5).map((item): Item => ({ ...item, version: Number(item['version']) + 1, lastDay: 10_400, x: 9 }))
    const [runs] = await Promise.all([
      Promise.all([invoke(recount, crm.ctx(), {}), invoke(recount, crm.ctx(), {})]),
      ...fifth.map(async (item) => {
        await crm.table.write({ put: item })
        await countPurchases.project(crm.ctx(), [{ after: item }])
      }),
    ])
    expect(runs.some(({ output }) => output.done)).toBe(true)
    await count(
      crm.ctx(),
      fifth.map(countedIn).filter((one) => one !== undefined),
    )
    const counting = await countingOf(crm.ctx())
    expect(counting.ready).toBe(counting.generation)
    expect(await kept(counting.ready)).toEqual(computed(states([...fifth, ...last.slice(5)])))
    expect((await readCells(crm.ctx(), 1)).rhythm).toEqual([])
  })

  test('begins by itself a while after changes failed to reach their cells, and once more for what failed meanwhile', async () => {
    let away = false
    crm = await startCrm({
      through: (table) => ({
        ...table,
        write: (write, how) =>
          away && 'update' in write && 'n' in (write.add ?? {}) ? Promise.reject(new Error('away')) : table.write(write, how),
      }),
    })
    const buy = async (order: string, at: string): Promise<void> => {
      const { id } = (await crm.call('POST', '/customers', { body: { name: order } })).body
      const body = { orderId: { id: order }, at, amount: { amount: 700, currency: 'USD' } }
      expect((await crm.call('POST', `/customers/${id}/purchases`, { body })).status).toBe(201)
      await settle(crm)
    }
    const truth = async () => computed(states((await crm.table.scan({ limit: 1_000 })).items))
    expect((await crm.call('GET', '/model/recount')).status).toBe(404)
    away = true
    await buy('lost', '2026-11-01T10:00:00.000Z')
    away = false
    await buy('kept', '2026-11-02T10:00:00.000Z')
    expect(await kept(1)).not.toEqual(await truth())
    expect(await runJob(crm, 'recounts')).toMatchObject({ seen: 0 })
    for (const fails of [true, false]) {
      away = fails
      crm.clock.now = new Date(Date.parse(crm.clock.now) + 6 * 60_000).toISOString()
      await runJob(crm, 'recounts', { failing: fails })
      await settle(crm)
    }
    expect((await crm.call('GET', '/model/recount')).body).toMatchObject({ state: 'done', finishedAt: crm.clock.now })
    const { ready, lost } = await countingOf(crm.ctx())
    expect([lost, await kept(ready)]).toEqual([0, await truth()])
    expect((await crm.call('POST', '/model/recount')).body).toMatchObject({ state: 'running', looked: 0 })
  })
})
