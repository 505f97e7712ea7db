import { mustStand } from '../../kernel/absorbed.ts'
import { alter, commit, create, Stale, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf, type FieldsOf } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import { Fault, fault, missing } from '../../kernel/fault.ts'
import { customerIdIn } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import { mayTouch } from '../../kernel/record.ts'
import type { Item, Key } from '../../kernel/table/table.ts'
import { afterPurchase, customer, lifecycleChanged, type CustomerRecord } from '../customer/index.ts'
import { historyOf, saleOf, withSale, type History, type Sale } from './history.ts'
import { sameFacts, type Measure, type Purchase } from './purchase.ts'
import {
  fixCurrency,
  history,
  historyIn,
  historyPlace,
  purchase,
  purchaseIdOf,
  purchaseKey,
  salesOf,
  type HistoryRecord,
  type PurchaseRecord,
} from './purchase.store.ts'

export const purchaseRecorded = event('purchase.recorded', 'A customer bought something')
export const historyChanged = event('history.changed', 'What a customer’s purchases come to changed', { published: false })

/** What came of one purchase: recorded, there already, or refused. */
export type Outcome = { record: PurchaseRecord; existing?: true } | { refusal: Fault }

/** Purchases that one transaction can carry: each with its order's sentinel, beside history and customer. */
export const MOST_AT_ONCE = 49

/** How the items of a customer are read: from the table, or from what a batch has read already. */
export type Read = (keys: readonly Key[]) => Promise<(Item | undefined)[]>

interface Held {
  buyer: CustomerRecord
  past: HistoryRecord | undefined
  /** Purchases that are there already, by id. */
  known: Map<string, PurchaseRecord>
}

/** Everything that recording these purchases has to know beforehand: one read of one unit each. */
export function keysFor(customerId: string, purchases: readonly Purchase[]): Key[] {
  return [
    placeOf(customer, customerId),
    historyPlace(customerId),
    ...purchases.map((one) => placeOf(purchase, purchaseIdOf(customerId, one))),
  ]
}

async function hold(ctx: Ctx, customerId: string, purchases: readonly Purchase[], read: Read): Promise<Held> {
  const [file, past, ...there] = await read(keysFor(customerId, purchases))
  mustStand(file)
  if (!file || file['deletedAt'] || !mayTouch(ctx, customer, file)) throw missing('customer', customerId)
  const known = there.flatMap((item) => (item ? [recordIn<'purchase', Purchase>(item)] : []))
  return {
    buyer: recordIn<'customer', FieldsOf<typeof customer>>(file),
    past: historyIn(past),
    known: new Map(known.map((one) => [one.id, one])),
  }
}

/**
 * Records purchases of one customer, all in one transaction with what they come to and what they make the customer:
 * 6 write units for one (purchase, order sentinel, history), 2 more where the lifecycle changes. A purchase that is there
 * already is answered with what is there; when one is refused among several, each is tried by itself.
 * @param purchases of different orders
 * @param how.kept the answer of the request is kept with it: only for a request about one purchase
 * @throws Stale when the customer or the history changed meanwhile
 */
export async function recordAll(
  ctx: Ctx,
  measure: Measure,
  customerId: string,
  purchases: readonly Purchase[],
  how: { kept?: boolean; read?: Read } = {},
): Promise<Outcome[]> {
  const held = await hold(ctx, customerId, purchases, how.read ?? ((keys) => ctx.table.getAll(keys)))
  const { outcomes, changes } = plan(ctx, customerId, held, purchases)
  const made = changes.map((one) => one.record)
  if (made.length === 0) return outcomes
  await fixCurrency(ctx, measure.currency)
  const past = await historyWith(ctx, [customerId, ...(held.buyer.absorbed ?? [])], held.past, made)
  const all = [
    ...changes.map((one) => one.change),
    ...historyChange(ctx, customerId, held.past, past),
    ...lifecycleChange(ctx, held.buyer, made),
  ]
  try {
    await commit(ctx, all, how.kept ? made[0] : undefined)
    return outcomes
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    // Someone else recorded the same purchase between our read and our write.
    if (error.code === 'purchase.exists') throw new Stale(customerId)
    if (purchases.length === 1) return [await toldBefore(ctx, held.buyer, purchases, error)]
    return oneByOne(ctx, measure, customerId, purchases)
  }
}

