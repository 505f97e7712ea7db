import fc from '../../support/property.ts'
import { beforeAll, describe, expect, test } from 'vitest'
import { dayFrom, dayNumber } from '../../../domain/kernel/clock.ts'
import { invoke } from '../../../domain/kernel/invoke.ts'
import type { Item } from '../../../domain/kernel/table/table.ts'
import { measureAll, populationOf, potentialOf, scoreOf, scoresOf } from '../../../domain/insight/rfm/index.ts'
import { countsOf, cutsOf } from '../../../domain/insight/rfm/quintile.ts'
import { bandFloor, bandOf, countPurchases, modelOf } from '../../../domain/insight/statistics/index.ts'
import type { HistoryRecord } from '../../../domain/customer/purchase/index.ts'
import { startCrm, type Crm } from '../../support/crm.ts'
import { cdnow, historyImages } from './cdnow.ts'

/** The definition itself: each customer's quintile by counting who lies below. */
function plainly(values: readonly number[]): number[] {
  return values.map((value) => 1 + Math.floor((5 * values.filter((other) => other < value).length) / values.length))
}

describe('a quintile', () => {
  test('from cuts is 1 + floor(5 × share strictly below), ties together, whatever the values', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 20 }), { minLength: 1, maxLength: 60 }), (values) => {
        const histogram = new Map<number, number>()
        for (const value of values) histogram.set(value, (histogram.get(value) ?? 0) + 1)
        const cuts = cutsOf(histogram)
        const scores = values.map((value) => scoreOf(cuts, value))
        expect(scores).toEqual(plainly(values))
        expect(countsOf(cuts, histogram)).toEqual([1, 2, 3, 4, 5].map((score) => scores.filter((one) => one === score).length))
      }),
    )
  })

  test('of an amount goes by bands, which rise with it and begin at a whole amount', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e12 }), fc.integer({ min: 0, max: 1e12 }), (one, other) => {
        expect(bandOf(Math.min(one, other))).toBeLessThanOrEqual(bandOf(Math.max(one, other)))
        expect(bandFloor(bandOf(one))).toBeLessThanOrEqual(one)
        expect(bandFloor(bandOf(one))).toBeGreaterThan(one * 0.9 - 1)
      }),
    )
  })
})

