import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import type { Ctx } from '../../kernel/context.ts'
import { fault } from '../../kernel/fault.ts'
import { customerIdIn } from '../../kernel/id.ts'
import { peopleOf } from '../../kernel/record.ts'
import { placeOf } from '../../kernel/entity.ts'
import { scopeOf } from '../../kernel/permission.ts'
import type { Query } from '../../kernel/table/table.ts'
import { dayIn } from '../../kernel/zone.ts'
import { customer } from '../../customer/customer/index.ts'
import { dayAfter, instantAt } from '../../platform/calendar/index.ts'
import { knownUser, user } from '../../platform/user/index.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { byScore, ranked, rankedShape, withoutDoubles, type Ranked } from './rank.ts'
import { ACTIVE_TICKETS, CLOSES_SOON_DAYS, dealWork, taskWork, ticketWork, warningWork, type Waiting } from './work.ts'

/** Rows read of a kind, at most: what lies beyond is said to be there. About 5 read units a kind when full. */
export const DAY_CAP = 100

const input = () =>
  z.strictObject({
    for: z.string().max(64).optional().describe('whose day; one’s own unless named'),
    limit: z.coerce.number().int().min(1).max(100).default(25).describe('items shown, the most pressing first'),
  })

const count = () => z.object({ count: z.int(), more: z.boolean().describe(`more than the ${DAY_CAP} that were read`), source: z.string() })
const output = () =>
  z.object({
    userId: z.string(),
    day: z.iso.date().describe('today in the person’s time zone, the workspace’s where they have none'),
    items: z.array(z.object({ ...rankedShape(), customerId: z.string(), customerName: z.string().optional() })),
    shown: z.int(),
    rest: z.int().describe('items that are due and not shown'),
    notices: z
      .array(
        z.object({
          kind: z.enum(['webhook']),
          id: z.string(),
          title: z.string(),
          reason: z.string().optional(),
          at: z.string().optional(),
        }),
      )
      .describe('what of theirs the product has switched off'),
    counts: z.object({ tasks: count(), warnings: count(), tickets: count(), deals: count() }).partial(),
  })

interface Found {
  work: Waiting[]
  count: { count: number; more: boolean; source: string }
}

/** One person's day: what waits for them across all kinds, most pressing first, with the reason and how the order came about. */
export const myDay = action(
  'day.show',
  () => ({ input: input(), output: output() }),
  async (ctx, { limit, ...query }) => {
    const userId = query.for ?? ctx.actor.id
    if (ctx.scope !== 'all' && !peopleOf(ctx).includes(userId)) {
      throw fault('forbidden', 'scope.outside', 'You may see your own day, or your team’s.')
    }
    const [person, workspace] = await Promise.all([user.is(userId) ? knownUser(ctx, userId) : undefined, workspaceOf(ctx)])
    const timeZone = person?.timeZone ?? workspace.timeZone
    const today = dayIn(ctx.now, timeZone)
    const tonight = instantAt(dayAfter(today, 1), '00:00', timeZone)
    const [found, notices] = await Promise.all([
      Promise.all(sources(userId, tonight, today).map(async (source) => ({ ...source, found: await read(ctx, source) }))),
      noticesOf(ctx, userId),
    ])
    const all = withoutDoubles(found.flatMap((one) => one.found?.work ?? []))
      .map((work) => ranked(work, ctx.now))
      .sort(byScore)
    const shown = all.slice(0, limit)
    const names = await namesOf(ctx, shown)
    return {
      userId,
      day: today,
      items: shown.map((one) => ({ ...one, customerId: customerIdIn(one.id), ...names(one.id) })),
      shown: shown.length,
      rest: all.length - shown.length,
      notices,
      counts: Object.fromEntries(found.flatMap((one) => (one.found ? [[one.name, one.found.count]] : []))),
    }
  },
)

