import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit, create, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { happenedSchema } from '../../kernel/event.ts'
import { dayNumberIn } from '../../kernel/zone.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { dueOf, headOf, retimed, rhythm, rhythmTimed, type Head, type RhythmRecord } from '../rhythm/index.ts'
import { creating, modelOf } from '../statistics/index.ts'
import { warningAssigned, warningCleared } from './events.ts'
import { isStanding, type Warning } from './warning.ts'
import { warning, warningOf, type WarningRecord } from './warning.store.ts'

const nothing = () => z.object({})

/**
 * After a purchase (a return, one put in the bin or taken out, a customer's file likewise): ends the warning that stood,
 * and sets the churn timer where it must fire earlier than it would. Usually reads 1 unit and writes nothing, since a
 * purchase moves the day later. It looks at the purchases as they are, so it may come twice, late and out of order.
 */
export const follow = action(
  'rhythm.follow',
  () => ({ input: happenedSchema(), output: nothing() }),
  async (ctx, event) => {
    const { customerId } = event
    if (customerId === undefined) return {}
    const [head, model, workspace] = await Promise.all([headOf(ctx, customerId), modelOf(ctx), workspaceOf(ctx)])
    const timer = head.single(rhythm)
    const { history: past } = head
    if (!past || !head.customer || head.customer.deletedAt) return leave(ctx, customerId, timer)
    const next = retimed(timer, dueOf(model.rhythm, past, workspace), past.lastDay)
    if (!next) return {}
    const ended = await endedBy(ctx, customerId, timer, head, { by: event.recordId, timeZone: workspace.timeZone })
    const timed = timer
      ? alter(ctx, rhythm, timer, { ...next, dueAt: next.dueAt ?? null }, rhythmTimed)
      : create(ctx, rhythm, next, rhythmTimed, { customer: customerId, own: '' })
    await creating('rhythm.exists', () => commit(ctx, [timed.change, ...ended]))
    return {}
  },
)

/** A customer without purchases, or in the bin: no timer, and a warning that stood ends without an outcome. */
async function leave(ctx: Ctx, customerId: string, timer: RhythmRecord | undefined): Promise<Record<string, never>> {
  if (!timer || timer.state === 'idle') return {}
  const standing = timer.state === 'warned' && timer.warnedDay !== undefined ? await warningOf(ctx, customerId, timer.warnedDay) : undefined
  const { change } = alter(ctx, rhythm, timer, { state: 'idle', dueAt: null }, rhythmTimed)
  await commit(ctx, [change, ...(standing && isStanding(standing) ? [ended(ctx, standing, { endedBy: customerId })] : [])])
  return {}
}

/** The end of the warning of a silence that a purchase broke; nothing when none stood. 1 unit more. */
async function endedBy(
  ctx: Ctx,
  customerId: string,
  timer: RhythmRecord | undefined,
  { history: past }: Head,
  how: { by: string; timeZone: string },
): Promise<Change[]> {
  if (!past || timer?.state !== 'warned' || timer.warnedDay === undefined) return []
  const standing = await warningOf(ctx, customerId, timer.warnedDay)
  if (!standing || !isStanding(standing)) return []
  // A purchase of before the warning, told of late: there was no silence.
  const outcome = past.lastDay < dayNumberIn(standing.raisedAt, how.timeZone) ? 'false_alarm' : 'saved'
  return [ended(ctx, standing, { outcome, endedBy: how.by })]
}

function ended(ctx: Ctx, standing: WarningRecord, how: Pick<Warning, 'outcome' | 'endedBy'>): Change {
  return alter(
    ctx,
    warning,
    standing,
    { state: 'cleared', endedAt: ctx.now, snoozedUntil: null, snoozeReason: null, ...how },
    warningCleared,
  ).change
}

/** After a customer went to another account manager: the warning that stands goes with them. */
export const reassign = action(
  'warning.reassign',
  () => ({ input: happenedSchema(), output: nothing() }),
  async (ctx, { customerId }) => {
    if (customerId === undefined) return {}
    const head = await headOf(ctx, customerId)
    const timer = head.single(rhythm)
    if (timer?.state !== 'warned' || timer.warnedDay === undefined || !head.customer) return {}
    const standing = await warningOf(ctx, customerId, timer.warnedDay)
    const { ownerId } = head.customer
    if (!standing || !isStanding(standing) || standing.ownerId === ownerId) return {}
    await commit(ctx, [alter(ctx, warning, standing, { ownerId: ownerId ?? null }, warningAssigned).change])
    return {}
  },
)
