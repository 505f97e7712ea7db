import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { daysLater, type Instant } from '../../kernel/clock.ts'
import type { Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { happenedSchema } from '../../kernel/event.ts'
import { customerIdIn } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import { customer } from '../../customer/customer/index.ts'
import { interaction, type Interaction, type InteractionRecord } from '../../customer/interaction/index.ts'
import { carries, PLANNED, taskAt, type TaskRecord } from '../task/index.ts'
import { regularContact } from './cadence.ts'
import { standingOf, type Standing } from './cadence.store.ts'
import { groundsOf } from './grounds.ts'
import { fulfilled, isOpen, openVisitOf, revised, settleAll, type Facts } from './plan.ts'
import { rulesOf, type Rules } from './policy.store.ts'
import { endsWithContact, isRegularOnly, MET, wantsOf } from './visit.ts'
import { withWant, type Want } from './want.ts'

/** What contacts and visits do to a customer's plan. Each reads what is true now and takes the event only as a reason to look. */

const reaction = () => ({ input: happenedSchema(), output: z.object({}) })

/**
 * A contact is on the timeline: the visit that wanted one is done, and the next is counted from it. A contact that turns
 * out to have been none, or is taken off, gives way to the one before.
 */
export const contact = action('cadence.contact', reaction, async (ctx, { recordId }) => {
  const [standing, rules, item] = await Promise.all([
    standingOf(ctx, customerIdIn(recordId)),
    rulesOf(ctx),
    ctx.table.get(placeOf(interaction, recordId)),
  ])
  const told = item && recordIn<'interaction', Interaction>(item)
  if (told?.contact && !told.deletedAt) await met(ctx, standing, rules, { at: told.occurredAt, contactId: recordId })
  else if (standing.plan?.contactId === recordId) await stepBack(ctx, standing, rules, {})
  return {}
})

/** Interactions of a file looked at for the contact before one that was none. */
const LOOK_BACK = 25

/** Counts from the contact before one that was none, in any of the customer's files. */
export async function stepBack(
  ctx: Ctx,
  standing: Standing,
  rules: Rules,
  facts: Facts,
  beside: readonly (Change | undefined)[] = [],
): Promise<void> {
  const contacts = await Promise.all([standing.customerId, ...(standing.file?.absorbed ?? [])].map((id) => lastContactOf(ctx, id)))
  const [before] = contacts.filter((one) => one !== undefined).toSorted((a, b) => (a.occurredAt < b.occurredAt ? 1 : -1))
  const contact = { lastContactAt: before?.occurredAt ?? null, contactId: before?.id ?? null }
  await settleAll(ctx, [revised(ctx, standing, rules, { ...contact, ...facts }), ...beside])
}

/** The last contact on the timeline of a file by itself. */
export async function lastContactOf(ctx: Ctx, customerId: string): Promise<InteractionRecord | undefined> {
  const { pk } = placeOf(customer, customerId)
  const { items } = await ctx.table.query({ pk, begins: 'interaction#', limit: LOOK_BACK, descending: true })
  return items.map((one): InteractionRecord => recordIn<'interaction', Interaction>(one)).find((one) => one.contact && !one.deletedAt)
}

/**
 * Closes what a contact fulfils and counts from it: a visit opened before the contact, and a regular one that would not
 * have been opened had the contact been known. An older contact than the one known, as an import brings, changes
 * nothing; one that is dated ahead counts from now.
 */
export async function met(
  ctx: Ctx,
  standing: Standing,
  rules: Rules,
  how: { at: Instant; contactId: string; facts?: Facts },
  beside: readonly Change[] = [],
): Promise<void> {
  const at = how.at < ctx.now ? how.at : ctx.now
  const { plan } = standing
  const known = plan?.lastContactAt !== undefined && plan.lastContactAt >= at
  const open = await openVisitOf(ctx, standing)
  const after = regularContact(
    { ...groundsOf(ctx, standing, rules), ...(!known && { lastContactAt: at, notBefore: undefined }) },
    rules.timeZone,
  )
  const needless = open !== undefined && !known && isRegularOnly(open) && after !== undefined && after > ctx.now
  const done = open && endsWithContact(open) && (at >= open.createdAt || needless) ? fulfilled(ctx, open, how.contactId) : undefined
  const facts: Facts = {
    ...(!known && { lastContactAt: at, contactId: how.contactId, notBefore: null, retryAt: null }),
    ...(plan?.taskId !== undefined && (done || !open) && { taskId: null }),
    ...how.facts,
  }
  await settleAll(ctx, [done, revised(ctx, standing, rules, facts), ...beside])
}

/**
 * A visit was closed, put in the bin, or is back. With an outcome that reached the customer it counts as a contact; with
 * none the next try follows; a regular visit that someone cancelled is left out this time.
 */
export const settle = action('cadence.settle', reaction, async (ctx, { recordId }) => {
  const [standing, rules, visit] = await Promise.all([standingOf(ctx, customerIdIn(recordId)), rulesOf(ctx), taskAt(ctx, recordId)])
  if (!visit) return {}
  const ours = standing.plan?.taskId === visit.id
  if (isOpen(visit)) {
    const free = PLANNED.has(visit.cause) && !ours && !(await openVisitOf(ctx, standing))
    await settleAll(ctx, [free ? revised(ctx, standing, rules, { taskId: visit.id }) : undefined])
    return {}
  }
  const facts: Facts = ours ? { taskId: null, ...nextTry(ctx, visit, standing, rules) } : {}
  const counts = visit.state === 'done' && visit.contactId === undefined && MET.has(visit.outcome)
  if (counts) await met(ctx, standing, rules, { at: visit.closedAt ?? visit.updatedAt, contactId: visit.id, facts })
  else if (ours) await settleAll(ctx, [revised(ctx, standing, rules, facts)])
  return {}
})

/** When to try again after a visit that reached nobody: what records asked for is asked for again. */
function nextTry(ctx: Ctx, visit: TaskRecord, { plan }: Standing, { policy }: Rules): Facts {
  const closedAt = visit.deletedAt ?? visit.closedAt ?? ctx.now
  if (visit.state !== 'done') {
    return carries(visit, 'cadence') && plan?.everyDays !== undefined ? { notBefore: daysLater(closedAt, plan.everyDays) } : {}
  }
  if (MET.has(visit.outcome)) return {}
  const again = daysLater(closedAt, policy.retryDays)
  const wanted = wantsOf(visit, again).reduce<Want[] | undefined>(withWant, plan?.wanted)
  return { notBefore: again, ...(carries(visit, 'warning', plan?.warningId) && { retryAt: again }), ...(wanted && { wanted }) }
}

/** The tier changed, or the file came back: the plan is made anew. */
export const reconsider = action('cadence.reconsider', reaction, async (ctx, { customerId }) => {
  if (customerId === undefined) return {}
  const [standing, rules] = await Promise.all([standingOf(ctx, customerId), rulesOf(ctx)])
  await settleAll(ctx, [revised(ctx, standing, rules, {})])
  return {}
})
