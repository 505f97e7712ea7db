import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import type { Day } from '../../kernel/clock.ts'
import { alter, commit, create, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { dueSchema } from '../../kernel/event.ts'
import { customerIdIn } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import { fileUnmoved, customer, type CustomerRecord } from '../../customer/customer/index.ts'
import { dayAfter, instantAt } from '../../platform/calendar/index.ts'
import { roomFrom, rulesOf } from '../cadence/index.ts'
import { task, taskKeyFor, taskOpened, type Task } from '../task/index.ts'
import { nextOf, todayOf } from './series.actions.ts'
import { lastUpTo, sayCourse, type Series } from './series.ts'
import { series, seriesMoved, type SeriesRecord } from './series.store.ts'

/**
 * A day of a series has come: its task is opened and the series goes on to the next, in one transaction, so once whatever is
 * repeated. Days that were missed while nothing ran are not made up for: the latest stands for them. A customer in the bin is
 * passed over. The task is due on a working day of who does it, where there is room.
 */
export const repeat = action(
  'task_series.repeat',
  () => ({ input: dueSchema(), output: z.object({}) }),
  async (ctx, { id }) => {
    const [item, file] = await ctx.table.getAll([placeOf(series, id), placeOf(customer, customerIdIn(id))])
    const before = item && recordIn<'task_series', Series>(item)
    if (!before || before.deletedAt || before.state !== 'running' || before.timerAt === undefined || before.timerAt > ctx.now) return {}
    const { today, timeZone } = await todayOf(ctx)
    const day = lastUpTo(before, today)
    const whose = file && !file['deletedAt'] ? recordIn<'customer', CustomerRecord>(file) : undefined
    const opened = whose && day !== undefined ? await taskFor(ctx, before, whose, day, timeZone) : undefined
    const next = nextOf(before, dayAfter(today, 1), timeZone)
    const patch = {
      state: next.state,
      nextDay: next.nextDay ?? null,
      timerAt: next.timerAt ?? null,
      ...(opened && { lastDay: day, lastTaskId: opened.id }),
    }
    const moved = alter(ctx, series, before, patch, seriesMoved).change
    await commit(
      ctx,
      // The series first: who was overtaken sees that, and looks again.
      [moved, ...(opened?.change ? [opened.change] : [])],
      undefined,
      opened?.change && whose ? [fileUnmoved({ customerId: whose.id, file: whose })] : [],
    )
    return {}
  },
)

/** The task of a day: the one that is there, as after a change of the series to a day it had before, or a new one. */
async function taskFor(
  ctx: Ctx,
  from: SeriesRecord,
  file: CustomerRecord,
  day: Day,
  timeZone: string,
): Promise<{ id: string; change?: Change }> {
  const own = taskKeyFor(`${from.id} ${day}`, instantAt(day, '00:00', timeZone))
  const id = task.id(own, from.id)
  if (await ctx.table.get(placeOf(task, id))) return { id }
  const ownerId = from.ownerId ?? file.ownerId
  const fields: Task = {
    title: from.title,
    cause: 'series',
    sourceId: from.id,
    priority: from.priority,
    state: 'open',
    reason: from.reason === undefined ? sayCourse(from) : `${from.reason} (${sayCourse(from)})`,
    dueAt: await roomFrom(ctx, ownerId, ctx.now, await rulesOf(ctx)),
    ...(ownerId !== undefined && { ownerId }),
  }
  return { id, change: create(ctx, task, fields, taskOpened, { customer: file.id, own }).change }
}
