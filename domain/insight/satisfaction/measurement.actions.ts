import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { dayNumber } from '../../kernel/clock.ts'
import { alter, commit, create, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { dueSchema } from '../../kernel/event.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { facet, list as listPage, pageInput, pageOf, rowView } from '../../kernel/page.ts'
import { recordIn } from '../../kernel/place.ts'
import { find, idOf } from '../../kernel/record.ts'
import { dayIn } from '../../kernel/zone.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { inSegment, inTier, mustBeReady, SEGMENT } from '../audience/index.ts'
import { periodInput, periodOf } from '../cost/index.ts'
import { policyOf } from '../tier/index.ts'
import { measurementSeen, measurementView, NONE_YET, withSeen, type Measurement, type Sums } from './measurement.ts'
import {
  measurement,
  measurementDone,
  measurementKey,
  measurementMoved,
  seenOf,
  type Days,
  type MeasurementRecord,
} from './measurement.store.ts'

/** Customers of one step: about 3 read units each. A group of fewer is measured in the request itself. */
const PAGE = 100

const input = () =>
  z.strictObject({
    tier: f.slug().optional(),
    segmentId: idOf(SEGMENT).optional(),
    period: periodInput().optional().describe('a year, quarter or month; this month unless given'),
  })

type Group = Pick<Measurement, 'tier' | 'segmentId' | 'name'>

/**
 * Measures a tier's or a segment's satisfaction and loyalty in a period, by its customers: at once where they are a hundred at
 * most, else page by page in the background. Asked for again while it runs, it goes on; afterwards it begins anew.
 */
export const measure = action(
  'satisfaction.measure',
  () => ({ input: input(), output: measurementView() }),
  async (ctx, { period: named, ...asked }) => {
    mustSeeAll(ctx)
    const [group, { timeZone }] = await Promise.all([groupOf(ctx, asked), workspaceOf(ctx)])
    const today = dayIn(ctx.now, timeZone)
    const period = named ?? today.slice(0, 7)
    if (periodOf(period, ctx.now, timeZone).from > today) throw invalid('in_the_future', 'period', 'This period has not begun yet.')
    const own = measurementKey(group.segmentId ?? group.tier ?? '', period)
    const item = await ctx.table.get(placeOf(measurement, measurement.id(own)))
    const before = item && recordIn<'measurement', Measurement>(item)
    if (before?.state === 'running') return measurementSeen(before)
    const begun: Measurement = { ...group, ...NONE_YET, period, state: 'running', startedAt: ctx.now, dueAt: ctx.now }
    const fields = { ...begun, ...(await stepped(ctx, begun, timeZone)) }
    const event = fields.state === 'done' ? measurementDone : measurementMoved
    const { record, change } = before
      ? alter(ctx, measurement, before, { cursor: null, finishedAt: null, ...fields, dueAt: fields.dueAt ?? null }, event)
      : create(ctx, measurement, present(fields), event, { own })
    const seen = measurementSeen(record)
    return commit(ctx, [change], seen)
  },
)

/** A measurement as far as it has come. */
export const show = action(
  'satisfaction.show_measurement',
  () => ({ input: z.strictObject({ id: idOf(measurement) }), output: measurementView() }),
  async (ctx, { id }) => {
    mustSeeAll(ctx)
    return measurementSeen(await find(ctx, measurement, id))
  },
)

/** What was measured, the latest first. */
export const list = action(
  'satisfaction.list_measurements',
  () => ({ input: z.strictObject(pageInput()), output: pageOf(rowView(measurement)) }),
  (ctx, paging) => {
    mustSeeAll(ctx)
    return listPage(ctx, measurement, facet(measurement, 'all'), paging, { descending: true })
  },
)

/** One page of a measurement that is under way. Its record is the condition, so a page counts once. */
export const step = action(
  'satisfaction.step_measurement',
  () => ({ input: dueSchema(), output: z.object({}) }),
  async (ctx, { id }) => {
    const item = await ctx.table.get(placeOf(measurement, id))
    const before = item && recordIn<'measurement', Measurement>(item)
    if (before?.state !== 'running' || before.dueAt === undefined || before.dueAt > ctx.now) return {}
    const { timeZone } = await workspaceOf(ctx)
    await commit(ctx, [moved(ctx, before, await stepped(ctx, before, timeZone))])
    return {}
  },
)

function mustSeeAll(ctx: Ctx): void {
  if (ctx.scope !== 'all') throw fault('forbidden', 'scope.outside', 'Only who may see all customers measures a group of them.')
}

/** @throws Fault for a tier or a segment that is not there, or both or none */
async function groupOf(ctx: Ctx, { tier, segmentId }: Pick<Group, 'tier' | 'segmentId'>): Promise<Group> {
  if ((tier === undefined) === (segmentId === undefined)) throw invalid('measurement.name_one', 'tier', 'Name a tier or a segmentId.')
  if (segmentId !== undefined) return { segmentId, name: await mustBeReady(ctx, segmentId) }
  const { tiers } = await policyOf(ctx)
  const names = tiers.map(({ name }) => name)
  if (tier === undefined || !names.includes(tier)) throw invalid('tier.unknown', 'tier', `The workspace’s tiers are ${names.join(', ')}.`)
  return { tier, name: tier }
}

type Stepped = Sums & Pick<Measurement, 'state' | 'dueAt' | 'cursor' | 'finishedAt'>

/** A measurement after its next page of customers. */
async function stepped(ctx: Ctx, before: Measurement, timeZone: string): Promise<Stepped> {
  const paging = { limit: PAGE, ...(before.cursor !== undefined && { cursor: before.cursor }) }
  const { ids, nextCursor } =
    before.segmentId === undefined ? await inTier(ctx, before.tier ?? '', paging) : await inSegment(ctx, before.segmentId, paging)
  const { looked, buyers, repeaters, before: had, retained, joined, referred, scores } = before
  const so: Sums = { looked, buyers, repeaters, before: had, retained, joined, referred, scores }
  const sums = (await seenOf(ctx, ids, daysOf(before, timeZone))).reduce(withSeen, so)
  return nextCursor === undefined
    ? { ...sums, state: 'done', finishedAt: ctx.now, dueAt: undefined, cursor: undefined }
    : { ...sums, state: 'running', dueAt: ctx.now, cursor: nextCursor }
}

/** The days of a measurement's period up to the day it began on. */
function daysOf({ period, startedAt }: Measurement, timeZone: string): Days {
  const { from, to } = periodOf(period, startedAt, timeZone)
  const today = dayIn(startedAt, timeZone)
  return { start: dayNumber(from), end: dayNumber(to < today ? to : today) + 1, timeZone }
}

function moved(ctx: Ctx, before: MeasurementRecord, { dueAt, cursor, ...sums }: Stepped): Change {
  const patch = { ...present(sums), dueAt: dueAt ?? null, cursor: cursor ?? null }
  return alter(ctx, measurement, before, patch, sums.state === 'done' ? measurementDone : measurementMoved).change
}

/** The fields that have a value. */
function present<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
}
