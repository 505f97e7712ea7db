import { type BtydKind, type BtydModel, type BtydParams, leavingB, lnLeavingOdds } from './btyd.ts'
import type { Objective } from './optimise.ts'

/** A group of customers with (nearly) one history, at its mean; weeks. */
export interface ModelCell {
  /** Customers in the cell. */
  readonly n: number
  /** Repeat purchase days. */
  readonly x: number
  /** Mean weeks from the first to the last purchase. */
  readonly tx: number
  /** Mean weeks from the first purchase to the observation. */
  readonly T: number
}

/** What of the likelihood depends on x alone, for every x up to the largest: values and their derivatives. */
interface CountTerms {
  readonly value: Float64Array
  readonly byR: Float64Array
  readonly byA: Float64Array
  readonly byB: Float64Array
  /** ln a − ln(b+x): log odds of having left at the last purchase; −∞ where that is impossible. */
  readonly lnOdds: Float64Array
}

/**
 * lnΓ(r+x) − lnΓ(r) = Σ ln(r+i) and lnB(a, b+k) − lnB(a, b) = Σ ln((b+i)/(a+b+i)): x is an integer, so running sums
 * are exact to rounding where differences of lnΓ lose digits (b ≥ 1e6), and cost one logarithm per x.
 * k is the number of times the customer is known to have stayed (and left): x+1 in MBG/NBD, x in BG/NBD.
 */
function countTerms(model: BtydModel, mostX: number): CountTerms {
  const { r, a, b } = model.params
  const column = () => new Float64Array(mostX + 1)
  const terms = { value: column(), byR: column(), byA: column(), byB: column(), lnOdds: column() }
  let [value, byR, byA, byB] = [0, 0, 0, 0]
  const stay = (i: number) => {
    value -= Math.log1p(a / (b + i))
    byA -= 1 / (a + b + i)
    byB += a / ((b + i) * (a + b + i))
  }
  for (let x = 0; x <= mostX; x++) {
    if (x > 0) {
      value += Math.log(r + x - 1)
      byR += 1 / (r + x - 1)
    }
    if (model.kind === 'mbgnbd') stay(x)
    else if (x > 0) stay(x - 1)
    terms.value[x] = value
    terms.byR[x] = byR
    terms.byA[x] = byA
    terms.byB[x] = byB
    terms.lnOdds[x] = lnLeavingOdds(model, x)
  }
  return terms
}

/** Log-likelihood and its derivatives by r, α, a, b. */
export interface Likelihood {
  readonly value: number
  readonly gradient: readonly [number, number, number, number]
}

/**
 * Log-likelihood of grouped customers and its analytic gradient.
 * BG/NBD: Fader, Hardie & Lee 2005 eq. 6; MBG/NBD: Batislam et al. 2007 eq. 6. Per customer
 * lnΓ(r+x) − lnΓ(r) + r ln α + lnB(a, b+x+1) − lnB(a, b)
 * + logaddexp(−(r+x) ln(α+T), ln a − ln(b+x) − (r+x) ln(α+t_x)); for BG/NBD see {@link BtydModel}.
 */
export function likelihood(model: BtydModel, cells: readonly ModelCell[]): Likelihood {
  const { r, alpha, a } = model.params
  const b = leavingB(model)
  const mostX = cells.reduce((most, cell) => Math.max(most, cell.x), 0)
  const counts = countTerms(model, mostX)
  const lnAlpha = Math.log(alpha)
  const sum = { value: 0, r: 0, alpha: 0, a: 0, b: 0 }
  for (const { n, x, tx, T } of cells) {
    const lnAge = Math.log(alpha + T)
    const lnRecency = Math.log(alpha + tx)
    const lnOdds = (counts.lnOdds[x] ?? 0) + (r + x) * (lnAge - lnRecency)
    // logaddexp around the term of the living; the odds alone would overflow for long silences.
    const odds = Math.exp(-Math.abs(lnOdds))
    const extra = Math.max(0, lnOdds) + Math.log1p(odds)
    const left = (lnOdds > 0 ? 1 : odds) / (1 + odds)
    const alive = 1 - left
    sum.value += n * ((counts.value[x] ?? 0) + r * lnAlpha - (r + x) * lnAge + extra)
    sum.r += n * ((counts.byR[x] ?? 0) + lnAlpha - alive * lnAge - left * lnRecency)
    sum.alpha += n * (r / alpha - (r + x) * (alive / (alpha + T) + left / (alpha + tx)))
    sum.a += n * ((counts.byA[x] ?? 0) + left / a)
    // Where leaving is impossible `left` is 0, and so is its share, even at b − 1 + x = 0.
    sum.b += n * ((counts.byB[x] ?? 0) - (left === 0 ? 0 : left / (b + x)))
  }
  return { value: sum.value, gradient: [sum.r, sum.alpha, sum.a, sum.b] }
}

/** Negative mean log-likelihood over the log of (r, α, a, b), to be minimised. */
export function likelihoodObjective(kind: BtydKind, cells: readonly ModelCell[]): Objective {
  const customers = cells.reduce((sum, cell) => sum + cell.n, 0)
  return (logParams) => {
    const params = paramsOfLog(logParams)
    const { value, gradient } = likelihood({ kind, params }, cells)
    const scale = [params.r, params.alpha, params.a, params.b]
    return {
      value: -value / customers,
      gradient: gradient.map((slope, i) => (-slope * (scale[i] ?? 0)) / customers),
    }
  }
}

/** Parameters from their logs, in the order r, α, a, b. */
export function paramsOfLog(logParams: readonly number[]): BtydParams {
  const [r = 0, alpha = 0, a = 0, b = 0] = logParams.map(Math.exp)
  return { r, alpha, a, b }
}
