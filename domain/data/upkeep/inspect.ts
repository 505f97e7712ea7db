import type { Instant } from '../../kernel/clock.ts'
import type { Item, Table } from '../../kernel/table/table.ts'
import { sorted, type Finding, type Kinds, type Piece } from './finding.ts'
import { emptied, gone, keysAndRow, leftBeside, log } from './record-check.ts'
import { isIndex } from '../search/index.ts'
import { haunted, searchable } from './search-check.ts'
import { held, owned } from './sentinel-check.ts'
import { counters, standings } from './segment-check.ts'
import { sums } from './sum-check.ts'
import { pieceOf } from './walk.ts'

/**
 * What is not as it must be in one partition. A walk over a table in use sees a moment of each item, so what looks wrong is
 * read again, strongly, and counts only when something of the same kind still is wrong with the same record.
 */
export async function inspect(table: Table, kinds: Kinds, piece: Piece, now: Instant): Promise<Finding[]> {
  const first = await look(table, kinds, piece, now)
  if (first.length === 0) return []
  const second = await look(
    table,
    kinds,
    (piece.whole ? await pieceOf(table, piece.pk) : undefined) ?? (await readAgain(table, piece)),
    now,
  )
  const seen = new Set(first.map(nameOf))
  return second.filter((one) => seen.has(nameOf(one)))
}

/** The same items of a partition too large to be looked at whole, as they are now. */
async function readAgain(table: Table, piece: Piece): Promise<Piece> {
  const items: Item[] = []
  for (let from = 0; from < piece.items.length; from += READ) {
    const keys = piece.items.slice(from, from + READ).map((item) => ({ pk: piece.pk, sk: String(item['sk']) }))
    items.push(...(await table.getAll(keys)).filter((item) => item !== undefined))
  }
  return { ...piece, items, whole: false }
}

/** Keys of one read. */
const READ = 100

const nameOf = ({ invariant, id }: Finding): string => `${invariant} ${id}`

/** The same at one look: for a table at rest. */
export async function look(table: Table, kinds: Kinds, piece: Piece, now: Instant): Promise<Finding[]> {
  const [only] = piece.items
  if (piece.pk.startsWith('unique#')) return only ? owned(table, kinds, only) : []
  if (isIndex(piece.pk)) return haunted(table, kinds, piece, now)
  const all = sorted(kinds, piece)
  if (all.records.length === 0) return piece.whole ? gone(all) : []
  const erased = piece.items.find((item) => item['sk'] === '!customer' && item['erasedAt'] !== undefined)
  return [
    ...(erased ? leftBeside(String(erased['id']), piece.items) : []),
    ...all.records.flatMap((kept) => [...keysAndRow(kept), ...emptied(kept, erased !== undefined)]),
    ...(piece.whole
      ? [...all.records.flatMap((kept) => log(kept, all.log.get(kept.id) ?? [], now)), ...gone(all), ...sums(all, now), ...standings(all)]
      : []),
    ...(piece.whole ? await searchable(table, piece, now) : []),
    ...(await held(table, all)),
    ...(await counters(table, all)),
  ]
}
