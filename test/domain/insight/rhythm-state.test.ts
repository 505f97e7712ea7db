import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import {
  type PurchaseEntry,
  type RhythmState,
  attributeReturns,
  foldPurchase,
  historyAt,
  meanRepeatSpend,
  recomputeRhythm,
} from '../../../domain/customer/rhythm/index.ts'
import { stateAt } from '../../../domain/insight/model/snapshot.ts'
import { history } from './arbitraries.ts'

function foldAll(entries: readonly PurchaseEntry[]): RhythmState | undefined {
  let state: RhythmState | undefined
  for (const entry of entries) {
    const fold = foldPurchase(state, entry)
    expect(fold.kind).toBe('folded')
    if (fold.kind === 'folded') state = fold.state
  }
  return state
}

describe('rhythm state', () => {
  test('folding purchases in order equals recomputing from the whole history', () => {
    fc.assert(
      fc.property(history, (entries) => {
        expect(foldAll(entries)).toEqual(recomputeRhythm(entries))
      }),
    )
  })

  test('recomputing does not depend on the order in which purchases arrive', () => {
    fc.assert(
      fc.property(
        history.chain((entries) => fc.tuple(fc.constant(entries), fc.shuffledSubarray(entries, { minLength: entries.length }))),
        ([entries, shuffled]) => {
          expect(recomputeRhythm(shuffled)).toEqual(recomputeRhythm(entries))
        },
      ),
    )
  })

  test('repeats are the purchase days after the first, whatever a purchase costs', () => {
    fc.assert(
      fc.property(history, (entries) => {
        const days = new Set(entries.filter(({ amount }) => amount >= 0).map((entry) => entry.day))
        expect((recomputeRhythm(entries)?.x ?? -1) + 1).toBe(days.size)
      }),
    )
  })

  test('a purchase before the last one asks for a recompute', () => {
    const state = { firstDay: 10, lastDay: 20, x: 1, repeatSpend: 5 }
    expect(foldPurchase(state, { day: 19, amount: 1 })).toEqual({ kind: 'recompute' })
    expect(foldPurchase(state, { day: 9, amount: 1 })).toEqual({ kind: 'recompute' })
    expect(foldPurchase(state, { day: 21, amount: -1 })).toEqual({ kind: 'recompute' })
    expect(foldPurchase(undefined, { day: 21, amount: -1 })).toEqual({ kind: 'recompute' })
  })

  test('purchases of one day count once and add up; a free order is a purchase', () => {
    expect(
      recomputeRhythm([
        { day: 1, amount: 9 },
        { day: 5, amount: 3 },
        { day: 5, amount: 4 },
        { day: 8, amount: 0 },
      ]),
    ).toEqual({
      firstDay: 1,
      lastDay: 8,
      x: 2,
      repeatSpend: 7,
    })
  })

  test('a return counts against the latest purchase before it, and is no purchase', () => {
    const entries = [
      { day: 1, amount: 9 },
      { day: 3, amount: -9 },
      { day: 5, amount: 6 },
      { day: 7, amount: -2 },
      { day: 9, amount: 8 },
    ]
    const expected = { firstDay: 1, lastDay: 9, x: 2, repeatSpend: 12 }
    expect(recomputeRhythm(entries)).toEqual(expected)
    expect(stateAt({ entries }, 9)).toEqual(expected)
    expect(stateAt({ entries }, 6)).toEqual({ firstDay: 1, lastDay: 5, x: 1, repeatSpend: 6 })
    expect(attributeReturns([{ day: 0, amount: -4 }, ...entries]).map((entry) => entry.day)).toEqual([1, 1, 5, 5, 9])
  })

  test('a customer of returns only has no state', () => {
    expect(recomputeRhythm([{ day: 3, amount: -1 }])).toBeUndefined()
    expect(stateAt({ entries: [{ day: 3, amount: -1 }] }, 9)).toBeUndefined()
  })

  test('weeks count from the first purchase, and an observation is never before the last', () => {
    const state = { firstDay: 100, lastDay: 114, x: 2, repeatSpend: 3 }
    expect(historyAt(state, 121)).toEqual({ x: 2, tx: 2, T: 3 })
    expect(historyAt(state, 50)).toEqual({ x: 2, tx: 2, T: 2 })
  })

  test('the mean spend is never negative', () => {
    expect(meanRepeatSpend({ firstDay: 1, lastDay: 2, x: 1, repeatSpend: -5 })).toBe(0)
    expect(meanRepeatSpend({ firstDay: 1, lastDay: 2, x: 2, repeatSpend: 5 })).toBe(2.5)
  })
})
