import { createHash } from 'node:crypto'
import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import {
  emptySketch,
  MOST_NEXT,
  MOST_TOGETHER,
  withSightings,
  type Sighting,
  type Sketch,
} from '../../../domain/insight/recommendation/sketch.ts'
import { isTimely, medianOf, replenishments, type Bought } from '../../../domain/insight/recommendation/replenish.ts'
import { suggestions } from '../../../domain/insight/recommendation/suggest.ts'

const T0 = Date.parse('2026-11-01T00:00:00Z')
/** With a hash that is always counted, whatever the part that is. */
const sure = (one: Sighting): Sighting => ({ ...one, hash: (one.hash << 4) >>> 0 })
const sighting = (at: number, partners: string[], kind: Sighting['kind'] = 'together'): Sighting => ({
  at: T0 + at,
  hash: createHash('sha256').update(String(at)).digest().readUInt32BE(0),
  kind,
  partners,
})
const add = (sketch: Sketch, sightings: readonly Sighting[]): Sketch => withSightings(sketch, sightings) ?? sketch

describe('what is bought together', () => {
  test('is counted exactly once, in whatever batches and however often it is told', () => {
    const one = fc.record({
      at: fc.integer({ min: 0, max: 5_000 }),
      partners: fc.uniqueArray(fc.constantFrom('A', 'B', 'C', 'D', 'E'), { minLength: 1 }),
      kind: fc.constantFrom('together' as const, 'next' as const),
    })
    fc.assert(
      fc.property(
        fc.uniqueArray(one, { selector: ({ at }) => at, maxLength: 20 }),
        fc.array(fc.array(fc.nat(19), { maxLength: 8 }), { maxLength: 8 }),
        (told, batches) => {
          const sightings = told.map(({ at, partners, kind }) => sighting(at, partners, kind))
          const picked = batches.map((batch) => batch.flatMap((at) => sightings[at] ?? []))
          const sketch = [...picked, sightings, ...picked].reduce(add, emptySketch)
          const expected = (kind: string, sku: string) =>
            told.filter((one) => one.kind === kind && (one.partners as string[]).includes(sku)).length
          for (const sku of ['A', 'B', 'C', 'D', 'E']) {
            expect(sketch.together.find((one) => one.sku === sku)?.count ?? 0).toBe(expected('together', sku))
            expect(sketch.next.find((one) => one.sku === sku)?.count ?? 0).toBe(expected('next', sku))
          }
          expect(sketch.baskets + sketch.follows).toBe(told.length)
          expect(withSightings(sketch, sightings)).toBeUndefined()
        },
      ),
    )
  })

  test('is never counted twice after any number of purchases, and stays small', () => {
    const many = Array.from({ length: 400 }, (_, at) => sighting(at * 10, [`S${(at * 7) % 60}`, 'TEA'], at % 2 ? 'together' : 'next'))
    const sketch = add(emptySketch, many)
    expect(withSightings(sketch, many)).toBeUndefined()
    expect(withSightings(sketch, [...many].reverse())).toBeUndefined()
    expect(sketch.together).toHaveLength(MOST_TOGETHER)
    expect(sketch.next).toHaveLength(MOST_NEXT)
    expect(sketch.together[0]).toEqual({ sku: 'TEA', count: sketch.baskets, error: 0 })
    expect(JSON.stringify(sketch).length).toBeLessThan(2_000)
  })

  test('keeps what is frequent: no count is too low, and the error says how much too high', () => {
    const partner = fc.integer({ min: 0, max: 40 }).map((n) => `S${Math.floor((n * n) / 40)}`)
    fc.assert(
      fc.property(fc.array(partner, { minLength: 50, maxLength: 300 }), (partners) => {
        const sketch = partners.reduce((all, sku, at) => add(all, [sure(sighting(at, [sku]))]), emptySketch)
        for (const { sku, count, error } of sketch.together) {
          const real = partners.filter((one) => one === sku).length
          expect(count).toBeGreaterThanOrEqual(real)
          expect(count - error).toBeLessThanOrEqual(real)
        }
        const often = [...new Set(partners)].filter((sku) => partners.filter((one) => one === sku).length > partners.length / MOST_TOGETHER)
        for (const sku of often) expect(sketch.together.map((one) => one.sku)).toContain(sku)
      }),
      { numRuns: 30 },
    )
  })

  test('of a product that sells much is counted for a part of its purchases, and its shares stay about right', () => {
    const many = Array.from({ length: 12_000 }, (_, at) => sighting(at, [at % 4 === 0 ? 'MILK' : 'CUP']))
    const sketch = many.reduce((all, one) => add(all, [one]), emptySketch)
    expect(sketch.baskets).toBeGreaterThan(900)
    expect(sketch.baskets).toBeLessThan(1_400)
    const milk = sketch.together.find(({ sku }) => sku === 'MILK')?.count ?? 0
    expect(milk / sketch.baskets).toBeGreaterThan(0.2)
    expect(milk / sketch.baskets).toBeLessThan(0.3)
  })
})

