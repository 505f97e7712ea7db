import { type ModelCell, paramsOfLog } from './btyd-likelihood.ts'
import type { BtydParams } from './btyd.ts'
import { type Objective, minimise } from './optimise.ts'
import { lnGamma } from './special.ts'
import type { PurchaseHistory } from '../../customer/rhythm/index.ts'

/**
 * MBG/CNBD-k (Reutterer, Platzer & Schröder 2021, "Leveraging purchase regularity for predicting customer behavior the
 * easy way"): MBG/NBD with gaps of an Erlang distribution of shape k instead of an exponential one. k = 1 is MBG/NBD; the
 * higher k, the more regular the customers, and the sooner a silence tells.
 */
export interface RegularModel {
  /** Shape of a gap: each is the sum of k exponential ones. */
  readonly k: number
  /** As in MBG/NBD; the mean gap of a customer is k/λ weeks. */
  readonly params: BtydParams
}

/** The logarithm of a chance to be silent, with its slopes. */
interface Silence {
  readonly lnValue: number
  /** By r. */
  readonly byR: number
  /** By α. */
  readonly byAlpha: number
}

/** lnΓ(r+n) − lnΓ(r) and its slope by r, for n up to the largest. */
function risingTerms(r: number, most: number): { value: Float64Array; slope: Float64Array } {
  const value = new Float64Array(most + 1)
  const slope = new Float64Array(most + 1)
  for (let n = 1; n <= most; n++) {
    value[n] = (value[n - 1] ?? 0) + Math.log(r + n - 1)
    slope[n] = (slope[n - 1] ?? 0) + 1 / (r + n - 1)
  }
  return { value, slope }
}

/** The most regular there is: beyond it nothing changes that a day's resolution could tell. */
const MOST_K = 12

/** ln j! for j below the largest k. */
const LN_FACTORIAL = Array.from({ length: MOST_K }, (_, j) => lnGamma(j + 1))

/**
 * ln Σ_{j<k} uʲ/j! · Γ(r+kx+j)/Γ(r) · (α+t_x+u)^−(r+kx+j): the mean over λ of λ^{kx} e^{−λ(t_x+u)} Σ (λu)ʲ/j!, the density of x
 * gaps of shape k and no purchase in the u weeks since.
 */
function silence({ k, params }: RegularModel, rising: ReturnType<typeof risingTerms>, x: number, tx: number, u: number): Silence {
  const { r, alpha } = params
  const age = alpha + tx + u
  const lnAge = Math.log(age)
  const terms = u > 0 ? k : 1
  const lnU = Math.log(u)
  const at = (j: number) => (j === 0 ? 0 : j * lnU - (LN_FACTORIAL[j] ?? 0)) + (rising.value[k * x + j] ?? 0) - (r + k * x + j) * lnAge
  let most = -Infinity
  for (let j = 0; j < terms; j++) most = Math.max(most, at(j))
  let [sum, byR, byAlpha] = [0, 0, 0]
  for (let j = 0; j < terms; j++) {
    const term = Math.exp(at(j) - most)
    sum += term
    byR += term * ((rising.slope[k * x + j] ?? 0) - lnAge)
    byAlpha -= (term * (r + k * x + j)) / age
  }
  return { lnValue: most + Math.log(sum), byR: byR / sum, byAlpha: byAlpha / sum }
}

/** lnB(a, b+x+1) − lnB(a, b), as in MBG/NBD, and its slopes, for x up to the largest. */
function stayTerms({ a, b }: BtydParams, most: number): { value: Float64Array; byA: Float64Array; byB: Float64Array } {
  const column = () => new Float64Array(most + 1)
  const terms = { value: column(), byA: column(), byB: column() }
  for (let x = 0; x <= most; x++) {
    terms.value[x] = (terms.value[x - 1] ?? 0) - Math.log1p(a / (b + x))
    terms.byA[x] = (terms.byA[x - 1] ?? 0) - 1 / (a + b + x)
    terms.byB[x] = (terms.byB[x - 1] ?? 0) + a / ((b + x) * (a + b + x))
  }
  return terms
}

