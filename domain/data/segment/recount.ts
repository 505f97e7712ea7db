import { isDeepStrictEqual } from 'node:util'
import type { Write } from '../../kernel/table/expression.ts'
import { facet } from '../../kernel/page.ts'
import { shardOf } from '../../kernel/table/shape.ts'
import type { Item, Table } from '../../kernel/table/table.ts'
import { isShown, type Standing } from './segment.ts'
import { COUNTERS, countPartition, member } from './segment.store.ts'

/** What is counted and noted of segments, held against what it is counted from. */

const PAGE = 1_000

/**
 * A segment's counters where they are not what counting its list gives. Half a read unit for some dozen members. Counters that move
 * while the list is read are of another moment than it, and tell nothing: they are looked at another time.
 */
export async function recounted(table: Table, segmentId: string): Promise<{ more: number; writes: Write[] } | undefined> {
  const before = await countersOf(table, segmentId)
  const made = new Map<string, number>()
  for (const stretch of facet(member, segmentId)) {
    let after: Item | undefined
    do {
      const page = await table.query({ ...stretch, limit: PAGE, ...(after && { after }) })
      for (const item of page.items) {
        const lane = laneOf(String((item['row'] as Item)['customerId']))
        made.set(lane, (made.get(lane) ?? 0) + 1)
      }
      after = page.last
    } while (after)
  }
  const pk = countPartition(segmentId)
  const there = await countersOf(table, segmentId)
  if (!isDeepStrictEqual(before, there)) return undefined
  const wrong = [...new Set([...made.keys(), ...there.keys()])].filter((lane) => (there.get(lane) ?? 0) !== (made.get(lane) ?? 0))
  if (wrong.length === 0) return undefined
  const sum = (of: ReadonlyMap<string, number>): number => [...of.values()].reduce((total, one) => total + one, 0)
  const writes = wrong.map(
    (lane): Write => ({ update: { pk, sk: lane }, set: { members: made.get(lane) ?? 0 }, if: { equals: { members: there.get(lane) } } }),
  )
  return { more: sum(there) - sum(made), writes }
}

async function countersOf(table: Table, segmentId: string): Promise<Map<string, number>> {
  const { items } = await table.query({ pk: countPartition(segmentId), limit: COUNTERS })
  return new Map(items.map((item) => [String(item['sk']), Number(item['members'])]))
}

const laneOf = (customerId: string): string => String(shardOf(customerId, COUNTERS))

/**
 * A customer's standings as their members show them: lists and counters follow the members, so these are believed, and the next
 * look at the rules finds what is true.
 * @param members of one customer, by the segment's own key, and whether each is in
 * @returns the standings as they ought to be; undefined when they are so
 */
export function standingsOf(
  standings: Readonly<Record<string, Standing>>,
  members: ReadonlyMap<string, boolean>,
): Record<string, Standing> | undefined {
  const keys = [...new Set([...Object.keys(standings), ...members.keys()])]
  const wrong = keys.filter((key) => isShown(standings[key]) !== (members.get(key) ?? false))
  if (wrong.length === 0) return undefined
  const made = { ...standings }
  for (const key of wrong)
    if (members.get(key)) made[key] = 'in'
    else delete made[key]
  return made
}
