import { createHash, randomBytes } from 'node:crypto'
import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import { placeOf } from '../../../domain/kernel/entity.ts'
import { customerIdIn, KEY_LENGTH, keyOf, keysOf, makeId, newKey, timeOfKey } from '../../../domain/kernel/id.ts'

const times = fc.integer({ min: 0, max: 4_000_000_000_000 })

describe('an id', () => {
  test('has letters and digits only, at most 64 of them, and sorts by its time', () => {
    fc.assert(
      fc.property(times, times, (a, b) => {
        const [first, second] = [newKey(a, randomBytes), newKey(b, randomBytes)]
        expect(makeId('dea', first, second)).toMatch(/^[a-z]+_[A-Za-z0-9]{1,60}$/)
        expect(first).toHaveLength(KEY_LENGTH)
        expect(timeOfKey(first)).toBe(a)
        expect(a >= b || Buffer.compare(Buffer.from(first), Buffer.from(second)) === -1).toBe(true)
      }),
    )
  })

  test('leads to its customer’s partition and to its own item', () => {
    fc.assert(
      fc.property(times, times, (a, b) => {
        const [customer, own] = [newKey(a, randomBytes), newKey(b, randomBytes)]
        const id = makeId('dea', customer, own)
        expect(customerIdIn(id)).toBe(`cus_${customer}`)
        expect(keysOf(id)).toEqual({ prefix: 'dea', first: customer, second: own })
        expect(placeOf({ noun: 'deal', home: 'customer' }, id)).toEqual({ pk: `customer#${customer}`, sk: `deal#${own}` })
      }),
    )
  })

  test('made from an outside identity is always the same, and differs from every other', () => {
    const digest = (text: string) => createHash('sha256').update(text).digest()
    fc.assert(
      fc.property(fc.string(), fc.string(), times, (a, b, at) => {
        expect(keyOf(at, digest(a)) === keyOf(at, digest(b))).toBe(a === b)
      }),
    )
  })

  test('made a hundred thousand times in one millisecond never repeats', () => {
    const keys = new Set(Array.from({ length: 100_000 }, () => newKey(1_700_000_000_000, randomBytes)))
    expect(keys.size).toBe(100_000)
  })
})