/** Negative mean log-likelihood over the log of (r, α, a, b), without what depends on k and the gaps alone. */
export function regularObjective(k: number, cells: readonly ModelCell[]): Objective {
  const customers = cells.reduce((sum, cell) => sum + cell.n, 0)
  const most = cells.reduce((x, cell) => Math.max(x, cell.x), 0)
  return (logParams) => {
    const params = paramsOfLog(logParams)
    const { r, alpha, a, b } = params
    const rising = risingTerms(r, k * most + k)
    const stayed = stayTerms(params, most)
    const sum = [0, 0, 0, 0]
    let value = 0
    for (const { n, x, tx, T } of cells) {
      const alive = silence({ k, params }, rising, x, tx, T - tx)
      const gone = silence({ k, params }, rising, x, tx, 0)
      const lnOdds = Math.log(a) - Math.log(b + x) + gone.lnValue - alive.lnValue
      const odds = Math.exp(-Math.abs(lnOdds))
      const left = (lnOdds > 0 ? 1 : odds) / (1 + odds)
      value += n * ((stayed.value[x] ?? 0) + r * Math.log(alpha) + alive.lnValue + Math.max(0, lnOdds) + Math.log1p(odds))
      sum[0] = (sum[0] ?? 0) + n * (Math.log(alpha) + (1 - left) * alive.byR + left * gone.byR)
      sum[1] = (sum[1] ?? 0) + n * (r / alpha + (1 - left) * alive.byAlpha + left * gone.byAlpha)
      sum[2] = (sum[2] ?? 0) + n * ((stayed.byA[x] ?? 0) + left / a)
      sum[3] = (sum[3] ?? 0) + n * ((stayed.byB[x] ?? 0) - left / (b + x))
    }
    const scale = [r, alpha, a, b]
    return { value: -value / customers, gradient: sum.map((slope, i) => (-slope * (scale[i] ?? 0)) / customers) }
  }
}

/**
 * Fits MBG/CNBD-k for a given k to grouped customers by maximum likelihood. @param start parameters to begin at, such as
 * those of an earlier cut
 */
export function fitRegular(k: number, cells: readonly ModelCell[], start?: BtydParams): RegularModel | undefined {
  let [repeats, age] = [0, 0]
  for (const { n, x, T } of cells) {
    repeats += n * x
    age += n * T
  }
  if (repeats === 0) return undefined
  const { r, alpha, a, b } = start ?? { r: 1, alpha: Math.max(age, 1e-3) / (k * repeats), a: 1, b: 3 }
  const best = minimise(regularObjective(k, cells), [r, alpha, a, b].map(Math.log))
  return Number.isFinite(best.value) ? { k, params: paramsOfLog(best.logParams) } : undefined
}

/** Probability of at least one purchase within the given weeks. */
export function pAnyRegular(model: RegularModel, { x, tx, T }: PurchaseHistory, weeks: number): number {
  const { k, params } = model
  const rising = risingTerms(params.r, k * x + k)
  const now = silence(model, rising, x, tx, T - tx).lnValue
  const lnOdds = Math.log(params.a) - Math.log(params.b + x) + silence(model, rising, x, tx, 0).lnValue - now
  const then = silence(model, rising, x, tx, T - tx + weeks).lnValue
  return -Math.expm1(then - now) / (1 + Math.exp(lnOdds))
}

/** Pairs of neighbouring gaps below which nothing is said of regularity. */
const FEWEST_PAIRS = 50

/**
 * How regular customers buy, as the shape k of their gaps: of two neighbouring gaps of one customer, the first has a
 * Beta(k, k) share of both whatever the customer's rate is, so k follows from the variance of that share (Wheat & Morrison
 * 1990, "Estimating purchase regularity with two interpurchase times"). 1 where gaps are exponential or too few to say.
 *
 * @param shares first gap ÷ (first + second gap), one a customer
 */
export function regularity(shares: readonly number[]): number {
  if (shares.length < FEWEST_PAIRS) return 1
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length
  const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / (shares.length - 1)
  const k = (1 - 4 * variance) / (8 * Math.max(variance, 1e-6))
  return Math.min(MOST_K, Math.max(1, Math.round(k)))
}
