import * as z from 'zod'
import { customer } from '../../customer/customer/index.ts'
import type { HistoryRecord } from '../../customer/purchase/index.ts'
import { action } from '../../kernel/action.ts'
import { dayFrom, type Instant } from '../../kernel/clock.ts'
import * as f from '../../kernel/fields.ts'
import { money, sayMoney } from '../../kernel/money.ts'
import { idOf } from '../../kernel/record.ts'
import { dayNumberIn } from '../../kernel/zone.ts'
import { workspaceOf, type Workspace } from '../../platform/workspace/index.ts'
import { sayDays, visibleHead } from '../rhythm/index.ts'
import { bandFloor, bandOf } from '../statistics/index.ts'
import { populationOf } from './population.store.ts'
import type { Population } from './population.ts'
import { scoreOf, type Cuts } from './quintile.ts'
import { meanings, segmentOf, segments } from './segment.ts'

export const FORMULA =
  'score = 1 + floor(5 × share of customers strictly below), customers with the same value together; recency, frequency and money each by itself'

const score = () => z.int().min(1).max(5)
/** The least value that has a score; a score that no value reaches is left out. */
const from = <T extends z.ZodType>(value: T) => z.array(z.object({ score: score(), from: value }))
const cutPoints = () => ({ recency: from(f.day()), frequency: from(z.int()), monetary: from(money()) })

function pointsOf<T>(cuts: Cuts, value: (cut: number) => T): { score: number; from: T }[] {
  return cuts.flatMap((cut, at) => (cut === null ? [] : [{ score: at + 2, from: value(cut) }]))
}

function cutPointsOf({ recency, frequency, monetary }: Population, currency: string) {
  return {
    recency: pointsOf(recency.cuts, dayFrom),
    frequency: pointsOf(frequency.cuts, (x) => x + 1),
    monetary: pointsOf(monetary.cuts, (band) => ({ amount: bandFloor(band), currency })),
  }
}

export interface Scores {
  recency: number
  frequency: number
  monetary: number
}

/** A customer's scores. */
export function scoresOf({ recency, frequency, monetary }: Population, { lastDay, x, net }: HistoryRecord): Scores {
  return { recency: scoreOf(recency.cuts, lastDay), frequency: scoreOf(frequency.cuts, x), monetary: scoreOf(monetary.cuts, bandOf(net)) }
}

const measuredShape = () => ({ measuredAt: f.instant(), customers: z.int(), uncounted: z.int() })
const measuredIn = ({ measuredAt, customers, uncounted }: Population) => ({ measuredAt, customers, uncounted })

const customerView = () =>
  z.object({
    customerId: z.string(),
    scores: z.object({ recency: score(), frequency: score(), monetary: score() }).optional(),
    /** The three scores as one word, `543`. */
    code: z.string().optional(),
    segment: z.enum(segments).optional(),
    values: z.object({ lastPurchase: f.day(), daysSinceLast: z.int(), purchaseDays: z.int(), net: money() }).optional(),
    cutPoints: z.object(cutPoints()),
    population: z.object(measuredShape()),
    words: z.string(),
    formula: z.string(),
    records: z.array(z.string()),
  })

/** A customer's scores, the values they come from and the cut points between which these lie. One query beside the population. */
export const showOf = action(
  'rfm.show_of',
  () => ({ input: z.strictObject({ id: idOf(customer) }), output: customerView() }),
  async (ctx, { id }) => {
    const [head, all, workspace] = await Promise.all([visibleHead(ctx, id), populationOf(ctx), workspaceOf(ctx)])
    const common = { customerId: id, cutPoints: cutPointsOf(all, workspace.currency), population: measuredIn(all), formula: FORMULA }
    const { history } = head
    if (!history) return { ...common, words: 'No purchase is recorded yet, so there is nothing to score.', records: [] }
    if (all.customers === 0) return { ...common, words: 'The purchases are not counted yet; ask again in a minute.', records: [history.id] }
    const scores = scoresOf(all, history)
    return {
      ...common,
      scores,
      code: `${scores.recency}${scores.frequency}${scores.monetary}`,
      segment: segmentOf(scores.recency, scores.frequency),
      values: valuesOf(history, workspace, ctx.now),
      words: sayScores(scores, history, { all, workspace, now: ctx.now }),
      records: [history.id],
    }
  },
)

