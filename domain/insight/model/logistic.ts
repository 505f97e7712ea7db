import { dot, identity, solve } from './linear-algebra.ts'

/** One observation of a logistic regression. */
export interface Observation {
  readonly features: readonly number[]
  readonly outcome: boolean
}

/** Logistic regression on standardised features. */
export interface LogisticModel {
  readonly intercept: number
  /** One per feature; 0 for a feature that never varied. */
  readonly weights: readonly number[]
  readonly means: readonly number[]
  readonly deviations: readonly number[]
}

/** Ridge on the standardised weights, in observations: keeps separable data finite. */
const RIDGE = 1

const MOST_STEPS = 50

function scaling(observations: readonly Observation[], size: number): { means: number[]; deviations: number[] } {
  const count = Math.max(1, observations.length)
  const means = Array.from({ length: size }, () => 0)
  const squares = Array.from({ length: size }, () => 0)
  for (const { features } of observations) for (let j = 0; j < size; j++) means[j] = (means[j] ?? 0) + (features[j] ?? 0) / count
  for (const { features } of observations)
    for (let j = 0; j < size; j++) squares[j] = (squares[j] ?? 0) + ((features[j] ?? 0) - (means[j] ?? 0)) ** 2 / count
  return { means, deviations: squares.map(Math.sqrt) }
}

/** 1, then each feature less its mean over its deviation; a feature without spread is 0 instead of a division by 0. */
function design(features: readonly number[], means: readonly number[], deviations: readonly number[]): number[] {
  const row = [1]
  for (const [j, mean] of means.entries()) {
    const deviation = deviations[j] ?? 0
    row.push(deviation > 1e-9 ? ((features[j] ?? 0) - mean) / deviation : 0)
  }
  return row
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit))
}

/** One Newton step of the penalised likelihood (iteratively reweighted least squares). */
function newtonStep(rows: readonly number[][], outcomes: readonly boolean[], beta: readonly number[]): number[] | undefined {
  const size = beta.length
  const gradient = beta.map((weight, j) => (j === 0 ? 0 : -RIDGE * weight))
  const hessian = identity(size).map((line, j) => line.map((value) => value * (j === 0 ? 1e-9 : RIDGE)))
  for (const [i, row] of rows.entries()) {
    const probability = sigmoid(dot(row, beta))
    const residual = Number(outcomes[i]) - probability
    const weight = probability * (1 - probability)
    for (let j = 0; j < size; j++) {
      const value = row[j] ?? 0
      gradient[j] = (gradient[j] ?? 0) + residual * value
      const line = hessian[j]
      if (line) for (let k = 0; k < size; k++) line[k] = (line[k] ?? 0) + weight * value * (row[k] ?? 0)
    }
  }
  return solve(hessian, gradient)
}

/** Fits a logistic regression by Newton's method; undefined without both outcomes. */
export function fitLogistic(observations: readonly Observation[]): LogisticModel | undefined {
  const outcomes = observations.map((observation) => observation.outcome)
  if (!outcomes.includes(true) || !outcomes.includes(false)) return undefined
  const size = observations[0]?.features.length ?? 0
  const { means, deviations } = scaling(observations, size)
  const rows = observations.map(({ features }) => design(features, means, deviations))
  let beta = Array.from({ length: size + 1 }, () => 0)
  for (let step = 0; step < MOST_STEPS; step++) {
    const change = newtonStep(rows, outcomes, beta)
    if (!change) return undefined
    // A step beyond 2 only happens far from the optimum, where Newton's method may overshoot.
    const longest = Math.max(...change.map(Math.abs))
    const shrink = Math.min(1, 2 / Math.max(longest, 1e-300))
    beta = beta.map((weight, j) => weight + shrink * (change[j] ?? 0))
    if (longest < 1e-9) break
  }
  const [intercept = 0, ...weights] = beta
  return { intercept, weights, means, deviations }
}

/** Foretold probability of the outcome. */
export function predict(model: LogisticModel, features: readonly number[]): number {
  return sigmoid(dot([model.intercept, ...model.weights], design(features, model.means, model.deviations)))
}
