import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { dueSchema } from '../../kernel/event.ts'
import { customerIdIn } from '../../kernel/id.ts'
import type { Ctx } from '../../kernel/context.ts'
import { idOf } from '../../kernel/record.ts'
import { customer, fileUnmoved } from '../../customer/customer/index.ts'
import { visibleHead } from '../../insight/rhythm/index.ts'
import { workStart, workTimeFor } from '../../platform/calendar/index.ts'
import { carries, type Joining, type TaskRecord } from '../task/index.ts'
import { countedFrom, explain, nextContact, regularContact } from './cadence.ts'
import { standingIn, standingOf, type Standing } from './cadence.store.ts'
import { groundsOf } from './grounds.ts'
import { allJoined, joinVisit, newVisit, openVisitOf, revised, settleAll, type Facts, type Visit } from './plan.ts'
import { rulesOf, type Rules } from './policy.store.ts'
import { roomFrom } from './room.ts'
import { cadenceVisit, wantedVisit, warningVisit } from './visit.ts'
import type { Want } from './want.ts'
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
  wanted: z
    .array(z.object({ cause: z.string(), sourceId: z.string(), at: z.iso.datetime(), title: z.string(), reason: z.string() }))
    .describe('what else asks for a contact, the earliest first'),
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
    wanted: (plan?.wanted ?? []).map(({ cause, sourceId, at, title, reason }) => ({ cause, sourceId, at, title, reason })),
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
 * visit, or lets its reasons join the one that is open. Reads at most three units; run twice, the second finds it done.
 */
export const comeDue = action(
  'cadence.come_due',
  () => ({ input: dueSchema(), output: z.object({}) }),
  async (ctx, { id }) => {
    const [standing, rules] = await Promise.all([standingOf(ctx, customerIdIn(id)), rulesOf(ctx)])
    if (standing.plan?.timerAt === undefined || standing.plan.timerAt > ctx.now) return {}
    const open = await openVisitOf(ctx, standing)
    const due = dueNow(ctx, standing, rules)
    if (open) await addCauses(ctx, standing, rules, open, due)
    else await openNext(ctx, standing, rules, due)
    return {}
  },
)

/** What of a plan is due. */
interface Due {
  regular: boolean
  retry: boolean
  wants: readonly Want[]
  /** What of it the plan forgets once it is written. */
  facts: Facts
}

function dueNow(ctx: Ctx, standing: Standing, rules: Rules): Due {
  const grounds = groundsOf(ctx, standing, rules)
  const isDue = (at: string | undefined) => standing.file !== undefined && at !== undefined && at <= ctx.now
  const wants = (standing.plan?.wanted ?? []).filter((one) => isDue(one.at))
  const left = (standing.plan?.wanted ?? []).filter((one) => !wants.includes(one))
  const retry = isDue(grounds.retryAt)
  const facts = { ...(retry && { retryAt: null }), ...(wants.length > 0 && { wanted: left.length > 0 ? left : null }) }
  return { regular: isDue(regularContact(grounds, rules.timeZone)), retry, wants, facts }
}

/** What is due is noted on the visit that is open; what a record asks for may bring it forward. */
async function addCauses(ctx: Ctx, standing: Standing, rules: Rules, open: TaskRecord, due: Due): Promise<void> {
  const regular = due.regular && !carries(open, 'cadence')
  const wants = due.wants.filter((one) => !carries(open, one.cause, one.sourceId))
  const soon = wants.length > 0 ? workStart(ctx.now, await workTimeFor(ctx, open.ownerId)) : open.dueAt
  const visits = [
    ...wants.map((one) => wantedVisit(one, soon)),
    ...(regular ? [cadenceVisit(groundsOf(ctx, standing, rules), open.dueAt, ctx.now, rules.timeZone)] : []),
  ]
  const joins = visits.length > 0 ? joinVisit(ctx, open, ...visits.map((one) => joining(one, ctx.now))) : undefined
  await settleAll(ctx, [joins, revised(ctx, standing, rules, { ...due.facts, retryAt: null }, { fired: true })])
}

/**
 * Opens the visit that is due: the next try of a warning's before what records ask for, those before the regular one. Moves the
 * timer when none is.
 */
async function openNext(ctx: Ctx, standing: Standing, rules: Rules, due: Due): Promise<void> {
  const warningId = due.retry ? standing.plan?.warningId : undefined
  const told = warningId === undefined ? undefined : await warningAt(ctx, warningId)
  const warning = stands(told) ? told : undefined
  const facts: Facts = { ...due.facts, taskId: null }
  if (!warning && !due.regular && due.wants.length === 0) {
    await settleAll(ctx, [revised(ctx, standing, rules, facts, { fired: true })])
    return
  }
  const dueAt = await roomFrom(ctx, standing.file?.ownerId, ctx.now, rules)
  const wanted = due.wants.map((one) => wantedVisit(one, dueAt))
  const first = warning
    ? warningVisit(warning, dueAt)
    : (wanted.shift() ?? cadenceVisit(groundsOf(ctx, standing, rules), dueAt, ctx.now, rules.timeZone))
  const visit =
    wanted.length > 0
      ? {
          ...first,
          ...allJoined(
            first,
            wanted.map((one) => joining(one, ctx.now)),
          ),
        }
      : first
  const { record, change } = newVisit(ctx, standing, visit)
  const guards = [fileUnmoved(standing), ...(warning ? [warningUnchanged(warning)] : [])]
  await settleAll(ctx, [change, revised(ctx, standing, rules, { ...facts, taskId: record.id }, { fired: true })], guards)
}

/** A visit's cause as one that joins another visit. */
function joining({ title: _, also: __, sourceId, ...more }: Visit & { reason: string }, at: string): Joining {
  return { ...more, at, ...(sourceId !== undefined && { sourceId }) }
}
