import type { Entity } from './entity.ts'
import type { EventType } from './event.ts'
import type { Route } from './route.ts'

/** What one folder of the domain offers: the only thing others import of it besides its actions and types. */
export interface Module {
  readonly noun: string
  readonly verbs: readonly string[]
  readonly entities: readonly Entity[]
  readonly routes: readonly Route[]
  readonly events: readonly EventType[]
}

/**
 * Declares a module. A route whose permission is not `noun:verb` of the module's own verbs is a compile error.
 * @example module('deal', { verbs: ['read', 'write'], entities: [deal], routes: [route(…, { can: 'deal:write' })], events: [dealWon] })
 */
export function module<const N extends string, const V extends string>(
  noun: N,
  facts: {
    verbs: readonly V[]
    entities: readonly AnyEntity[]
    routes: readonly Route<`${N}:${NoInfer<V>}`>[]
    events: readonly EventType[]
  },
): Module {
  return { noun, ...facts, entities: facts.entities as readonly Entity[] }
}

/** An entity of any fields, as interpreters see it. */
type AnyEntity = Pick<Entity, 'noun' | 'prefix' | 'home'>
