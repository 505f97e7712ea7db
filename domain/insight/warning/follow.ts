import * as z from 'zod'
import { Absorbed } from '../../kernel/absorbed.ts'
import { action } from '../../kernel/action.ts'
import { alter, commit, create, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { happenedSchema } from '../../kernel/event.ts'
import type { Write } from '../../kernel/table/expression.ts'
import { dayNumberIn } from '../../kernel/zone.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { dueOf, headOf, retimed, rhythm, rhythmTimed, type Head, type RhythmRecord } from '../rhythm/index.ts'
import { modelOf, rhythmOf } from '../statistics/index.ts'
import { docketOf, marked } from './docket.ts'
import { warningAssigned, warningCleared } from './events.ts'
import { tallyEnded } from './tally.ts'
import { foundAt, isUnended, type Warning } from './warning.ts'
import { fileStands } from '../../customer/customer/index.ts'
import { NOBODY, warning, warningOf, type WarningRecord } from './warning.store.ts'

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
    const into = head.customer?.mergedInto
    if (into !== undefined) {
      await leave(ctx, customerId, timer)
      throw new Absorbed(customerId, into)
    }
    if (!past || !head.customer || head.customer.deletedAt) return leave(ctx, customerId, timer)
    const next = retimed(timer, dueOf(rhythmOf(model, head.customer), past, workspace), past.lastDay)
    if (!next) return {}
    const ended = await endedBy(ctx, customerId, timer, head, { by: event.recordId, timeZone: workspace.timeZone })
    const timed = timer
      ? alter(ctx, rhythm, timer, { ...next, dueAt: next.dueAt ?? null }, rhythmTimed)
      : create(ctx, rhythm, next, rhythmTimed, { customer: customerId, own: '' })
    await commit(ctx, [timed.change, ...ended.changes], undefined, timer ? ended.writes : [...ended.writes, fileStands(customerId)])
    return {}
  },
)

/** A customer without purchases, or in the bin: no timer, and a warning that stood ends without an outcome. */
async function leave(ctx: Ctx, customerId: string, timer: RhythmRecord | undefined): Promise<Record<string, never>> {
  if (!timer || timer.state === 'idle' || timer.erasedAt !== undefined) return {}
  const standing = timer.state === 'warned' && timer.warnedDay !== undefined ? await warningOf(ctx, customerId, timer.warnedDay) : undefined
  const { change } = alter(ctx, rhythm, timer, { state: 'idle', dueAt: null }, rhythmTimed)
  const { changes, writes } = standing && isUnended(standing) ? ended(ctx, standing, { endedBy: customerId }) : NO_END
  await commit(ctx, [change, ...changes], undefined, writes)
  return {}
}

/** The end of a warning, with its count. */
interface End {
  changes: Change[]
  writes: Write[]
}
const NO_END: End = { changes: [], writes: [] }

/** The end of the warning of a silence that a purchase broke; nothing when none stood. 1 unit more. */
async function endedBy(
  ctx: Ctx,
  customerId: string,
  timer: RhythmRecord | undefined,
  { history: past }: Head,
  how: { by: string; timeZone: string },
): Promise<End> {
  if (!past || timer?.state !== 'warned' || timer.warnedDay === undefined) return NO_END
  const standing = await warningOf(ctx, customerId, timer.warnedDay)
  if (!standing || !isUnended(standing)) return NO_END
  // A purchase of before the silence was found, told of late: there was no silence.
  const outcome = past.lastDay < dayNumberIn(foundAt(standing), how.timeZone) ? 'false_alarm' : 'saved'
  return ended(ctx, standing, { outcome, endedBy: how.by })
}

function ended(ctx: Ctx, standing: WarningRecord, how: Pick<Warning, 'outcome' | 'endedBy'>): End {
  const patch = { state: 'cleared', endedAt: ctx.now, snoozedUntil: null, snoozeReason: null, rankedUntil: null, ...how } as const
  return {
    changes: [alter(ctx, warning, standing, patch, warningCleared).change],
    writes: [tallyEnded(standing, how.outcome ?? 'withdrawn')],
  }
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
    if (!standing || !isUnended(standing) || standing.ownerId === ownerId) return {}
    const change = alter(ctx, warning, standing, { ownerId: ownerId ?? null }, warningAssigned).change
    await commit(ctx, [change, ...(standing.state === 'ranked' ? await newPlace(ctx, ownerId) : [])])
    return {}
  },
)

/** Has the new owner's docket look. */
async function newPlace(ctx: Ctx, ownerId: string = NOBODY): Promise<Change[]> {
  const [known, { timeZone }] = await Promise.all([docketOf(ctx, ownerId), workspaceOf(ctx)])
  const change = marked(ctx, known, ownerId, timeZone)
  return change ? [change] : []
}
