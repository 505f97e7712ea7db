import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { dueSchema } from '../../kernel/event.ts'
import { customerIdIn } from '../../kernel/id.ts'
import type { Ctx } from '../../kernel/context.ts'
import { idOf } from '../../kernel/record.ts'
import { customer } from '../../customer/customer/index.ts'
import { visibleHead } from '../../insight/rhythm/index.ts'
import { carries, type TaskRecord } from '../task/index.ts'
import { countedFrom, explain, nextContact, regularContact } from './cadence.ts'
import { standingIn, standingOf, type Standing } from './cadence.store.ts'
import { groundsOf } from './grounds.ts'
import { fileUnmoved, joinVisit, newVisit, openVisitOf, revised, settleAll } from './plan.ts'
import { rulesOf, type Rules } from './policy.store.ts'
import { roomFrom } from './room.ts'
import { cadenceVisit, warningVisit } from './visit.ts'
import { stands, warningAt, warningUnchanged } from './warned.ts'

/** A plan as it leaves. */
export const planShape = () => ({
  customerId: z.string(),
  tier: z.string().optional(),
  everyDays: z.int().optional().describe('what the policy asks for this tier'),
  nextAt: z.iso.datetime().optional().describe('when the next contact falls due, unless a visit is open'),
  lastContactAt: z.iso.datetime().optional(),
  countedFrom: z.enum(['contact', 'purchase', 'start']).describe('what the days are counted from'),
  taskId: z.string().optional().describe('the visit that is open now'),
  explanation: z.string(),
})

/** A customer's plan of contacts as it stands by today's policy, in words. */
export const show = action(
  'cadence.show',
  () => ({ input: z.strictObject({ id: idOf(customer) }), output: z.object(planShape()) }),
  async (ctx, { id }) => {
    const [head, rules] = await Promise.all([visibleHead(ctx, id), rulesOf(ctx)])
    return planView(ctx, standingIn(id, head), rules)
  },
)

/** A plan by today's policy, in words. */
export function planView(ctx: Ctx, standing: Standing, rules: Rules) {
  const { plan, customerId } = standing
  const grounds = groundsOf(ctx, standing, rules)
  const nextAt = nextContact(grounds, rules.timeZone)
  return {
    customerId,
    countedFrom: countedFrom(grounds).basis,
    explanation: explain(grounds, ctx.now, rules.timeZone),
    ...(grounds.tier !== undefined && { tier: grounds.tier }),
    ...(grounds.everyDays !== undefined && { everyDays: grounds.everyDays }),
    ...(nextAt !== undefined && { nextAt }),
    ...(plan?.lastContactAt !== undefined && { lastContactAt: plan.lastContactAt }),
    ...(plan?.taskId !== undefined && { taskId: plan.taskId }),
  }
}

/**
 * A plan's time has come. Looks at what is true now: moves the timer when there was a contact meanwhile, else opens the
 * visit, or lets its reason join the one that is open. Reads at most three units; run twice, the second finds it done.
 */
export const comeDue = action('cadence.come_due', () => ({ input: dueSchema(), output: z.object({}) }), async (ctx, { id }) => {
  const [standing, rules] = await Promise.all([standingOf(ctx, customerIdIn(id)), rulesOf(ctx)])
  if (standing.plan?.timerAt === undefined || standing.plan.timerAt > ctx.now) return {}
  const grounds = groundsOf(ctx, standing, rules)
  const isDue = (at: string | undefined) => standing.file !== undefined && at !== undefined && at <= ctx.now
  const due = { regular: isDue(regularContact(grounds, rules.timeZone)), retry: isDue(grounds.retryAt) }
  const open = await openVisitOf(ctx, standing)
  if (open) await addCause(ctx, standing, rules, open, due.regular)
  else await openNext(ctx, standing, rules, due)
  return {}
})

/** The regular contact is noted on the visit that is open. */
async function addCause(ctx: Ctx, standing: Standing, rules: Rules, open: TaskRecord, regularDue: boolean): Promise<void> {
  const { cause, reason, priority } = cadenceVisit(groundsOf(ctx, standing, rules), open.dueAt, ctx.now, rules.timeZone)
  const joins = regularDue && !carries(open, 'cadence')
  const more = { cause, reason, priority, at: ctx.now, dueAt: open.dueAt }
  await settleAll(ctx, [joins ? joinVisit(ctx, open, more) : undefined, revised(ctx, standing, rules, { retryAt: null }, { fired: true })])
}

/** Opens the visit that is due, the next try of a warning's before the regular one; moves the timer when none is. */
async function openNext(ctx: Ctx, standing: Standing, rules: Rules, due: { regular: boolean; retry: boolean }): Promise<void> {
  const warningId = due.retry ? standing.plan?.warningId : undefined
  const told = warningId === undefined ? undefined : await warningAt(ctx, warningId)
  const warning = stands(told) ? told : undefined
  const facts = { taskId: null, ...(due.retry && { retryAt: null }) }
  if (!warning && !due.regular) {
    await settleAll(ctx, [revised(ctx, standing, rules, facts, { fired: true })])
    return
  }
  const dueAt = await roomFrom(ctx, standing.file?.ownerId, ctx.now, rules)
  const visit = warning ? warningVisit(warning, dueAt) : cadenceVisit(groundsOf(ctx, standing, rules), dueAt, ctx.now, rules.timeZone)
  const { record, change } = newVisit(ctx, standing, visit)
  const guards = [fileUnmoved(standing), ...(warning ? [warningUnchanged(warning)] : [])]
  await settleAll(ctx, [change, revised(ctx, standing, rules, { ...facts, taskId: record.id }, { fired: true })], guards)
}
