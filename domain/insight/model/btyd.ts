import type { PurchaseHistory } from '../../customer/rhythm/index.ts'

/**
 * The two "buy till you die" models: BG/NBD (Fader, Hardie & Lee 2005), in which a customer may leave after each
 * repeat purchase, and MBG/NBD (Batislam, Denizel & Filiztekin 2007), in which also after the first.
 */
export type BtydKind = 'bgnbd' | 'mbgnbd'

/** Purchase rate λ ~ Gamma(r, α) per week; probability of leaving after a purchase ~ Beta(a, b). */
export interface BtydParams {
  readonly r: number
  /** In weeks. */
  readonly alpha: number
  readonly a: number
  readonly b: number
}

/** A model with its parameters. */
export interface BtydModel {
  readonly kind: BtydKind
  readonly params: BtydParams
}

/**
 * The formulas of BG/NBD are those of MBG/NBD with b − 1 for b: one chance to leave fewer. Only the one-time buyer
 * differs, who cannot leave in BG/NBD.
 */
export function leavingB(model: BtydModel): number {
  return model.kind === 'mbgnbd' ? model.params.b : model.params.b - 1
}

/**
 * Log odds of having left against being alive, from the purchases alone: before any silence after the last one.
 * ln a − ln(b+x), in BG/NBD ln a − ln(b+x−1) and −∞ at x = 0.
 */
export function lnLeavingOdds(model: BtydModel, x: number): number {
  if (model.kind === 'bgnbd' && x === 0) return -Infinity
  return Math.log(model.params.a) - Math.log(leavingB(model) + x)
}

/**
 * Probability that the customer is still alive at age T (MBG/NBD: Batislam et al. 2007 eq. 8; BG/NBD: Fader, Hardie
 * & Lee 2005 eq. 7 and note "Computing P(alive)"). Falls with T, between 0 and 1.
 *
 * @example pAlive({ kind: 'mbgnbd', params: PUBLISHED_MBGNBD }, { x: 2, tx: 30.43, T: 38.86 })
 */
export function pAlive(model: BtydModel, history: PurchaseHistory): number {
  const { r, alpha } = model.params
  const { x, tx, T } = history
  const silence = (r + x) * Math.log1p((T - tx) / (alpha + tx))
  return 1 / (1 + Math.exp(silence + lnLeavingOdds(model, x)))
}

/** Probability that a customer known to be alive buys within the given weeks: 1 − ((α+T)/(α+T+t))^(r+x). */
export function pAnyIfAlive(model: BtydModel, history: PurchaseHistory, weeks: number): number {
  const { r, alpha } = model.params
  return -Math.expm1(-(r + history.x) * Math.log1p(weeks / (alpha + history.T)))
}

/**
 * Probability of at least one purchase within the given weeks. With the warning horizon this is the cold-start risk
 * score (as 1 − P); it still works when the fit sees nobody leave (a → 0).
 */
export function pAny(model: BtydModel, history: PurchaseHistory, weeks: number): number {
  return pAlive(model, history) * pAnyIfAlive(model, history, weeks)
}
