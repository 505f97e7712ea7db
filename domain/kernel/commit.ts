import type { Ctx } from './context.ts'
import { placeOf, type Entity, type RecordOf, type Stamp } from './entity.ts'
import type { EventType } from './event.ts'
import { fault } from './fault.ts'
import { idempotencyWrite, Replay, replayOf } from './idempotency.ts'
import { eventStamp, isOurs, itemOf, nextWrite, sentinelKey } from './place.ts'
import type { Write } from './table/expression.ts'
import { Busy } from './table/refusal.ts'
import type { Item, Outcome } from './table/table.ts'
import { newKey } from './id.ts'

/** One record's change on its way into the table: what it was, what it becomes, and which event that is. */
export interface Change {
  readonly kind: Entity
  readonly before?: Stamp<string>
  readonly after: Stamp<string>
  readonly event: EventType
}

/** Someone else changed a record between our read and our write. The action runs again from its start. */
export class Stale extends Error {
  constructor(id: string) {
    super(`${id} changed meanwhile`)
    this.name = 'Stale'
  }
}

/** A new record. @param where `customer`: whom it belongs to; `own`: its own key, when identity comes from outside */
export function create<N extends string, F extends object>(
  ctx: Ctx,
  kind: Entity<N, F>,
  fields: F,
  event: EventType,
  where: { customer?: string; own?: string } = {},
): { record: F & Stamp<N>; change: Change } {
  const own = where.own ?? newKey(Date.parse(ctx.now), ctx.random)
  const record = { ...fields, id: kind.id(own, where.customer), version: 1, createdAt: ctx.now, updatedAt: ctx.now }
  return { record, change: changeOf(kind, undefined, record, event) }
}

/** A changed record. A field given as `undefined` or `null` is cleared. */
export function alter<N extends string, F extends object>(
  ctx: Ctx,
  kind: Entity<N, F>,
  before: F & Stamp<N>,
  patch: { readonly [K in keyof F]?: F[K] | null | undefined } & { deletedAt?: string | null },
  event: EventType,
): { record: F & Stamp<N>; change: Change } {
  const record: F & Stamp<N> = { ...before, version: before.version + 1, updatedAt: ctx.now }
  for (const [field, value] of Object.entries(patch)) {
    if (value === undefined || value === null) Reflect.deleteProperty(record, field)
    else Reflect.set(record, field, value)
  }
  return { record, change: changeOf(kind, before, record, event) }
}

/** Soft deletion and its reverse are changes like any other. */
export function remove<N extends string, F extends object>(ctx: Ctx, kind: Entity<N, F>, before: F & Stamp<N>, event: EventType) {
  return alter(ctx, kind, before, { deletedAt: ctx.now } as { deletedAt: string } & Record<keyof F, never>, event)
}

function changeOf<N extends string, F>(kind: Entity<N, F>, before: Stamp<N> | undefined, after: Stamp<N>, event: EventType): Change {
  return { kind: kind as unknown as Entity, ...(before && { before }), after, event }
}

/** Writes of one change, main item first. */
function writesOf(ctx: Ctx, change: Change, write: number): { writes: Write[]; values: (string | undefined)[] } {
  const { kind, before, after } = change
  const item = itemOf(kind, after as Stamp<string> & Item, eventStamp(ctx, change.event, write))
  const writes: Write[] = [{ put: item, if: before ? { equals: { version: before.version } } : { absent: true } }]
  const values: (string | undefined)[] = [undefined]
  if (kind.unique) {
    const had = live(kind, before)
    const has = live(kind, after)
    for (const value of has.filter((one) => !had.includes(one))) {
      writes.push({ put: { ...sentinelKey(value), id: after.id }, if: { absent: true } })
      values.push(value)
    }
    for (const value of had.filter((one) => !has.includes(one))) {
      writes.push({ delete: sentinelKey(value) })
      values.push(undefined)
    }
  }
  return { writes, values }
}

/**
 * A unique value that one record gives up and another takes in the same commit changes hands in one write: two on one item
 * are not possible in a transaction. A commit of one change is left as it is.
 */
