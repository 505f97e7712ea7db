import type { Write } from '../kernel/table/expression.ts'
import type { Item, Key } from '../kernel/table/table.ts'

/**
 * What is left of something limited: a reward's stock, an occasion's seats. A counter beside its record, moved by
 * additions that carry a condition, in the transaction of whatever takes from it: never below nothing, and no two
 * takers wait for one another's version.
 */
export interface Allotment {
  left: number
  /** Those who wait for some. */
  waiting: number
}

/** Where the counter of a record is. @param record where the record is */
export const allotmentPlace = (record: Key): Key => ({ pk: record.pk, sk: 'left' })

export function allotmentIn(item: Item | undefined): Allotment {
  return { left: Number(item?.['left'] ?? 0), waiting: Number(item?.['waiting'] ?? 0) }
}

/** Makes the counter, with its record. */
export function opened(record: Key, left: number): Write {
  return { put: { ...allotmentPlace(record), left, waiting: 0 }, if: { absent: true } }
}

/**
 * Moves the counter. What is taken must be there.
 * @param must what must hold besides: nobody waits, nothing is left, somebody waits
 */
export function moved(record: Key, by: { left?: number; waiting?: number }, must: { waiting?: 0; left?: 0; waits?: true } = {}): Write {
  const { left = 0, waiting = 0 } = by
  return {
    update: allotmentPlace(record),
    add: { ...(left !== 0 && { left }), ...(waiting !== 0 && { waiting }) },
    if: {
      equals: { ...(must.waiting !== undefined && { waiting: 0 }), ...(must.left !== undefined && { left: 0 }) },
      atLeast: { ...(left < 0 && { left: -left }), ...((waiting < 0 || must.waits) && { waiting: Math.max(1, -waiting) }) },
      present: true,
    },
  }
}
