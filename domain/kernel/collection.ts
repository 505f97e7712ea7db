import * as z from 'zod'
import { dayNumber, type Day } from './clock.ts'
import type { Ctx } from './context.ts'
import { placeOf, type Entity, type Stamp } from './entity.ts'
import { invalid } from './fault.ts'
import * as f from './fields.ts'
import { KEY_LENGTH, timeKey } from './id.ts'
import { page, type Page, type PageInput, type Stretch } from './page.ts'
import { recordIn } from './place.ts'
import { viewOf } from './record.ts'
import { startOfDay } from './zone.ts'

/** A customer's records of one kind: a range of the customer's own partition, in the order of their keys' time. */

/** Input of a list that days can bound, both inclusive, in the workspace's time zone. */
export const daysInput = () => ({
  from: f.day().optional().describe('from this day on'),
  to: f.day().optional().describe('up to this day'),
})
export interface Days {
  from?: Day | undefined
  to?: Day | undefined
}

/** The last key of a moment: sorts after every key made for it. */
const LAST_OF_KEY = 'z'.repeat(KEY_LENGTH)

/** Where a customer's records of a kind lie, those of some days only when given. @throws Fault `invalid` for days the wrong way round */
export function collection(kind: Pick<Entity, 'noun' | 'home'>, customerId: string, days: Days = {}, timeZone = 'UTC'): Stretch {
  const { pk } = placeOf({ noun: 'customer', home: 'workspace' }, customerId)
  const begins = `${kind.noun}#`
  const { from, to } = days
  if (!from && !to) return { pk, begins }
  if (from && to && from > to) throw invalid('days.reversed', 'to', '`to` lies before `from`.')
  const first = from ? timeKey(startOfDay(dayNumber(from), timeZone)) : ''
  const last = to ? timeKey(startOfDay(dayNumber(to) + 1, timeZone) - 1) + LAST_OF_KEY : LAST_OF_KEY
  return { pk, begins, between: { from: begins + first, to: begins + last } }
}

/**
 * A page of whole records, newest first, those in the bin left out (so a page may be short), with only the fields asked for.
 * @throws Fault `invalid` for a field the record has not
 */
export async function records<N extends string, F>(
  ctx: Ctx,
  kind: Entity<N, F>,
  stretch: Stretch,
  input: PageInput,
): Promise<Page<Partial<F & Stamp<N>> & { id: Stamp<N>['id'] }>> {
  const wanted = wantedFields(kind, input.fields)
  const { items, nextCursor } = await page(ctx, [stretch], input, { descending: true })
  const rows = items
    .filter((item) => !item['deletedAt'] && !item['erasedAt'])
    .map((item) => {
      const record = recordIn<N, F>(item)
      return wanted ? (Object.fromEntries(Object.entries(record).filter(([field]) => wanted.has(field))) as typeof record) : record
    })
  return { items: rows, ...(nextCursor && { nextCursor }) }
}

/**
 * Schema of such a page's rows: the record, any field but the id absent when `fields` left it out.
 * @param more fields that the action adds to each row
 */
export function partialView<N extends string, F, S extends z.core.$ZodLooseShape = Record<never, never>>(
  kind: Entity<N, F>,
  more?: S,
): z.ZodType<Partial<F & Stamp<N>> & { id: Stamp<N>['id'] } & z.output<z.ZodObject<S>>> {
  const shape = objectIn(kind)
    .partial()
    .required({ id: true })
    .extend(more ?? {})
  return shape as unknown as z.ZodType<Partial<F & Stamp<N>> & { id: Stamp<N>['id'] } & z.output<z.ZodObject<S>>>
}

function wantedFields<N extends string, F>(kind: Entity<N, F>, fields: string | undefined): Set<string> | undefined {
  if (fields === undefined) return undefined
  const known = Object.keys(objectIn(kind).shape)
  const wanted = fields.split(',').map((field) => field.trim())
  const unknown = wanted.filter((field) => !known.includes(field))
  if (unknown.length > 0)
    throw invalid('field.unknown', 'fields', `Of each ${kind.noun} there is no ${unknown.join(', ')}; there are ${known.join(', ')}.`)
  return new Set(['id', ...wanted])
}

function objectIn<N extends string, F>(kind: Entity<N, F>): z.ZodObject {
  const view = viewOf(kind)
  if (!(view instanceof z.ZodObject)) throw new Error(`${kind.noun} has no object schema`)
  return view
}
