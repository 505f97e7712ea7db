import type { RhythmFit } from '../../domain/insight/model/fit.ts'
import type { SpendFit } from '../../domain/insight/model/spend-fit.ts'
import { type InsightBench, goalsOf, judgedRules, measureInsight } from './insight.ts'

/** Published or measured elsewhere, see value-model.md: what a fit of the calibration period is held against. */
const REFERENCE = {
  bgnbd: 'r .2426, α 4.4135, a .7929, b 2.4258; −9582.4256',
  mbgnbd: 'r .5248, α 6.1830, a .8914, b 1.6140; −9582.1327',
  gammaGamma: 'p 6.2488, q 3.7446, v 15.4477; −4055.9232',
} as const

function sayFit(fit: RhythmFit | SpendFit): string {
  const params = Object.entries(fit.params).map(([name, value]) => `${name} ${Number(value).toFixed(4)}`)
  return `${params.join(', ')}; ${fit.logLikelihood.toFixed(4)}`
}

const three = (value: number): string => value.toFixed(3)

function sayQuality(quality: { aucAll: number; aucActive: number; precisionTop: number }) {
  return { 'AUC all': three(quality.aucAll), 'AUC active': three(quality.aucActive), 'precision top 20 %': three(quality.precisionTop) }
}

function print(bench: InsightBench): void {
  const { models, counts, actualTotal, ranking, rolling, scale } = bench
  console.log('CDNOW sample, fitted to 1997-09-30; parameters in weeks and log-likelihood')
  const names = ['bgnbd', 'mbgnbd', 'gammaGamma'] as const
  console.table(names.map((model) => ({ model, fitted: sayFit(models[model]), reference: REFERENCE[model] })))
  console.log(`Purchases of the holdout, 39 weeks: ${actualTotal} came`)
  console.table(
    counts.map((one) => ({ rule: one.rule, MAE: three(one.meanAbsolute), RMSE: three(one.rootMeanSquare), total: Math.round(one.total) })),
  )
  console.log('Who buys nothing after 1997-09-30, ranked by what was known then')
  console.table(ranking.map((one) => ({ rule: one.rule, 'within days': one.days, ...sayQuality(one) })))
  console.log(`Rolling back-test: cuts every 28 days, 90 days ahead, mean of ${rolling.comparedCuts} cuts`)
  console.table(judgedRules(rolling.mean).map(([rule, quality]) => ({ rule, ...sayQuality(quality) })))
  console.log('Many customers, from their histogram')
  console.table([
    { what: 'customers / cells', measured: `${scale.customers.toLocaleString('en')} / ${scale.cells.toLocaleString('en')}` },
    {
      what: 'CPU: MBG/NBD, BG/NBD, Gamma-Gamma',
      measured: [scale.fitCpuSeconds, scale.comparisonCpuSeconds, scale.spendCpuSeconds].map((s) => `${s.toFixed(2)} s`).join(', '),
    },
    { what: 'peak memory of the process', measured: `${scale.fitPeakMb.toFixed(0)} MB` },
    { what: 'P(alive) and P(any) a second and core', measured: Math.round(scale.scoredPerSecond).toLocaleString('en') },
    { what: 'with value and warning date', measured: Math.round(scale.valuedPerSecond).toLocaleString('en') },
  ])
  console.log('Goals')
  console.table(goalsOf(bench))
}

/** `npm run bench -- --insight`. */
export function reportInsight({ customers, json }: { customers: number; json: boolean }): void {
  const bench = measureInsight({ customers })
  if (json) console.log(JSON.stringify({ ...bench, goals: goalsOf(bench) }))
  else print(bench)
}
