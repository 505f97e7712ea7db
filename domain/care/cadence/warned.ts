import { fileUnmoved } from '../../customer/customer/index.ts'
import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import type { Instant } from '../../kernel/clock.ts'
import { alter } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { happenedSchema } from '../../kernel/event.ts'
import { customerIdIn } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Write } from '../../kernel/table/expression.ts'
import { isStanding, warning, type Warning, type WarningRecord } from '../../insight/warning/index.ts'
import { carries, task, taskCancelled, taskChanged, taskKeyFor, without, type Task, type TaskRecord } from '../task/index.ts'
import { workStart, workTimeFor } from '../../platform/calendar/index.ts'
import { standingOf, type Standing } from './cadence.store.ts'
import { isOpen, isUnderWay, joinVisit, newVisit, revised, settleAll } from './plan.ts'
import { rulesOf, type Rules } from './policy.store.ts'
import { roomFrom } from './room.ts'
import { warningVisit } from './visit.ts'

/** What churn warnings do to a customer's plan of contacts. */

/** A warning by id; undefined when there is none. Strongly consistent. */
export async function warningAt(ctx: Ctx, id: string): Promise<WarningRecord | undefined> {
  const item = await ctx.table.get(placeOf(warning, id))
  return item && recordIn<'warning', Warning>(item)
}

/** Whether a warning still asks for a visit. */
export function stands(one: WarningRecord | undefined): one is WarningRecord {
  return one !== undefined && !one.deletedAt && isStanding(one)
}

/** Holds a warning unchanged while its visit is written, so that its end and its visit cannot miss each other. */
export function warningUnchanged({ id, version }: WarningRecord): Write {
  return { check: placeOf(warning, id), if: { equals: { version } } }
}

interface Warned {
  standing: Standing
  rules: Rules
  told: WarningRecord
  /** The visit that is open for the customer. */
  open?: TaskRecord
  /** The visit that was made for this warning. */
  own?: TaskRecord
}

const reaction = () => ({ input: happenedSchema(), output: z.object({}) })

/**
 * A warning becomes a visit on the next working day with room, or joins the one that is open. Once for each warning: the plan
 * remembers it in the same transaction, and its visit's key is made from it.
 */
export const warn = action('cadence.warn', reaction, async (ctx, { recordId }) => {
  const found = await warned(ctx, recordId)
  if (!found || !stands(found.told) || !found.standing.file || found.own || found.standing.plan?.warningId === recordId) return {}
  const { standing, rules, told, open } = found
  const owner = (open ?? standing.file)?.ownerId
  const visit = warningVisit(told, await timeFor(ctx, told, owner, rules))
  const guards = [fileUnmoved(standing), warningUnchanged(told)]
  const facts = { warningId: recordId, retryAt: null }
  if (open) {
    const { title: _, ...more } = visit
    await settleAll(ctx, [joinVisit(ctx, open, { ...more, at: ctx.now }), revised(ctx, standing, rules, facts)], guards)
    return {}
  }
  const { record, change } = newVisit(ctx, standing, visit, taskKeyFor(recordId, told.raisedAt))
  await settleAll(ctx, [change, revised(ctx, standing, rules, { ...facts, taskId: record.id })], guards)
  return {}
})

/** When a warning's visit is: the most critical on the next working morning whatever else is there, the others where there is room. */
async function timeFor(ctx: Ctx, { severity }: WarningRecord, ownerId: string | undefined, rules: Rules): Promise<Instant> {
  if (severity === 'critical') return workStart(ctx.now, await workTimeFor(ctx, ownerId))
  return roomFrom(ctx, ownerId, ctx.now, rules)
}

/** A warning ended: the visit it asked for is cancelled, or goes on for its other causes; also in the bin, from where it may come back. */
export const calm = action('cadence.calm', reaction, async (ctx, { recordId }) => {
  const found = await warned(ctx, recordId)
  if (!found || stands(found.told)) return {}
  const { standing, rules, told, open, own } = found
  const concerned = [open, own].find((one) => one !== undefined && isUnderWay(one) && !one.keptAt && carries(one, 'warning', recordId))
  const left = concerned && without(concerned, 'warning', recordId)
  const facts = {
    ...(concerned && !left && standing.plan?.taskId === concerned.id && { taskId: null }),
    ...(standing.plan?.warningId === recordId && { retryAt: null }),
  }
  const change = concerned && ending(ctx, concerned, left, told)
  await settleAll(ctx, [change, standing.plan && revised(ctx, standing, rules, facts)])
  return {}
})

function ending(ctx: Ctx, visit: TaskRecord, left: ReturnType<typeof without>, told: WarningRecord) {
  return left
    ? alter(ctx, task, visit, { ...left, sourceId: left.sourceId ?? null, valueAtStake: null }, taskChanged).change
    : alter(ctx, task, visit, { state: 'cancelled', closedAt: ctx.now, cancelReason: sayEnd(told) }, taskCancelled).change
}

function sayEnd({ state, outcome }: WarningRecord): string {
  if (state === 'closed') return `The warning was closed: ${(outcome ?? 'done').replace('_', ' ')}.`
  return outcome === 'saved' ? 'The customer bought again: the warning is cleared.' : 'The warning no longer stands.'
}

/** A warning as it is now, where its customer stands, and the visits it may concern: two rounds. */
async function warned(ctx: Ctx, warningId: string): Promise<Warned | undefined> {
  const [standing, rules, told] = await Promise.all([standingOf(ctx, customerIdIn(warningId)), rulesOf(ctx), warningAt(ctx, warningId)])
  if (!told) return undefined
  const ids = [task.id(taskKeyFor(warningId, told.raisedAt), warningId), standing.plan?.taskId].filter((one) => one !== undefined)
  const [own, planned] = (await ctx.table.getAll(ids.map((id) => placeOf(task, id)))).map((item) => item && recordIn<'task', Task>(item))
  const open = own?.id === standing.plan?.taskId ? own : planned
  return { standing, rules, told, ...(open && isOpen(open) && { open }), ...(own && { own }) }
}
