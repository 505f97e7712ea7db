import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import type { Day } from '../../kernel/clock.ts'
import { collection, partialView, records } from '../../kernel/collection.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import { patchOf } from '../../kernel/fields.ts'
import { pageInput, pageOf } from '../../kernel/page.ts'
import { find, idOf, mustMatch, viewOf } from '../../kernel/record.ts'
import { dayIn } from '../../kernel/zone.ts'
import { customer } from '../../customer/customer/index.ts'
import { dayAfter, instantAt } from '../../platform/calendar/index.ts'
import { mustBeActive } from '../../platform/user/index.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { firstFrom, seriesInput, type Course, type Series } from './series.ts'
import { series, seriesChanged, seriesOpened, seriesStopped } from './series.store.ts'

const view = () => viewOf(series)
const byId = () => ({ id: idOf(series) })

/** Plans contacts that repeat. The first is the first day of the series from today on. */
export const plan = action(
  'task_series.create',
  () => ({
    input: z.strictObject({ id: idOf(customer), ...seriesInput(), priority: seriesInput().priority.default('normal') }),
    output: view(),
  }),
  async (ctx, { id, reason, until, ownerId, ...rest }) => {
    await find(ctx, customer, id)
    await mustBeActive(ctx, ownerId, 'ownerId')
    const { timeZone } = await workspaceOf(ctx)
    const course = { ...rest, ...(until !== undefined && { until }) }
    const today = dayIn(ctx.now, timeZone)
    mustBeNear(rest.start, today)
    const next = nextOf(course, today, timeZone)
    if (next.state === 'ended') throw never(course)
    const fields: Series = { ...course, ...next, ...(reason !== undefined && { reason }), ...(ownerId !== undefined && { ownerId }) }
    const { record, change } = create(ctx, series, fields, seriesOpened, { customer: id })
    return commit(ctx, [change], record)
  },
)

export const show = action(
  'task_series.show',
  () => ({ input: z.strictObject(byId()), output: view() }),
  (ctx, { id }) => find(ctx, series, id),
)

export const list = action(
  'task_series.list',
  () => ({ input: z.strictObject({ ...pageInput(), id: idOf(customer) }), output: pageOf(partialView(series)) }),
  async (ctx, { id, ...input }) => {
    const [page] = await Promise.all([records(ctx, series, collection(series, id), input), find(ctx, customer, id)])
    return page
  },
)

/** Changes a series. What was opened stays; the next day follows from the series as it then is, and lies ahead of the last. */
export const change = action(
  'task_series.change',
  () => ({ input: z.strictObject({ ...byId(), ...patchOf(seriesInput()) }), output: view() }),
  async (ctx, { id, ...patch }) => {
    if (Object.keys(patch).length === 0) throw invalid('patch.empty', '', 'Nothing to change was given.')
    await mustBeActive(ctx, patch.ownerId, 'ownerId')
    const [before, { timeZone }] = await Promise.all([find(ctx, series, id), workspaceOf(ctx)])
    await mustMatch(ctx, series, before, patch)
    if (before.state === 'stopped') throw stopped(before.updatedAt)
    const until = patch.until === undefined ? before.until : (patch.until ?? undefined)
    const course: Course = { every: patch.every ?? before.every, start: patch.start ?? before.start, ...(until !== undefined && { until }) }
    const today = dayIn(ctx.now, timeZone)
    if (patch.start !== undefined) mustBeNear(patch.start, today)
    const from = before.lastDay !== undefined && before.lastDay >= today ? dayAfter(before.lastDay, 1) : today
    const next = nextOf(course, from, timeZone)
    const moved = { state: next.state, nextDay: next.nextDay ?? null, timerAt: next.timerAt ?? null }
    const { record, change } = alter(ctx, series, before, { ...patch, ...moved }, seriesChanged)
    return commit(ctx, [change], record)
  },
)

/** Stops a series for good. Tasks that are open stay. */
export const stop = action(
  'task_series.stop',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, series, id)
    if (before.state === 'stopped') throw stopped(before.updatedAt)
    const { record, change } = alter(ctx, series, before, { state: 'stopped', nextDay: null, timerAt: null }, seriesStopped)
    return commit(ctx, [change], record)
  },
)

/** Where a series stands from a day on: its next day and when its task is opened, or its end. */
export function nextOf(course: Course, from: Day, timeZone: string): Pick<Series, 'state' | 'nextDay' | 'timerAt'> {
  const nextDay = firstFrom(course, from)
  return nextDay === undefined ? { state: 'ended' } : { state: 'running', nextDay, timerAt: instantAt(nextDay, '00:00', timeZone) }
}

/** How far from today a series may begin. Days. */
const FARTHEST_START = 3_660

function mustBeNear(start: Day, today: Day): void {
  if (start < dayAfter(today, -FARTHEST_START) || start > dayAfter(today, FARTHEST_START)) {
    throw invalid('task_series.start_far', 'start', `A series begins within ${FARTHEST_START} days of today.`)
  }
}

function never({ until }: Course) {
  return invalid('task_series.never', 'until', `The series has no day from today to ${until}.`)
}

function stopped(at: string) {
  return fault('conflict', 'task_series.stopped', `This series was stopped on ${at.slice(0, 10)}. Plan a new one.`)
}

/** The caller's day, for the due work. */
export async function todayOf(ctx: Ctx): Promise<{ today: Day; timeZone: string }> {
  const { timeZone } = await workspaceOf(ctx)
  return { today: dayIn(ctx.now, timeZone), timeZone }
}
