/** A small dense matrix, by rows. */
export type Matrix = readonly (readonly number[])[]

/** Sum of the products of two vectors of one length. */
export function dot(left: readonly number[], right: readonly number[]): number {
  let sum = 0
  for (const [i, value] of left.entries()) sum += value * (right[i] ?? 0)
  return sum
}

/** Matrix times vector. */
export function times(matrix: Matrix, vector: readonly number[]): number[] {
  return matrix.map((row) => dot(row, vector))
}

/** Identity matrix of the given size. */
export function identity(size: number): number[][] {
  return Array.from({ length: size }, (_, i) => Array.from({ length: size }, (__, j) => (i === j ? 1 : 0)))
}

/** Lower Cholesky factor of a symmetric matrix; undefined when it is not positive definite. */
function cholesky(matrix: Matrix): number[][] | undefined {
  const lower: number[][] = []
  for (const [i, row] of matrix.entries()) {
    const made: number[] = []
    lower.push(made)
    for (let j = 0; j <= i; j++) {
      const rest = (row[j] ?? 0) - dot(made.slice(0, j), lower[j]?.slice(0, j) ?? [])
      if (j < i) made.push(rest / (lower[j]?.[j] ?? 1))
      else if (rest > 0) made.push(Math.sqrt(rest))
      else return undefined
    }
  }
  return lower
}

/** Solution y of L Lᵀ y = right, for a lower triangular L. */
function solveFactored(lower: Matrix, right: readonly number[]): number[] {
  const forward: number[] = []
  for (const [i, row] of lower.entries()) {
    forward.push(((right[i] ?? 0) - dot(forward, row.slice(0, i))) / (row[i] ?? 1))
  }
  const solution = forward.slice()
  for (let i = lower.length - 1; i >= 0; i--) {
    let rest = forward[i] ?? 0
    for (let k = i + 1; k < lower.length; k++) rest -= (lower[k]?.[i] ?? 0) * (solution[k] ?? 0)
    solution[i] = rest / (lower[i]?.[i] ?? 1)
  }
  return solution
}

/** Inverse of a symmetric positive definite matrix; undefined when it is not positive definite. */
export function invert(matrix: Matrix): number[][] | undefined {
  const lower = cholesky(matrix)
  return lower && identity(matrix.length).map((column) => solveFactored(lower, column))
}

/** Solution y of matrix · y = right for a symmetric positive definite matrix; undefined when it is not. */
export function solve(matrix: Matrix, right: readonly number[]): number[] | undefined {
  const lower = cholesky(matrix)
  return lower && solveFactored(lower, right)
}