function handedOver(planned: Planned): Planned {
  if (planned.length < 2) return planned
  const taken = new Set(planned.flatMap(({ values }) => values.flatMap((value) => (value === undefined ? [] : sentinelKey(value).pk))))
  if (taken.size === 0) return planned
  const givers = new Map<string, string>()
  const kept = planned.map(({ change, writes, values }) => {
    const stays = writes.map((one) => {
      const given = 'delete' in one && taken.has(one.delete.pk)
      if (given) givers.set(one.delete.pk, change.after.id)
      return !given
    })
    return { change, writes: writes.filter((_, at) => stays[at]), values: values.filter((_, at) => stays[at]) }
  })
  const passed = (one: Write): Write => {
    const giver = 'put' in one ? givers.get(String(one.put['pk'])) : undefined
    return giver === undefined ? one : { ...one, if: { equals: { id: giver } } }
  }
  return kept.map((one) => ({ ...one, writes: one.writes.map(passed) }))
}

function live(kind: Entity, record: Stamp<string> | undefined): readonly string[] {
  return record && !record.deletedAt && !record.erasedAt ? [...new Set(kind.unique?.values(record as Stamp<string> & Item) ?? [])] : []
}

/**
 * Writes changes, all or none, each with its condition, and gives `result` back. With an idempotency key the result
 * is kept in the same transaction, so the same request sent again gets the same answer and changes nothing.
 *
 * One change with no unique value and no key is a single put; anything more is one transaction.
 * @throws Stale when a record changed since it was read, or a single was created meanwhile; the caller's action is run again
 * @throws Fault `conflict` with `existingId` when a unique value is taken
 */
export async function commit<R>(ctx: Ctx, changes: readonly Change[], result?: R, extra: readonly Write[] = []): Promise<R> {
  const write = nextWrite(ctx)
  const planned = handedOver(changes.map((change) => ({ change, ...writesOf(ctx, change, write) })))
  const writes = [...planned.flatMap((one) => one.writes), ...extra]
  const keyed = result === undefined ? undefined : idempotencyWrite(ctx, { result, ...(ctx.request.existing && { existing: true }) })
  if (keyed) writes.push(keyed)
  const [only] = writes
  const outcome = await written(() => (writes.length === 1 && only ? ctx.table.write(only) : ctx.table.writeAll(writes)))
  if (!outcome.ok) await explain(ctx, planned, writes, outcome, { keyed: keyed !== undefined, write })
  if (keyed) delete ctx.request.idempotency
  return result as R
}

/** A write that met too many others is like a record that changed meanwhile: nothing was written, the action runs again. */
export async function written<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Busy) throw new Stale('a record')
    throw error
  }
}

type Planned = { change: Change; writes: Write[]; values: (string | undefined)[] }[]

/** Turns a refused write into a replay, a conflict, a retry, or, when it was our own write all along, into success. */
async function explain(
  ctx: Ctx,
  planned: Planned,
  writes: Write[],
  outcome: Extract<Outcome, { ok: false }>,
  how: { keyed: boolean; write: number },
): Promise<void> {
  const main = planned[0]?.change.after.version ?? 0
  if (outcome.refused.some(({ index, item }) => index === 0 && isOurs(ctx, item, main, how.write))) return
  if (how.keyed && outcome.refused.some(({ index }) => index === writes.length - 1)) {
    const kept = await replayOf(ctx)
    if (kept) throw new Replay(kept)
  }
  for (const { index, item } of outcome.refused) {
    let first = 0
    for (const { change, writes: own, values } of planned) {
      const value = values[index - first]
      if (index >= first && index < first + own.length) refuse(change, value, item)
      first += own.length
    }
  }
  throw new Stale('a record')
}

function refuse(change: Change, value: string | undefined, item: Item | undefined): never {
  const { kind, before, after } = change
  if (value !== undefined) {
    const existingId = item?.['id']
    throw fault('conflict', kind.unique?.fault ?? `${kind.noun}.taken`, `${value} already belongs to ${String(existingId)}.`, {
      existingId,
      value,
    })
  }
  // Of a record of which there is one, another run made it meanwhile: it is that run's record now that must be looked at.
  if (before || kind.single) throw new Stale(after.id)
  throw fault('conflict', `${kind.noun}.exists`, `${after.id} exists already.`, { existingId: after.id })
}

/** The key of a record's item. */
export function keyOfRecord<E extends Entity<string, never>>(kind: E, record: Pick<RecordOf<E>, 'id'>): { pk: string; sk: string } {
  return placeOf(kind, record.id)
}
