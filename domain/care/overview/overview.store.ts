import { absorbedBy } from '../../kernel/absorbed.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf, type Entity, type Stamp } from '../../kernel/entity.ts'
import { facet } from '../../kernel/page.ts'
import { keysOf } from '../../kernel/id.ts'
import { scopeOf } from '../../kernel/permission.ts'
import { recordIn, rowOf } from '../../kernel/place.ts'
import { mayTouch } from '../../kernel/record.ts'
import { keyNames } from '../../kernel/table/shape.ts'
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
  const read = await ofAll(ctx, customerId, (id) => {
    const { pk } = placeOf(customer, id)
    return ctx.table.query({ pk, begins: `${noun}#`, limit, descending: true, eventual: true })
  })
  const latestFirst = read.further ? read.items.sort((a, b) => (ownKey(a) < ownKey(b) ? 1 : -1)).slice(0, limit) : read.items
  return { items: latestFirst.filter((item) => !item['deletedAt']), more: read.more || latestFirst.length < read.items.length }
}

const ownKey = (item: Item): string => keysOf(String(item['id'])).second

interface ReadOfAll extends Read {
  /** Some of it lies with customers whom this one absorbed. */
  further: boolean
}

/** The same read of a customer and, in a second round, of those whom they absorbed; none for who absorbed nobody. */
async function ofAll(ctx: Ctx, customerId: string, read: (id: string) => Promise<{ items: Item[]; last?: Item }>): Promise<ReadOfAll> {
  const own = await read(customerId)
  const others = await absorbedBy(ctx, customerId)
  const answers = [own, ...(await Promise.all(others.map(read)))]
  return {
    items: answers.flatMap((one) => one.items),
    more: answers.some((one) => one.last !== undefined),
    further: others.length > 0,
  }
}

/** A customer's open tasks, the first due first, as the index shows them. */
export async function openTasks(ctx: Ctx, customerId: string, limit: number): Promise<Read | undefined> {
  if (!scopeOf(ctx.actor, 'task:read')) return undefined
  const { items, more, further } = await ofAll(ctx, customerId, async (id) => {
    const [stretch] = facet(task, customerFacet(id), 'open#')
    return stretch ? ctx.table.query({ ...stretch, limit }) : { items: [] }
  })
  const order = (item: Item): string => String(item[keyNames.list.sk])
  const first = further ? items.sort((a, b) => (order(a) < order(b) ? -1 : 1)).slice(0, limit) : items
  return { items: first.map((item) => item['row'] as Item), more: more || first.length < items.length }
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
