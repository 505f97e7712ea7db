import { readFileSync, writeFileSync } from 'node:fs'
import { pAlive, pAny } from '../../domain/insight/model/btyd.ts'
import { type RhythmCell, modelCells, rhythmCellsOf } from '../../domain/insight/model/cells.ts'
import { fitRhythm } from '../../domain/insight/model/fit.ts'
import { expectedSpend } from '../../domain/insight/model/gamma-gamma.ts'
import { lifetimeValue } from '../../domain/insight/model/lifetime-value.ts'
import { type SpendSums, modelSpendCells, spendCellsOf } from '../../domain/insight/model/spend-cells.ts'
import { fitSpend } from '../../domain/insight/model/spend-fit.ts'
import { anyCrossingDay } from '../../domain/insight/model/crossing.ts'
import { historyAt, meanRepeatSpend } from '../../domain/customer/rhythm/index.ts'
import { simulate, uniforms } from '../domain/insight/simulate.ts'

/**
 * Two halves of one measurement, each a process of its own, so that the fit's memory is not that of who made its input:
 * `make FILE CUSTOMERS` simulates customers and keeps their histogram, `fit FILE` fits it as the product does and scores.
 */
const [half, file = '', count = '0'] = process.argv.slice(2)

const TRUTH = { r: 0.6, alpha: 9, a: 0.9, b: 2.2 }
const TODAY = 20_000
const YEARS = 5
const SCORED = 200_000
const HORIZON_DAYS = 90

interface Histogram {
  rhythm: RhythmCell[]
  spend: SpendSums[]
}

function make(customers: number): Histogram {
  const uniform = uniforms(5)
  const states = simulate(customers, TRUTH, YEARS * 365, 42)
  const priced = Array.from(states, (state) => ({ ...state, repeatSpend: Math.round(state.x * 4_000 * Math.exp(uniform() - 0.5)) }))
  return { rhythm: [...rhythmCellsOf(priced).values()], spend: [...spendCellsOf(priced).values()] }
}

function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

function measure({ rhythm, spend }: Histogram) {
  const cells = modelCells(rhythm, TODAY)
  let fit = fitRhythm('mbgnbd', [])
  let amounts = fitSpend([])
  const fitCpuSeconds = cpuSeconds(() => (fit = fitRhythm('mbgnbd', cells)))
  const comparisonCpuSeconds = cpuSeconds(() => fitRhythm('bgnbd', cells))
  const spendCpuSeconds = cpuSeconds(() => (amounts = fitSpend(modelSpendCells(spend))))
  const fitPeakMb = process.resourceUsage().maxRSS / 1024
  const states = [...simulate(SCORED, TRUTH, YEARS * 365, 43)]
  let sum = 0
  const risk = cpuSeconds(() => {
    for (const state of states) {
      const history = historyAt(state, TODAY)
      sum += pAlive(fit, history) + pAny(fit, history, HORIZON_DAYS / 7)
    }
  })
  const whole = cpuSeconds(() => {
    for (const state of states) {
      const history = historyAt(state, TODAY)
      const perDay = expectedSpend(amounts.params, { x: state.x, mean: meanRepeatSpend(state) })
      sum += pAny(fit, history, HORIZON_DAYS / 7) + lifetimeValue(fit, history, perDay)
      sum += anyCrossingDay(fit, state, HORIZON_DAYS, 0.3) ?? 0
    }
  })
  if (!Number.isFinite(sum)) throw new Error('a score is not a number')
  return {
    customers: fit.customers,
    cells: rhythm.length,
    fitCpuSeconds,
    comparisonCpuSeconds,
    spendCpuSeconds,
    fitPeakMb,
    scoredPerSecond: SCORED / risk,
    valuedPerSecond: SCORED / whole,
  }
}

if (half === 'make') writeFileSync(file, JSON.stringify(make(Number(count))))
else console.log(JSON.stringify(measure(JSON.parse(readFileSync(file, 'utf8')) as Histogram)))
