import { publishedSpendParams } from './defaults.ts'
import { FEWEST_REPEATS } from './fit.ts'
import { type GammaGammaParams, type SpendCell, spendLikelihood, spendObjective, spendParamsOfLog } from './gamma-gamma.ts'
import { logStandardErrors, minimise } from './optimise.ts'

/** A spend model with how it came about. */
export interface SpendFit {
  readonly params: GammaGammaParams
  /** `fitted` to these customers, or `pooled`: the published shape at these customers' price level. */
  readonly source: 'fitted' | 'pooled'
  readonly logLikelihood: number
  /** Of each parameter; undefined for pooled parameters and where the likelihood is flat. */
  readonly standardErrors: GammaGammaParams | undefined
  /** Customers with a repeat purchase day and spend on it. */
  readonly repeaters: number
  /** Where the parameters come from, in a sentence for the user. */
  readonly why: string
}

/** Cells with amounts in units of the mean spend: the search then begins alike in cents and in dollars. */
function scaled(cells: readonly SpendCell[], unit: number): SpendCell[] {
  return cells.map(({ n, x, mean, lnMean }) => ({ n, x, mean: mean / unit, lnMean: lnMean - Math.log(unit) }))
}

function pooledFit(cells: readonly SpendCell[], repeaters: number, meanSpend: number | undefined, reason: string): SpendFit {
  const params = publishedSpendParams(meanSpend)
  return {
    params,
    source: 'pooled',
    logLikelihood: spendLikelihood(params, cells).value,
    standardErrors: undefined,
    repeaters,
    why: `${reason}, so the parameters are published ones (CDNOW)${meanSpend === undefined ? '' : ' at the price level seen here'}.`,
  }
}

/**
 * Fits the Gamma-Gamma model to grouped mean spends by maximum likelihood, with standard errors. Fewer than 50
 * repeaters answer the published shape at their price level, and say so.
 *
 * @param purchaseMean mean amount of any purchase day, the price level where nobody bought twice
 */
export function fitSpend(cells: readonly SpendCell[], purchaseMean?: number): SpendFit {
  const repeaters = cells.reduce((sum, { n }) => sum + n, 0)
  const meanSpend = repeaters > 0 ? cells.reduce((sum, { n, mean }) => sum + n * mean, 0) / repeaters : purchaseMean
  if (meanSpend === undefined || repeaters < FEWEST_REPEATS) {
    const reason = `${repeaters} customers with repeat spend are too few to fit (${FEWEST_REPEATS} are needed)`
    return pooledFit(cells, repeaters, meanSpend, reason)
  }
  const objective = spendObjective(scaled(cells, meanSpend))
  const best = minimise(objective, [2, 2, 1].map(Math.log))
  if (!Number.isFinite(best.value)) return pooledFit(cells, repeaters, meanSpend, 'The fit did not succeed')
  const fitted = spendParamsOfLog(best.logParams)
  const params = { ...fitted, v: fitted.v * meanSpend }
  const errors = logStandardErrors(objective, best)?.map((error) => error / Math.sqrt(repeaters))
  const [p, excess, v] = errors ?? []
  const known = p !== undefined && excess !== undefined && v !== undefined
  return {
    params,
    source: 'fitted',
    // The density of an amount in other units differs by the factor between the units.
    logLikelihood: -best.value * repeaters - repeaters * Math.log(meanSpend),
    standardErrors: known ? { p: p * params.p, q: excess * (params.q - 1), v: v * params.v } : undefined,
    repeaters,
    why: `Fitted to ${repeaters} customers with repeat spend.`,
  }
}
