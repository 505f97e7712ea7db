import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import type { Ctx } from '../../kernel/context.ts'
import { money } from '../../kernel/money.ts'
import { rowView } from '../../kernel/page.ts'
import { recordIn } from '../../kernel/place.ts'
import { scopeOf } from '../../kernel/permission.ts'
import { idOf, viewOf } from '../../kernel/record.ts'
import { dayIn } from '../../kernel/zone.ts'
import { customer, type CustomerRecord } from '../../customer/customer/index.ts'
import { entryOf, interaction } from '../../customer/interaction/index.ts'
import { purchase, type Purchase } from '../../customer/purchase/index.ts'
import { rhythm, visibleHead } from '../../insight/rhythm/index.ts'
import { modelOf } from '../../insight/statistics/index.ts'
import { tier } from '../../insight/tier/index.ts'
import { isUnended, warning } from '../../insight/warning/index.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { deal } from '../../sales/deal/index.ts'
import { ticket } from '../../service/ticket/index.ts'
import { planShape, planView, rulesOf, standingIn } from '../cadence/index.ts'
import { dealWork, rankedShape, taskWork, ticketWork, warningWork } from '../day/index.ts'
import { task } from '../task/index.ts'
import { insightOf, insightShape, nextBestAction, offersIn, totalsOf } from './overview.ts'
import { latest, openTasks, section, visible, type Read } from './overview.store.ts'

/** Records read of a kind: ten of a usual size are one unit or two. What lies beyond is said to be there. */
const LATEST = 10
/** At most one warning of a customer has not ended. */
const WARNINGS = 2

const sectionView = <T extends z.ZodType>(row: T) =>
  z.object({ items: z.array(row), more: z.boolean().describe('there may be others beyond what was read'), source: z.string() })
const sourced = <T extends z.ZodType>(value: T) => z.object({ value, source: z.string().describe('where the number comes from') })
const entry = () =>
  z.object({
    kind: z.string(),
    id: z.string(),
    at: z.iso.datetime(),
    title: z.string(),
    summary: z.string().optional(),
    byId: z.string().optional(),
  })

const output = () =>
  z.object({
    customer: viewOf(customer),
    totals: z
      .object({
        purchases: sourced(z.int()),
        spent: sourced(money()),
        spentLastYear: sourced(money()),
        firstPurchaseAt: sourced(z.string()),
        lastPurchaseAt: sourced(z.string()),
      })
      .optional()
      .describe('absent before the first purchase'),
    tier: z.object({ name: z.string(), since: z.string(), validUntil: z.string().optional(), atRisk: z.boolean() }).optional(),
    rhythm: viewOf(rhythm).optional(),
    insight: z.object(insightShape()).optional().describe('chances, risk and value; why at GET /customers/{id}/rhythm'),
    contact: z.object(planShape()).describe('when the customer is contacted next, and why'),
    next: z.object(rankedShape()).optional().describe('the most pressing of all that waits, with what its score adds up from'),
    warnings: sectionView(rowView(warning)).optional(),
    tasks: sectionView(rowView(task)).optional(),
    deals: sectionView(rowView(deal)).optional(),
    tickets: sectionView(rowView(ticket)).optional(),
    timeline: sectionView(entry()),
  })

const schemas = () => ({ input: z.strictObject({ id: idOf(customer) }), output: output() })

/**
 * The whole of a customer in one round: the file with its singles in one query, and beside it one bounded query for each
 * kind of record. At most 8 read units for records of a usual size, however long the history is. Kinds that the caller may
 * not read are not read and left out.
 */
export const overview = action('customer.overview', schemas, async (ctx, { id }) => {
  const [head, workspace, rules, model, read] = await Promise.all([
    visibleHead(ctx, id),
    workspaceOf(ctx),
    rulesOf(ctx),
    modelOf(ctx),
    readAll(ctx, id),
  ])
  const file = head.customer
  const open = openWork(ctx, file, read)
  const today = dayIn(ctx.now, rules.timeZone)
  const bought = visible(ctx, purchase, file, read.purchase).map((item) => recordIn<'purchase', Purchase>(item))
  const next = nextBestAction([...waiting(open, today), ...offersIn(bought, today)], ctx.now)
  const member = head.single(tier)
  const timer = head.single(rhythm)
  return {
    customer: file,
    ...(head.history && { totals: totalsOf(head.history, workspace.currency) }),
    ...(member?.tier && { tier: tierView(member.tier, member) }),
    ...(timer && { rhythm: timer }),
    ...(head.history &&
      scopeOf(ctx.actor, 'rhythm:read') && { insight: insightOf({ model, history: head.history, file, workspace, now: ctx.now }) }),
    contact: planView(ctx, standingIn(id, head), rules),
    ...(next && { next }),
    ...open,
    timeline: timelineOf(ctx, file, read),
  }
})

