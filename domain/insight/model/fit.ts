import type { BtydKind, BtydModel, BtydParams } from './btyd.ts'
import { type ModelCell, likelihood, likelihoodObjective, paramsOfLog } from './btyd-likelihood.ts'
import { publishedParams } from './defaults.ts'
import { type Minimum, type Objective, logStandardErrors, minimise } from './optimise.ts'

/** Fewer customers than this are too few to fit (value-model.md, "Fitting many"). */
export const FEWEST_CUSTOMERS = 200

/** Fewer repeat purchase days than this are too few to fit. */
export const FEWEST_REPEATS = 50

/** Below this mean chance to leave after a purchase, a/(a+b), the data shows nobody leaving. */
const DEGENERATE_DROPOUT = 1e-3

/** A rhythm model with how it came about; it can be passed wherever a {@link BtydModel} is asked for. */
export interface RhythmFit extends BtydModel {
  /** `fitted` to these customers, or `pooled`: taken from a wider group or from publications. */
  readonly source: 'fitted' | 'pooled'
  /** Of the parameters on these customers' histories, whichever the source. */
  readonly logLikelihood: number
  /** Of each parameter; undefined for pooled parameters and where the likelihood is flat. */
  readonly standardErrors: BtydParams | undefined
  readonly customers: number
  /** Repeat purchase days of all customers. */
  readonly repeats: number
  /** No drop-out is visible yet (a/(a+b) < 0.001): P(alive) says nothing, P(any purchase) still ranks. */
  readonly degenerate: boolean
  /** Where the parameters come from, in a sentence for the user. */
  readonly why: string
}

/** Options of {@link fitRhythm}. */
export interface FitOptions {
  /** Used where there is too little to fit: the workspace's fit for a segment. Default: published parameters. */
  readonly fallback?: RhythmFit
  /** Where to begin, such as the previous fit's parameters. */
  readonly start?: BtydParams
}

function isDegenerate(params: BtydParams): boolean {
  return params.a / (params.a + params.b) < DEGENERATE_DROPOUT
}

function pooledFit(
  kind: BtydKind,
  cells: readonly ModelCell[],
  counts: Counts,
  fallback: RhythmFit | undefined,
  reason: string,
): RhythmFit {
  const usable = fallback?.kind === kind ? fallback : undefined
  const params = usable?.params ?? publishedParams(kind)
  const origin = usable ? `those of a wider group (${usable.customers} customers)` : 'published ones (CDNOW)'
  return {
    kind,
    params,
    source: 'pooled',
    logLikelihood: likelihood({ kind, params }, cells).value,
    standardErrors: undefined,
    ...counts,
    degenerate: isDegenerate(params),
    why: `${reason}, so the parameters are ${origin}.`,
  }
}

interface Counts {
  readonly customers: number
  readonly repeats: number
}

function count(cells: readonly ModelCell[]): Counts {
  let customers = 0
  let repeats = 0
  for (const { n, x } of cells) {
    customers += n
    repeats += n * x
  }
  // A cell may be split into thirds.
  return { customers: Math.round(customers), repeats: Math.round(repeats) }
}

/** More cells than this are searched on a sample of them first. */
const SEARCHED_CELLS = 10_000

/** Beginnings of the search: rates of the right size, in the unit of time of the cells. */
function roughStarts(cells: readonly ModelCell[], { customers, repeats }: Counts): number[][] {
  const meanAge = cells.reduce((sum, { n, T }) => sum + n * T, 0) / customers
  const rate = repeats / customers / Math.max(meanAge, 1e-3)
  return [0.5, 2].map((r) => [r, r / rate / 2, 1, 3].map(Math.log))
}

function least(objective: Objective, starts: readonly (readonly number[])[]): Minimum {
  const minima = starts.map((logParams) => minimise(objective, logParams))
  return minima.reduce((best, minimum) => (minimum.value < best.value ? minimum : best))
}

/** Where to begin: at the given parameters, or where a search over an even sample of the cells ends. */
function startsOf(kind: BtydKind, cells: readonly ModelCell[], counts: Counts, start: BtydParams | undefined) {
  if (start) return [[start.r, start.alpha, start.a, start.b].map(Math.log)]
  const stride = Math.ceil(cells.length / SEARCHED_CELLS)
  if (stride === 1) return roughStarts(cells, counts)
  const sample = likelihoodObjective(
    kind,
    cells.filter((_, i) => i % stride === 0),
  )
  return [least(sample, roughStarts(cells, counts)).logParams]
}

/**
 * Fits a rhythm model to grouped customers by maximum likelihood, with standard errors. Fewer than 200 customers or
 * 50 repeat purchases answer pooled parameters, and say so.
 *
 * @example fitRhythm('mbgnbd', modelCells(cells.values(), today)).params
 */
export function fitRhythm(kind: BtydKind, cells: readonly ModelCell[], options: FitOptions = {}): RhythmFit {
  const counts = count(cells)
  if (counts.customers < FEWEST_CUSTOMERS || counts.repeats < FEWEST_REPEATS) {
    const few = `${counts.customers} customers with ${counts.repeats} repeat purchases are too few to fit`
    const reason = `${few} (${FEWEST_CUSTOMERS} and ${FEWEST_REPEATS} are needed)`
    return pooledFit(kind, cells, counts, options.fallback, reason)
  }
  const objective = likelihoodObjective(kind, cells)
  const best = least(objective, startsOf(kind, cells, counts, options.start))
  if (!Number.isFinite(best.value)) return pooledFit(kind, cells, counts, options.fallback, 'The fit did not succeed')
  const params = paramsOfLog(best.logParams)
  const errors = logStandardErrors(objective, best)?.map((error) => error / Math.sqrt(counts.customers))
  const [r, alpha, a, b] = errors ?? []
  const known = r !== undefined && alpha !== undefined && a !== undefined && b !== undefined
  const degenerate = isDegenerate(params)
  const visible = degenerate ? ' No drop-out is visible yet.' : ''
  return {
    kind,
    params,
    source: 'fitted',
    logLikelihood: -best.value * counts.customers,
    standardErrors: known ? { r: r * params.r, alpha: alpha * params.alpha, a: a * params.a, b: b * params.b } : undefined,
    ...counts,
    degenerate,
    why: `Fitted to ${counts.customers} customers with ${counts.repeats} repeat purchases.${visible}`,
  }
}
