import { keyNames, type IndexName } from '../../../domain/kernel/table/shape.ts'
import { type Base } from './base.ts'
import type { Aliases } from './evaluate.ts'
import { nameOf } from './keys.ts'
import type { Range, Row } from './partitions.ts'
import { keyRange } from './range.ts'
import { invalid, type Stored } from './refusal.ts'
import { compareTexts, itemSize } from './value.ts'

/** A query as a request asks for it. */
export interface Question extends Aliases {
  TableName?: string | undefined
  IndexName?: string | undefined
  KeyConditionExpression?: string | undefined
  Limit?: number | undefined
  ScanIndexForward?: boolean | undefined
  ConsistentRead?: boolean | undefined
  ExclusiveStartKey?: Stored | undefined
}

export interface Page {
  items: Stored[]
  last?: Stored
  /** Bytes read. */
  size: number
}

/** Bytes of one page. */
const LARGEST_PAGE = 1024 * 1024

/** Answers a query. @throws ValidationException */
export function answer(base: Base, asked: Question): Page {
  const index = asked.IndexName === undefined ? undefined : indexNamed(base, asked.IndexName)
  if (index && asked.ConsistentRead) throw invalid('Consistent reads are not supported on global secondary indexes')
  if (asked.Limit !== undefined && asked.Limit < 1)
    throw invalid(
      "1 validation error detected: Value at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
    )
  const names = keyNames[index?.name ?? 'base']
  const { partition, range } = keyRange(asked, names)
  const descending = asked.ScanIndexForward === false
  const start = asked.ExclusiveStartKey && startOf(asked.ExclusiveStartKey, names, partition, range)
  index?.catchUp(base.now())
  const rows = index
    ? index.rows.range(partition, range, descending)
    : baseRows(base, partition, range, descending, asked.ConsistentRead === true)
  return cutPage(base, rows, { limit: asked.Limit, start, given: asked.ExclusiveStartKey, descending, names, index: index?.name, range })
}

function indexNamed(base: Base, name: string) {
  const index = base.indexes.get(name as IndexName)
  if (!index) throw invalid(`The table does not have the specified index: ${name}`)
  return index
}

/** Rows of the base, or, for an eventual read, as they were a moment ago. */
function baseRows(base: Base, partition: string, range: Range, descending: boolean, consistent: boolean): Iterable<Row> {
  const lag = consistent ? 0 : (base.circumstances.replicaLag?.() ?? 0)
  const past = lag > 0 ? [...base.recent.since(base.now() - lag).values()].filter(({ place }) => place.pk === partition) : []
  if (past.length === 0) return base.rows.range(partition, range, descending)
  const changed = new Set(past.map(({ place }) => nameOf(place)))
  const unchanged = [...base.rows.range(partition, range)].filter((row) => !changed.has(nameOf({ pk: partition, sk: row.sort })))
  const then = past.flatMap(({ place, before }) => (before && within(place.sk, range) ? [{ sort: place.sk, tie: '', item: before }] : []))
  const rows = [...unchanged, ...then].sort((a, b) => compareTexts(a.sort, b.sort))
  return descending ? rows.reverse() : rows
}

function within(sort: string, { from, to, begins }: Range): boolean {
  if (begins !== undefined) return sort.startsWith(begins)
  const [low, high] = [from ? compareTexts(sort, from.key) : 1, to ? compareTexts(sort, to.key) : -1]
  return (from?.without ? low > 0 : low >= 0) && (to?.without ? high < 0 : high <= 0)
}

interface Cut {
  limit: number | undefined
  start: { sort: string; tie: string } | undefined
  given: Stored | undefined
  range: Range
  descending: boolean
  names: { pk: string; sk: string }
  index: IndexName | undefined
}

function cutPage(base: Base, rows: Iterable<Row>, cut: Cut): Page {
  const { limit, start, given, descending, names, index } = cut
  const most = limit === undefined ? Infinity : Math.min(limit, base.circumstances.pageEnd?.(limit) ?? limit)
  const page: Page = { items: [], size: 0 }
  let before: Stored | undefined
  for (const row of rows) {
    if (start && !isPast(row, start, descending)) continue
    const size = itemSize(row.item)
    if (page.items.length >= most || page.size + size > LARGEST_PAGE) {
      const last = before ?? given ?? justBefore(row, cut)
      if (last) return { ...page, last }
    }
    page.items.push(row.item)
    page.size += size
    before = keyIn(row.item, names, index)
  }
  const full = limit !== undefined && page.items.length === limit
  const end = index === undefined && (descending ? cut.range.from : cut.range.to)
  const ended = end && !end.without && !cut.range.exact && before?.[names.sk]?.S === end.key
  return full && before && !ended ? { ...page, last: before } : page
}

/** A key from which an empty first page goes on: no item has it, and the first one comes after it. */
function justBefore(row: Row, { range, descending, names, index }: Cut): Stored | undefined {
  const sort = row.sort.slice(0, -1)
  return !descending && sort !== '' && within(sort, range) ? { ...keyIn(row.item, names, index), [names.sk]: { S: sort } } : undefined
}

function isPast(row: Row, start: { sort: string; tie: string }, descending: boolean): boolean {
  const at = compareTexts(row.sort, start.sort) || compareTexts(row.tie, start.tie)
  return descending ? at < 0 : at > 0
}

function keyIn(item: Stored, names: { pk: string; sk: string }, index: IndexName | undefined): Stored {
  const key: Stored = {}
  const { base } = keyNames
  for (const name of index ? [base.pk, base.sk, names.pk, names.sk] : [base.pk, base.sk]) if (item[name]) key[name] = item[name]
  return key
}

function startOf(key: Stored, names: { pk: string; sk: string }, partition: string, range: Range): { sort: string; tie: string } {
  const wanted = new Set([keyNames.base.pk, keyNames.base.sk, names.pk, names.sk])
  const [sort, pk, sk] = [key[names.sk]?.S, key[keyNames.base.pk]?.S, key[keyNames.base.sk]?.S]
  const complete = Object.keys(key).length === wanted.size && Object.keys(key).every((name) => wanted.has(name))
  if (!complete || sort === undefined || pk === undefined || sk === undefined) throw invalid('The provided starting key is invalid')
  if (key[names.pk]?.S !== partition || !within(sort, range))
    throw invalid('The provided starting key is outside query boundaries based on provided conditions')
  return { sort, tie: names.pk === keyNames.base.pk ? '' : nameOf({ pk, sk }) }
}
