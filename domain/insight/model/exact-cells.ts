import type { ModelCell } from './btyd-likelihood.ts'
import type { SpendCell } from './gamma-gamma.ts'
import { type RhythmState, historyAt, meanRepeatSpend } from '../../customer/rhythm/index.ts'

/** Customers grouped only where their histories are equal to the day: the likelihood of these is the ungrouped one. */
export function exactModelCells(states: Iterable<RhythmState>, observationDay: number): ModelCell[] {
  const groups = new Map<string, { state: RhythmState; n: number }>()
  for (const state of states) {
    const key = `${state.firstDay}.${state.x}.${state.lastDay}`
    const group = groups.get(key)
    if (group) group.n += 1
    else groups.set(key, { state, n: 1 })
  }
  return Array.from(groups.values(), ({ state, n }) => ({ n, ...historyAt(state, observationDay) }))
}

/** One spend cell per customer with spend on a repeat purchase day. */
export function exactSpendCells(states: Iterable<RhythmState>): SpendCell[] {
  const cells: SpendCell[] = []
  for (const state of states) {
    const mean = meanRepeatSpend(state)
    if (mean > 0) cells.push({ n: 1, x: state.x, mean, lnMean: Math.log(mean) })
  }
  return cells
}
