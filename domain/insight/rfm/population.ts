import * as z from 'zod'
import { DAYS_PER_WEEK, historyAt, type RhythmState } from '../../customer/rhythm/index.ts'
import { dayFrom, dayNumber, type Instant } from '../../kernel/clock.ts'
import * as f from '../../kernel/fields.ts'
import { pAlive, type BtydModel } from '../model/btyd.ts'
import { expectedPurchases } from '../model/expected-purchases.ts'
import type { Tally } from '../statistics/index.ts'
import { add, countsOf, cutsOf, scoreOf, SCORES, type Cuts, type Histogram } from './quintile.ts'

const count = () => z.int().min(0).max(1e12)
const cutList = () => z.array(z.number().min(-1e9).max(1e9).nullable()).length(SCORES - 1)
const scale = () => z.object({ cuts: cutList(), counts: z.array(count()).length(SCORES) })
const matrix = () => z.array(z.array(count()).length(SCORES)).length(SCORES)

/** What a month says of loyalty. */
const monthShape = () =>
  z.object({
    month: z.string(),
    /** Customers who had bought before the month, and those of them who bought since it began. */
    before: count(),
    since: count(),
    /** Customers whose first purchase was in the month. */
    joined: count(),
    /** Kept as it was when the month had just ended; else `since` goes on growing. */
    closed: z.literal(true).optional(),
  })
export type Month = z.output<ReturnType<typeof monthShape>>

/**
 * All customers with a purchase, in a few hundred numbers: where the quintiles are cut and how many there are in each. Made
 * from the cells of the statistics, so it reads cells and never customers.
 */
export const populationShape = () => ({
  measuredAt: f.instant(),
  /** Customers with a purchase. */
  customers: count(),
  /** Those whose spend is not in the cells yet: `POST /model/recount` brings them in. */
  uncounted: count(),
  /** Customers who bought on more than one day. */
  repeaters: count(),
  /** Cells read. */
  cells: count(),
  /** Day of the last purchase, in days since 1970-01-01. */
  recency: scale(),
  /** Days with a purchase after the first. */
  frequency: scale(),
  /** Net spend, in bands of 5 %. */
  monetary: scale(),
  /** Customers by recency, then frequency. */
  grid: matrix(),
  /** Purchase days expected within 12 months. */
  potential: scale(),
  /** Customers by net spend, then potential; `alive`: those of them more likely customers than not. */
  value: z.object({ all: matrix(), alive: matrix() }),
  months: z.array(monthShape()).max(40),
})
export type Population = z.output<z.ZodObject<ReturnType<typeof populationShape>>>

/** How far ahead potential looks: a year, in weeks. */
export const POTENTIAL_WEEKS = 365 / DAYS_PER_WEEK

/** More likely a customer than not. */
export const ALIVE = 0.5

/** Months looked back at. */
const MONTHS = 25

/** Days after a month within which it is closed. */
const CLOSING_DAYS = 2

/** The customers of a cell as one, as the model sees them: at the mean of their days. */
function meanState({ firstWeek, lastWeek, x, meanFirst, meanLast }: Tally): RhythmState {
  const firstDay = firstWeek * DAYS_PER_WEEK + meanFirst
  const lastDay = x === 0 ? firstDay : Math.max(firstDay, lastWeek * DAYS_PER_WEEK + meanLast)
  return { firstDay, lastDay, x, repeatSpend: 0 }
}

/** What a customer promises: purchase days expected within 12 months, and the chance that they still are one. */
export function potentialOf(model: BtydModel, state: RhythmState, today: number): { expected: number; pAlive: number } {
  const history = historyAt(state, today)
  return { expected: expectedPurchases(model, history, POTENTIAL_WEEKS), pAlive: pAlive(model, history) }
}

interface Measured {
  tally: Tally
  expected: number
  alive: boolean
}

