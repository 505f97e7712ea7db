import type { Ctx } from '../../../kernel/context.ts'
import { placeOf } from '../../../kernel/entity.ts'
import type { Item } from '../../../kernel/table/table.ts'
import { customer } from '../../../customer/customer/index.ts'
import type { ImportRecord } from '../import.store.ts'
import { customerIdOf, notePlace, notesOf, type Note } from './job.ts'

/** What rows of an import did, to be undone. */

/** What became of what a row had done. */
export type Undone = 'removed' | 'restored' | 'left'

/** Notes of some rows, one query: rows are noted in their order. */
export async function notesIn(
  ctx: Ctx,
  importId: string,
  rows: readonly number[],
): Promise<Map<number, Note & { earlierId?: string; undone?: Undone }>> {
  const [first = 0, final = 0] = [rows[0], rows.at(-1)]
  if (rows.length === 0) return new Map()
  const { items } = await ctx.table.query({
    pk: notesOf(importId),
    from: notePlace(importId, first).sk,
    to: notePlace(importId, final).sk,
    limit: rows.length,
  })
  return new Map(items.map((item) => [Number(item['row']), item as unknown as Note]))
}

/** Customers that rows of an import made: their ids follow from the rows. A read unit each. */
export async function customersMade(ctx: Ctx, record: ImportRecord, rows: readonly number[]): Promise<Map<number, Item>> {
  const { startedAt = '' } = record
  const found = new Map<number, Item>()
  for (let from = 0; from < rows.length; from += 100) {
    const part = rows.slice(from, from + 100)
    const items = await ctx.table.getAll(part.map((row) => placeOf(customer, customerIdOf({ record, startedAt }, row))))
    for (const [at, item] of items.entries()) if (item) found.set(part[at] ?? 0, item)
  }
  return found
}
