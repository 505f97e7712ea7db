import { type BackTest, RANKING_RULES } from '../../domain/insight/model/back-test.ts'
import type { RhythmFit } from '../../domain/insight/model/fit.ts'
import type { SpendFit } from '../../domain/insight/model/spend-fit.ts'
import { type Analysis, figuresOf } from './analysis.ts'
import { isoDate } from './day.ts'

/** Customers listed for a reader. */
const LISTED = 20

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  const lines = rows.map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))))
  return lines.map((line) => `  ${line.join('  ')}`.trimEnd()).join('\n')
}

function modelText(name: string, fit: RhythmFit | SpendFit): string {
  const errors = new Map<string, number>(Object.entries(fit.standardErrors ?? {}))
  const params = Object.entries(fit.params).map(([param, value]) => {
    const error = errors.get(param)
    return `${param} ${Number(value).toPrecision(6)}${error === undefined ? '' : ` ± ${error.toPrecision(2)}`}`
  })
  return `${name}: ${params.join(', ')}; log-likelihood ${fit.logLikelihood.toFixed(4)}\n  ${fit.why}`
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`
}

function backTestText(tested: BackTest, analysis: Analysis): string {
  if (tested.cuts.length === 0) return 'Back-test: the past is too short for a cut date with a complete horizon.'
  const quality = RANKING_RULES.flatMap((rule) => {
    const mean = tested.mean[rule]
    return mean ? [[rule, mean.aucAll.toFixed(3), mean.aucActive.toFixed(3), mean.precisionTop.toFixed(3)]] : []
  })
  const cuts = tested.cuts.map(({ cutDay, customers, active, quality: at, expectedPurchases, actualPurchases }) => [
    isoDate(cutDay),
    String(customers),
    String(active),
    ...RANKING_RULES.map((rule) => at[rule]?.aucActive.toFixed(3) ?? '–'),
    expectedPurchases.toFixed(0),
    String(actualPurchases),
  ])
  const rule = analysis.choice.kind
  const bands = (tested.calibration[rule] ?? []).map((band) => [
    `${percent(band.from)}–${percent(band.from + 0.1)}`,
    String(band.customers),
    band.predicted.toFixed(3),
    band.observed.toFixed(3),
  ])
  const lift = (tested.lift[rule] ?? []).map((tenth) => [
    String(tenth.decile),
    String(tenth.customers),
    percent(tenth.left),
    tenth.lift.toFixed(2),
  ])
  const tracking = analysis.tracking.map(({ day, expected, actual }) => [isoDate(day), expected.toFixed(0), String(actual)])
  return [
    `Back-test, mean of ${tested.comparedCuts} cut dates (${analysis.sampled} customers; active: bought within ${tested.horizonDays} days before the cut)`,
    table([['score', 'AUC all', 'AUC active', 'precision top 20 %'], ...quality]),
    '\nBy cut date: AUC active per score, and purchases within the horizon',
    table([['cut', 'customers', 'active', ...RANKING_RULES, 'expected', 'actual'], ...cuts]),
    `\nCalibration of ${rule}: probability of a purchase within the horizon`,
    table([['band', 'customers', 'predicted', 'observed'], ...bands]),
    `\nLift of ${rule} by tenths of the active customers, most at risk first`,
    table([['tenth', 'customers', 'left', 'lift'], ...lift]),
    '\nCumulative repeat purchases of the customers of the middle cut, by the model fitted then',
    table([['date', 'expected', 'actual'], ...tracking]),
  ].join('\n')
}

function customersText(analysis: Analysis): string {
  const { cutDay, horizonDays, known } = analysis
  const active = known.filter(({ state }) => cutDay - state.lastDay <= horizonDays)
  const listed = active
    .map((customer) => figuresOf(analysis, customer))
    .sort((p, q) => q.risk - p.risk)
    .slice(0, LISTED)
    .map((c) => [
      c.id,
      String(c.x),
      c.tx.toFixed(1),
      c.T.toFixed(1),
      c.pAlive.toFixed(3),
      c.pAny.toFixed(3),
      c.risk.toFixed(3),
      c.expected.toFixed(2),
      c.expectedSpend.toFixed(2),
      c.clv12m.toFixed(2),
      c.warnOn ?? 'never',
    ])
  return [
    `${known.length} customers, ${active.length} active (bought within ${horizonDays} days). Most at risk among the active:`,
    table([['id', 'x', 'tx', 'T', 'pAlive', 'pAny', 'risk', 'expected', 'spend', 'clv12m', 'warn on'], ...listed]),
  ].join('\n')
}

/** The analysis for a reader. */
export function textOf(analysis: Analysis, withBackTest: boolean): string {
  const { bgnbd, mbgnbd, gammaGamma, choice, line } = analysis
  const parts = [
    `As of ${isoDate(analysis.cutDay)}, horizon ${analysis.horizonDays} days; parameters in weeks`,
    modelText('BG/NBD', bgnbd),
    modelText('MBG/NBD', mbgnbd),
    modelText('Gamma-Gamma', gammaGamma),
    `\nScore in use: ${choice.kind}. ${choice.why}`,
    `Warning line: P(${line.measure === 'alive' ? 'alive' : `any purchase within ${line.horizonDays} days`}) ≤ ${line.theta}, at most 0.75 of its value after the last purchase`,
    `\n${customersText(analysis)}`,
    ...(withBackTest ? [`\n${backTestText(analysis.tested, analysis)}`] : []),
  ]
  return `${parts.join('\n')}\n`
}
