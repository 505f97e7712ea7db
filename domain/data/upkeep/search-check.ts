import { later, type Instant } from '../../kernel/clock.ts'
import { placeOf } from '../../kernel/entity.ts'
import { keysOf } from '../../kernel/id.ts'
import type { Table } from '../../kernel/table/table.ts'
import { astray, ghosts, isSearched } from '../search/index.ts'
import type { Finding, Kinds, Piece } from './finding.ts'
import { LOG_MS } from './record-check.ts'

/** I8 of search: it finds every record by what it says and by nothing else. */

/** Records of a customer that search does not hold as they say. */
export async function searchable(table: Table, { items }: Piece, now: Instant): Promise<Finding[]> {
  if (!isSearched(items)) return []
  const found = await astray({ table }, items, later(now, -LOG_MS))
  return found.map(({ id, place, words }) => ({ invariant: 'I8', id, words, mend: { indexed: place } }))
}

/** Rows of search by which something is found that is not there, or by what it does not say. */
export async function haunted(table: Table, kinds: Kinds, { items }: Piece, now: Instant): Promise<Finding[]> {
  const placeOfId = (id: string) => {
    const { prefix } = keysOf(id)
    const kind = [...kinds.values()].find((one) => one.prefix === prefix)
    return kind?.is(id) ? placeOf(kind, id) : undefined
  }
  const found = await ghosts({ table }, items, placeOfId, later(now, -LOG_MS))
  return found.map(({ id, pk, sk }) => ({
    invariant: 'I8',
    id,
    words: 'search has a row of it that it is not to be found by',
    mend: { writes: [{ delete: { pk, sk } }] },
  }))
}