function valuesOf({ lastDay, x, net }: HistoryRecord, { currency, timeZone }: Workspace, now: Instant) {
  const daysSinceLast = Math.max(0, dayNumberIn(now, timeZone) - lastDay)
  return { lastPurchase: dayFrom(lastDay), daysSinceLast, purchaseDays: x + 1, net: { amount: net, currency } }
}

function sayScores(scores: Scores, history: HistoryRecord, about: { all: Population; workspace: Workspace; now: Instant }): string {
  const { all, workspace, now } = about
  const { lastPurchase, daysSinceLast, purchaseDays, net } = valuesOf(history, workspace, now)
  const cuts = cutPointsOf(all, workspace.currency)
  return [
    `Among ${all.customers} customers with a purchase:`,
    `recency ${scores.recency}, last bought on ${lastPurchase}, ${sayDays(daysSinceLast)} ago${sayCuts(cuts.recency, scores.recency, String)};`,
    `frequency ${scores.frequency}, bought on ${sayDays(purchaseDays)}${sayCuts(cuts.frequency, scores.frequency, String)};`,
    `money ${scores.monetary}, spent ${sayMoney(net)} in all${sayCuts(cuts.monetary, scores.monetary, (from) => sayMoney(from))}.`,
  ].join(' ')
}

/** Where a score begins and where the next one does. */
function sayCuts<T>(points: readonly { score: number; from: T }[], mine: number, say: (from: T) => string): string {
  const here = points.find((one) => one.score === mine)
  const next = points.find((one) => one.score > mine)
  const parts = [...(here ? [`${mine} begins at ${say(here.from)}`] : []), ...(next ? [`${next.score} at ${say(next.from)}`] : [])]
  return parts.length > 0 ? ` (${parts.join(', ')})` : ''
}

const counted = () => z.array(z.int())
const view = () =>
  z.object({
    ...measuredShape(),
    cutPoints: z.object(cutPoints()),
    /** Customers with the scores 1 to 5. */
    counts: z.object({ recency: counted(), frequency: counted(), monetary: counted() }),
    grid: z.array(z.object({ recency: score(), frequency: score(), customers: z.int(), segment: z.enum(segments) })),
    segments: z.array(z.object({ segment: z.enum(segments), customers: z.int(), meaning: z.string() })),
    words: z.string(),
    formula: z.string(),
  })

/** Where the quintiles are cut and how many customers there are of each score and segment. */
export const show = action(
  'rfm.show',
  () => ({ input: z.strictObject({}), output: view() }),
  async (ctx) => {
    const [all, { currency }] = await Promise.all([populationOf(ctx), workspaceOf(ctx)])
    const grid = all.grid.flatMap((row, r) =>
      row.map((customers, column) => ({ recency: r + 1, frequency: column + 1, customers, segment: segmentOf(r + 1, column + 1) })),
    )
    const inSegment = (segment: (typeof segments)[number]): number =>
      grid.reduce((sum, one) => sum + (one.segment === segment ? one.customers : 0), 0)
    return {
      ...measuredIn(all),
      cutPoints: cutPointsOf(all, currency),
      counts: { recency: all.recency.counts, frequency: all.frequency.counts, monetary: all.monetary.counts },
      grid,
      segments: segments.map((segment) => ({ segment, customers: inSegment(segment), meaning: meanings[segment] })),
      words: sayPopulation(all),
      formula: FORMULA,
    }
  },
)

function sayPopulation({ customers, repeaters, uncounted }: Population): string {
  if (customers === 0) return 'Nobody has bought yet.'
  const share = Math.round((100 * repeaters) / customers)
  const missing = uncounted > 0 ? ` The spend of ${uncounted} is not counted yet; POST /model/recount brings it in.` : ''
  return `${customers} customers have bought, ${share} % of them on more than one day. Spend is compared in bands of 5 %.${missing}`
}
