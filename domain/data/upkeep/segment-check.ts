import { keysOf } from '../../kernel/id.ts'
import type { Table } from '../../kernel/table/table.ts'
import { recounted, standingsOf } from '../segment/index.ts'
import type { Finding, Sorted } from './finding.ts'

/** I7 and I8 of segments: counters are what counting gives, and a customer stands where their members say. */

/** The counters of a segment. Reads its whole list. */
export async function counters(table: Table, { records }: Sorted): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { id, kind } of records) {
    const drift = kind.noun === 'segment' ? await recounted(table, id) : undefined
    if (drift)
      findings.push({ invariant: 'I7', id, words: `counts ${drift.more} members more than it has`, mend: { writes: drift.writes } })
  }
  return findings
}

/** A customer's standings and members. Pure, over one partition. */
export function standings({ records }: Sorted): Finding[] {
  const live = records.filter(({ item }) => item['deletedAt'] === undefined && item['erasedAt'] === undefined)
  const clock = records.find(({ kind }) => kind.noun === 'segment_clock')
  if (clock?.item['erasedAt'] !== undefined) return []
  const members = live.filter(({ kind }) => kind.noun === 'segment_member')
  if (!clock) {
    const [first] = members.filter(({ item }) => item['state'] === 'in')
    return first ? [{ invariant: 'I8', id: first.id, words: 'is in a segment, and no clock knows of it' }] : []
  }
  const made = standingsOf(
    clock.item['standings'] as Parameters<typeof standingsOf>[0],
    new Map(members.map(({ id, item }) => [keysOf(id).second, item['state'] === 'in'])),
  )
  if (!made) return []
  return [{ invariant: 'I8', id: clock.id, words: 'stands in other segments than its members', mend: { fields: { standings: made } } }]
}
