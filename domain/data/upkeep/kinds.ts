import { once } from '../../kernel/action.ts'
import type { Entity } from '../../kernel/entity.ts'
import { otherKinds } from '../kinds.ts'
import { archive, erasure } from '../privacy/index.ts'
import { inspection } from './inspection.store.ts'

const own: readonly Pick<Entity, 'noun' | 'prefix' | 'home'>[] = [inspection, archive, erasure]

/** Every kind of record there is, by noun. */
export const allKinds = once(
  (): ReadonlyMap<string, Entity> => new Map([...otherKinds, ...(own as readonly Entity[])].map((kind) => [kind.noun, kind])),
)
