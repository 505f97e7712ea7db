import type { Projection } from '../domain/kernel/event.ts'

/** Everything the table's stream keeps up to date, one line each. */
export const projections: readonly Projection[] = []
