import * as z from 'zod'
import { customer } from '../../customer/customer/index.ts'
import { history } from '../../customer/purchase/index.ts'
import { action } from '../../kernel/action.ts'
import { daysLater } from '../../kernel/clock.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { dueSchema } from '../../kernel/event.ts'
import { Fault } from '../../kernel/fault.ts'
import { customerIdIn } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Write } from '../../kernel/table/expression.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { dueOf, headOf, rhythm, rhythmTimed, type RhythmRecord } from '../rhythm/index.ts'
import { modelOf, rhythmOf } from '../statistics/index.ts'
import { allot } from './allot.ts'
import { docket, docketOf, marked } from './docket.ts'
import { warningCleared, warningLate, warningRanked, warningWoken } from './events.ts'
import { found } from './found.ts'
import { tallyEnded } from './tally.ts'
import { silenceKey, type Warning } from './warning.ts'
import { NOBODY, warning, type WarningRecord } from './warning.store.ts'

const outcome = () =>
  z.object({
    outcome: z.enum(['ranked', 'late', 'opened', 'full', 'nothing', 'not_yet', 'woken', 'cleared', 'moved', 'stopped', 'not_due']),
  })
type Outcome = z.output<ReturnType<typeof outcome>>

/**
 * Handles one due item of the job `warnings`: a timer that fired, a docket whose places are to be given, a warning whose
 * snooze is over or that has waited for a place for too long.
 */
export const due = action(
  'warning.raise',
  () => ({ input: dueSchema(), output: outcome() }),
  async (ctx, { id }): Promise<Outcome> => {
    if (rhythm.is(id)) return look(ctx, customerIdIn(id))
    return docket.is(id) ? { outcome: await allot(ctx, id) } : wake(ctx, id)
  },
)

/**
 * Looks at a customer whose timer fired: finds the silence, or moves the timer when purchases came since it was set. What is
 * found waits for a place in its owner's day; a line crossed longer ago than the warning looks ahead is listed as late.
 *
 * Reads the head of the partition, 1 unit for a usual file, and the owner's docket; models and settings are kept by the warm
 * function. The warning, the stopped timer, and the condition that neither purchases nor file changed since they were read
 * are one transaction, so two runs at once find one silence, and a purchase at the same moment prevents it or clears it.
 */
async function look(ctx: Ctx, customerId: string): Promise<Outcome> {
  const [head, model, workspace] = await Promise.all([headOf(ctx, customerId), modelOf(ctx), workspaceOf(ctx)])
  const timer = head.single(rhythm)
  // The index of what is due may still name a timer that has been erased.
  if (!timer?.dueAt || timer.dueAt > ctx.now || timer.erasedAt !== undefined) return { outcome: 'not_due' }
  const { customer: owner, history: past } = head
  if (!past || !owner || owner.deletedAt || timer.warnedDay === past.lastDay) return stop(ctx, timer)
  const at = dueOf(rhythmOf(model, owner), past, workspace)
  if (at === undefined) return stop(ctx, timer)
  if (at > ctx.now) return move(ctx, timer, at)
  const state = daysLater(at, workspace.horizonDays) < ctx.now ? 'late' : 'ranked'
  if (state === 'ranked') await mark(ctx, owner.ownerId, workspace.timeZone)
  const fields = found(ctx, { model, workspace, owner, past }, state)
  const where = { customer: customerId, own: silenceKey(customerId, past.lastDay) }
  const made = create(ctx, warning, fields, state === 'late' ? warningLate : warningRanked, where)
  const stopped = alter(ctx, rhythm, timer, { state: 'warned', dueAt: null, warnedDay: past.lastDay }, rhythmTimed)
  try {
    await commit(ctx, [stopped.change, made.change], undefined, [unchanged(history, past), unchanged(customer, owner)])
  } catch (error) {
    // This very silence was warned of before the timer forgot it: once is enough.
    if (error instanceof Fault && error.code === 'warning.exists') return stop(ctx, timer, past.lastDay)
    throw error
  }
  return { outcome: state }
}

/** Has the owner's docket look, before there is something to see: it looks again when what follows is certainly written. */
async function mark(ctx: Ctx, ownerId: string = NOBODY, timeZone: string): Promise<void> {
  const change = marked(ctx, await docketOf(ctx, ownerId), ownerId, timeZone)
  if (change) await commit(ctx, [change])
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

/**
 * A snoozed warning opens again, or ends when a purchase came that nobody told us of; one that waited for a place until its
 * time was up is late. 2 units of reads.
 */
async function wake(ctx: Ctx, id: string): Promise<Outcome> {
  const [item, sums] = await ctx.table.getAll([placeOf(warning, id), placeOf(history, history.id('', customerIdIn(id)))])
  if (!item) return { outcome: 'not_due' }
  const before = recordIn<'warning', Warning>(item)
  const until = before.state === 'snoozed' ? before.snoozedUntil : before.state === 'ranked' ? before.rankedUntil : undefined
  if (until === undefined || until > ctx.now) return { outcome: 'not_due' }
  if (sums && !sums['deletedAt'] && Number(sums['lastDay']) > before.silenceDay) return clear(ctx, before, String(sums['id']))
  if (before.state === 'ranked') {
    await commit(ctx, [alter(ctx, warning, before, { state: 'late', rankedUntil: null }, warningLate).change])
    return { outcome: 'late' }
  }
  await commit(ctx, [alter(ctx, warning, before, { state: 'open', snoozedUntil: null, snoozeReason: null }, warningWoken).change])
  return { outcome: 'woken' }
}

async function clear(ctx: Ctx, before: WarningRecord, endedBy: string): Promise<Outcome> {
  const ended = {
    state: 'cleared',
    outcome: 'saved',
    endedAt: ctx.now,
    endedBy,
    snoozedUntil: null,
    snoozeReason: null,
    rankedUntil: null,
  } as const
  await commit(ctx, [alter(ctx, warning, before, ended, warningCleared).change], undefined, [tallyEnded(before, 'saved')])
  return { outcome: 'cleared' }
}
