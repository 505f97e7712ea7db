import { DAYS_PER_WEEK } from '../../customer/rhythm/index.ts'
import type { Item } from '../../kernel/table/table.ts'

/**
 * What scores need of a cell beyond what fits need: on which weekday its customers bought last, and how much each spent in
 * all, in bands. Counts beside the sums, in the same item: a purchase writes no more for them.
 */
export interface Tally {
  /** Week of the first purchase: floor(days since 1970-01-01 / 7). */
  readonly firstWeek: number
  /** Repeat purchase days, of each customer in the cell. */
  readonly x: number
  /** Week of the last purchase. */
  readonly lastWeek: number
  /** Customers. */
  readonly n: number
  /** Mean weekday (0 to 6) of their first and last purchase. */
  readonly meanFirst: number
  readonly meanLast: number
  /** Customers by the weekday of their last purchase. */
  readonly days: readonly number[]
  /** Customers by band of net spend. */
  readonly bands: readonly (readonly [band: number, n: number])[]
}

/** Width of a band of net spend: about 5 %. Who is in one counts as tied. */
const BAND_LN_WIDTH = 0.05

/** The band of those who spent nothing. */
const NOTHING = -1

/** Band of an amount of net spend. @param net whole minor units */
export function bandOf(net: number): number {
  return net < 1 ? NOTHING : Math.floor(Math.log(net) / BAND_LN_WIDTH)
}

/** Least amount of a band, in whole minor units. */
export function bandFloor(band: number): number {
  return band <= NOTHING ? 0 : Math.ceil(Math.exp(band * BAND_LN_WIDTH))
}

/** Names are short, since an item of a thousand customers has a hundred of them and is to stay within one write unit. */
const DAY = /^d([0-6])$/
const NET_BAND = /^v(-?[0-9a-z]+)$/
const RADIX = 36

/** What one customer alone adds to the tally of a cell (sign 1) or takes from it (−1). */
export function tallyAdds({ lastDay, net }: { lastDay: number; net: number }, sign: 1 | -1): Record<string, number> {
  const weekday = lastDay - Math.floor(lastDay / DAYS_PER_WEEK) * DAYS_PER_WEEK
  return { [`d${weekday}`]: sign, [`v${bandOf(net).toString(RADIX)}`]: sign }
}

/** The tally in a cell's item. */
export function tallyIn(item: Item): Tally {
  const [firstWeek = 0, x = 0, lastWeek = 0] = String(item['sk']).split('.').map(Number)
  const [n, f, l] = [Number(item['n'] ?? 0), Number(item['f'] ?? 0), Number(item['l'] ?? 0)]
  const days = Array.from({ length: DAYS_PER_WEEK }, () => 0)
  const bands: [number, number][] = []
  for (const [attribute, value] of Object.entries(item)) {
    const count = Number(value)
    const weekday = DAY.exec(attribute)?.[1]
    const band = NET_BAND.exec(attribute)?.[1]
    if (weekday !== undefined) days[Number(weekday)] = count
    else if (band !== undefined && count !== 0) bands.push([Number.parseInt(band, RADIX), count])
  }
  return { firstWeek, x, lastWeek, n, meanFirst: n > 0 ? f / n : 0, meanLast: n > 0 ? l / n : 0, days, bands }
}