/** An order that a shop recorded of a customer who was absorbed since, and tells again, is there already. */
async function toldBefore(ctx: Ctx, buyer: CustomerRecord, [one]: readonly Purchase[], refusal: Fault): Promise<Outcome> {
  const { existingId } = refusal.facts
  const theirs = typeof existingId === 'string' && buyer.absorbed?.includes(customerIdIn(existingId))
  const item = theirs ? await ctx.table.get(placeOf(purchase, existingId)) : undefined
  if (!item || !one) throw refusal
  return sightOf(recordIn<'purchase', Purchase>(item), one)
}

async function oneByOne(ctx: Ctx, measure: Measure, customerId: string, purchases: readonly Purchase[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const one of purchases) {
    try {
      outcomes.push(...(await recordAll(ctx, measure, customerId, [one])))
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      outcomes.push({ refusal: error })
    }
  }
  return outcomes
}

/** Which purchases are new, and what is to be said of the others. */
function plan(ctx: Ctx, customerId: string, { known }: Held, purchases: readonly Purchase[]) {
  const changes: { record: PurchaseRecord; change: Change }[] = []
  const outcomes = purchases.map((one): Outcome => {
    const there = known.get(purchaseIdOf(customerId, one))
    if (there) return sightOf(there, one)
    const made = create(ctx, purchase, one, purchaseRecorded, { customer: customerId, own: purchaseKey(one) })
    changes.push(made)
    return { record: made.record }
  })
  return { outcomes, changes }
}

/** What is said of an order that is there already. */
function sightOf(there: PurchaseRecord, one: Purchase): Outcome {
  const existingId = there.id
  if (there.deletedAt)
    return { refusal: fault('conflict', 'purchase.deleted', `${existingId} is in the bin; restore it instead.`, { existingId }) }
  if (sameFacts(there, one)) return { record: there, existing: true }
  return { refusal: fault('conflict', 'purchase.order_taken', `${existingId} is the same order with other facts.`, { existingId }) }
}

async function historyWith(
  ctx: Ctx,
  counted: readonly string[],
  past: HistoryRecord | undefined,
  made: readonly Purchase[],
): Promise<History | undefined> {
  const sales = made.map(saleOf).sort((a, b) => (a.at < b.at ? -1 : 1))
  return foldedHistory(past, sales, ctx.now) ?? historyOf([...(await salesOf(ctx, counted)), ...sales], ctx.now)
}

/** History with more sales in order of time; undefined when one of them came out of order. */
function foldedHistory(past: HistoryRecord | undefined, sales: readonly Sale[], now: string): History | undefined {
  let folded: History | undefined = past?.deletedAt ? undefined : past
  for (const sale of sales) {
    folded = withSale(folded, sale, now)
    if (!folded) return undefined
  }
  return folded
}

/** The change of a customer's history to what it now comes to: made, changed, or put in the bin with the last purchase. */
export function historyChange(ctx: Ctx, customerId: string, past: HistoryRecord | undefined, next: History | undefined): Change[] {
  if (!past) return next ? [create(ctx, history, next, historyChanged, { customer: customerId, own: '' }).change] : []
  if (next) return [alter(ctx, history, past, { ...plain(next), deletedAt: null }, historyChanged).change]
  return past.deletedAt ? [] : [alter(ctx, history, past, { deletedAt: ctx.now }, historyChanged).change]
}

/** A history's own fields: folding carries a record's stamp along. */
function plain({ firstDay, lastDay, x, repeatSpend, count, gross, returned, net, firstAt, lastAt, yearNet, yearNetAt }: History): History {
  return { firstDay, lastDay, x, repeatSpend, count, gross, returned, net, firstAt, lastAt, yearNet, yearNetAt }
}

/**
 * A purchase makes anyone a customer, and wins back who was dormant or lost, unless it lies before they became so:
 * an old receipt that arrives late says nothing of today.
 */
function lifecycleChange(ctx: Ctx, buyer: CustomerRecord, made: readonly Purchase[]): Change[] {
  const { lifecycle, lifecycleSince } = buyer
  const gone = lifecycle === 'dormant' || lifecycle === 'lost'
  const next = gone && !made.some((one) => one.at > lifecycleSince) ? lifecycle : afterPurchase(lifecycle)
  if (next === lifecycle) return []
  const patch = { lifecycle: next, lifecycleSince: ctx.now, lifecycleReason: 'Bought something' }
  return [alter(ctx, customer, buyer, patch, lifecycleChanged).change]
}
