import type { Instant } from '../../kernel/clock.ts'
import type { Table } from '../../kernel/table/table.ts'
import { sorted, type Finding, type Kinds, type Piece } from './finding.ts'
import { emptied, keysAndRow, log } from './record-check.ts'
import { held, owned } from './sentinel-check.ts'
import { counters, standings } from './segment-check.ts'
import { sums } from './sum-check.ts'
import { pieceOf } from './walk.ts'

/**
 * What is not as it must be in one partition. A walk over a table in use sees a moment of each item, so what looks wrong is
 * read again, strongly, and counts only when it still does.
 */
export async function inspect(table: Table, kinds: Kinds, piece: Piece, now: Instant): Promise<Finding[]> {
  const first = await look(table, kinds, piece, now)
  if (first.length === 0) return []
  const again = piece.whole ? await pieceOf(table, piece.pk) : undefined
  const second = again ? await look(table, kinds, again, now) : first
  const seen = new Set(first.map(nameOf))
  return second.filter((one) => seen.has(nameOf(one)))
}

const nameOf = ({ invariant, id, words }: Finding): string => `${invariant} ${id} ${words}`

/** The same at one look: for a table at rest. */
export async function look(table: Table, kinds: Kinds, piece: Piece, now: Instant): Promise<Finding[]> {
  const [only] = piece.items
  if (piece.pk.startsWith('unique#')) return only ? owned(table, kinds, only) : []
  const all = sorted(kinds, piece)
  if (all.records.length === 0) return []
  const erased = piece.items.some((item) => item['sk'] === '!customer' && item['erasedAt'] !== undefined)
  return [
    ...all.records.flatMap((kept) => [...keysAndRow(kept), ...emptied(kept, erased)]),
    ...(piece.whole
      ? [...all.records.flatMap((kept) => log(kept, all.log.get(kept.id) ?? [], now)), ...sums(all, now), ...standings(all)]
      : []),
    ...(await held(table, all)),
    ...(await counters(table, all)),
  ]
}