function tierView(name: string, { since, validUntil, atRisk }: { since: string; validUntil?: string | undefined; atRisk?: unknown }) {
  return { name, since, ...(validUntil !== undefined && { validUntil }), atRisk: atRisk !== undefined }
}

type Reads = Record<'interaction' | 'purchase' | 'warning' | 'task' | 'deal' | 'ticket', Read | undefined>

/** All reads of one overview but the head, at the same time and at half the price: they may be a moment behind. */
async function readAll(ctx: Ctx, id: string): Promise<Reads> {
  const [interactions, purchases, warnings, tasks, deals, tickets] = await Promise.all([
    latest(ctx, 'interaction', id, LATEST),
    latest(ctx, 'purchase', id, LATEST),
    latest(ctx, 'warning', id, WARNINGS),
    openTasks(ctx, id, LATEST),
    latest(ctx, 'deal', id, LATEST),
    latest(ctx, 'ticket', id, LATEST),
  ])
  return { interaction: interactions, purchase: purchases, warning: warnings, task: tasks, deal: deals, ticket: tickets }
}

/** What is open of each kind; a kind that the caller may not read is left out. */
function openWork(ctx: Ctx, file: CustomerRecord, { warning: warnings, task: tasks, deal: deals, ticket: tickets }: Reads) {
  const more = (read: Read, source: string) => ({ more: read.more, source })
  return {
    ...(warnings && {
      warnings: section(
        warning,
        visible(ctx, warning, file, warnings),
        isUnended,
        more(warnings, `those that have not ended among the latest ${WARNINGS} warnings`),
      ),
    }),
    ...(tasks && { tasks: section(task, visible(ctx, task, file, tasks), () => true, more(tasks, 'open tasks, the first due first')) }),
    ...(deals && {
      deals: section(
        deal,
        visible(ctx, deal, file, deals),
        (one) => one.state === 'open',
        more(deals, `open ones among the latest ${LATEST} deals`),
      ),
    }),
    ...(tickets && {
      tickets: section(
        ticket,
        visible(ctx, ticket, file, tickets),
        (one) => one.state !== 'closed' && one.state !== 'resolved',
        more(tickets, `unsolved ones among the latest ${LATEST} tickets`),
      ),
    }),
  }
}

/** Open work as things that wait. A snoozed warning and a ticket that waits for the customer do not. */
function waiting({ warnings, tasks, deals, tickets }: ReturnType<typeof openWork>, today: string) {
  return [
    ...(tasks?.items ?? []).map(taskWork),
    ...(warnings?.items ?? []).filter((one) => one.state === 'open').map(warningWork),
    ...(tickets?.items ?? []).filter((one) => one.state !== 'pending').map(ticketWork),
    ...(deals?.items ?? []).map((one) => dealWork(one, today)).filter((one) => one !== undefined),
  ]
}

const STORIES = { interaction, purchase, deal, ticket }

/** The latest of all that happened, newest first, from what was read. */
function timelineOf(ctx: Ctx, file: CustomerRecord, read: Reads) {
  const told = Object.entries(STORIES).flatMap(([noun, kind]) => visible(ctx, kind, file, read[noun as keyof typeof STORIES]))
  const entries = told
    .map(entryOf)
    .filter((one) => one !== undefined)
    .sort((a, b) => (a.at < b.at ? 1 : -1))
  const more = Object.keys(STORIES).some((noun) => read[noun as keyof typeof STORIES]?.more)
  const source = `the latest ${LATEST} of interactions, purchases, deals and tickets`
  return { items: entries.slice(0, LATEST), more: more || entries.length > LATEST, source }
}
