import { type BtydModel, leavingB, pAlive } from './btyd.ts'
import type { PurchaseHistory } from '../../customer/rhythm/index.ts'

/** From this a on the series needs as many terms as a·t/(α+T), and the quadrature is exact to rounding. */
const QUADRATURE_FROM_A = 40

/** Nodes to either side of the mode, a third of a standard deviation apart: ±9 standard deviations. */
const NODES = 27
const NODES_PER_DEVIATION = 3

/** Reached only by a customer seen for a small share of the weeks asked about. */
const MOST_TERMS = 100_000

const RESCALE = 1e200
const LN_RESCALE = Math.log(RESCALE)

/** Σₙ (A)ₙ(1+e)ₙ₋₁/(C)ₙ · zⁿ/n! times (1−z)^e, carried with a scale so that neither factor overflows. */
function scaledSeries(A: number, e: number, C: number, z: number): number {
  let term = (A / C) * z
  let sum = term
  let lnScale = e * Math.log1p(-z)
  for (let n = 1; term !== 0 && n < MOST_TERMS; n++) {
    const ratio = (((A + n) * (e + n)) / ((C + n) * (n + 1))) * z
    term *= ratio
    sum += term
    if (Math.abs(sum) > RESCALE) {
      sum /= RESCALE
      term /= RESCALE
      lnScale += LN_RESCALE
    }
    // A finite sum of a geometric-like tail: what is left is below |term| / (1−z) once the ratio is below 1.
    if (Math.abs(ratio) < 1 && Math.abs(term) <= 1e-16 * Math.abs(sum) * (1 - z)) break
  }
  return sum * Math.exp(lnScale)
}

/**
 * The textbook ₂F₁ overflows for large x and is 0/0 at a = 1; Euler's transformation removes both.
 * With e = a−1, A = a+b−r, C = a+b+x, z = t/(α+T+t): C/e · (1 − (1−z)^e · ₂F₁(A, e; C; z)).
 */
function bySeries(model: BtydModel, history: PurchaseHistory, weeks: number): number {
  const { r, alpha, a } = model.params
  const b = leavingB(model)
  // In BG/NBD a+b+x−1 can be exactly 0 for a one-time buyer: a removable singularity.
  const C = a + b + history.x || 1e-12
  const e = a - 1
  const z = weeks / (alpha + history.T + weeks)
  const power = e * Math.log1p(-z)
  // (1 − (1−z)^e) / e, which is −ln(1−z) at e = 0.
  const first = power === 0 ? -Math.log1p(-z) : -Math.expm1(power) / e
  return C * (first - scaledSeries(a + b - r, e, C, z))
}

/**
 * The same expectation as the mean of (1 − (1 + p t/(α+T))^−(r+x)) / p over the chance to leave p ~ Beta(a, b+x+1):
 * trapezoidal rule in logit p, where that density is nearly normal for large a.
 */
function byQuadrature(model: BtydModel, history: PurchaseHistory, weeks: number): number {
  const { r, alpha, a } = model.params
  const stay = leavingB(model) + history.x + 1
  const mode = Math.log(a / stay)
  const spacing = Math.sqrt(1 / a + 1 / stay) / NODES_PER_DEVIATION
  const lnWeight = (logit: number) => a * logit - (a + stay) * Math.log1p(Math.exp(logit))
  const lnPeak = lnWeight(mode)
  let mass = 0
  let sum = 0
  for (let node = -NODES; node <= NODES; node++) {
    const logit = mode + node * spacing
    const p = 1 / (1 + Math.exp(-logit))
    const weight = Math.exp(lnWeight(logit) - lnPeak)
    mass += weight
    sum += (weight * -Math.expm1(-(r + history.x) * Math.log1p((p * weeks) / (alpha + history.T)))) / p
  }
  return sum / mass
}

/**
 * Purchase days expected within the given weeks of a customer known to be alive.
 * Fader, Hardie & Lee 2005 eq. 10 and Batislam et al. 2007 eq. 10, without the factor P(alive).
 */
export function expectedPurchasesIfAlive(model: BtydModel, history: PurchaseHistory, weeks: number): number {
  if (weeks <= 0) return 0
  const expected = model.params.a > QUADRATURE_FROM_A ? byQuadrature(model, history, weeks) : bySeries(model, history, weeks)
  return Math.max(0, expected)
}

/**
 * Purchase days expected within the given weeks.
 *
 * @example expectedPurchases({ kind: 'bgnbd', params: PUBLISHED_BGNBD }, { x: 2, tx: 30.43, T: 38.86 }, 39) // 1.226
 */
export function expectedPurchases(model: BtydModel, history: PurchaseHistory, weeks: number): number {
  return pAlive(model, history) * expectedPurchasesIfAlive(model, history, weeks)
}
