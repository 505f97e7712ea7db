import type { Ctx } from '../../kernel/context.ts'
import type { Key } from '../../kernel/table/table.ts'
import type { Doc, Noun } from './document.ts'
import type { Field, Quality } from './match.ts'

/**
 * Whose records a caller may find of one kind: everybody's, or those that these people are responsible for, or a team's.
 * `groups` are where most of these are: the caller's team, and the caller. A hint, no right.
 */
export type Access = 'all' | { people: readonly string[]; teamId?: string; groups: readonly string[] }

export interface Asked {
  /** As typed. */
  text: string
  /** The kinds that may be found, and whose of each. */
  access: ReadonlyMap<Noun, Access>
  limit: number
}

export interface Hit {
  id: string
  noun: Noun
  customerId: string
  title: string
  ownerId?: string
  match: Quality
  field: Field
}

export interface Found {
  hits: Hit[]
  /** There may be more than is shown. For a caller who does not see all, told by what they see alone. */
  more: boolean
}

/** What an index is to hold of one record from now on. */
export interface Entry {
  id: string
  /** Of the record's item. */
  place: Key
  /** Nothing when the record is not to be found any more. */
  doc?: Doc
  /** What it said before, as far as the change tells: to be taken away, also where a run that broke off left it unregistered. */
  earlier: readonly Doc[]
  /** It was being written by two at once: nothing that is kept of it can be trusted. */
  anew?: true
}

/**
 * Where search looks. The product's own is the table (table-keep.ts, table-look.ts): nothing to run, nothing to pay for
 * while nobody asks. A cluster such as OpenSearch fits behind the same two calls:
 *
 * - `keep` is a bulk request: index or delete by `id`, `earlier` ignored. Entries of one call are of different records. It is
 *   called again with the same entries when it throws, and may be called with what it holds already.
 * - `look` is one query: a `multi_match` over names, identities and texts, with `access` as its filter:
 *   for each kind `all`, or a `terms` of ownerId and responsibleId, or a `term` of teamId.
 *
 * `more` must not tell of records that `access` hides.
 */
export interface SearchIndex {
  /** @returns the ids of records that another run changed meanwhile: to be looked at again */
  keep(ctx: Ctx, entries: readonly Entry[]): Promise<readonly string[]>
  look(ctx: Ctx, asked: Asked): Promise<Found>
}
