import type { Reaction } from '../domain/kernel/event.ts'

/** Every consequence in the product, one line each: when this happens, that follows. */
export const reactions: readonly Reaction[] = []