const bought = (id: string, day: number, ...skus: string[]): Bought => ({
  id,
  day,
  amount: { amount: 1_000, currency: 'USD' },
  returned: 0,
  items: skus.map((sku) => ({ sku, quantity: 2, unitAmount: 500 })),
})
const DAY = 20_000
const today = '2024-10-04'

describe('replenishment', () => {
  test('is due after the median gap, named with its purchases', () => {
    expect(medianOf([31, 29, 60])).toBe(31)
    expect(medianOf([30, 31])).toBe(31)
    const purchases = [
      bought('p4', DAY + 91, 'TEA'),
      bought('p3', DAY + 60, 'TEA', 'CUP'),
      bought('p2', DAY + 31, 'TEA'),
      bought('p1', DAY, 'TEA', 'CUP'),
    ]
    expect(replenishments(purchases)).toEqual([
      {
        sku: 'TEA',
        gapDays: 31,
        times: 4,
        lastDay: '2025-01-03',
        dueDay: '2025-02-03',
        price: { amount: 1_000, currency: 'USD' },
        records: ['p4', 'p3', 'p2', 'p1'],
      },
    ])
  })

  test('is timely near its day, and no more when the customer has let it go by', () => {
    const due = { dueDay: '2024-10-10', gapDays: 30 }
    expect(['2024-10-02', '2024-10-03', '2024-10-10', '2024-11-09', '2024-11-10'].map((day) => isTimely(due, day))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ])
  })
})

describe('suggestions', () => {
  const sketch = (partners: [string, number][], baskets: number): Sketch => ({
    ...emptySketch,
    baskets,
    together: partners.map(([sku, count]) => ({ sku, count, error: 0 })),
  })

  test('put the customer’s own rhythm first, then what others buy with it, and say why; no accident and nothing bought lately', () => {
    const purchases = [bought('p3', DAY - 30, 'TEA'), bought('p2', DAY - 61, 'TEA'), bought('p1', DAY - 91, 'TEA', 'POT')]
    const found = suggestions(
      purchases,
      new Map([
        [
          'TEA',
          sketch(
            [
              ['MILK', 30],
              ['POT', 20],
              ['RARE', 2],
            ],
            60,
          ),
        ],
      ]),
      today,
    )
    expect(found.map(({ kind, sku }) => `${kind} ${sku}`)).toEqual(['replenish TEA', 'together MILK', 'together POT'])
    expect(found[1]).toEqual({
      kind: 'together',
      sku: 'MILK',
      score: 0.4,
      reason: 'bought with TEA in at least 30 of 60 baskets of several products',
      records: ['p3', 'p2', 'p1'],
      becauseOf: 'TEA',
    })
    const lately = suggestions([bought('p4', DAY - 1, 'MILK'), ...purchases], new Map([['TEA', sketch([['MILK', 30]], 60)]]), today)
    expect(lately.map(({ sku }) => sku)).toEqual(['TEA'])
  })
})
