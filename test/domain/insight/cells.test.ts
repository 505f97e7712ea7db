import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import { applyRhythmCellChanges, modelCells, rhythmCellChanges, rhythmCellsOf } from '../../../domain/insight/model/cells.ts'
import { applySpendCellChanges, modelSpendCells, spendCellChanges, spendCellsOf } from '../../../domain/insight/model/spend-cells.ts'
import { historyAt, meanRepeatSpend } from '../../../domain/customer/rhythm/index.ts'
import { state } from './arbitraries.ts'

const states = fc.array(state, { maxLength: 40 })

describe('cells', () => {
  test('adding a customer and taking it away again leaves the cells as they were', () => {
    fc.assert(
      fc.property(states, state, (others, one) => {
        const rhythm = rhythmCellsOf(others)
        applyRhythmCellChanges(rhythm, rhythmCellChanges(undefined, one))
        applyRhythmCellChanges(rhythm, rhythmCellChanges(one, undefined))
        expect(rhythm).toEqual(rhythmCellsOf(others))
        const spend = spendCellsOf(others)
        applySpendCellChanges(spend, spendCellChanges(undefined, one))
        applySpendCellChanges(spend, spendCellChanges(one, undefined))
        expect(spend).toEqual(spendCellsOf(others))
      }),
    )
  })

  test('changing one customer after another equals building the cells anew, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(state, state), { maxLength: 30 }), (pairs) => {
        const rhythm = rhythmCellsOf(pairs.map(([before]) => before))
        const spend = spendCellsOf(pairs.map(([before]) => before))
        for (const [before, after] of pairs.toReversed()) {
          const changes = rhythmCellChanges(before, after)
          expect(changes.length).toBeLessThanOrEqual(2)
          applyRhythmCellChanges(rhythm, changes)
          applySpendCellChanges(spend, spendCellChanges(before, after))
        }
        expect(rhythm).toEqual(rhythmCellsOf(pairs.map(([, after]) => after)))
        expect(spend).toEqual(spendCellsOf(pairs.map(([, after]) => after)))
      }),
    )
  })

  test('a state that stays the same changes nothing', () => {
    fc.assert(
      fc.property(state, (one) => {
        expect(rhythmCellChanges(one, one)).toEqual([])
        expect(spendCellChanges(one, one)).toEqual([])
      }),
    )
  })

  test('a cell of one customer is that customer', () => {
    fc.assert(
      fc.property(state, (one) => {
        const [cell, ...none] = modelCells(rhythmCellsOf([one]).values(), one.lastDay + 30)
        expect(none).toEqual([])
        expect(cell).toEqual({ n: 1, ...historyAt(one, one.lastDay + 30) })
      }),
    )
  })

  test('the points of a cell have its mean and spread', () => {
    const same = [0, 2, 5, 6].map((f, i) => ({ firstDay: 7000 + f, lastDay: 7070 + ((i * 3) % 7), x: 3, repeatSpend: 1 }))
    const exact = same.map((one) => ({ n: 1, ...historyAt(one, 7100) }))
    const points = modelCells(rhythmCellsOf(same).values(), 7100)
    const moment = (cells: typeof points, value: (cell: (typeof points)[number]) => number) =>
      cells.reduce((sum, cell) => sum + cell.n * value(cell), 0)
    expect(points).toHaveLength(3)
    for (const value of [
      ({ tx }: { tx: number }) => tx,
      ({ T }: { T: number }) => T,
      ({ tx }: { tx: number }) => tx * tx,
      ({ T }: { T: number }) => T * T,
      ({ tx, T }: { tx: number; T: number }) => tx * T,
    ]) {
      expect(moment(points, value)).toBeCloseTo(moment(exact, value), 9)
    }
  })

  test('spend cells keep the number, the mean and the mean logarithm of the mean spends', () => {
    fc.assert(
      fc.property(states, (all) => {
        const means = all.map(meanRepeatSpend).filter((mean) => mean > 0)
        const cells = modelSpendCells(spendCellsOf(all).values())
        expect(cells.reduce((sum, { n }) => sum + n, 0)).toBe(means.length)
        expect(cells.reduce((sum, { n, mean }) => sum + n * mean, 0)).toBeCloseTo(
          means.reduce((sum, mean) => sum + mean, 0),
          1,
        )
        expect(cells.reduce((sum, { n, lnMean }) => sum + n * lnMean, 0)).toBeCloseTo(
          means.reduce((sum, mean) => sum + Math.log(mean), 0),
          4,
        )
      }),
    )
  })
})
