import * as z from 'zod'
import { customer } from '../../customer/customer/index.ts'
import { purchase, type Purchase } from '../../customer/purchase/index.ts'
import { action } from '../../kernel/action.ts'
import { collection, daysInput } from '../../kernel/collection.ts'
import { later } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { customerIdIn, newKey } from '../../kernel/id.ts'
import { page, pageInput, pageOf } from '../../kernel/page.ts'
import { recordIn, sentinelKey } from '../../kernel/place.ts'
import { find, idOf, viewOf } from '../../kernel/record.ts'
import type { Item } from '../../kernel/table/table.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { headOf, visibleHead } from '../rhythm/index.ts'
import { sayCost, type Cost } from './cost.ts'
import { causeKey, cost, costIn, costPlace, costTotals, sourceValue, totalsOf, type CostRecord } from './cost.store.ts'
import { isTicket, TICKET, timeOf } from './follow.ts'
import { commitPosted, monthOf, post, type Posting } from './ledger.ts'
import { entryInput, entryIssues, lineOf, tellsSame } from './manual.ts'
import { rowOf, rowShape } from './row.ts'
import { pricingOf, ratesOf } from './rates.store.ts'
import { sumOf } from './totals.ts'

const view = () => z.intersection(viewOf(cost), z.object({ words: z.string() }))
const told = (line: CostRecord) => ({ ...line, words: sayCost(line) })

/** How far clocks may differ. Milliseconds. */
const CLOCKS_DIFFER = 5 * 60_000

/**
 * Enters a cost by hand or from another system. Time entered for a ticket takes the place of its estimate. 4 write units, 2
 * more for the ticket's own line, and 2 for the name of the cause.
 */
export const enter = action(
  'cost.enter',
  () => ({ input: z.strictObject({ id: idOf(customer), ...entryInput() }), output: view() }),
  async (ctx, { id, ...entry }) => {
    const { at: said = ctx.now, kind, sourceId, ticketId } = entry
    if (said > later(ctx.now, CLOCKS_DIFFER)) throw invalid('in_the_future', 'at', 'This has not happened yet.')
    if (Date.parse(said) < 0) throw invalid('too_early', 'at', 'A cost lies in 1970 at the earliest.')
    const [head, rates, { currency, timeZone }] = await Promise.all([visibleHead(ctx, id), ratesOf(ctx), workspaceOf(ctx)])
    const issues = entryIssues(entry, currency)
    if (issues.length > 0) throw fault('invalid', 'input.invalid', 'The input is not valid.', { errors: issues })
    const at = new Date(said).toISOString()
    const next = lineOf(entry, { at, month: monthOf(at, timeZone), byId: ctx.actor.id, rates, currency })
    const [there, ticketLine] = await Promise.all([
      sourceId === undefined ? undefined : enteredBefore(ctx, kind, sourceId),
      ticketId === undefined ? undefined : estimateOf(ctx, id, ticketId, { currency, rateVersion: rates.version, timeZone }),
    ])
    if (there) return sightOf(ctx, id, there, next)
    const own = newKey(Date.parse(at), ctx.random)
    const ledger = { customerId: id, totals: head.single(costTotals), timeZone }
    const { lines, changes } = post(ctx, ledger, [{ before: undefined, next, own }, ...(ticketLine ? [ticketLine] : [])])
    const [made] = lines
    if (!made) throw new Error('nothing was entered')
    return commitPosted(ctx, changes, told(made))
  },
)

/** The line of a cause that has a name. */
async function enteredBefore(ctx: Ctx, kind: Cost['kind'], sourceId: string): Promise<CostRecord | undefined> {
  const taken = await ctx.table.get(sentinelKey(sourceValue(kind, sourceId)))
  return taken && costIn(await ctx.table.get(placeOf(cost, String(taken['id']))))
}

/** What is said of a cause that is there already. @throws Fault `conflict` when it is told otherwise */
function sightOf(ctx: Ctx, customerId: string, there: CostRecord, next: Cost): z.output<ReturnType<typeof view>> {
  if (customerIdIn(there.id) !== customerId || !tellsSame(there, next)) {
    throw fault('conflict', 'cost.source_taken', `${there.id} is of the same cause and tells otherwise.`, { existingId: there.id })
  }
  ctx.request.existing = true
  return told(there)
}

