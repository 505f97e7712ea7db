import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import type { Instant } from '../../kernel/clock.ts'
import { alter, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { happenedSchema } from '../../kernel/event.ts'
import { customerIdIn } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import { task, taskAt } from '../task/index.ts'
import type { Cadence } from './cadence.ts'
import { lastContactOf, met, stepBack } from './cadence.reactions.ts'
import { cadence, cadenceMoved, standingOf, type CadenceRecord, type Standing } from './cadence.store.ts'
import { isOpen, openVisitOf, revised, settleAll, type Facts } from './plan.ts'
import { rulesOf, type Rules } from './policy.store.ts'
import { isPast, withWant, type Want } from './want.ts'

/**
 * Plans over a merge and back. The absorbed plan is set aside as it was; what it knew goes on with the survivor's: the last contact,
 * what was asked for, a visit that is open.
 */

/** A customer was merged with another, or a merge was undone: the survivor's plan is made of what is theirs now. */
export const followMerge = action(
  'cadence.follow_merge',
  () => ({ input: happenedSchema(), output: z.object({}) }),
  async (ctx, { customerId }) => {
    if (customerId === undefined) return {}
    const [standing, rules] = await Promise.all([standingOf(ctx, customerId), rulesOf(ctx)])
    if (!standing.file) return {}
    const files = [standing.customerId, ...(standing.file.absorbed ?? [])]
    const { plan } = standing
    const foreign = (id: string | undefined): boolean => id !== undefined && !files.includes(customerIdIn(id))
    const leaving = (plan?.wanted ?? []).filter(({ of }) => of !== undefined && !files.includes(of))
    if (foreign(plan?.contactId) || foreign(plan?.taskId) || leaving.length > 0) await part(ctx, standing, rules, leaving, foreign)
    else await join(ctx, standing, rules, files.slice(1))
    return {}
  },
)

async function join(ctx: Ctx, standing: Standing, rules: Rules, absorbed: readonly string[]): Promise<void> {
  const plans = await plansOf(ctx, absorbed)
  const facts: Facts = { ...(await visitOf(ctx, standing, plans)), ...wantsOf(ctx, standing, plans) }
  const emptied = facts.wanted
    ? plans.filter(({ wanted }) => wanted !== undefined).map((one) => alter(ctx, cadence, one, { wanted: null }, cadenceMoved).change)
    : []
  const contacts = await Promise.all(plans.map((one) => contactIn(ctx, one)))
  const [latest] = contacts.flat().toSorted((a, b) => (a.at < b.at ? 1 : -1))
  if (latest) await met(ctx, standing, rules, { ...latest, facts }, emptied)
  else await settleAll(ctx, [revised(ctx, standing, rules, facts), ...emptied])
}

/** An open visit of a file that came, where the survivor's plan holds none. */
async function visitOf(ctx: Ctx, standing: Standing, plans: readonly CadenceRecord[]): Promise<Facts> {
  if (await openVisitOf(ctx, standing)) return {}
  for (const { taskId } of plans) {
    const visit = taskId === undefined ? undefined : await taskAt(ctx, taskId)
    if (visit && isOpen(visit)) return { taskId: visit.id }
  }
  return {}
}

/** What was asked for of files that came; each knows of whom, for the day they part. */
function wantsOf(ctx: Ctx, { plan }: Standing, plans: readonly CadenceRecord[]): Facts {
  const came = plans.flatMap(({ id, wanted = [] }) => wanted.map((one): Want => ({ ...one, of: one.of ?? customerIdIn(id) })))
  const news = came.filter((one) => !isPast(one, ctx.now))
  return came.length === 0 ? {} : { wanted: news.reduce<Want[]>(withWant, plan?.wanted ?? []) }
}

/** The last contact of a file that came: a visit as its plan knows it, else what its timeline says now. */
async function contactIn(ctx: Ctx, { id, lastContactAt: at, contactId }: CadenceRecord): Promise<{ at: Instant; contactId: string }[]> {
  if (at !== undefined && contactId !== undefined && task.is(contactId)) return [{ at, contactId }]
  const last = at === undefined ? undefined : await lastContactOf(ctx, customerIdIn(id))
  return last ? [{ at: last.occurredAt, contactId: last.id }] : []
}

/** What came with a file that went again goes with it; the contact before is looked up. */
async function part(
  ctx: Ctx,
  standing: Standing,
  rules: Rules,
  leaving: readonly Want[],
  foreign: (id: string | undefined) => boolean,
): Promise<void> {
  const { plan } = standing
  const left = (plan?.wanted ?? []).filter((one) => !leaving.includes(one))
  const facts: Facts = {
    ...(foreign(plan?.taskId) && { taskId: null }),
    ...(leaving.length > 0 && { wanted: left.length > 0 ? left : null }),
  }
  const back: (Change | undefined)[] = []
  for (const [of, wants] of Map.groupBy(leaving, (one) => one.of ?? '')) {
    const theirs = await standingOf(ctx, of)
    const own = wants.map(({ of: _, ...want }) => want)
    back.push(revised(ctx, theirs, rules, { wanted: own.reduce<Want[]>(withWant, theirs.plan?.wanted ?? []) }))
  }
  if (foreign(plan?.contactId)) await stepBack(ctx, standing, rules, facts, back)
  else await settleAll(ctx, [revised(ctx, standing, rules, facts), ...back])
}

async function plansOf(ctx: Ctx, customerIds: readonly string[]): Promise<CadenceRecord[]> {
  if (customerIds.length === 0) return []
  const items = await ctx.table.getAll(customerIds.map((id) => placeOf(cadence, cadence.id('', id))))
  return items.flatMap((item) => (item && item['erasedAt'] === undefined ? [recordIn<'cadence', Cadence>(item)] : []))
}
