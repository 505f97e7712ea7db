import * as z from 'zod'
import { once } from '../../kernel/action.ts'
import type { Entity } from '../../kernel/entity.ts'
import { otherKinds } from '../kinds.ts'
import { archive, erasure } from './privacy.store.ts'

const own: readonly Pick<Entity, 'noun' | 'prefix' | 'home'>[] = [archive, erasure]

/** Every kind of record that may belong to a person, by noun. */
export const kindsOfPeople = once(
  (): ReadonlyMap<string, Entity> => new Map([...otherKinds, ...(own as readonly Entity[])].map((kind) => [kind.noun, kind])),
)

/** Of a customer's own file all goes but what totals and the way to the survivor of a merge need. */
const FILE_KEEPS = ['kind', 'lifecycle', 'lifecycleSince', 'ownerId', 'teamId', 'absorbed', 'mergedInto']

/** The fields of a kind that stay when its person is erased: facts that name, reach and describe nobody. */
export function keptFields(kind: Entity): string[] {
  if (kind.noun === 'customer') return FILE_KEEPS
  const shape = kind.fields()
  const all = shape instanceof z.ZodObject ? Object.keys(shape.shape) : []
  return all.filter((field) => !(kind.personal ?? []).includes(field))
}
