import type { BtydKind, BtydParams } from './btyd.ts'
import type { GammaGammaParams } from './gamma-gamma.ts'

/**
 * Published parameters that stand in for a fit while a workspace has too little history. All are of the CDNOW cohort:
 * 2,357 customers who began in the first quarter of 1997, observed for 39 weeks.
 */

/** Fader, Hardie & Lee 2005, "Counting your customers the easy way", table 1; α in weeks. */
export const PUBLISHED_BGNBD: BtydParams = { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 }

/** Batislam, Denizel & Filiztekin 2007, "Empirical validation and comparison of models", on the same cohort; α in weeks. */
export const PUBLISHED_MBGNBD: BtydParams = { r: 0.525, alpha: 6.183, a: 0.891, b: 1.614 }

/** Fader & Hardie 2013, "The Gamma-Gamma model of monetary value"; v in US dollars. */
export const PUBLISHED_GAMMA_GAMMA: GammaGammaParams = { p: 6.25, q: 3.74, v: 15.44 }

/** The published parameters of a kind of model. */
export function publishedParams(kind: BtydKind): BtydParams {
  return kind === 'bgnbd' ? PUBLISHED_BGNBD : PUBLISHED_MBGNBD
}

/**
 * The published shape of spend, moved to the workspace's own price level: v follows from the mean spend of a repeat
 * purchase day where one is known, in the unit of the amounts.
 */
export function publishedSpendParams(meanSpend?: number): GammaGammaParams {
  const { p, q, v } = PUBLISHED_GAMMA_GAMMA
  return { p, q, v: meanSpend !== undefined && meanSpend > 0 ? (meanSpend * (q - 1)) / p : v }
}
