import * as z from 'zod'
import { Absorbed, mustStand, noteFile, survivorIn, survivorOf } from './absorbed.ts'
import { alter, commit, Stale, written } from './commit.ts'
import type { Ctx } from './context.ts'
import { keysIn, placeOf, type Entity, type Stamp } from './entity.ts'
import type { EventType } from './event.ts'
import { fault, missing } from './fault.ts'
import { customerIdIn, KEY_LENGTH } from './id.ts'
import { eventStamp, FORM, indexKeys, isOurs, logKey, nextWrite, recordIn } from './place.ts'
import { mayTouch } from './scope.ts'
import type { Item } from './table/table.ts'

export { mayTouch, peopleOf } from './scope.ts'

type Patch<F> = { readonly [K in keyof F]?: F[K] | null | undefined }

/**
 * Reads one record the caller may see, deleted ones only when asked. Strongly consistent, one round.
 * @throws Fault `missing`
 * @throws Absorbed for a customer who was merged into another: the action runs again for that one
 */
export async function find<N extends string, F>(
  ctx: Ctx,
  kind: Entity<N, F>,
  id: string,
  how: { deleted?: boolean } = {},
): Promise<F & Stamp<N>> {
  if (!kind.is(id)) throw missing(kind.noun, id)
  const place = placeOf(kind, id)
  const alone = ctx.scope === 'all' || kind.home === 'workspace'
  const reading = alone
    ? ctx.table.get(place).then((one) => [one])
    : ctx.table.getAll([place, placeOf({ noun: 'customer', home: 'workspace' }, customerIdIn(id))])
  const isFile = kind.noun === 'customer'
  if (isFile) noteFile(ctx, id, reading)
  const [item, customer] = await reading
  if (isFile) mustStand(item)
  if (!item || item['erasedAt'] || (item['deletedAt'] && !how.deleted)) throw missing(kind.noun, id)
  if (!mayTouch(ctx, kind, item, await survivorOf(ctx, customer))) throw missing(kind.noun, id)
  return recordIn<N, F>(item)
}

/**
 * Changes plain fields of a record. Usually one conditional update, with nothing read first: the client's If-Match is
 * the condition. It reads first only when an index key or a unique value must be made from fields the patch lacks, or
 * when the caller's scope has to be checked against the customer's owner.
 * @param check a rule over the record as it will be; makes the change read first
 * @throws Fault `stale` with yours, theirs and the original of each field that differs
 */
export async function amend<N extends string, F extends object>(
  ctx: Ctx,
  kind: Entity<N, F>,
  id: string,
  patch: Patch<F>,
  event: EventType,
  check?: (after: F & Stamp<N>, before: F & Stamp<N>) => void,
): Promise<F & Stamp<N>> {
  if (!kind.is(id)) throw missing(kind.noun, id)
  const { ifMatch } = ctx.request
  const blind = ifMatch !== undefined && ctx.scope === 'all' && !check && !ctx.request.idempotency && keysKnown(kind, patch)
  return blind ? amendBlind(ctx, kind, id, patch, event, ifMatch) : amendRead(ctx, kind, id, patch, event, check)
}

async function amendRead<N extends string, F extends object>(
  ctx: Ctx,
  kind: Entity<N, F>,
  id: string,
  patch: Patch<F>,
  event: EventType,
  check?: (after: F & Stamp<N>, before: F & Stamp<N>) => void,
): Promise<F & Stamp<N>> {
  const before = await find(ctx, kind, id)
  await mustMatch(ctx, kind, before, patch)
  const { record, change } = alter(ctx, kind, before, patch, event)
  check?.(record, before)
  return commit(ctx, [change], record)
}

async function amendBlind<N extends string, F extends object>(
  ctx: Ctx,
  kind: Entity<N, F>,
  id: string,
  patch: Patch<F>,
  event: EventType,
  version: number,
): Promise<F & Stamp<N>> {
  const { set, remove } = updateOf(kind, id, patch)
  const write = nextWrite(ctx)
  const outcome = await written(() =>
    ctx.table.write(
      {
        update: placeOf(kind, id),
        set: { ...set, version: version + 1, updatedAt: ctx.now, ev: eventStamp(ctx, event, write) },
        remove,
        if: { equals: { version, deletedAt: undefined, erasedAt: undefined, ...(kind.version !== undefined && { [FORM]: kind.version }) } },
      },
      { returns: 'new' },
    ),
  )
  if (outcome.ok) return recordIn<N, F>(outcome.item ?? {})
  const there = outcome.refused[0]?.item
  const into = kind.noun === 'customer' ? survivorIn(there) : undefined
  if (into !== undefined) throw new Absorbed(id, into)
  if (!there || there['deletedAt'] || there['erasedAt']) throw missing(kind.noun, id)
  if (isOurs(ctx, there, version + 1, write)) return recordIn<N, F>(there)
  await mustMatch(ctx, kind, recordIn<N, F>(there), patch)
  // Stored in an earlier form: read forward, changed and written whole.
  if (there[FORM] !== kind.version && kind.version !== undefined) return amendRead(ctx, kind, id, patch, event)
  throw new Stale(id)
}

