import * as z from 'zod'
import { customer, type CustomerRecord } from '../../customer/customer/index.ts'
import { history, type HistoryRecord } from '../../customer/purchase/index.ts'
import { action } from '../../kernel/action.ts'
import { alter, commit, create, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { dueSchema } from '../../kernel/event.ts'
import { Fault } from '../../kernel/fault.ts'
import { customerIdIn } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Write } from '../../kernel/table/expression.ts'
import { dayNumberIn } from '../../kernel/zone.ts'
import { workspaceOf, type Workspace } from '../../platform/workspace/index.ts'
import { warningReason } from '../model/warning-line.ts'
import { dueOf, headOf, rhythm, rhythmTimed, type RhythmRecord } from '../rhythm/index.ts'
import { lineOf, modelOf, spendParams, stakeWhenWarned, type CurrentModel } from '../statistics/index.ts'
import { warningCleared, warningRaised, warningWoken } from './events.ts'
import { keptReason, sayWarning, severityOf, silenceKey, type Warning } from './warning.ts'
import { warning } from './warning.store.ts'

const outcome = () => z.object({ outcome: z.enum(['raised', 'woken', 'cleared', 'moved', 'stopped', 'not_due']) })
type Outcome = z.output<ReturnType<typeof outcome>>

/** Handles one due item of the job `warnings`: a timer that fired, or a warning whose snooze is over. */
export const due = action(
  'warning.raise',
  () => ({ input: dueSchema(), output: outcome() }),
  (ctx, { id }): Promise<Outcome> => (rhythm.is(id) ? raise(ctx, customerIdIn(id)) : wake(ctx, id)),
)

/**
 * Looks at a customer whose timer fired: raises the warning, or moves the timer when purchases came since it was set.
 *
 * Reads the head of the partition, 1 unit for a usual file; models and settings are kept by the warm function. The warning,
 * the stopped timer, and the condition that neither purchases nor file changed since they were read are one transaction,
 * so two runs at once raise one warning, and a purchase at the same moment prevents it or clears it.
 */
async function raise(ctx: Ctx, customerId: string): Promise<Outcome> {
  const [head, model, workspace] = await Promise.all([headOf(ctx, customerId), modelOf(ctx), workspaceOf(ctx)])
  const timer = head.single(rhythm)
  if (!timer?.dueAt || timer.dueAt > ctx.now) return { outcome: 'not_due' }
  const { customer: owner, history: past } = head
  if (!past || !owner || owner.deletedAt || timer.warnedDay === past.lastDay) return stop(ctx, timer)
  const at = dueOf(model.rhythm, past, workspace)
  if (at === undefined) return stop(ctx, timer)
  if (at > ctx.now) return move(ctx, timer, at)
  const fields = newWarning(ctx, { model, workspace, owner, past })
  const made = create(ctx, warning, fields, warningRaised, { customer: customerId, own: silenceKey(customerId, past.lastDay) })
  const stopped = alter(ctx, rhythm, timer, { state: 'warned', dueAt: null, warnedDay: past.lastDay }, rhythmTimed)
  try {
    await commit(ctx, [stopped.change, made.change], undefined, [unchanged(history, past), unchanged(customer, owner)])
  } catch (error) {
    // This very silence was warned of before the timer forgot it: once is enough.
    if (error instanceof Fault && error.code === 'warning.exists') return stop(ctx, timer, past.lastDay)
    throw error
  }
  return { outcome: 'raised' }
}

/** The condition that a record is as it was read. */
function unchanged(kind: typeof history | typeof customer, { id, version }: { id: string; version: number }): Write {
  return { check: placeOf(kind, id), if: { equals: { version } } }
}

async function stop(ctx: Ctx, timer: RhythmRecord, warnedDay = timer.warnedDay): Promise<Outcome> {
  const { change } = alter(ctx, rhythm, timer, { state: 'idle', dueAt: null, ...(warnedDay !== undefined && { warnedDay }) }, rhythmTimed)
  await commit(ctx, [change])
  return { outcome: 'stopped' }
}

async function move(ctx: Ctx, timer: RhythmRecord, dueAt: string): Promise<Outcome> {
  await commit(ctx, [alter(ctx, rhythm, timer, { dueAt }, rhythmTimed).change])
  return { outcome: 'moved' }
}

interface Facts {
  model: CurrentModel
  workspace: Workspace
  owner: CustomerRecord
  past: HistoryRecord
}

function newWarning(ctx: Ctx, { model, workspace, owner, past }: Facts): Warning {
  const line = lineOf(workspace)
  const spend = spendParams(model, past)
  const numbers = warningReason(model.rhythm, spend, past, line, dayNumberIn(ctx.now, workspace.timeZone))
  const beginner = { firstDay: past.lastDay, lastDay: past.lastDay, x: 0, repeatSpend: 0 }
  const typical = model.typicalValueMinor ?? Math.round(stakeWhenWarned(model.rhythm, spend, beginner, line))
  const valueAtStake = { amount: Math.round(numbers.valueAtStake), currency: workspace.currency }
  const reason = keptReason(numbers, typical, model.version)
  return {
    customerId: owner.id,
    state: 'open',
    severity: severityOf(valueAtStake.amount, typical),
    valueAtStake,
    ...(owner.ownerId !== undefined && { ownerId: owner.ownerId }),
    reason,
    explanation: sayWarning(reason, past.lastDay, valueAtStake),
    raisedAt: ctx.now,
    lastPurchaseAt: past.lastAt,
    silenceDay: past.lastDay,
  }
}

/** Opens a snoozed warning again, or ends it when a purchase came that nobody told us of. 2 units of reads. */
async function wake(ctx: Ctx, id: string): Promise<Outcome> {
  const [item, sums] = await ctx.table.getAll([placeOf(warning, id), placeOf(history, history.id('', customerIdIn(id)))])
  if (!item) return { outcome: 'not_due' }
  const before = recordIn<'warning', Warning>(item)
  if (before.state !== 'snoozed' || !before.snoozedUntil || before.snoozedUntil > ctx.now) return { outcome: 'not_due' }
  const bought = sums && !sums['deletedAt'] && Number(sums['lastDay']) > before.silenceDay
  const patch = { state: 'open' as const, snoozedUntil: null, snoozeReason: null }
  const change: Change = bought
    ? alter(
        ctx,
        warning,
        before,
        { ...patch, state: 'cleared', outcome: 'saved', endedAt: ctx.now, endedBy: String(sums['id']) },
        warningCleared,
      ).change
    : alter(ctx, warning, before, patch, warningWoken).change
  await commit(ctx, [change])
  return { outcome: bought ? 'cleared' : 'woken' }
}
