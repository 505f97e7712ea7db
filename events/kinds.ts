import type { Kind } from '../domain/kernel/event.ts'
import { entities } from '../domain/index.ts'

/** Written in by the build (infra/bundle.ts) as JSON, so that the stream's functions need not carry every module to know its kinds. */
declare const KINDS: string

/** What the stream's consumers know of each kind of record: its noun, and the fields whose values no event tells. */
export const kinds: ReadonlyMap<string, Kind> =
  typeof KINDS === 'string' ? new Map((JSON.parse(KINDS) as Kind[]).map((kind) => [kind.noun, kind])) : entities
