import { dot, identity, invert, times } from './linear-algebra.ts'

/** Log-parameters stay within ±12: e^±12 is as good as zero or infinite for every model here. */
export const LOG_BOUND = 12

/** A function to minimise and its gradient, both in the log of the parameters. */
export type Objective = (logParams: readonly number[]) => { value: number; gradient: number[] }

/** Where a minimisation stopped. */
export interface Minimum {
  readonly logParams: readonly number[]
  readonly value: number
  /** The gradient vanished (components held by a bound aside). */
  readonly converged: boolean
  /** At least one log-parameter lies on ±{@link LOG_BOUND}. */
  readonly atBound: boolean
  readonly evaluations: number
}

interface Point {
  readonly at: readonly number[]
  readonly value: number
  readonly gradient: readonly number[]
}

const TOLERANCE = 1e-10
const MOST_STEPS = 400
const MOST_HALVINGS = 40

function clamp(logParam: number): number {
  return Math.min(LOG_BOUND, Math.max(-LOG_BOUND, logParam))
}

/** The gradient without the components that push a parameter out of its bounds. */
function projectedGradient(point: Point): number[] {
  return point.gradient.map((slope, i) => {
    const at = point.at[i] ?? 0
    return (at >= LOG_BOUND && slope < 0) || (at <= -LOG_BOUND && slope > 0) ? 0 : slope
  })
}

function largest(vector: readonly number[]): number {
  return vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
}

/**
 * Whether a step is good enough: Armijo's rule, or, once the value moves only within rounding,
 * a smaller gradient (the "approximate" rule of Hager & Zhang 2005).
 */
function accepts(from: Point, to: Point): boolean {
  if (!Number.isFinite(to.value)) return false
  const moved = to.at.map((value, i) => value - (from.at[i] ?? 0))
  if (to.value < from.value && to.value <= from.value + 1e-4 * dot(from.gradient, moved)) return true
  const withinRounding = to.value <= from.value + 1e-13 * Math.abs(from.value)
  return withinRounding && largest(projectedGradient(to)) < 0.9 * largest(projectedGradient(from))
}

function lineSearch(evaluate: (at: readonly number[]) => Point, from: Point, direction: readonly number[]): Point | undefined {
  let step = Math.min(1, 2 / Math.max(1e-300, largest(direction)))
  for (let halving = 0; halving < MOST_HALVINGS; halving++) {
    const to = evaluate(from.at.map((value, i) => clamp(value + step * (direction[i] ?? 0))))
    if (accepts(from, to)) return to
    step /= 2
  }
  return undefined
}

/** The BFGS update of the inverse Hessian; kept as it is where the curvature along the step is not positive. */
function updateInverse(inverse: number[][], from: Point, to: Point): number[][] {
  const s = to.at.map((value, i) => value - (from.at[i] ?? 0))
  const y = to.gradient.map((value, i) => value - (from.gradient[i] ?? 0))
  const curvature = dot(s, y)
  if (!(curvature > 1e-12 * Math.sqrt(dot(s, s) * dot(y, y)))) return inverse
  const inverseY = times(inverse, y)
  const scale = (1 + dot(y, inverseY) / curvature) / curvature
  return inverse.map((row, i) =>
    row.map((value, j) => {
      const si = s[i] ?? 0
      const sj = s[j] ?? 0
      return value + scale * si * sj - ((inverseY[i] ?? 0) * sj + si * (inverseY[j] ?? 0)) / curvature
    }),
  )
}

/**
 * Minimises an objective by projected BFGS over log-parameters within ±{@link LOG_BOUND}
 * (Nocedal & Wright 2006, ch. 6; the bounds by clamping each step).
 */
export function minimise(objective: Objective, start: readonly number[]): Minimum {
  let evaluations = 0
  const evaluate = (at: readonly number[]): Point => {
    evaluations += 1
    return { at, ...objective(at) }
  }
  let point = evaluate(start.map(clamp))
  let inverse = identity(start.length)
  let fresh = true
  let slope = projectedGradient(point)
  for (let step = 0; step < MOST_STEPS && largest(slope) > TOLERANCE; step++) {
    const direction = times(inverse, slope).map((value, i) => (slope[i] === 0 ? 0 : -value))
    const next = dot(direction, slope) < 0 ? lineSearch(evaluate, point, direction) : undefined
    if (next) {
      inverse = updateInverse(inverse, point, next)
      fresh = false
      point = next
      slope = projectedGradient(point)
    } else if (fresh) break
    else {
      inverse = identity(start.length)
      fresh = true
    }
  }
  return {
    logParams: point.at,
    value: point.value,
    converged: largest(slope) < 1e-6,
    atBound: point.at.some((value) => Math.abs(value) >= LOG_BOUND),
    evaluations,
  }
}

/**
 * Standard errors of the log-parameters at a minimum of a negative log-likelihood: square roots of the diagonal of
 * the inverse Hessian, which is taken by central differences of the analytic gradient.
 * Undefined where the likelihood is flat or the minimum lies on a bound.
 */
export function logStandardErrors(objective: Objective, minimum: Minimum): number[] | undefined {
  if (minimum.atBound) return undefined
  const step = 1e-4
  const rows = minimum.logParams.map((_, i) => {
    const shifted = (by: number) => objective(minimum.logParams.map((value, j) => (j === i ? value + by : value))).gradient
    const up = shifted(step)
    const down = shifted(-step)
    return up.map((value, j) => (value - (down[j] ?? 0)) / (2 * step))
  })
  const hessian = rows.map((row, i) => row.map((value, j) => (value + (rows[j]?.[i] ?? 0)) / 2))
  return invert(hessian)?.map((row, i) => Math.sqrt(row[i] ?? 0))
}
