import { isDeepStrictEqual } from 'node:util'
import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import type { Instant } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { happenedSchema } from '../../kernel/event.ts'
import { keysOf, timeOfKey } from '../../kernel/id.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { interaction } from '../../customer/interaction/index.ts'
import { amountOf, ticketBasis, visitBasis, type Basis, type Cost, type CostKind } from './cost.ts'
import { causeKey, costIn, costPlace, costTotals } from './cost.store.ts'
import { headOf } from '../rhythm/index.ts'
import { commitPosted, monthOf, post } from './ledger.ts'
import { ratesOf } from './rates.store.ts'
import type { RatesInForce } from './rates.ts'

/** A cause as it is now, read from the table. */
interface Cause {
  kind: CostKind
  id: string
  version: number
  /** It is in the bin. */
  gone: boolean
  /** Whether it costs anything yet; what is booked already stays when it does not. */
  costs: boolean
  basis(rates: RatesInForce, before: Basis | undefined): Basis
}

/** When a record of a customer was, by its own key. */
export const timeOf = (id: string): Instant => new Date(timeOfKey(keysOf(id).second)).toISOString()

/**
 * Brings the line of a cause to what the cause is now. It looks at the cause as it is, and never lets an older look undo a
 * later one, so it may be told twice, late and out of order. Reads 3 units; writes 4 when something moves, else nothing.
 */
async function followCause(ctx: Ctx, customerId: string, cause: Cause): Promise<void> {
  const at = timeOf(cause.id)
  const own = causeKey(cause.kind, cause.id, at)
  const [head, item, rates, { timeZone, currency }] = await Promise.all([
    headOf(ctx, customerId),
    ctx.table.get(costPlace(customerId, own)),
    ratesOf(ctx),
    workspaceOf(ctx),
  ])
  const before = costIn(item)
  if ((!before && (cause.gone || !cause.costs)) || (before?.sourceVersion ?? 0) > cause.version) return
  if (before && !cause.gone && !cause.costs) return
  const basis = cause.gone ? before?.basis : cause.basis(rates, before?.basis)
  const timed = before?.timedByHand === true
  const next: Cost = {
    kind: cause.kind,
    amount: { amount: cause.gone || timed || !basis ? 0 : amountOf(basis), currency },
    at,
    month: monthOf(at, timeZone),
    sourceId: cause.id,
    sourceVersion: cause.version,
    rateVersion: before?.rateVersion ?? rates.version,
    ...(basis && { basis }),
    ...(cause.gone && { void: true }),
    ...(timed && { timedByHand: true }),
  }
  if (before && same(before, next)) return
  const { changes } = post(ctx, { customerId, totals: head.single(costTotals), timeZone }, [{ before, next, own }])
  await commitPosted(ctx, changes)
}

/** Whether a line says what it is to say. A later look that finds the same is not worth a write. */
function same(before: Cost, next: Cost): boolean {
  const said = ({ amount, basis, void: gone }: Cost) => ({ amount, basis, gone })
  return isDeepStrictEqual(said(before), said(next))
}

const nothing = () => z.object({})

/** What of a visit decides what it costs. Of whom was erased nothing is booked: it would be kept of them for ever. */
const visitFacts = () =>
  z.object({
    erasedAt: z.undefined().optional(),
    kind: z.string(),
    version: z.number(),
    durationMinutes: z.number().optional(),
    withUserIds: z.array(z.string()).optional(),
    deletedAt: z.string().optional(),
  })

/** After an interaction was recorded, changed, put in the bin or taken out: a visit costs the time of all who went, and the way. */
export const bookVisit = action(
  'cost.book_visit',
  () => ({ input: happenedSchema(), output: nothing() }),
  async (ctx, { customerId, recordId, version, changed }) => {
    const kind = changed['kind'] as { to?: unknown } | 'private' | undefined
    if (version === 1 && typeof kind === 'object' && kind.to !== 'visit') return {}
    if (customerId === undefined || !interaction.is(recordId)) return {}
    const read = visitFacts().safeParse(await ctx.table.get(placeOf(interaction, recordId)))
    if (!read.success || read.data.kind !== 'visit') return {}
    const { durationMinutes: minutes = 0, withUserIds = [], deletedAt } = read.data
    const people = 1 + withUserIds.length
    await followCause(ctx, customerId, {
      kind: 'visit',
      id: recordId,
      version: read.data.version,
      gone: deletedAt !== undefined,
      costs: true,
      basis: (rates, before) => visitBasis(rates, { minutes, people }, before),
    })
    return {}
  },
)

/** A ticket as its item tells it: the service area is not this one's to know, only where its records lie. */
export const TICKET = { noun: 'ticket', home: 'customer' } as const
export const isTicket = (id: string): boolean => /^tic_[0-9A-Za-z]{40}$/.test(id)
const ticketFacts = () =>
  z.object({
    erasedAt: z.undefined().optional(),
    version: z.number(),
    messageCount: z.number(),
    resolvedAt: z.string().optional(),
    deletedAt: z.string().optional(),
  })

/**
 * After a ticket was resolved, put in the bin or taken out, or somebody wrote in it: once resolved it costs the time its messages are
 * taken to need, those that came later too.
 */
export const bookTicket = action(
  'cost.book_ticket',
  () => ({ input: happenedSchema(), output: nothing() }),
  async (ctx, { customerId, recordId }) => {
    if (customerId === undefined || !isTicket(recordId)) return {}
    const read = ticketFacts().safeParse(await ctx.table.get(placeOf(TICKET, recordId)))
    if (!read.success) return {}
    const { version, messageCount, resolvedAt, deletedAt } = read.data
    await followCause(ctx, customerId, {
      kind: 'ticket',
      id: recordId,
      version,
      gone: deletedAt !== undefined,
      costs: resolvedAt !== undefined,
      basis: (rates, before) => ticketBasis(rates, messageCount, before),
    })
    return {}
  },
)
