import { createHash } from 'node:crypto'
import { daysLater, type Instant } from '../../kernel/clock.ts'
import { alter } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import type { Write } from '../../kernel/table/expression.ts'
import type { Key } from '../../kernel/table/table.ts'
import { customer } from '../../customer/customer/index.ts'
import { carries, task, taskCancelled, taskChanged, without } from '../task/index.ts'
import { standingOf } from './cadence.store.ts'
import { openVisitOf, revised, settleAll } from './plan.ts'
import { rulesOf } from './policy.store.ts'
import { isPast, LATE_DAYS, withoutWant, withWant, type Want, type WantCause } from './want.ts'

/** What records ask of a customer's plan of contacts: once each, whatever is told how often. */

/** Marks that something was asked for, beside the customer. Dropped when the same could no longer be asked for. */
export function markOf(customerId: string, name: string): Key {
  const { pk } = placeOf(customer, customerId)
  return { pk, sk: `asked#${createHash('sha256').update(name).digest('base64url').slice(0, 22)}` }
}

/** Days that a mark outlives its use: clocks differ. */
const SPARE_DAYS = 3

/** When a mark goes by itself, in seconds since 1970. @param at when the contact falls due */
export function marksUntil(at: Instant): number {
  return Math.floor(Date.parse(daysLater(at, LATE_DAYS + SPARE_DAYS)) / 1000)
}

/**
 * Puts a contact on a customer's plan: when its time comes it becomes a visit on a working day, or joins the one that is open.
 * Asked for again under the same name it changes nothing, also when the visit was made and closed meanwhile. For reactions of
 * any area above this one, such as a contract whose notice date comes near.
 * @param name what tells one asking from another: the record, and what of it may happen again
 * @param guards what must still hold of the record that asks
 */
export async function want(ctx: Ctx, customerId: string, name: string, asked: Want, guards: readonly Write[] = []): Promise<void> {
  if (isPast(asked, ctx.now)) return
  const mark = markOf(customerId, name)
  const [standing, rules, marked] = await Promise.all([standingOf(ctx, customerId), rulesOf(ctx), ctx.table.get(mark)])
  if (marked || !standing.file) return
  const marking: Write = { put: { ...mark, expires: marksUntil(asked.at) }, if: { absent: true } }
  await settleAll(ctx, [revised(ctx, standing, rules, { wanted: withWant(standing.plan?.wanted, asked) })], [marking, ...guards])
}

/**
 * Takes back what a record asked for: off the plan, or off the visit that is open for it.
 * @param reason told when the visit ends with it
 * @param instead what the same record asks for from now on
 */
export async function withdraw(
  ctx: Ctx,
  customerId: string,
  cause: WantCause,
  sourceId: string,
  reason: string,
  { instead, guards = [] }: { instead?: Want; guards?: readonly Write[] } = {},
): Promise<void> {
  const [standing, rules] = await Promise.all([standingOf(ctx, customerId), rulesOf(ctx)])
  if (!standing.plan && !instead) return
  const visit = await openVisitOf(ctx, standing)
  const concerned = visit && !visit.keptAt && carries(visit, cause, sourceId) ? visit : undefined
  const left = concerned && without(concerned, cause, sourceId)
  const change = !concerned
    ? undefined
    : left
      ? alter(ctx, task, concerned, { ...left, sourceId: left.sourceId ?? null }, taskChanged).change
      : alter(ctx, task, concerned, { state: 'cancelled', closedAt: ctx.now, cancelReason: reason }, taskCancelled).change
  const others = withoutWant(standing.plan?.wanted, cause, sourceId)
  const wanted = instead ? withWant(others, instead) : others
  const facts = { wanted: wanted.length > 0 ? wanted : null, ...(concerned && !left && { taskId: null }) }
  await settleAll(ctx, [change, revised(ctx, standing, rules, facts)], guards)
}
