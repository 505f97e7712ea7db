import type { Ctx } from '../../kernel/context.ts'
import { placeOf, type Entity, type Stamp } from '../../kernel/entity.ts'
import { facet } from '../../kernel/page.ts'
import { scopeOf } from '../../kernel/permission.ts'
import { recordIn, rowOf } from '../../kernel/place.ts'
import { mayTouch } from '../../kernel/record.ts'
import type { Item } from '../../kernel/table/table.ts'
import { customer, type CustomerRecord } from '../../customer/customer/index.ts'
import { customerFacet, task } from '../task/index.ts'

/** Bounded reads of one kind of a customer's records, for those who may read the kind. */

/** What was read of a kind. */
export interface Read {
  items: Item[]
  /** There are others beyond what was read. */
  more: boolean
}

/** A customer's latest records of a kind, newest first, perhaps a moment behind; undefined when the caller may not read the kind at all. */
export async function latest(ctx: Ctx, noun: string, customerId: string, limit: number): Promise<Read | undefined> {
  if (!scopeOf(ctx.actor, `${noun}:read`)) return undefined
  const { pk } = placeOf(customer, customerId)
  const { items, last } = await ctx.table.query({ pk, begins: `${noun}#`, limit, descending: true, eventual: true })
  return { items: items.filter((item) => !item['deletedAt']), more: last !== undefined }
}

/** A customer's open tasks, the first due first, as the index shows them. */
export async function openTasks(ctx: Ctx, customerId: string, limit: number): Promise<Read | undefined> {
  const [stretch] = facet(task, customerFacet(customerId), 'open#')
  if (!stretch || !scopeOf(ctx.actor, 'task:read')) return undefined
  const { items, last } = await ctx.table.query({ ...stretch, limit })
  return { items: items.map((item) => item['row'] as Item), more: last !== undefined }
}

/** Of what was read, what the caller's scope for the kind takes in. */
export function visible(
  ctx: Ctx,
  kind: Pick<Entity<string, never>, 'noun' | 'home' | 'responsible'>,
  file: CustomerRecord,
  read: Read | undefined,
): Item[] {
  const scope = scopeOf(ctx.actor, `${kind.noun}:read`)
  if (!read || !scope) return []
  return read.items.filter((item) => mayTouch({ ...ctx, scope }, kind, item, { ...file }))
}

export interface Section<N extends string, F> {
  items: (Partial<F> & { id: Stamp<N>['id'] })[]
  more: boolean
  source: string
}

/** The records of a kind that are wanted, as lists show them. */
export function section<N extends string, F extends object>(
  kind: Entity<N, F>,
  items: readonly Item[],
  wanted: (one: F) => boolean,
  facts: { more: boolean; source: string },
): Section<N, F> {
  const records = items.map((item) => recordIn<N, F>(item)).filter(wanted)
  return { items: records.map((one) => rowOf(kind, one) as Section<N, F>['items'][number]), ...facts }
}
