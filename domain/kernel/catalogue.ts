import type { Entity } from './entity.ts'
import type { EventType } from './event.ts'
import { KEY_LENGTH, keysOf } from './id.ts'
import type { Module } from './module.ts'
import type { Permission } from './permission.ts'

/** A kind of record as plain data: what must be known of it where its module is not at hand. */
export interface KindFacts extends Pick<Entity, 'noun' | 'prefix' | 'home' | 'single' | 'personal' | 'responsible'> {
  /** The permission to read it. */
  readonly read: Permission
}

/** All kinds of record by noun, and all types of event: the same for every function, whichever modules it carries. */
export interface Catalogue {
  readonly kinds: ReadonlyMap<string, KindFacts>
  /** Without what they mean in words: that is said where they are declared. */
  readonly types: readonly EventType[]
}

/** The catalogue as JSON can hold it: of types that others hear of the name alone, since every function carries it. */
export interface CatalogueData {
  readonly kinds: readonly KindFacts[]
  readonly published: readonly string[]
  readonly quiet: readonly string[]
}

export function catalogueData(modules: readonly Module[]): CatalogueData {
  return {
    kinds: modules.flatMap((one) =>
      one.entities.map(({ noun, prefix, home, single, personal, responsible }) => ({
        noun,
        prefix,
        home,
        ...(single && { single }),
        ...(personal && { personal }),
        ...(responsible && { responsible }),
        read: `${one.noun}:read` as const,
      })),
    ),
    published: namesOf(modules, true),
    quiet: namesOf(modules, false),
  }
}

export function catalogueOf({ kinds, published, quiet }: CatalogueData): Catalogue {
  const typesOf = (names: readonly string[], heard: boolean) => names.map((type) => ({ type, summary: type, published: heard }))
  return { kinds: new Map(kinds.map((kind) => [kind.noun, kind])), types: [...typesOf(published, true), ...typesOf(quiet, false)] }
}

function namesOf(modules: readonly Module[], published: boolean): string[] {
  return modules.flatMap((one) => one.events.filter((event) => event.published === published).map(({ type }) => type))
}

/** The kind an id is of, by its prefix and length; undefined for what is no record's id. */
export function kindOfId({ kinds }: Catalogue, id: string): KindFacts | undefined {
  const { prefix, first, second } = keysOf(id)
  const kind = [...kinds.values()].find((one) => one.prefix === prefix)
  if (!kind || first.length !== KEY_LENGTH) return undefined
  return second.length === (kind.home === 'customer' && !kind.single ? KEY_LENGTH : 0) ? kind : undefined
}
