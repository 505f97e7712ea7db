import * as z from 'zod'
import type { Action } from './action.ts'
import type { Ctx } from './context.ts'
import type { Entity } from './entity.ts'
import type { Instant } from './clock.ts'
import type { Item } from './table/table.ts'

/** An event type, past tense: `deal.won`. Declared by the module whose records it tells of. */
export interface EventType {
  readonly type: string
  /** One line for people. */
  readonly summary: string
  /** False for facts that only the product itself needs: kept in the log, not put on the bus. */
  readonly published: boolean
}

export function event(type: string, summary: string, how: { published?: boolean } = {}): EventType {
  return { type, summary, published: how.published ?? true }
}

/** What every stored item says of its last change, under `ev`. The stream turns it into an event. */
export interface EventStamp {
  type: string
  actor: string
  action: string
  request: string
  /** Which of the request's writes this was. */
  write: number
  at: Instant
  /** Present when the type is for the log alone. */
  quiet?: true
}

/** An event: ids and facts, never personal values. The `data` of a CloudEvent. */
export interface Happened {
  /** Record id and version: the same however often it is told. */
  id: string
  type: string
  at: Instant
  actor: string
  action: string
  request: string
  noun: string
  recordId: string
  version: number
  customerId?: string
  /** Fields that changed; personal ones and long texts without their values. */
  changed: Record<string, { from?: unknown; to?: unknown } | 'private'>
}

const HOUSEKEEPING = new Set([
  'pk',
  'sk',
  'noun',
  'ev',
  'row',
  'version',
  'updatedAt',
  'lpk',
  'lsk',
  'opk',
  'osk',
  'dpk',
  'dsk',
  'expires',
  'id',
  'v',
  'form',
])
const LONGEST_VALUE = 256

/** What the stream's consumers know of a kind of record. */
export type Kind = Pick<Entity, 'noun' | 'personal'>

/**
 * The event that an item's change is; undefined for items that are not records (sentinels, keys, logs), for a record's
 * physical removal, and for upkeep that leaves the version as it was. A record of a kind this code does not know yet,
 * as while a deploy is under way, is told with all its values private.
 */
export function happened(kinds: ReadonlyMap<string, Kind>, before: Item | undefined, after: Item | undefined): Happened | undefined {
  const stamp = after?.['ev'] as EventStamp | undefined
  if (!after || !stamp || after['version'] === before?.['version']) return undefined
  const noun = String(after['noun'])
  const recordId = String(after['id'])
  const version = Number(after['version'])
  return {
    id: `${recordId}.${version}`,
    type: stamp.type,
    at: stamp.at,
    actor: stamp.actor,
    action: stamp.action,
    request: stamp.request,
    noun,
    recordId,
    version,
    ...(String(after['pk']).startsWith('customer#') && { customerId: `cus_${String(after['pk']).slice('customer#'.length)}` }),
    changed: difference(kinds.get(noun), before ?? {}, after),
  }
}

function difference(kind: Kind | undefined, before: Item, after: Item): Happened['changed'] {
  const personal = new Set<string>(kind?.personal)
  const changed: Happened['changed'] = {}
  for (const field of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (HOUSEKEEPING.has(field) || before[field] === after[field]) continue
    const from = JSON.stringify(before[field])
    const to = JSON.stringify(after[field])
    if (from === to) continue
    const hidden = !kind || personal.has(field) || (from?.length ?? 0) > LONGEST_VALUE || (to?.length ?? 0) > LONGEST_VALUE
    changed[field] = hidden
      ? 'private'
      : { ...(from !== undefined && { from: before[field] }), ...(to !== undefined && { to: after[field] }) }
  }
  return changed
}

/** Schema of an event, the input of a reaction's action. Loose: an older or newer event may have more. */
export const happenedSchema = () =>
  z.looseObject({
    id: z.string(),
    type: z.string(),
    at: z.string(),
    actor: z.string(),
    action: z.string(),
    request: z.string(),
    noun: z.string(),
    recordId: z.string(),
    version: z.number(),
    customerId: z.string().optional(),
    changed: z.record(z.string(), z.unknown()),
  })

/** Input of the action that handles one due item: whose time has come, and when it was due. */
export const dueSchema = () => z.strictObject({ id: z.string(), at: z.string() })

/** A change as the table's stream tells it, in order per customer. */
export interface Change {
  before?: Item
  after?: Item
  /** The event it is, when the item is a record of a known kind. */
  event?: Happened
}

/** What the stream keeps up to date. It sees changes more than once, so its effect must not show how often. */
export interface Projection {
  readonly name: string
  project(ctx: Ctx, changes: readonly Change[]): Promise<void>
}

/** A consequence: when this happens, that action runs. Its input is the event. */
export interface Reaction {
  readonly name: string
  readonly on: readonly EventType[]
  readonly action: Action
}

/** Declares a reaction. The name is its address in queues and logs. */
export function on(types: EventType | readonly EventType[], does: Action): Reaction {
  return { name: does.name, on: [types].flat(), action: does }
}

/** A job that runs by the clock. */
export interface Schedule {
  readonly name: string
  /** EventBridge Scheduler's own words: `rate(1 hour)`, `cron(0 3 * * ? *)`, in UTC. */
  readonly rate: string
  readonly summary: string
  /** Called with `{ at }`; for due work, once per due item with `{ key }`. */
  readonly job: Job
}

/**
 * Due work: `each` handles one item of the `due` index; with `again`, a run that changed something is followed by another
 * at once, for work that comes in steps. A task by the clock alone: `run`.
 */
export type Job = { kind: 'due'; name: string; each: Action; again?: true } | { kind: 'task'; name: string; run: Action }

/** Declares a schedule. */
export function every(rate: string, job: Job, summary: string): Schedule {
  return { name: job.name, rate, summary, job }
}
