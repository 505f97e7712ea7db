import * as z from 'zod'
import { Absorbed } from '../../kernel/absorbed.ts'
import { action } from '../../kernel/action.ts'
import type { Instant } from '../../kernel/clock.ts'
import { alter, commit, Stale, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { dueSchema, happenedSchema } from '../../kernel/event.ts'
import { recordIn } from '../../kernel/place.ts'
import { customer, type CustomerRecord } from '../../customer/customer/index.ts'
import { workTimeFor } from '../../platform/calendar/index.ts'
import { team, type TeamRecord } from '../../platform/team/index.ts'
import { knownUser } from '../../platform/user/index.ts'
import { escalatesAt, patienceFor, raised } from './task.ts'
import { openTasksOf, task, taskAt, type TaskRecord } from './task.store.ts'
import { taskCancelled, taskChanged, taskOverdue, taskWaits } from './task.actions.ts'

const nothing = () => z.object({})
const reaction = () => ({ input: happenedSchema(), output: nothing() })

/**
 * A task two working days late goes before the team's lead, once. Looks again first: the task may be done, moved or told
 * already, and who has a weekend, a holiday or leave gets their days first. At most one read and one write, twice where days off
 * lie between.
 */
export const escalate = action(
  'task.escalate',
  () => ({ input: dueSchema(), output: nothing() }),
  async (ctx, { id }) => {
    const late = await taskAt(ctx, id)
    const at = late && !late.deletedAt ? escalatesAt(late) : undefined
    if (!late || at === undefined || at > ctx.now) return {}
    const until = patienceFor(late.dueAt, await workTimeFor(ctx, late.ownerId))
    if (until > ctx.now) {
      await commit(ctx, [alter(ctx, task, late, { waits: { dueAt: late.dueAt, until } }, taskWaits).change])
      return {}
    }
    const lead = late.ownerId === undefined ? undefined : await leadOf(ctx, late.ownerId)
    const patch = { escalatedAt: ctx.now, priority: raised(late.priority), ...(lead !== undefined && { escalatedTo: lead }) }
    await commit(ctx, [alter(ctx, task, late, patch, taskOverdue).change])
    return {}
  },
)

/**
 * Open tasks follow the customer to a new account manager, or to that of whom they were merged into: those of the one before and
 * those that nobody has. A task
 * given to another person on purpose stays theirs, and so does one that the one before opened later. Reads the customer as it is now, so late and repeated events agree.
 */
export const followOwner = action('task.follow_owner', reaction, async (ctx, { customerId, changed, at }) => {
  const file = customerId === undefined ? undefined : await fileOf(ctx, customerId)
  // Whose a merged file was is of no account any more.
  if (!file || file.deletedAt || file.mergedInto !== undefined) return {}
  const was = (changed['ownerId'] as { from?: string } | undefined)?.from
  const left = ({ ownerId, createdAt }: TaskRecord) => ownerId === undefined || (ownerId === was && createdAt <= at)
  const moves = (one: TaskRecord) => one.ownerId !== file.ownerId && left(one)
  for (const id of [file.id, ...(await mergedBy(ctx, file, at))])
    await eachOpen(ctx, id, (one) =>
      moves(one) ? alter(ctx, task, one, { ownerId: file.ownerId ?? null }, taskChanged).change : undefined,
    )
  return {}
})

/** The files that had been merged into a customer's by a moment: what was decided of the customer before is not about them. */
async function mergedBy(ctx: Ctx, { absorbed = [] }: CustomerRecord, at: Instant): Promise<string[]> {
  const files = absorbed.length > 0 ? await ctx.table.getAll(absorbed.map((id) => placeOf(customer, id))) : []
  return absorbed.filter((_, nth) => {
    const since = files[nth]?.['deletedAt']
    return typeof since === 'string' && since <= at
  })
}

/** A customer in the bin is not contacted. */
export const cancelAll = action('task.cancel_all', reaction, async (ctx, { customerId }) => {
  const file = customerId === undefined ? undefined : await fileOf(ctx, customerId)
  if (file?.mergedInto !== undefined) throw new Absorbed(file.id, file.mergedInto)
  if (!file?.deletedAt) return {}
  const patch = { state: 'cancelled', closedAt: ctx.now, cancelReason: 'The customer file was put in the bin.' } as const
  for (const id of [file.id, ...(file.absorbed ?? [])]) await eachOpen(ctx, id, (one) => alter(ctx, task, one, patch, taskCancelled).change)
  return {}
})

async function fileOf(ctx: Ctx, customerId: string): Promise<CustomerRecord | undefined> {
  const item = await ctx.table.get(placeOf(customer, customerId))
  return item && recordIn<'customer', CustomerRecord>(item)
}

/** Changes each open task of a file by itself: who comes again after a failure finds the rest. */
async function eachOpen(ctx: Ctx, customerId: string, changeOf: (one: TaskRecord) => Change | undefined): Promise<void> {
  for await (const page of openTasksOf(ctx, customerId)) {
    const changes = page.map(changeOf).filter((one) => one !== undefined)
    const written = await Promise.allSettled(changes.map((one) => commit(ctx, [one])))
    const failed = written.find((one) => one.status === 'rejected')
    if (failed) throw failed.reason instanceof Error ? failed.reason : new Stale(customerId)
  }
}

/** Who leads a person's team; undefined without one. Kept for half a minute. */
async function leadOf(ctx: Ctx, userId: string): Promise<string | undefined> {
  const { teamId } = (await knownUser(ctx, userId)) ?? {}
  if (teamId === undefined) return undefined
  const item = await ctx.memo.get(`team of ${teamId}`, ctx.now, () => ctx.table.get(placeOf(team, teamId)))
  return item && !item['deletedAt'] ? recordIn<'team', TeamRecord>(item).leadId : undefined
}
