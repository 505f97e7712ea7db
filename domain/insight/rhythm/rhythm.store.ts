import * as z from 'zod'
import { customer, type CustomerRecord } from '../../customer/customer/index.ts'
import { history, type HistoryRecord } from '../../customer/purchase/index.ts'
import type { Ctx } from '../../kernel/context.ts'
import { mustStand, noteFile } from '../../kernel/absorbed.ts'
import { entity, placeOf, type Entity, type RecordOf, type Stamp } from '../../kernel/entity.ts'
import { missing } from '../../kernel/fault.ts'
import { recordIn } from '../../kernel/place.ts'
import { mayTouch } from '../../kernel/record.ts'
import type { Item } from '../../kernel/table/table.ts'
import { rhythmShape } from './rhythm.ts'

/** The churn timer of a customer. In the `due` index while it waits, nowhere else. */
export const rhythm = entity({
  noun: 'rhythm',
  prefix: 'rhy',
  home: 'customer',
  single: true,
  fields: () => z.object(rhythmShape()),
  due: { on: ['dueAt'], key: ({ dueAt }) => (dueAt ? { job: 'warnings', at: dueAt } : undefined) },
})
export type RhythmRecord = RecordOf<typeof rhythm>

/** What heads a customer's partition: the file and the singles beside it. */
export interface Head {
  customer: CustomerRecord | undefined
  /** Absent before the first purchase and when all purchases are in the bin. */
  history: HistoryRecord | undefined
  single<N extends string, F>(kind: Entity<N, F>): (F & Stamp<N>) | undefined
}

/** More than there are singles. */
const SINGLES = 20

/** The head of a customer's partition, one query: 1 unit while file and singles together stay within 4 KB. */
export async function headOf(ctx: Ctx, customerId: string): Promise<Head> {
  return (await readHead(ctx, customerId)).head
}

/** The head of whom the customer was merged into, else their own. */
export async function standingHead(ctx: Ctx, customerId: string): Promise<Head> {
  const head = await headOf(ctx, customerId)
  return head.customer?.mergedInto === undefined ? head : standingHead(ctx, head.customer.mergedInto)
}

/** The same for a caller who must be allowed to see the customer. @throws Fault `missing` @throws Absorbed */
export async function visibleHead(ctx: Ctx, customerId: string): Promise<Head & { customer: CustomerRecord }> {
  const { head, file } = await readHead(ctx, customerId)
  mustStand(file)
  if (!head.customer || head.customer.deletedAt || !file || !mayTouch(ctx, customer, file)) throw missing('customer', customerId)
  return { ...head, customer: head.customer }
}

async function readHead(ctx: Ctx, customerId: string): Promise<{ head: Head; file: Item | undefined }> {
  const { pk } = placeOf(customer, customerId)
  const reading = ctx.table.query({ pk, begins: '!', limit: SINGLES }).then((answer) => answer.items)
  noteFile(ctx, customerId, reading)
  const items = await reading
  const itemOf = (noun: string): Item | undefined => items.find((item) => item['sk'] === `!${noun}`)
  const single = <N extends string, F>(kind: Entity<N, F>): (F & Stamp<N>) | undefined => {
    const item = itemOf(kind.noun)
    return item && recordIn<N, F>(item)
  }
  const sums = single(history)
  const file = itemOf(customer.noun)
  return { head: { customer: single(customer), history: sums?.deletedAt ? undefined : sums, single }, file }
}