interface Source {
  name: 'tasks' | 'warnings' | 'tickets' | 'deals'
  /** Without it the kind is left out, and not read. */
  can: `${string}:read`
  queries: Pick<Query, 'pk' | 'begins' | 'from' | 'to' | 'descending'>[]
  workOf: (row: never) => Waiting | undefined
  says: string
}

/** Where a person's work of each kind lies in the owner index, in the order in which it presses. */
function sources(pk: string, tonight: string, today: string): Source[] {
  const closing = dayAfter(today, CLOSES_SOON_DAYS)
  return [
    {
      name: 'tasks',
      can: 'task:read',
      queries: [{ pk, from: 'task#open#', to: `task#open#${tonight}` }],
      workOf: taskWork,
      says: 'open tasks due by the end of today',
    },
    {
      name: 'warnings',
      can: 'warning:read',
      queries: [{ pk, begins: 'warning#open#', descending: true }],
      workOf: warningWork,
      says: 'open warnings, the largest value first',
    },
    {
      name: 'tickets',
      can: 'ticket:read',
      queries: ACTIVE_TICKETS.map((state) => ({ pk, begins: `ticket#${state}#` })),
      workOf: ticketWork,
      says: 'new and open tickets assigned to the person',
    },
    {
      name: 'deals',
      can: 'deal:read',
      queries: [{ pk, begins: 'deal#open#' }],
      workOf: (row) => dealWork(row, today),
      says: `open deals that close by ${closing} or do not move`,
    },
  ]
}

/** One kind of a person's work: bounded queries at the same time. Undefined when the caller may not read the kind. */
async function read(ctx: Ctx, { can, queries, workOf, says }: Source): Promise<Found | undefined> {
  if (!scopeOf(ctx.actor, can)) return undefined
  const answers = await Promise.all(queries.map((query) => ctx.table.query({ index: 'owner', ...query, limit: DAY_CAP })))
  const rows = answers.flatMap((answer) => answer.items.map((item) => item['row'] as never))
  const work = rows.map((row) => workOf(row)).filter((one) => one !== undefined)
  return { work, count: { count: work.length, more: answers.some((answer) => answer.last !== undefined), source: says } }
}

const MOST_NOTICES = 20

/** A person's webhooks that were switched off, by where they lie in the owner index: half a read unit for who may see webhooks. */
async function noticesOf(ctx: Ctx, userId: string) {
  if (!scopeOf(ctx.actor, 'webhook:read')) return []
  const { items } = await ctx.table.query({ index: 'owner', pk: userId, begins: 'webhook#disabled#', limit: MOST_NOTICES })
  return items.map((item) => {
    const { id, url, description, reason, disabledAt } = item['row'] as Record<string, string | undefined>
    const called = description ?? (url === undefined ? 'a receiver' : new URL(url).hostname)
    const why = reason === 'gone' ? 'Its receiver says that it is gone (410).' : 'Its receiver failed for three days.'
    return {
      kind: 'webhook' as const,
      id: String(id),
      title: `No events are sent to ${called} any more`,
      reason: `${why} Switch it on again, then replay what it missed.`,
      ...(disabledAt !== undefined && { at: disabledAt }),
    }
  })
}

/** Names of the customers of what is shown, one read more; nobody's without the permission to read customers. */
async function namesOf(ctx: Ctx, shown: readonly Ranked[]): Promise<(id: string) => { customerName?: string }> {
  const ids = [...new Set(shown.map((one) => customerIdIn(one.id)))]
  if (ids.length === 0 || !scopeOf(ctx.actor, 'customer:read')) return () => ({})
  const items = await ctx.table.getAll(
    ids.map((id) => placeOf(customer, id)),
    { eventual: true },
  )
  const names = new Map(ids.map((id, at) => [id, items[at]?.['name']]))
  return (id) => {
    const name = names.get(customerIdIn(id))
    return typeof name === 'string' ? { customerName: name } : {}
  }
}
