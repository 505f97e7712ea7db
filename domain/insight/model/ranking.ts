/** A customer as a ranking is judged: higher score means more at risk, and whether the customer indeed left. */
export interface Ranked {
  readonly score: number
  /** No purchase within the horizon. */
  readonly left: boolean
}

/**
 * Area under the ROC curve: the chance that a customer who left ranks above one who bought, ties counting half
 * (Mann & Whitney 1947, by mid-ranks). Undefined unless there are both.
 */
export function auc(ranked: readonly Ranked[]): number | undefined {
  const sorted = ranked.toSorted((p, q) => p.score - q.score)
  let left = 0
  let rankSum = 0
  for (let from = 0; from < sorted.length; ) {
    const score = sorted[from]?.score
    let to = from
    let leftHere = 0
    for (; to < sorted.length && sorted[to]?.score === score; to++) if (sorted[to]?.left) leftHere += 1
    left += leftHere
    rankSum += leftHere * ((from + 1 + to) / 2)
    from = to
  }
  const bought = ranked.length - left
  return left === 0 || bought === 0 ? undefined : (rankSum - (left * (left + 1)) / 2) / (left * bought)
}

/**
 * Share of customers who left among the given share with the highest scores. Customers tied at the edge count in
 * proportion, so that the order of the input does not matter. Undefined without customers.
 */
export function precisionAtTop(ranked: readonly Ranked[], share: number): number | undefined {
  const size = Math.round(ranked.length * share)
  if (size === 0) return undefined
  const sorted = ranked.toSorted((p, q) => q.score - p.score)
  const edge = sorted[size - 1]?.score ?? 0
  let [above, leftAbove, tied, leftTied] = [0, 0, 0, 0]
  for (const { score, left } of ranked) {
    if (score > edge) {
      above += 1
      leftAbove += Number(left)
    } else if (score === edge) {
      tied += 1
      leftTied += Number(left)
    }
  }
  return (leftAbove + ((size - above) * leftTied) / tied) / size
}

/** One band of a calibration table: what was foretold and what came. */
export interface CalibrationBand {
  /** Lowest probability of the band; the band is a tenth wide. */
  readonly from: number
  readonly customers: number
  /** Mean foretold probability. */
  readonly predicted: number
  /** Share it came true for. */
  readonly observed: number
}

/** Calibration by tenths of the foretold probability; empty bands are left out. */
export function calibration(foretold: readonly { readonly probability: number; readonly came: boolean }[]): CalibrationBand[] {
  const bands = Array.from({ length: 10 }, () => ({ customers: 0, predicted: 0, observed: 0 }))
  for (const { probability, came } of foretold) {
    const band = bands[Math.min(9, Math.max(0, Math.floor(probability * 10)))]
    if (!band) continue
    band.customers += 1
    band.predicted += probability
    band.observed += Number(came)
  }
  return bands
    .map(({ customers, predicted, observed }, i) => ({
      from: i / 10,
      customers,
      predicted: predicted / customers,
      observed: observed / customers,
    }))
    .filter((band) => band.customers > 0)
}

/** One tenth of the customers, the most at risk first. */
export interface LiftDecile {
  /** 1 for the tenth most at risk. */
  readonly decile: number
  readonly customers: number
  /** Share who left. */
  readonly left: number
  /** That share over the share among all customers. */
  readonly lift: number
}

/** Lift by decile of the score; deciles without customers are left out. */
export function liftByDecile(ranked: readonly Ranked[]): LiftDecile[] {
  const sorted = ranked.toSorted((p, q) => q.score - p.score)
  const overall = sorted.filter((customer) => customer.left).length / Math.max(1, sorted.length)
  return Array.from({ length: 10 }, (_, i) => {
    const members = sorted.slice(Math.round((i * sorted.length) / 10), Math.round(((i + 1) * sorted.length) / 10))
    const left = members.filter((customer) => customer.left).length / Math.max(1, members.length)
    return { decile: i + 1, customers: members.length, left, lift: overall > 0 ? left / overall : 0 }
  }).filter((decile) => decile.customers > 0)
}
