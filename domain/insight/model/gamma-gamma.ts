import { digamma, lnBeta } from './special.ts'
import type { Objective } from './optimise.ts'

/**
 * Gamma-Gamma model of spend (Fader & Hardie 2013, "The Gamma-Gamma model of monetary value"): the amount of a
 * purchase ~ Gamma(p, ν), and ν ~ Gamma(q, v) over customers.
 */
export interface GammaGammaParams {
  readonly p: number
  readonly q: number
  /** In the unit of the amounts. */
  readonly v: number
}

/** Customers with one number of repeats and nearly one mean spend. */
export interface SpendCell {
  /** Customers in the cell. */
  readonly n: number
  /** Repeat purchase days. */
  readonly x: number
  /** Mean over the customers of the mean spend of a repeat day, above zero. */
  readonly mean: number
  /** Mean over the customers of its logarithm. */
  readonly lnMean: number
}

/** Log-likelihood and its derivatives by p, q, v. */
export interface SpendLikelihood {
  readonly value: number
  readonly gradient: readonly [number, number, number]
}

/**
 * Log-likelihood of the customers' mean spends and its gradient (Fader & Hardie 2013 eq. 1a): per customer
 * −lnB(px, q) + q ln v + (px−1) ln m + px ln x − (px+q) ln(v + xm).
 */
export function spendLikelihood(params: GammaGammaParams, cells: readonly SpendCell[]): SpendLikelihood {
  const { p, q, v } = params
  const lnV = Math.log(v)
  const psiQ = digamma(q)
  const byX = new Map<number, { lnBeta: number; psi: number; psiBoth: number }>()
  let [value, byP, byQ, byV] = [0, 0, 0, 0]
  for (const { n, x, mean, lnMean } of cells) {
    const shape = p * x
    let terms = byX.get(x)
    if (!terms) byX.set(x, (terms = { lnBeta: lnBeta(shape, q), psi: digamma(shape), psiBoth: digamma(shape + q) }))
    const lnX = Math.log(x)
    // Mean of ln(v + xm) over the cell, to the second order: the spread of m is known from ln(mean) − mean(ln m).
    const share = (x * mean) / (v + x * mean)
    const spread = (Math.log(mean) - lnMean) * share * share
    const lnTotal = Math.log(v + x * mean) - spread
    value += n * (-terms.lnBeta + q * lnV + (shape - 1) * lnMean + shape * lnX - (shape + q) * lnTotal)
    byP += n * x * (terms.psiBoth - terms.psi + lnMean + lnX - lnTotal)
    byQ += n * (terms.psiBoth - psiQ + lnV - lnTotal)
    byV += n * (q / v - ((shape + q) * (1 + 2 * spread)) / (v + x * mean))
  }
  return { value, gradient: [byP, byQ, byV] }
}

/** Negative mean log-likelihood over (ln p, ln(q−1), ln v): the mean of spend exists only for q > 1. */
export function spendObjective(cells: readonly SpendCell[]): Objective {
  const customers = cells.reduce((sum, cell) => sum + cell.n, 0)
  return (logParams) => {
    const params = spendParamsOfLog(logParams)
    const { value, gradient } = spendLikelihood(params, cells)
    const scale = [params.p, params.q - 1, params.v]
    return {
      value: -value / customers,
      gradient: gradient.map((slope, i) => (-slope * (scale[i] ?? 0)) / customers),
    }
  }
}

/** Parameters from (ln p, ln(q−1), ln v). */
export function spendParamsOfLog(logParams: readonly number[]): GammaGammaParams {
  const [p = 0, excess = 0, v = 0] = logParams.map(Math.exp)
  return { p, q: 1 + excess, v }
}

/** Mean spend of a purchase day over all customers: pv/(q−1). */
export function populationSpend(params: GammaGammaParams): number {
  return (params.p * params.v) / (params.q - 1)
}

/**
 * Expected spend of a customer's next purchase day, in the unit of the amounts: the mean of all customers and the
 * customer's own, weighted by how many repeats speak for it (Fader & Hardie 2013 eq. 5).
 *
 * @example expectedSpend({ p: 6.25, q: 3.74, v: 15.44 }, { x: 2, mean: 22.35 }) // 24.66
 */
export function expectedSpend(params: GammaGammaParams, repeats: { readonly x: number; readonly mean: number }): number {
  const { p, q, v } = params
  const { x, mean } = repeats
  if (x === 0) return populationSpend(params)
  return (p * (v + x * mean)) / (p * x + q - 1)
}
