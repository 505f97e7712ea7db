/**
 * Quintiles with ties together: 1 + floor(5 × share of customers strictly below). Customers with the same value have the
 * same score, whatever their order, so a score can be empty (NTILE would give identical customers different scores).
 */

/** Scores there are. */
export const SCORES = 5

/** Customers by value. */
export type Histogram = ReadonlyMap<number, number>

/**
 * The least values that have the scores 2, 3, 4 and 5; `null` where no value reaches one. They are all that is needed to
 * score anyone: a value's score is 1 and one more for each cut it reaches.
 */
export type Cuts = readonly (number | null)[]

/** Cuts of a histogram: the least value with at least k/5 of the customers strictly below it, for k = 1 to 4. */
export function cutsOf(histogram: Histogram): Cuts {
  const values = [...histogram].filter(([, n]) => n > 0).sort(([a], [b]) => a - b)
  const total = values.reduce((sum, [, n]) => sum + n, 0)
  const cuts: (number | null)[] = []
  let below = 0
  for (const [value, n] of values) {
    // In whole numbers: 5 × 0.2 is not always 1.
    while (cuts.length < SCORES - 1 && below * SCORES >= (cuts.length + 1) * total) cuts.push(value)
    below += n
  }
  while (cuts.length < SCORES - 1) cuts.push(null)
  return cuts
}

/** Score of a value, 1 to 5. */
export function scoreOf(cuts: Cuts, value: number): number {
  return 1 + cuts.filter((cut) => cut !== null && value >= cut).length
}

/** Customers with each score, from 1 to 5. */
export function countsOf(cuts: Cuts, histogram: Histogram): number[] {
  const counts = Array.from({ length: SCORES }, () => 0)
  for (const [value, n] of histogram) add(counts, scoreOf(cuts, value) - 1, n)
  return counts
}

/** Adds to one of a list of counts. */
export function add(counts: number[], at: number, n: number): void {
  counts[at] = (counts[at] ?? 0) + n
}