/** The ticket's own line, which estimates no more; nothing when it did not before. @throws Fault `invalid` for a ticket of another customer */
async function estimateOf(
  ctx: Ctx,
  customerId: string,
  ticketId: string,
  about: { currency: string; rateVersion: number; timeZone: string },
): Promise<Posting | undefined> {
  const theirs = isTicket(ticketId) && customerIdIn(ticketId) === customerId
  const at = theirs ? timeOf(ticketId) : ctx.now
  const own = causeKey('ticket', ticketId, at)
  const [ticket, line] = theirs ? await ctx.table.getAll([placeOf(TICKET, ticketId), costPlace(customerId, own)]) : []
  if (!ticket || ticket['deletedAt']) throw invalid('ticket.unknown', 'ticketId', 'This customer has no such ticket.')
  const before = costIn(line)
  if (before?.timedByHand) return undefined
  const { currency, rateVersion, timeZone } = about
  const next: Cost = {
    kind: 'ticket',
    at,
    month: monthOf(at, timeZone),
    sourceId: ticketId,
    rateVersion,
    ...(before && { ...plain(before) }),
    amount: { amount: 0, currency },
    timedByHand: true,
  }
  return { before, next, own }
}

/** A line's own fields, without its stamp. */
function plain(line: CostRecord): Cost {
  return cost.fields().parse(line)
}

export const show = action(
  'cost.show',
  () => ({ input: z.strictObject({ id: idOf(cost) }), output: view() }),
  async (ctx, { id }) => told(await find(ctx, cost, id)),
)

/** Takes an entered cost back: it stays in the ledger and counts for nothing. What followed from a record follows that record. */
export const takeBack = action(
  'cost.void',
  () => ({ input: z.strictObject({ id: idOf(cost), reason: f.line(300) }), output: view() }),
  async (ctx, { id, reason }) => {
    const before = await find(ctx, cost, id)
    if (before.byId === undefined) {
      throw fault('conflict', 'cost.follows', `${id} follows from ${before.sourceId ?? 'a record'}; change that instead.`, {
        sourceId: before.sourceId,
      })
    }
    if (before.void) return told(before)
    const customerId = customerIdIn(id)
    const [head, { timeZone }] = await Promise.all([headOf(ctx, customerId), workspaceOf(ctx)])
    const next: Cost = { ...plain(before), voidReason: reason, void: true }
    const { lines, changes } = post(ctx, { customerId, totals: head.single(costTotals), timeZone }, [{ before, next, own: '' }])
    const [line = before] = lines
    return commitPosted(ctx, changes, told(line))
  },
)

const ledgerInput = () => {
  const { limit, cursor } = pageInput()
  return z.strictObject({ id: idOf(customer), limit, cursor, ...daysInput() })
}
const monthView = () => z.object({ month: z.string(), total: z.int(), byKind: z.record(z.string(), z.int()) })
const ledgerView = () =>
  pageOf(rowShape()).extend({
    /** What is booked by month, in minor units; discounts and returns are told with their purchases. */
    booked: z.object({ currency: z.string(), months: z.array(monthView()), earlier: z.int() }),
    rates: z.object({ version: z.int() }),
  })

/**
 * A customer's costs, latest first: what was booked, and the purchases with a discount or a return, as they stand. A page may
 * be short, since purchases without either are left out. Three queries: the head of the partition, lines, purchases.
 */
export const ledger = action(
  'cost.ledger',
  () => ({ input: ledgerInput(), output: ledgerView() }),
  async (ctx, { id, from, to, ...input }) => {
    const [head, rates, { currency, timeZone }] = await Promise.all([visibleHead(ctx, id), pricingOf(ctx), workspaceOf(ctx)])
    const stretches = [cost, purchase].map((kind) => collection(kind, id, { from, to }, timeZone))
    const { items, nextCursor } = await page(ctx, stretches, input, { descending: true, full: true })
    const { months, earlier } = await totalsOf(ctx, id, head.single(costTotals))
    const booked = Object.entries(months).sort(([a], [b]) => (a > b ? -1 : 1))
    return {
      items: items.flatMap((item) => rowOf(readIn(item), rates, currency) ?? []),
      ...(nextCursor && { nextCursor }),
      booked: { currency, months: booked.map(([month, byKind]) => ({ month, total: sumOf(byKind), byKind })), earlier: sumOf(earlier) },
      rates: { version: rates.version },
    }
  },
)

function readIn(item: Item) {
  if (item['deletedAt']) return undefined
  return item['noun'] === 'cost' ? { line: recordIn<'cost', Cost>(item) } : { purchase: recordIn<'purchase', Purchase>(item) }
}
