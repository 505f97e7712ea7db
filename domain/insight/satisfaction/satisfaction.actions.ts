import * as z from 'zod'
import { customer } from '../../customer/customer/index.ts'
import { action } from '../../kernel/action.ts'
import { dayFrom, dayNumber } from '../../kernel/clock.ts'
import { collection } from '../../kernel/collection.ts'
import * as f from '../../kernel/fields.ts'
import { recordIn } from '../../kernel/place.ts'
import { idOf } from '../../kernel/record.ts'
import { dayIn, dayNumberIn } from '../../kernel/zone.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { monthsOf, periodInput, periodOf } from '../cost/index.ts'
import { populationOf } from '../rfm/index.ts'
import { sayDays, visibleHead } from '../rhythm/index.ts'
import { tier, wordOfMouth } from '../tier/index.ts'
import { countedBetween } from './count.ts'
import { boughtWithin } from './measurement.store.ts'
import { LOYALTY_FORMULAS, loyaltyOf, loyaltyView } from './loyalty.ts'
import { FORMULAS, groupings, measuresOf, measuresView, scoresOf, type Measures, type Rating } from './rating.ts'
import { rating } from './rating.store.ts'

const groupView = () => z.object({ group: z.string(), ...measuresView().shape })

const view = () =>
  z.object({
    period: z.string(),
    by: z.enum(groupings).optional(),
    /** All together, or each group that answered; `none` for who has no tier or no country. */
    groups: z.array(groupView()),
    /** Of all customers, whatever `by` is. */
    loyalty: loyaltyView(),
    words: z.string(),
    records: z.array(z.string()),
    formulas: z.record(z.string(), z.string()),
  })

/** What customers said in a period, by group, and how loyal they were: counters and the population, no customer is read. */
export const show = action(
  'satisfaction.show',
  () => ({
    input: z.strictObject({
      period: periodInput().optional().describe('a year, quarter or month; this month unless given'),
      by: z.enum(groupings).optional(),
    }),
    output: view(),
  }),
  async (ctx, { period: named, by }) => {
    const { timeZone } = await workspaceOf(ctx)
    const period = named ?? dayIn(ctx.now, timeZone).slice(0, 7)
    const months = monthsOf(period)
    const [all, parts, population] = await Promise.all([
      countedBetween(ctx, months, 'all'),
      by === undefined ? undefined : countedBetween(ctx, months, `${by}#`),
      populationOf(ctx),
    ])
    const groups = (parts ?? all).map(({ group, scores }) => ({ group, ...measuresOf(scores) }))
    const [together] = all
    const loyalty = loyaltyOf(population, months, together?.referred ?? 0)
    return {
      period,
      ...(by !== undefined && { by }),
      groups: groups.sort((a, b) => (a.group < b.group ? -1 : 1)),
      loyalty,
      words: `${period}: ${together ? sayMeasures(measuresOf(together.scores)) : 'nobody was asked or nobody answered.'}`,
      records: months.map((month) => `GET /customers/{id}/ratings, those of ${month}; counted once each`),
      formulas: { ...FORMULAS, ...LOYALTY_FORMULAS },
    }
  },
)

function sayMeasures({ csat, nps, ces }: Measures): string {
  const parts = [
    csat.value === undefined ? 'no CSAT' : `CSAT ${csat.value} % of ${csat.responses} answers`,
    nps.value === undefined ? 'no NPS' : `NPS ${nps.value} of ${nps.responses}`,
    ces.value === undefined ? 'no CES' : `CES ${ces.value} % of ${ces.responses}`,
  ]
  return `${parts.join(', ')}.`
}

/** Ratings of a customer that are looked at, the latest. */
const LATEST = 100

const customerView = () =>
  z.object({
    customerId: z.string(),
    period: z.string().optional(),
    ...measuresView().shape,
    tier: z.string().optional(),
    lifecycle: z.string(),
    loyalty: z.object({
      /** Bought on more than one day. */
      repeat: z.boolean(),
      purchaseDays: z.int(),
      firstPurchase: f.day().optional(),
      lastPurchase: f.day().optional(),
      boughtInLast365Days: z.boolean(),
      /** Of a named period alone. */
      boughtInPeriod: z.boolean().optional(),
      /** People who bought because this customer had referred them. */
      referred: z.int(),
    }),
    /** False where the customer gave more ratings than are looked at. */
    whole: z.boolean(),
    words: z.string(),
    records: z.array(z.string()),
    formulas: z.record(z.string(), z.string()),
  })

/** What a customer said, the latest hundred ratings, and how loyal they are; of a period, what they said and did in it. Two queries, three of a period; as many again for each file merged into theirs. */
export const showOf = action(
  'satisfaction.show_of',
  () => ({
    input: z.strictObject({
      id: idOf(customer),
      period: periodInput().optional().describe('a year, quarter or month; all there is unless given'),
    }),
    output: customerView(),
  }),
  async (ctx, { id, period: named }) => {
    const { timeZone } = await workspaceOf(ctx)
    const period = named === undefined ? undefined : periodOf(named, ctx.now, timeZone)
    const latest = (whose: string) => {
      const { pk, begins, between = { begins } } = collection(rating, whose, period, timeZone)
      return ctx.table.query({ pk, ...between, limit: LATEST, descending: true })
    }
    const bought = (whose: readonly string[]) =>
      period && boughtWithin(ctx, whose, { start: dayNumber(period.from), end: dayNumber(period.to) + 1, timeZone })
    const [head, own, within] = await Promise.all([visibleHead(ctx, id), latest(id), bought([id])])
    const { absorbed = [] } = head.customer
    const [others, boughtBeside] = await Promise.all([Promise.all(absorbed.map(latest)), absorbed.length > 0 && bought(absorbed)])
    const answers = [own, ...others]
    const given = answers
      .flatMap(({ items }) => items)
      .filter((item) => !item['deletedAt'])
      .map((item) => recordIn<'rating', Rating>(item))
    const measures = measuresOf(scoresOf(given))
    const { history } = head
    const since = history && dayNumberIn(ctx.now, timeZone) - history.lastDay
    const membership = head.single(tier)?.tier
    return {
      customerId: id,
      ...(named !== undefined && { period: named }),
      ...measures,
      ...(membership !== undefined && { tier: membership }),
      lifecycle: head.customer.lifecycle,
      loyalty: {
        repeat: (history?.x ?? 0) > 0,
        purchaseDays: history ? history.x + 1 : 0,
        ...(history && { firstPurchase: dayFrom(history.firstDay), lastPurchase: dayFrom(history.lastDay) }),
        boughtInLast365Days: since !== undefined && since < 365,
        ...(within !== undefined && { boughtInPeriod: within || boughtBeside === true }),
        referred: head.single(wordOfMouth)?.referred ?? 0,
      },
      whole: answers.every(({ last }) => last === undefined),
      words: `${sayMeasures(measures)} ${history ? `Bought on ${sayDays(history.x + 1)}, last ${sayDays(Math.max(0, since ?? 0))} ago.` : 'Has not bought yet.'}`,
      records: given.map((one) => one.id),
      formulas: { ...FORMULAS, repeat: 'bought on more than one day', referred: 'GET /customers/{id}/word-of-mouth' },
    }
  },
)
