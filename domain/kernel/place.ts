import type { Entity, Stamp } from './entity.ts'
import { forwardOf, placeOf } from './entity.ts'
import type { EventStamp, EventType } from './event.ts'
import type { Ctx } from './context.ts'
import { fault } from './fault.ts'
import { keyNames, shardOf, shards } from './table/shape.ts'
import type { Item } from './table/table.ts'

/** How records become items: the only place that knows index keys as text. */

/** Partition of what people browse. */
export function listPartition(noun: string, facet: string, shard: number): string {
  return `${noun}#${facet}#${shard}`
}
/** Partition of work that is due for a job. */
export function duePartition(job: string, shard: number): string {
  return `due#${job}#${shard}`
}

/** Said to who waited for work that took too long. */
export const OUT_OF_TIME = 'This took too long. Send it again; with the same Idempotency-Key it happens once at most.'

/** The facet under which deleted records can still be browsed and restored. */
export const DELETED = 'deleted'

const indexAttributes = ['lpk', 'lsk', 'opk', 'osk', 'dpk', 'dsk'] as const
/** What an item has besides its record. */
const PLACED: ReadonlySet<string> = new Set(['pk', 'sk', 'noun', 'ev', 'row', ...indexAttributes])

/** The index attributes of a record. A deleted record leaves every index but the list of deleted ones, an erased one that too. */
export function indexKeys<F>(kind: Entity<string, F>, record: F & Stamp<string>): Record<string, string> {
  const { id } = record
  const inList = (facet: string, order: string) => ({
    [keyNames.list.pk]: listPartition(kind.noun, facet, shardOf(id, shards.list)),
    [keyNames.list.sk]: `${order}#${id}`,
  })
  if (record.erasedAt) return {}
  // What was absorbed with its customer can be browsed nowhere: it comes back when the merge is undone.
  if (record.deletedAt) return kind.list && !('mergedInto' in record) ? inList(DELETED, record.deletedAt) : {}
  const list = kind.list?.key(record, id)
  const owner = kind.owner?.key(record, id)
  const due = kind.due?.key(record, id)
  return {
    ...(list && inList(list.facet, list.order)),
    ...(owner && { [keyNames.owner.pk]: owner.user, [keyNames.owner.sk]: `${kind.noun}#${owner.state}#${owner.at}#${id}` }),
    ...(due && { [keyNames.due.pk]: duePartition(due.job, shardOf(id, shards.due)), [keyNames.due.sk]: `${due.at}#${id}` }),
  }
}

/** What lists show of a record: its id and the declared fields. */
export function rowOf<F>(kind: Entity<string, F>, record: F & Stamp<string>): Item {
  const row: Item = { id: record.id }
  for (const field of kind.row ?? []) if (record[field] !== undefined) row[field] = record[field]
  return row
}

/** A record as the table keeps it. */
export function itemOf<F extends object>(kind: Entity<string, F>, record: F & Stamp<string>, stamp: EventStamp): Item {
  const keys = indexKeys(kind, record)
  const listed = 'lpk' in keys || 'opk' in keys
  const form = formOf(kind, record)
  return {
    ...record,
    ...placeOf(kind, record.id),
    noun: kind.noun,
    ev: stamp,
    ...keys,
    ...(listed && { row: rowOf(kind, record) }),
    ...(form > 1 && { [FORM]: form }),
  }
}

/** The version of an item's stored form; absent for the first. */
export const FORM = 'form'

/** The form a record is stored in: code of before keeps what it does not know, so what a later version wrote stays in that form. */
function formOf(kind: Pick<Entity, 'version'>, record: object): number {
  const has = FORM in record ? Number(record[FORM]) : 1
  return Math.max(has, kind.version ?? 1)
}

/** The record in an item, read forward to today's form. Stored items were validated on the way in; a reader pays no second validation. */
export function recordIn<N extends string, F>(item: Item): F & Stamp<N> {
  const record: Item = {}
  // Taken over one by one: an object that fields were deleted from is a slow one for whoever reads it.
  for (const name in item) if (!PLACED.has(name)) record[name] = item[name]
  const forward = forwardOf(String(item['noun']))
  const form = Number(item[FORM] ?? 1)
  if (!forward || form >= forward.version) return record as F & Stamp<N>
  return { ...forward.upgrade(record, form), [FORM]: forward.version } as unknown as F & Stamp<N>
}

/** Who changed what, when and through which action: stamped on the item, told by the stream. @param write see {@link nextWrite} */
export function eventStamp(ctx: Ctx, type: EventType, write: number): EventStamp {
  return {
    type: type.type,
    actor: ctx.actor.id,
    action: ctx.request.action,
    request: ctx.request.id,
    write,
    at: ctx.now,
    ...(!type.published && { quiet: true }),
  }
}

/**
 * The number of a request's next write.
 * @throws Fault `unavailable` when the time for it is over: who was told so must not find it done later
 */
export function nextWrite(ctx: Ctx): number {
  if (ctx.request.left && ctx.request.left() <= 0) throw fault('unavailable', 'request.out_of_time', OUT_OF_TIME)
  ctx.request.writes = (ctx.request.writes ?? 0) + 1
  return ctx.request.writes
}

/**
 * Whether the table already holds what this very write meant to put there: it had succeeded, only its answer was lost.
 * An earlier write of the same request does not count.
 */
export function isOurs(ctx: Ctx, item: Item | undefined, version: number, write: number): boolean {
  const stamp = item?.['ev'] as EventStamp | undefined
  return stamp?.request === ctx.request.id && stamp.write === write && item?.['version'] === version
}

/** Key of the sentinel that holds a unique value. */
export function sentinelKey(value: string): { pk: string; sk: string } {
  return { pk: `unique#${value}`, sk: 'unique' }
}

/** Key of an event in the log: beside its record, one per version. */
export function logKey(place: { pk: string; sk: string }, version: number): { pk: string; sk: string } {
  return { pk: place.pk, sk: `${logPrefix(place)}${String(version).padStart(8, '0')}` }
}
export function logPrefix(place: { sk: string }): string {
  return `log#${place.sk}#`
}
