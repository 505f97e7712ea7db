import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { collection, daysInput, partialView, records } from '../../kernel/collection.ts'
import type { Ctx } from '../../kernel/context.ts'
import { event } from '../../kernel/event.ts'
import { Fault, fault, invalid } from '../../kernel/fault.ts'
import { patchOf } from '../../kernel/fields.ts'
import { pageInput, pageOf } from '../../kernel/page.ts'
import { amend, find, idOf, viewOf } from '../../kernel/record.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { customer } from '../customer/index.ts'
import { buyerShape, customerIds, NAME_ONE, namesOne, unknownBuyer, type Buyer } from './buyer.ts'
import {
  DEFAULT_SYSTEM,
  factShape,
  newPurchase,
  noteShape,
  orderId,
  purchaseIssues,
  type Facts,
  type Measure,
  type Notes,
  type Purchase,
} from './purchase.ts'
import { purchase, type PurchaseRecord } from './purchase.store.ts'
import { recordAll } from './recording.ts'

export const purchaseChanged = event('purchase.changed', 'Notes or channel of a purchase changed')

const view = () => viewOf(purchase)

/** A purchase as a shop posts it. */
export const saleInput = () => {
  const order = orderId()
  return { ...factShape(), ...noteShape(), orderId: order.extend({ system: order.shape.system.default(DEFAULT_SYSTEM) }) }
}

/** A purchase ready to be recorded. @throws Fault `invalid` with every issue at once */
export function prepared(ctx: Ctx, measure: Measure, said: Facts & Notes): Purchase {
  const issues = purchaseIssues(said, measure, ctx.now)
  if (issues.length > 0) throw fault('invalid', 'input.invalid', 'The input is not valid.', { errors: issues })
  return newPurchase(said, measure)
}

async function recordOne(ctx: Ctx, customerId: string, said: Facts & Notes): Promise<PurchaseRecord> {
  const measure = await workspaceOf(ctx)
  const [outcome] = await recordAll(ctx, measure, customerId, [prepared(ctx, measure, said)], { kept: true })
  if (!outcome || 'refusal' in outcome) throw outcome?.refusal ?? new Error('nothing came of a purchase')
  if (outcome.existing) ctx.request.existing = true
  return outcome.record
}

/** Records a purchase of a customer. The same order again is answered with what is there, and nothing is written. */
export const recordFor = action(
  'purchase.recordFor',
  () => ({ input: z.strictObject({ id: idOf(customer), ...saleInput() }), output: view() }),
  (ctx, { id, ...said }) => recordOne(ctx, id, said),
)

/** Records a purchase of the customer that the shop names by its own id of them, by email, or by ours. */
export const record = action(
  'purchase.record',
  () => ({ input: z.strictObject({ ...buyerShape(), ...saleInput() }), output: view() }),
  async (ctx, { customerId, customer: external, email, ...said }) => {
    const buyer: Buyer = { customerId, customer: external, email }
    if (!namesOne(buyer)) throw invalid('customer.name_one', 'customerId', NAME_ONE)
    const [id] = await customerIds(ctx, [buyer])
    if (typeof id !== 'string') throw id ?? unknownBuyer(buyer)
    try {
      return await recordOne(ctx, id, said)
    } catch (error) {
      throw error instanceof Fault && error.kind === 'missing' ? unknownBuyer(buyer) : error
    }
  },
)

export const show = action(
  'purchase.show',
  () => ({ input: z.strictObject({ id: idOf(purchase) }), output: view() }),
  (ctx, { id }) => find(ctx, purchase, id),
)

/** A customer's purchases, newest first. */
export const list = action(
  'purchase.list',
  () => ({ input: z.strictObject({ id: idOf(customer), ...pageInput(), ...daysInput() }), output: pageOf(partialView(purchase)) }),
  async (ctx, { id, ...input }) => {
    const { timeZone } = await workspaceOf(ctx)
    const stretch = collection(purchase, id, input, timeZone)
    const [, page] = await Promise.all([find(ctx, customer, id), records(ctx, purchase, stretch, input)])
    return page
  },
)

/** Changes what may be changed afterwards. Amounts and dates stand: a wrong purchase is deleted and recorded anew. */
export const change = action(
  'purchase.change',
  () => ({ input: z.strictObject({ id: idOf(purchase), ...patchOf(noteShape()) }), output: view() }),
  (ctx, { id, ...patch }) => {
    if (Object.keys(patch).length === 0) throw invalid('patch.empty', '', 'Nothing to change was given.')
    return amend(ctx, purchase, id, patch, purchaseChanged)
  },
)
