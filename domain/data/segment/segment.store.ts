import * as z from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import { keysOf } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Write } from '../../kernel/table/expression.ts'
import { shardOf } from '../../kernel/table/shape.ts'
import type { Item } from '../../kernel/table/table.ts'
import { clockShape, memberShape, segmentShape, type Clock, type Member, type Segment } from './segment.ts'

/** A group of customers, by a rule or by hand. */
export const segment = entity({
  noun: 'segment',
  prefix: 'seg',
  home: 'workspace',
  fields: () => z.object(segmentShape()),
  row: ['name', 'kind', 'words', 'state', 'lookedAt'],
  list: {
    on: ['name', 'walk'],
    key: ({ name, walk }) => (walk?.mode === 'close' ? undefined : { facet: 'name', order: name.toLowerCase().slice(0, 60) }),
  },
  due: { on: ['dueAt'], key: ({ dueAt }) => (dueAt ? { job: 'segments', at: dueAt } : undefined) },
})
export type SegmentRecord = RecordOf<typeof segment>

/** A customer's segments and the moment at which time changes one of them: one each, read with the file. */
export const clock = entity({
  noun: 'segment_clock',
  prefix: 'sgc',
  home: 'customer',
  single: true,
  fields: () => z.object(clockShape()),
  row: [],
  list: { on: ['pending'], key: ({ pending }) => (pending ? { facet: 'pending', order: '' } : undefined) },
  due: { on: ['dueAt'], key: ({ dueAt }) => (dueAt ? { job: 'segments', at: dueAt } : undefined) },
})
export type ClockRecord = RecordOf<typeof clock>

/** A customer in a segment. Its own key is the segment's, so there is one of each pair; who has left keeps theirs, off the list. */
export const member = entity({
  noun: 'segment_member',
  prefix: 'sgm',
  home: 'customer',
  fields: () => z.object(memberShape()),
  row: ['segmentId', 'customerId', 'enteredAt'],
  list: {
    on: ['segmentId', 'state', 'enteredAt'],
    key: ({ segmentId, state, enteredAt }) => (state === 'in' ? { facet: segmentId, order: enteredAt } : undefined),
  },
})
export type MemberRecord = RecordOf<typeof member>

export const segmentCreated = event('segment.created', 'A segment was made')
export const segmentChanged = event('segment.changed', 'A segment’s name, description or rule changed')
export const segmentDeleted = event('segment.deleted', 'A segment was deleted')
export const segmentBuilt = event('segment.built', 'Every customer was looked at for a segment’s rule')
export const segmentEntered = event('segment.entered', 'A customer came into a segment')
export const segmentLeft = event('segment.left', 'A customer left a segment')
export const segmentMoved = event('segment.moved', 'A walk over the customers for a segment went on', { published: false })
export const clockMoved = event('segment_clock.moved', 'A customer’s segments were looked at', { published: false })

/** The key by which a segment is named where its id would be long. */
export const keyOfSegment = (id: string): string => keysOf(id).first

export const memberIdOf = (customerId: string, segmentId: string): MemberRecord['id'] => member.id(keyOfSegment(segmentId), customerId)

export const clockIn = (item: Item | undefined): ClockRecord | undefined => item && recordIn<'segment_clock', Clock>(item)
export const memberIn = (item: Item | undefined): MemberRecord | undefined => item && recordIn<'segment_member', Member>(item)

export async function segmentAt(ctx: Ctx, id: string): Promise<SegmentRecord | undefined> {
  const item = await ctx.table.get(placeOf(segment, id))
  return item && recordIn<'segment', Segment>(item)
}

/** Counters a segment's members are counted in, so that many may come at once. */
export const COUNTERS = 8

export const countPartition = (segmentId: string): string => `segmentcount#${keyOfSegment(segmentId)}`

/** The write that counts one member more or less, for the transaction in which they come or go. */
export function counted(segmentId: string, customerId: string, by: 1 | -1): Write {
  return { update: { pk: countPartition(segmentId), sk: String(shardOf(customerId, COUNTERS)) }, add: { members: by } }
}

/** How many members a segment has, exactly. 1 unit. */
export async function countOf(ctx: Ctx, segmentId: string): Promise<number> {
  const { items } = await ctx.table.query({ pk: countPartition(segmentId), limit: COUNTERS })
  return items.reduce((sum, item) => sum + Number(item['members']), 0)
}
