import type * as z from 'zod'
import { once } from './action.ts'
import { KEY_LENGTH, keysOf, makeId, type Id } from './id.ts'
import type { Instant } from './clock.ts'

/** What every stored record has besides its own fields. */
export interface Stamp<N extends string> {
  id: Id<N>
  /** 1 at creation, +1 with every change; the ETag. */
  version: number
  createdAt: Instant
  updatedAt: Instant
  deletedAt?: Instant
  /** The person it was about was erased: what is left holds facts alone, lies in no index and is read by nobody but sums. */
  erasedAt?: Instant
}

/** A place in the `list` index: what people browse. `order` sorts; its leading parts, joined by `#`, can be a filter. */
export interface ListKey {
  facet: string
  order: string
}
/** A place in the `owner` index: one person's work across kinds. */
export interface OwnerKey {
  user: string
  state: string
  at: string
}
/** A place in the `due` index: work for a job at a time. */
export interface DueKey {
  job: string
  at: Instant
}

/** A key made from some of the record's fields. `on` names them all, so a change that misses them leaves the index alone. */
export interface KeyRule<F, K> {
  on: readonly (keyof F & string)[]
  key(fields: F, id: string): K | undefined
}

/** A value that only one live record may have: `email:ada@example.com`. */
export interface UniqueRule<F> {
  on: readonly (keyof F & string)[]
  values(fields: F): readonly string[]
  /** Code of the 409 when it is taken, `customer.identity_taken`. */
  fault: string
}

export interface EntityFacts<N extends string, F> {
  noun: N
  /** Of its ids, two to four letters. */
  prefix: string
  /** `customer`: lives in its customer's partition. `workspace`: lives alone. */
  home: 'customer' | 'workspace'
  /** The stored fields. No defaults here: those belong to the create input. */
  fields: () => z.ZodType<F>
  /** Fields a list shows, copied into the index projection with the id. */
  row?: readonly (keyof NoInfer<F> & string)[]
  list?: KeyRule<NoInfer<F>, ListKey>
  owner?: KeyRule<NoInfer<F>, OwnerKey>
  due?: KeyRule<NoInfer<F>, DueKey>
  unique?: UniqueRule<NoInfer<F>>
  /** Fields that name, reach or describe a person: events and logs tell that they changed, never the values. */
  personal?: readonly (keyof NoInfer<F> & string)[]
  /** The field that names the person responsible; decides scope `own` and `team` (with the customer's own). */
  responsible?: keyof NoInfer<F> & string
  /**
   * There is one: of each customer, kept in a fixed place beside the file and read with it in one query (`rhythm`, `tier`), or
   * of the workspace (`model`). Two who create it at once do so once: the other's action runs again.
   */
  single?: boolean
  /** Of the stored form, 1 unless given. Raise it when fields are renamed, split or given another meaning; a new optional field needs nothing. */
  version?: number
  /**
   * Reads older forms forward: a record as an earlier version stored it, and that version. Pure, and never writes: the item takes the
   * new form with its next change. Index keys of items not written since are mended by `npm run rebuild`.
   */
  upgrade?: (old: Readonly<Record<string, unknown>>, version: number) => Record<string, unknown>
}

type Forward = { version: number; upgrade: NonNullable<EntityFacts<string, object>['upgrade']> }

/** Kinds whose stored form has changed, by noun: readers of items have the noun alone. Empty for most of a product's life. */
const forwards = new Map<string, Forward>()

/** How items of a kind are read forward; undefined when their form has never changed. */
export const forwardOf = (noun: string): Forward | undefined => (forwards.size === 0 ? undefined : forwards.get(noun))

export interface Entity<N extends string = string, F = Record<string, unknown>> extends EntityFacts<N, F> {
  /** A new id: `own` is the record's own key, `customer` the id of the customer it belongs to. */
  id(own: string, customer?: string): Id<N>
  /** Whether a text is an id of this kind. */
  is(text: string): text is Id<N>
}

/** A record as read: its fields and its stamp. */
export type RecordOf<E> = E extends Entity<infer N, infer F> ? F & Stamp<N> : never
export type FieldsOf<E> = E extends Entity<string, infer F> ? F : never

/** How many keys an id of a kind has: its own, and before it the customer's, or the customer's alone. */
export const keysIn = ({ home, single }: Pick<Entity, 'home' | 'single'>): 1 | 2 => (home === 'customer' && !single ? 2 : 1)

/** Declares a kind of record: its schema, where it lives and which indexes it is in. */
export function entity<const N extends string, F extends object>(facts: EntityFacts<N, F>): Entity<N, F> {
  const keys = keysIn(facts)
  const { version, upgrade } = facts
  if (version !== undefined && upgrade) forwards.set(facts.noun, { version, upgrade })
  const shape = new RegExp(`^${facts.prefix}_[0-9A-Za-z]{${keys * KEY_LENGTH}}$`)
  return {
    ...facts,
    fields: once(facts.fields),
    id: (own, customer) =>
      customer === undefined ? makeId<N>(facts.prefix, own) : makeId<N>(facts.prefix, keysOf(customer).first, facts.single ? '' : own),
    is: (text): text is Id<N> => shape.test(text),
  }
}

/** Primary key of the item of an id. Singles and the customer's own file share the prefix `!` so one query reads them. */
export function placeOf(kind: Pick<Entity, 'noun' | 'home' | 'single'>, id: string): { pk: string; sk: string } {
  const { first, second } = keysOf(id)
  if (kind.home === 'workspace') {
    const alone = kind.noun === 'customer'
    return alone ? { pk: `customer#${first}`, sk: '!customer' } : { pk: `${kind.noun}#${first}`, sk: kind.noun }
  }
  return { pk: `customer#${first}`, sk: kind.single ? `!${kind.noun}` : `${kind.noun}#${second}` }
}
