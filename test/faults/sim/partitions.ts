import type { Stored } from './refusal.ts'
import { compareTexts } from './value.ts'

/** An item in its place: sorted by the sort key, in an index among equals by the base key. */
export interface Row {
  readonly sort: string
  readonly tie: string
  readonly item: Stored
}

/** Which sort keys are asked for. */
export interface Range {
  from?: { key: string; without?: boolean }
  to?: { key: string; without?: boolean }
  begins?: string
  /** Exactly the one key that both ends are. */
  exact?: true
}

function order(row: Row, sort: string, tie: string): number {
  return compareTexts(row.sort, sort) || compareTexts(row.tie, tie)
}

/** Items by partition key, each partition in order. */
export class Partitions {
  readonly #rows = new Map<string, Row[]>()
  /** How often a partition came to be or ceased. */
  turns = 0

  get size(): number {
    let size = 0
    for (const rows of this.#rows.values()) size += rows.length
    return size
  }
  get(partition: string, sort: string, tie = ''): Stored | undefined {
    const rows = this.#rows.get(partition)
    const row = rows?.[this.#place(rows, sort, tie)]
    return row && order(row, sort, tie) === 0 ? row.item : undefined
  }
  put(partition: string, sort: string, tie: string, item: Stored): void {
    let rows = this.#rows.get(partition)
    if (!rows) {
      this.#rows.set(partition, (rows = []))
      this.turns++
    }
    const place = this.#place(rows, sort, tie)
    const there = rows[place]
    const same = there !== undefined && order(there, sort, tie) === 0
    rows.splice(place, same ? 1 : 0, { sort, tie, item })
  }
  delete(partition: string, sort: string, tie = ''): void {
    const rows = this.#rows.get(partition)
    if (!rows) return
    const place = this.#place(rows, sort, tie)
    const there = rows[place]
    if (there && order(there, sort, tie) === 0) rows.splice(place, 1)
    if (rows.length === 0) {
      this.#rows.delete(partition)
      this.turns++
    }
  }
  /** Rows of a partition in a range, in order or from its end. */
  *range(partition: string, range: Range, descending = false): Generator<Row> {
    const rows = this.#rows.get(partition) ?? []
    if (descending) {
      for (let at = rows.length - 1; at >= 0; at--) {
        const row = rows[at]
        if (!row || isBefore(row, range)) return
        if (!isAfter(row, range)) yield row
      }
      return
    }
    const first = range.begins ?? range.from?.key
    for (let at = first === undefined ? 0 : this.#place(rows, first, ''); at < rows.length; at++) {
      const row = rows[at]
      if (!row || isAfter(row, range)) return
      if (!isBefore(row, range)) yield row
    }
  }
  /** Everything, partition by partition, in the order the partitions came to be. */
  *all(): Generator<Row & { partition: string }> {
    for (const [partition, rows] of this.#rows) for (const row of rows) yield { partition, ...row }
  }
  names(): Iterable<string> {
    return this.#rows.keys()
  }
  /** Where a row stands or would stand. */
  #place(rows: readonly Row[], sort: string, tie: string): number {
    let [low, high] = [0, rows.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const row = rows[middle]
      if (row && order(row, sort, tie) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

function isBefore({ sort }: Row, { from, begins }: Range): boolean {
  if (begins !== undefined) return compareTexts(sort, begins) < 0
  if (!from) return false
  const at = compareTexts(sort, from.key)
  return from.without ? at <= 0 : at < 0
}

function isAfter({ sort }: Row, { to, begins }: Range): boolean {
  if (begins !== undefined) return compareTexts(sort, begins) > 0 && !sort.startsWith(begins)
  if (!to) return false
  const at = compareTexts(sort, to.key)
  return to.without ? at >= 0 : at > 0
}
