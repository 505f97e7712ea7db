import { isDeepStrictEqual } from 'node:util'
import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { event } from '../../kernel/event.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import { customerIdIn } from '../../kernel/id.ts'
import { money } from '../../kernel/money.ts'
import { find, idOf, mustMatch, viewOf } from '../../kernel/record.ts'
import { historyOf, saleOf, withReturn, withSale } from './history.ts'
import { isAhead, purchaseShape, remaining, returnedBase, RETURN_LIMIT, type Return } from './purchase.ts'
import { historyIn, historyPlace, purchase, salesOf, standingHistory, type Past, type PurchaseRecord } from './purchase.store.ts'
import { historyChange } from './recording.ts'

export const purchaseReturned = event('purchase.returned', 'Some or all of a purchase was given back')
export const purchaseDeleted = event('purchase.deleted', 'A purchase was put in the bin: it no longer counts')
export const purchaseRestored = event('purchase.restored', 'A purchase was taken out of the bin: it counts again')

const view = () => viewOf(purchase)

/** A purchase and what its customer's purchases come to, in one round. */
async function both(ctx: Ctx, id: string, how: { deleted?: boolean } = {}): Promise<Past & { before: PurchaseRecord }> {
  const customerId = customerIdIn(id)
  const [before, past] = await Promise.all([find(ctx, purchase, id, how), ctx.table.get(historyPlace(customerId))])
  return { before, ...(await standingHistory(ctx, customerId, historyIn(past))) }
}

const returnInput = () => {
  const { at, items, reason, returnId } = purchaseShape().returns.unwrap().element.shape
  return z.strictObject({
    id: idOf(purchase),
    returnId,
    at: at.optional().describe('now, unless given'),
    amount: money().optional().describe('all that remains, unless given'),
    items,
    reason,
  })
}
type ReturnInput = z.output<ReturnType<typeof returnInput>>

/** Takes some or all of a purchase back. The same return again changes nothing. 4 write units. */
export const giveBack = action(
  'purchase.return',
  () => ({ input: returnInput(), output: view() }),
  async (ctx, input) => {
    const { before, past, customerId, counted } = await both(ctx, input.id)
    const known = before.returns?.find((one) => one.returnId === input.returnId)
    if (known) {
      if (sameReturn(known, before, input)) return before
      throw fault('conflict', 'purchase.return_differs', `The return ${input.returnId} is recorded with other facts.`, {
        existingId: before.id,
      })
    }
    const returns = [...(before.returns ?? []), newReturn(ctx, before, input)]
    const returned = returns.reduce((sum, one) => sum + one.amount, 0)
    const { record, change } = alter(ctx, purchase, before, { returned, returns }, purchaseReturned)
    const given = returnedBase(record) - returnedBase(before)
    const folded = past && !past.deletedAt ? withReturn(past, before, given) : undefined
    const next = folded ?? historyOf([...(await salesOf(ctx, counted, before.id)), saleOf(record)], ctx.now)
    return commit(ctx, [change, ...historyChange(ctx, customerId, past, next)], record)
  },
)

function sameReturn(known: Return, { amount }: PurchaseRecord, said: ReturnInput): boolean {
  const sameAmount = said.amount === undefined || (said.amount.amount === known.amount && said.amount.currency === amount.currency)
  const sameTime = said.at === undefined || Date.parse(said.at) === Date.parse(known.at)
  return sameAmount && sameTime && isDeepStrictEqual(said.items, known.items)
}

/** @throws Fault `conflict` when more would be given back than remains */
function newReturn(ctx: Ctx, before: PurchaseRecord, { returnId, at = ctx.now, amount, items, reason }: ReturnInput): Return {
  const left = remaining(before)
  if (isAhead(at, ctx.now)) throw invalid('in_the_future', 'at', 'A return lies at most a day ahead.')
  const { currency } = before.amount
  if (amount && amount.currency !== currency) throw invalid('currency.differs', 'amount.currency', `The purchase was in ${currency}.`)
  const wanted = amount?.amount ?? left
  if (left === 0 || wanted > left) {
    throw fault('conflict', 'purchase.return_exceeds', `Of this purchase ${left} minor units of ${currency} remain.`, { remaining: left })
  }
  if (wanted === 0) throw invalid('amount.zero', 'amount.amount', 'A return gives something back.')
  if ((before.returns?.length ?? 0) >= RETURN_LIMIT)
    throw fault('conflict', 'purchase.too_many_returns', `A purchase takes ${RETURN_LIMIT} returns.`)
  return { returnId, at: new Date(at).toISOString(), amount: wanted, ...(items && { items }), ...(reason !== undefined && { reason }) }
}

/** Puts a purchase in the bin: what the customer's purchases come to is made anew without it. */
export const bin = action(
  'purchase.delete',
  () => ({ input: z.strictObject({ id: idOf(purchase) }), output: view() }),
  async (ctx, { id }) => {
    const { before, past, customerId, counted } = await both(ctx, id)
    await mustMatch(ctx, purchase, before, {})
    const { record, change } = alter(ctx, purchase, before, { deletedAt: ctx.now }, purchaseDeleted)
    const next = historyOf(await salesOf(ctx, counted, id), ctx.now)
    return commit(ctx, [change, ...historyChange(ctx, customerId, past, next)], record)
  },
)

/** Takes a purchase out of the bin, unless its order was recorded anew meanwhile. */
export const restore = action(
  'purchase.restore',
  () => ({ input: z.strictObject({ id: idOf(purchase) }), output: view() }),
  async (ctx, { id }) => {
    const { before, past, customerId, counted } = await both(ctx, id, { deleted: true })
    if (!before.deletedAt) throw fault('conflict', 'purchase.not_deleted', 'This purchase is not in the bin.')
    const { record, change } = alter(ctx, purchase, before, { deletedAt: null }, purchaseRestored)
    const sale = saleOf(record)
    const next =
      withSale(past?.deletedAt ? undefined : past, sale, ctx.now) ?? historyOf([...(await salesOf(ctx, counted, id)), sale], ctx.now)
    return commit(ctx, [change, ...historyChange(ctx, customerId, past, next)], record)
  },
)
