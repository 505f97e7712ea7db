import { placeOf } from '../../kernel/entity.ts'
import { keysOf } from '../../kernel/id.ts'
import { recordIn, sentinelKey } from '../../kernel/place.ts'
import type { Item, Table } from '../../kernel/table/table.ts'
import type { Finding, Kept, Kinds, Sorted } from './finding.ts'

/** I3: live records and the sentinels of their unique values match both ways. */

/** Keys of one read. */
const READ = 100

/** The unique values a record holds; none when it is in the bin or erased. */
export function valuesOf({ kind, item }: Pick<Kept, 'kind' | 'item'>): string[] {
  if (!kind.unique || item['deletedAt'] !== undefined || item['erasedAt'] !== undefined) return []
  return [...new Set(kind.unique.values(recordIn<string, Record<string, unknown>>(item)))]
}

/** Every record's values are held for it. A read unit a value. */
export async function held(table: Table, { records }: Sorted): Promise<Finding[]> {
  const wanted = records.flatMap((kept) => valuesOf(kept).map((value) => ({ key: sentinelKey(value), id: kept.id })))
  const findings: Finding[] = []
  for (let from = 0; from < wanted.length; from += READ) {
    const some = wanted.slice(from, from + READ)
    const there = await table.getAll(some.map(({ key }) => key))
    for (const [at, { key, id }] of some.entries()) {
      const holder = there[at]
      if (holder?.['id'] === id) continue
      if (holder) findings.push({ invariant: 'I3', id, words: `a unique value of it is held for ${String(holder['id'])}` })
      else
        findings.push({
          invariant: 'I3',
          id,
          words: 'nothing holds a unique value of it',
          mend: { writes: [{ put: { ...key, id }, if: { absent: true } }] },
        })
    }
  }
  return findings
}

/** A sentinel belongs to a live record that has its value. One read. */
export async function owned(table: Table, kinds: Kinds, sentinel: Item): Promise<Finding[]> {
  const id = String(sentinel['id'])
  const value = String(sentinel['pk']).slice('unique#'.length)
  const kind = kindOf(kinds, id)
  if (!kind) return [{ invariant: 'I3', id, words: 'a unique value is held for it, and there is no kind of record that it could be' }]
  const item = await table.get(placeOf(kind, id))
  if (item && valuesOf({ kind, item }).includes(value)) return []
  const write = { delete: { pk: String(sentinel['pk']), sk: String(sentinel['sk']) }, if: { equals: { id } } }
  return [{ invariant: 'I3', id, words: 'a unique value is held for it that it does not have', mend: { writes: [write] } }]
}

/** The kind an id is of. */
export function kindOf(kinds: Kinds, id: string) {
  const { prefix } = keysOf(id)
  return [...kinds.values()].find((kind) => kind.prefix === prefix)
}
