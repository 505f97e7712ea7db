import { createHash } from 'node:crypto'
import * as z from 'zod'
import { history, purchase, type History } from '../../customer/purchase/index.ts'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import { keyOf, timeKey } from '../../kernel/id.ts'
import { inLanes } from '../../kernel/lanes.ts'
import { recordIn, sentinelKey } from '../../kernel/place.ts'
import type { Item } from '../../kernel/table/table.ts'
import { startOfDay } from '../../kernel/zone.ts'
import { measurementShape, type Seen } from './measurement.ts'
import type { Rating } from './rating.ts'
import { rating } from './rating.store.ts'

/** Satisfaction and loyalty of a group in a period: one record each, measured anew whenever it is asked for. */
export const measurement = entity({
  noun: 'measurement',
  prefix: 'mea',
  home: 'workspace',
  single: true,
  fields: () => z.object(measurementShape()),
  row: ['tier', 'segmentId', 'name', 'period', 'state', 'startedAt', 'finishedAt'],
  list: { on: ['startedAt'], key: ({ startedAt }) => ({ facet: 'all', order: startedAt }) },
  due: { on: ['dueAt'], key: ({ dueAt }) => (dueAt ? { job: 'measurements', at: dueAt } : undefined) },
})
export type MeasurementRecord = RecordOf<typeof measurement>

export const measurementMoved = event('measurement.moved', 'Customers of a group were looked at for a measurement', { published: false })
export const measurementDone = event('measurement.done', 'Satisfaction and loyalty of a group were measured')

/** The own key that the measurement of a group in a period always has. */
export const measurementKey = (group: string, period: string): string =>
  keyOf(0, createHash('sha256').update(`measurement ${group} ${period}`).digest())

/** A stretch of days, in days since 1970-01-01, the end exclusive. */
export interface Days {
  start: number
  end: number
  timeZone: string
}

/** Customers looked at at the same time. */
const LANES = 8
/** Purchases looked at for one that was not taken back; ratings of one customer in a period. */
const [MOST_PURCHASES, MOST_RATINGS] = [10, 50]

/** What is known of customers in a period: their sums in one call, then a query or two each. */
export async function seenOf(ctx: Ctx, ids: readonly string[], days: Days): Promise<Seen[]> {
  const items = ids.length > 0 ? await ctx.table.getAll(ids.map((id) => placeOf(history, history.id('', id)))) : []
  const seen: Seen[] = []
  await inLanes([...ids.entries()], LANES, async ([at, id]) => {
    const item = items[at]
    const past = item && !item['deletedAt'] ? recordIn<'history', History>(item) : undefined
    const files = [id, ...(past?.beside ?? [])]
    const [bought, ratings] = await Promise.all([past && boughtOf(ctx, files, past, days), ratingsOf(ctx, files, days)])
    seen.push({ ratings, ...(bought && { bought }) })
  })
  return seen
}

async function boughtOf(ctx: Ctx, files: readonly string[], past: History, days: Days): Promise<Seen['bought']> {
  const { firstDay, lastDay, x, count } = past
  if (count === 0 || firstDay >= days.end) return undefined
  const before = firstDay < days.start
  const [within, referred] = await Promise.all([
    !before || (lastDay >= days.start && (lastDay < days.end || boughtWithin(ctx, files, days))),
    before ? false : wasReferred(ctx, files),
  ])
  return { before, within, repeatedly: x > 0, referred }
}

/** Whether somebody bought in a period, what is in the bin left out. */
export async function boughtWithin(ctx: Ctx, files: readonly string[], days: Days): Promise<boolean> {
  const pages = await Promise.all(files.map((id) => between(ctx, purchase.noun, id, days, MOST_PURCHASES)))
  return pages.flat().length > 0
}

async function ratingsOf(ctx: Ctx, files: readonly string[], days: Days): Promise<Pick<Rating, 'kind' | 'score'>[]> {
  const pages = await Promise.all(files.map((id) => between(ctx, rating.noun, id, days, MOST_RATINGS)))
  return pages.flat().map((item) => recordIn<'rating', Rating>(item))
}

/** A customer's records of a kind within a period, the latest; what is in the bin left out. */
async function between(ctx: Ctx, noun: string, customerId: string, { start, end, timeZone }: Days, limit: number): Promise<Item[]> {
  const { pk } = placeOf(history, history.id('', customerId))
  const [from, to] = [start, end].map((day) => `${noun}#${timeKey(startOfDay(day, timeZone))}`)
  const { items } = await ctx.table.query({ pk, from: from ?? '', to: to ?? '', limit, descending: true })
  return items.filter((item) => !item['deletedAt'] && !item['erasedAt'])
}

/** Whether a referral was claimed for a customer: the area of referrals lies above this one, its unique value tells. */
async function wasReferred(ctx: Ctx, files: readonly string[]): Promise<boolean> {
  const held = await ctx.table.getAll(files.map((id) => sentinelKey(`referral#${id}`)))
  return held.some((item) => item !== undefined)
}