/** Whether every index key and unique value the patch touches can be made from the patch alone. */
function keysKnown<F extends object>(kind: Entity<string, F>, patch: Patch<F>): boolean {
  const touched = (on: readonly string[]) => on.some((field) => field in patch)
  const whole = (on: readonly string[]) => on.every((field) => field in patch && patch[field as keyof F] !== undefined)
  if (kind.unique && touched(kind.unique.on)) return false
  return [kind.list, kind.owner, kind.due].every((rule) => !rule || !touched(rule.on) || whole(rule.on))
}

/** A patch as the SET and REMOVE of one update, index keys and list row included. */
function updateOf<F extends object>(kind: Entity<string, F>, id: string, patch: Patch<F>): { set: Item; remove: string[] } {
  const set: Item = {}
  const drop: string[] = []
  const put = (path: string, value: unknown) => (value === null || value === undefined ? void drop.push(path) : void (set[path] = value))
  const listed = kind.list !== undefined || kind.owner !== undefined
  const shown = new Set<string>(listed ? (kind.row ?? []) : [])
  for (const [field, value] of Object.entries(patch)) {
    if (value === undefined) continue
    put(field, value)
    if (shown.has(field)) put(`row.${field}`, value)
  }
  const part = { ...patch, id } as unknown as F & Stamp<string>
  for (const [rule, names] of [
    [kind.list, ['lpk', 'lsk']],
    [kind.owner, ['opk', 'osk']],
    [kind.due, ['dpk', 'dsk']],
  ] as const) {
    if (!rule?.on.some((field) => field in patch)) continue
    const keys = indexKeys(kind, part)
    for (const name of names) put(name, keys[name])
  }
  return { set, remove: drop }
}

/** Holds the version the client named against the record's. @throws Fault `stale` */
export async function mustMatch<N extends string, F>(ctx: Ctx, kind: Entity<N, F>, there: F & Stamp<N>, patch: Patch<F>): Promise<void> {
  const { ifMatch } = ctx.request
  if (ifMatch === undefined || ifMatch === there.version) return
  const originals = await valuesAt(ctx, kind, there, ifMatch)
  const conflicts = Object.entries(patch)
    .filter(([field, yours]) => JSON.stringify(yours ?? null) !== JSON.stringify(there[field as keyof F] ?? null))
    .map(([field, yours]) => ({
      field,
      yours: yours ?? null,
      theirs: there[field as keyof F] ?? null,
      ...originalOf(originals, field, there[field as keyof F] ?? null),
    }))
  throw fault('stale', `${kind.noun}.version_differs`, `You have version ${ifMatch}; it is now version ${there.version}.`, {
    currentVersion: there.version,
    conflicts,
  })
}

interface Originals {
  /** What fields that changed since held, by name. */
  values: ReadonlyMap<string, unknown>
  /** Fields that changed since and that the log keeps private. */
  hidden: ReadonlySet<string>
  /** Whether the log tells of every version since: what it does not name is as it was then. */
  whole: boolean
}

/** A field's value at the version the client saw; nothing where it cannot be told. */
function originalOf({ values, hidden, whole }: Originals, field: string, now: unknown): { original?: unknown } {
  if (hidden.has(field)) return {}
  if (values.has(field)) return { original: values.get(field) }
  return whole ? { original: now } : {}
}

/** What fields held at a version, from the log: the first `from` after it. */
async function valuesAt<N extends string, F>(ctx: Ctx, kind: Entity<N, F>, there: Stamp<N>, version: number): Promise<Originals> {
  const place = placeOf(kind, there.id)
  const { items } = await ctx.table.query({
    pk: place.pk,
    from: logKey(place, version + 1).sk,
    to: logKey(place, 99_999_999).sk,
    limit: 50,
    eventual: true,
  })
  const values = new Map<string, unknown>()
  const hidden = new Set<string>()
  for (const item of items) {
    for (const [field, change] of Object.entries((item['changed'] ?? {}) as Record<string, { from?: unknown } | 'private'>)) {
      if (change === 'private') hidden.add(field)
      else if (!values.has(field)) values.set(field, change.from ?? null)
    }
  }
  return { values, hidden, whole: version < there.version && items.length === there.version - version }
}

/** Schema of a record as it leaves: its declared fields and its stamp, nothing else. */
export function viewOf<N extends string, F>(kind: Entity<N, F>): z.ZodType<F & Stamp<N>> {
  const fields = kind.fields()
  if (!(fields instanceof z.ZodObject)) throw new Error(`${kind.noun} has no object schema`)
  return fields.extend({
    id: idOf(kind),
    version: z.int(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    deletedAt: z.iso.datetime().optional(),
  }) as unknown as z.ZodType<F & Stamp<N>>
}

/**
 * Schema of an id of one kind, for inputs. Of exactly its length: where a record lies is read from the first keys of an id, so a longer
 * one would be another name for the same.
 */
export function idOf<N extends string, F>(
  kind: Pick<Entity<N, F>, 'prefix' | 'noun' | 'home' | 'single'>,
): z.ZodType<Stamp<N>['id'], string> {
  const shape = new RegExp(`^${kind.prefix}_[0-9A-Za-z]{${keysIn(kind) * KEY_LENGTH}}$`)
  return z.string().regex(shape, `an id of a ${kind.noun}, ${kind.prefix}_…`) as unknown as z.ZodType<Stamp<N>['id'], string>
}