/** Measures all customers. Time and memory go with the cells: about 10 µs a cell. @param kept months that ended before, as they were */
export function measure(
  tallies: readonly Tally[],
  model: BtydModel,
  when: { now: Instant; today: number },
  kept: readonly Month[] = [],
): Population {
  const cells = tallies.map((tally): Measured => {
    const { expected, pAlive: chance } = potentialOf(model, meanState(tally), when.today)
    return { tally, expected, alive: chance >= ALIVE }
  })
  const recency = histogram(tallies, (tally) => lastDays(tally))
  const frequency = histogram(tallies, ({ x, n }) => [[x, n]])
  const monetary = histogram(tallies, ({ bands }) => bands)
  const potential = histogram(cells, ({ tally, expected }) => [[expected, tally.n]])
  const cuts = { recency: cutsOf(recency), frequency: cutsOf(frequency), monetary: cutsOf(monetary), potential: cutsOf(potential) }
  const customers = tallies.reduce((sum, { n }) => sum + n, 0)
  const scaled = (of: Histogram, at: Cuts) => ({ cuts: [...at], counts: countsOf(at, of) })
  return {
    measuredAt: when.now,
    customers,
    uncounted: Math.max(0, customers - tallies.reduce((sum, { bands }) => sum + bands.reduce((all, [, n]) => all + n, 0), 0)),
    repeaters: tallies.reduce((sum, { x, n }) => sum + (x > 0 ? n : 0), 0),
    cells: tallies.length,
    recency: scaled(recency, cuts.recency),
    frequency: scaled(frequency, cuts.frequency),
    monetary: scaled(monetary, cuts.monetary),
    grid: grid(tallies, cuts),
    potential: scaled(potential, cuts.potential),
    value: {
      all: valueMatrix(cells, cuts),
      alive: valueMatrix(
        cells.filter(({ alive }) => alive),
        cuts,
      ),
    },
    months: monthsOf(tallies, when.today, kept),
  }
}

/** Customers of a cell by the day of their last purchase. Those counted before days were are at the mean of their cell. */
function lastDays({ lastWeek, n, meanLast, days }: Tally): [number, number][] {
  const known = days.reduce((sum, some) => sum + some, 0)
  const exact = days.map((some, weekday): [number, number] => [lastWeek * DAYS_PER_WEEK + weekday, some])
  return known < n ? [...exact, [lastWeek * DAYS_PER_WEEK + Math.round(meanLast), n - known]] : exact
}

function histogram<T>(all: readonly T[], of: (one: T) => readonly (readonly [number, number])[]): Histogram {
  const sums = new Map<number, number>()
  for (const one of all) for (const [value, n] of of(one)) if (n !== 0) sums.set(value, (sums.get(value) ?? 0) + n)
  return sums
}

type ByScores = number[][]
const empty = (): ByScores => Array.from({ length: SCORES }, () => Array.from({ length: SCORES }, () => 0))

function grid(tallies: readonly Tally[], cuts: { recency: Cuts; frequency: Cuts }): ByScores {
  const counts = empty()
  for (const tally of tallies) {
    const f = scoreOf(cuts.frequency, tally.x) - 1
    for (const [day, n] of lastDays(tally)) add(counts[scoreOf(cuts.recency, day) - 1] ?? [], f, n)
  }
  return counts
}

function valueMatrix(cells: readonly Measured[], cuts: { monetary: Cuts; potential: Cuts }): ByScores {
  const counts = empty()
  for (const { tally, expected } of cells) {
    const potential = scoreOf(cuts.potential, expected) - 1
    for (const [band, n] of tally.bands) add(counts[scoreOf(cuts.monetary, band) - 1] ?? [], potential, n)
  }
  return counts
}

/** The last months, latest first: those that ended are kept as they were told first, the others counted now. */
function monthsOf(tallies: readonly Tally[], today: number, kept: readonly Month[]): Month[] {
  const starts = monthStarts(today)
  return starts.map((start, at) => {
    const month = dayFrom(start).slice(0, 7)
    const before = kept.find((one) => one.month === month && one.closed)
    if (before) return before
    const counted = { month, ...countMonth(tallies, start, starts[at - 1] ?? Infinity) }
    // The month before this one is told as it ended; later nobody can tell any more who bought within it.
    return at === 1 && today - (starts[0] ?? today) < CLOSING_DAYS ? { ...counted, closed: true as const } : counted
  })
}

function countMonth(tallies: readonly Tally[], start: number, end: number): { before: number; since: number; joined: number } {
  const sums = { before: 0, since: 0, joined: 0 }
  for (const tally of tallies) {
    for (const [first, n] of firstDays(tally)) {
      if (first >= start && first < end) sums.joined += n
      if (first < start) sums.before += n
    }
    if (tally.x === 0 || firstDays(tally).every(([first]) => first >= start)) continue
    for (const [last, n] of lastDays(tally)) if (last >= start) sums.since += n
  }
  return sums
}

/** Customers of a cell by the day of their first purchase: known to the day of who bought on one day, else to the week. */
function firstDays(tally: Tally): [number, number][] {
  return tally.x === 0 ? lastDays(tally) : [[tally.firstWeek * DAYS_PER_WEEK + Math.round(tally.meanFirst), tally.n]]
}

/** First days of this month and those before it, latest first. */
function monthStarts(today: number): number[] {
  const [year = 1970, month = 1] = dayFrom(today).split('-').map(Number)
  return Array.from({ length: MONTHS }, (_, back) => dayNumber(new Date(Date.UTC(year, month - 1 - back, 1)).toISOString().slice(0, 10)))
}
