import * as z from 'zod'
import { customer } from '../../customer/customer/index.ts'
import { action } from '../../kernel/action.ts'
import { later } from '../../kernel/clock.ts'
import { collection, daysInput, partialView, records } from '../../kernel/collection.ts'
import { alter, commit, create, Stale } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { Fault, fault, invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { customerIdIn, newKey } from '../../kernel/id.ts'
import { pageInput, pageOf } from '../../kernel/page.ts'
import { recordIn, sentinelKey } from '../../kernel/place.ts'
import { find, idOf, mustMatch, viewOf } from '../../kernel/record.ts'
import { dayIn } from '../../kernel/zone.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { isTicket, TICKET } from '../cost/index.ts'
import { visibleHead } from '../rhythm/index.ts'
import { tier } from '../tier/index.ts'
import { answerShape, ratingIssues, type Rating } from './rating.ts'
import { rating, ratingDeleted, ratingRecorded, ratingRestored, responseValue, type RatingRecord } from './rating.store.ts'

const view = () => viewOf(rating)
const byId = () => ({ id: idOf(rating) })

/** How far clocks may differ. Milliseconds. */
const CLOCKS_DIFFER = 5 * 60_000

const answerInput = () => z.strictObject({ id: idOf(customer), ...answerShape(), at: f.instant().optional().describe('now, unless given') })

/** Records what a customer answered. 1 write unit; 6 with the survey's own name of the answer and an idempotency key. */
export const record = action(
  'rating.record',
  () => ({ input: answerInput(), output: view() }),
  async (ctx, { id, at: said = ctx.now, ...answer }) => {
    const issues = ratingIssues(answer)
    if (issues.length > 0) throw fault('invalid', 'input.invalid', 'The input is not valid.', { errors: issues })
    if (said > later(ctx.now, CLOCKS_DIFFER)) throw invalid('in_the_future', 'at', 'This has not happened yet.')
    if (Date.parse(said) < 0) throw invalid('too_early', 'at', 'A rating lies in 1970 at the earliest.')
    const [head, { timeZone }, there] = await Promise.all([
      visibleHead(ctx, id),
      workspaceOf(ctx),
      answer.responseId === undefined ? undefined : answeredBefore(ctx, answer.responseId),
      answer.ticketId === undefined ? undefined : mustBeTheirs(ctx, id, answer.ticketId),
    ])
    if (there) return sightOf(ctx, id, there, answer)
    const at = new Date(said).toISOString()
    const { lifecycle, country } = head.customer
    const membership = head.single(tier)?.tier
    const fields: Rating = {
      ...answer,
      at,
      month: dayIn(at, timeZone).slice(0, 7),
      lifecycle,
      ...(membership !== undefined && { tier: membership }),
      ...(country !== undefined && { country }),
      byId: ctx.actor.id,
    }
    const { record: made, change } = create(ctx, rating, fields, ratingRecorded, { customer: id, own: newKey(Date.parse(at), ctx.random) })
    try {
      return await commit(ctx, [change], made)
    } catch (error) {
      // The same answer was told at the same time: look again, and find it.
      if (error instanceof Fault && error.code === 'rating.response_taken') throw new Stale(id)
      throw error
    }
  },
)

/** @throws Fault `invalid` for a ticket that is not this customer's */
async function mustBeTheirs(ctx: Ctx, customerId: string, ticketId: string): Promise<void> {
  const theirs = isTicket(ticketId) && customerIdIn(ticketId) === customerId
  const ticket = theirs ? await ctx.table.get(placeOf(TICKET, ticketId)) : undefined
  if (!ticket || ticket['deletedAt']) throw invalid('ticket.unknown', 'ticketId', 'This customer has no such ticket.')
}

async function answeredBefore(ctx: Ctx, responseId: string): Promise<RatingRecord | undefined> {
  const taken = await ctx.table.get(sentinelKey(responseValue(responseId)))
  const item = taken && (await ctx.table.get(placeOf(rating, String(taken['id']))))
  return item && recordIn<'rating', Rating>(item)
}

/** What is said of an answer that is there already. @throws Fault `conflict` when it is told otherwise */
function sightOf(ctx: Ctx, customerId: string, there: RatingRecord, answer: Pick<Rating, 'kind' | 'score'>): RatingRecord {
  if (customerIdIn(there.id) !== customerId || there.kind !== answer.kind || there.score !== answer.score) {
    throw fault('conflict', 'rating.response_taken', `${there.id} is the same answer and tells otherwise.`, { existingId: there.id })
  }
  ctx.request.existing = true
  return there
}

/** A customer's ratings, newest first. */
export const list = action(
  'rating.list',
  () => ({ input: z.strictObject({ id: idOf(customer), ...pageInput(), ...daysInput() }), output: pageOf(partialView(rating)) }),
  async (ctx, { id, ...input }) => {
    const { timeZone } = await workspaceOf(ctx)
    const stretch = collection(rating, id, input, timeZone)
    const [, page] = await Promise.all([find(ctx, customer, id), records(ctx, rating, stretch, input)])
    return page
  },
)

export const show = action(
  'rating.show',
  () => ({ input: z.strictObject(byId()), output: view() }),
  (ctx, { id }) => find(ctx, rating, id),
)

export const bin = action(
  'rating.delete',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, rating, id)
    await mustMatch(ctx, rating, before, {})
    const { record: after, change } = alter(ctx, rating, before, { deletedAt: ctx.now }, ratingDeleted)
    return commit(ctx, [change], after)
  },
)

export const restore = action(
  'rating.restore',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, rating, id, { deleted: true })
    if (!before.deletedAt) throw fault('conflict', 'rating.not_deleted', 'This rating is not in the bin.')
    const { record: after, change } = alter(ctx, rating, before, { deletedAt: null }, ratingRestored)
    return commit(ctx, [change], after)
  },
)