describe('the population of the CDNOW sample', () => {
  let crm: Crm
  let histories: (Item & HistoryRecord)[]
  const today = dayNumber('1998-07-01')

  beforeAll(async () => {
    crm = await startCrm({ now: '1998-07-01T03:00:00.000Z' })
    histories = [...cdnow('1998-06-30')].map(([id, entries]) => {
      const net = entries.reduce((sum, { amount }) => sum + amount, 0)
      return { ...historyImages(id, entries).at(-1), net } as Item & HistoryRecord
    })
    for (let from = 0; from < histories.length; from += 100) {
      await countPurchases.project(
        crm.ctx(),
        histories.slice(from, from + 100).map((after) => ({ after })),
      )
    }
  }, 120_000)

  test('has the quintiles of a plain sort: recency to the day, frequency exactly, money in bands', async () => {
    const all = await populationOf(crm.ctx())
    expect(all).toMatchObject({ customers: 2_357, uncounted: 0, repeaters: 2_357 - 1_218 })
    const scored = histories.map((one) => scoresOf(all, one))
    expect(scored.map((one) => one.recency)).toEqual(plainly(histories.map((one) => one.lastDay)))
    expect(scored.map((one) => one.frequency)).toEqual(plainly(histories.map((one) => one.x)))
    expect(scored.map((one) => one.monetary)).toEqual(plainly(histories.map((one) => bandOf(one.net))))
    // 1,218 customers bought on one day: all of them have the same frequency.
    expect(all.frequency.counts[0]).toBe(1_218)
    const exact = plainly(histories.map((one) => one.net))
    const same = scored.filter((one, at) => one.monetary === exact[at]).length
    expect(same / scored.length).toBeGreaterThan(0.97)
    expect(scored.every((one, at) => Math.abs(one.monetary - (exact[at] ?? 0)) <= 1)).toBe(true)
  })

  test('counts everyone once in every table', async () => {
    const all = await populationOf(crm.ctx())
    const sum = (counts: readonly number[]) => counts.reduce((total, n) => total + n, 0)
    for (const { counts } of [all.recency, all.frequency, all.monetary, all.potential]) expect(sum(counts)).toBe(2_357)
    expect(sum(all.grid.flat())).toBe(2_357)
    expect(sum(all.value.all.flat())).toBe(2_357)
    expect(all.grid.map(sum)).toEqual(all.recency.counts)
    expect(all.value.all.map(sum)).toEqual(all.monetary.counts)
    all.value.alive.flat().forEach((alive, at) => expect(alive).toBeLessThanOrEqual(all.value.all.flat()[at] ?? 0))
  })

  test('cuts potential where a sort of the customers themselves does, but for the week', async () => {
    const [all, model] = [await populationOf(crm.ctx()), await modelOf(crm.ctx())]
    const expected = histories.map((one) => potentialOf(model.rhythm, one, today).expected)
    const exact = plainly(expected)
    const same = expected.filter((value, at) => scoreOf(all.potential.cuts, value) === exact[at]).length
    expect(same / expected.length).toBeGreaterThan(0.95)
  })

  test('tells who came back in a month, and who joined, as the purchases do', async () => {
    const all = await populationOf(crm.ctx())
    const june = all.months.find(({ month }) => month === '1998-06')
    const start = dayNumber('1998-06-01')
    const before = histories.filter((one) => one.firstDay < start)
    expect(june).toEqual({
      month: '1998-06',
      before: before.length,
      since: before.filter((one) => one.lastDay >= start).length,
      joined: 0,
      closed: true,
    })
    const joined = (month: string) => histories.filter((one) => dayFrom(one.firstDay).startsWith(month)).length
    const total = ['1997-01', '1997-02', '1997-03'].map((month) => all.months.find((one) => one.month === month)?.joined ?? 0)
    expect(total.reduce((sum, n) => sum + n, 0)).toBe(2_357)
    // The first day of who came back is known to the week, so a month's edge may be some customers off.
    ;['1997-01', '1997-02', '1997-03'].forEach((month, at) =>
      expect(Math.abs((total[at] ?? 0) - joined(month))).toBeLessThan(0.03 * joined(month)),
    )
  })

  test('is measured once by several runs at once, and keeps months as they ended', async () => {
    const runs = await Promise.all(Array.from({ length: 4 }, () => invoke(measureAll, crm.ctx(), {})))
    expect(runs.map(({ output }) => output.customers)).toEqual([2_357, 2_357, 2_357, 2_357])
    const june = (await populationOf(crm.ctx())).months.find(({ month }) => month === '1998-06')
    crm.clock.now = '1998-07-09T03:00:00.000Z'
    const [late] = histories.filter((one) => one.firstDay < today - 100 && one.lastDay < dayNumber('1998-06-01'))
    if (!late) throw new Error('nobody is late')
    await countPurchases.project(crm.ctx(), [
      { after: { ...late, version: late.version + 1, lastDay: dayNumber('1998-07-08'), x: late.x + 1 } },
    ])
    await invoke(measureAll, crm.ctx(), {})
    const months = (await populationOf(crm.ctx())).months
    expect(months.find(({ month }) => month === '1998-06')).toEqual(june)
    expect(months[0]).toMatchObject({ month: '1998-07', since: 1 })
  })

  test('is told with cut points, segments and their meaning', async () => {
    const { body, status } = await crm.call('GET', '/rfm', { as: 'viewer' })
    expect(status, JSON.stringify(body)).toBe(200)
    expect(body['grid']).toHaveLength(25)
    expect(body['segments'].reduce((sum: number, one: { customers: number }) => sum + one.customers, 0)).toBe(2_357)
    expect(body['cutPoints'].monetary[0].from).toMatchObject({ currency: 'USD' })
    expect(body['cutPoints'].frequency.map((one: { from: number }) => one.from)).toEqual(expect.arrayContaining([2]))
    expect(body['words']).toContain('2357 customers have bought')
    const matrix = (await crm.call('GET', '/pyramid', { as: 'viewer' })).body
    expect(matrix['cells']).toHaveLength(9)
    expect(matrix['cells'].reduce((sum: number, one: { customers: number }) => sum + one.customers, 0)).toBe(2_357)
    expect(matrix['strategies'].map((one: { strategy: string }) => one.strategy)).toContain('reprice_or_let_go')
  })
})
