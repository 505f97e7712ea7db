import { createHash } from 'node:crypto'
import * as z from 'zod'
import { Stale } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { missing } from '../../kernel/fault.ts'
import { keyOf, keysOf, timeKey, timeOfKey } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Write } from '../../kernel/table/expression.ts'
import type { Item, Key } from '../../kernel/table/table.ts'
import { allotmentIn, allotmentPlace, type Allotment } from '../allotment.ts'
import { guestShape, occasionShape, type Guest, type Occasion } from './occasion.ts'

/** An event that customers are invited to. Listed by when it starts. */
export const occasion = entity({
  noun: 'occasion',
  prefix: 'occ',
  home: 'workspace',
  fields: () => z.object(occasionShape()),
  row: ['title', 'startsAt', 'endsAt', 'place', 'seats', 'state'],
  list: { on: ['state', 'startsAt'], key: ({ state, startsAt }) => ({ facet: state, order: startsAt }) },
})
export type OccasionRecord = RecordOf<typeof occasion>

/** A customer invited to an occasion: one record of a pair. Browsed by occasion and answer. */
export const guest = entity({
  noun: 'guest',
  prefix: 'gst',
  home: 'customer',
  fields: () => z.object(guestShape()),
  row: ['occasionId', 'customerId', 'state', 'since', 'attended'],
  list: {
    on: ['occasionId', 'state', 'since'],
    key: ({ occasionId, state, since }) => ({ facet: guestFacet(occasionId), order: `${state}#${since}` }),
  },
})
export type GuestRecord = RecordOf<typeof guest>

/** The facet that holds one occasion's guests. */
export const guestFacet = (occasionId: string): string => `of-${keysOf(occasionId).first}`

/** The own key that a customer's invitation to an occasion always has: by when the occasion was planned. */
export function guestKey(occasionId: string): string {
  return keyOf(timeOfKey(keysOf(occasionId).first), createHash('sha256').update(`guest ${occasionId}`).digest())
}
export function guestPlace(occasionId: string, customerId: string): Key {
  return placeOf(guest, guest.id(guestKey(occasionId), customerId))
}
export function guestIn(item: Item | undefined): GuestRecord | undefined {
  return item && recordIn<'guest', Guest>(item)
}

/** An occasion and what is left of its seats, in one read. @throws Fault `missing` */
export async function withSeats(ctx: Ctx, id: string): Promise<{ party: OccasionRecord; seats: Allotment }> {
  if (!occasion.is(id)) throw missing('occasion', id)
  const place = placeOf(occasion, id)
  const [item, counter] = await ctx.table.getAll([place, allotmentPlace(place)])
  if (!item || item['deletedAt']) throw missing('occasion', id)
  return { party: recordIn<'occasion', Occasion>(item), seats: allotmentIn(counter) }
}

/** A new place in an occasion's queue, in its own partition: read strongly, in the order of asking. */
export function queueKeyFor(customerId: string, now: string): string {
  return `waiting#${timeKey(Date.parse(now))}${keysOf(customerId).first}`
}
const queuePlace = (occasionId: string, queueKey: string): Key => ({ pk: placeOf(occasion, occasionId).pk, sk: queueKey })

export function queued(occasionId: string, queueKey: string, guestId: string): Write {
  return { put: { ...queuePlace(occasionId, queueKey), guestId }, if: { absent: true } }
}
export function unqueued(occasionId: string, queueKey: string): Write {
  return { delete: queuePlace(occasionId, queueKey), if: { present: true } }
}

/** The guest who has waited longest; undefined when nobody waits. @throws Stale when who was first is not any more */
export async function firstWaiting(ctx: Ctx, occasionId: string): Promise<(GuestRecord & { queueKey: string }) | undefined> {
  const { items } = await ctx.table.query({ pk: placeOf(occasion, occasionId).pk, begins: 'waiting#', limit: 1 })
  const [first] = items
  if (!first) return undefined
  const found = guestIn(await ctx.table.get(placeOf(guest, String(first['guestId']))))
  const { state, queueKey } = found ?? {}
  if (!found || state !== 'waiting' || queueKey === undefined || queueKey !== first['sk']) throw new Stale(occasionId)
  return { ...found, queueKey }
}
