import { inLanes as inSome } from '../../kernel/lanes.ts'

/** Customers looked at at once. */
const LANES = 8

/** Does work for each, a few at a time. */
export const inLanes = <T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> => inSome(all, LANES, work)
