import { createHash } from 'node:crypto'
import * as z from 'zod'
import { purchase, type Purchase, type PurchaseRecord } from '../../customer/purchase/index.ts'
import { absorbedBy } from '../../kernel/absorbed.ts'
import { collection } from '../../kernel/collection.ts'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type Entity, type RecordOf } from '../../kernel/entity.ts'
import { keyOf } from '../../kernel/id.ts'
import type { Stretch } from '../../kernel/page.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Item } from '../../kernel/table/table.ts'
import { costShape, type Cost, type CostKind } from './cost.ts'
import type { Period } from './period.ts'
import { noTotals, together, totalsShape, type Totals } from './totals.ts'

/** A line of a customer's ledger of costs, in the customer's partition by when its cause was. */
export const cost = entity({
  noun: 'cost',
  prefix: 'cst',
  home: 'customer',
  fields: () => z.object(costShape()),
  unique: {
    on: ['kind', 'sourceId', 'byId'],
    values: ({ kind, sourceId, byId }) => (byId !== undefined && sourceId !== undefined ? [sourceValue(kind, sourceId)] : []),
    fault: 'cost.source_taken',
  },
  personal: ['reason', 'voidReason'],
})
export type CostRecord = RecordOf<typeof cost>

/** What a customer's lines come to. Read with the customer's file in one query. */
export const costTotals = entity({
  noun: 'costs',
  prefix: 'csm',
  home: 'customer',
  single: true,
  fields: () => z.object(totalsShape()),
})
export type TotalsRecord = RecordOf<typeof costTotals>

/** The unique value that an entered cause's own name is. */
export function sourceValue(kind: CostKind, sourceId: string): string {
  return `cost#${kind}#${sourceId}`
}

/** The own key that the line of a record always has: by when the record was, then by its id. */
export function causeKey(kind: CostKind, sourceId: string, at: string): string {
  return keyOf(Date.parse(at), createHash('sha256').update(`${kind}\n${sourceId}`).digest())
}

export function costPlace(customerId: string, own: string): { pk: string; sk: string } {
  return placeOf(cost, cost.id(own, customerId))
}
export function costIn(item: Item | undefined): CostRecord | undefined {
  return item && recordIn<'cost', Cost>(item)
}

/** Records of one read, and the most reads of a period: 10,000 records. */
const PAGE = 500
const MOST_PAGES = 20

/** A customer's records of a kind in a period. `whole`: all of them were read. */
export interface Within<T> {
  records: T[]
  whole: boolean
}

/** The purchases of a customer in a period, those in the bin left out. About 15 units for 200 usual ones. */
export async function purchasesWithin(ctx: Ctx, customerId: string, period: Period, timeZone: string): Promise<Within<PurchaseRecord>> {
  const { items, whole } = await itemsWithin(ctx, purchase, customerId, period, timeZone)
  return { records: items.map((item) => recordIn<'purchase', Purchase>(item)), whole }
}

/** The lines of a customer's ledger in a period, void ones left out. */
export async function costsWithin(ctx: Ctx, customerId: string, period: Period, timeZone: string): Promise<Within<CostRecord>> {
  const { items, whole } = await itemsWithin(ctx, cost, customerId, period, timeZone)
  return { records: items.map((item) => recordIn<'cost', Cost>(item)).filter((line) => !line.void), whole }
}

async function itemsWithin(
  ctx: Ctx,
  kind: Pick<Entity, 'noun' | 'home'>,
  customerId: string,
  { from, to }: Period,
  timeZone: string,
): Promise<{ items: Item[]; whole: boolean }> {
  const others = await absorbedBy(ctx, customerId)
  const read = await Promise.all([customerId, ...others].map((id) => itemsIn(ctx, collection(kind, id, { from, to }, timeZone))))
  return { items: read.flatMap((one) => one.items), whole: read.every((one) => one.whole) }
}

/** Sums of a customer and of those whom they absorbed, whose costs stay where they were booked: a read more for each of them. */
export async function totalsOf(ctx: Ctx, customerId: string, own: Totals | undefined): Promise<Totals> {
  const others = await absorbedBy(ctx, customerId)
  if (others.length === 0) return own ?? noTotals
  const items = await ctx.table.getAll(others.map((id) => placeOf(costTotals, costTotals.id('', id))))
  const theirs = items.flatMap((item) => (item ? [recordIn<'costs', Totals>(item)] : []))
  return together([own ?? noTotals, ...theirs])
}

async function itemsIn(ctx: Ctx, { pk, between }: Stretch): Promise<{ items: Item[]; whole: boolean }> {
  const items: Item[] = []
  let after: Item | undefined
  for (let pages = 0; pages < MOST_PAGES && (pages === 0 || after); pages++) {
    const answer = await ctx.table.query({ pk, ...between, limit: PAGE, descending: true, ...(after && { after }) })
    items.push(...answer.items.filter((item) => !item['deletedAt']))
    after = answer.last
  }
  return { items, whole: after === undefined }
}
