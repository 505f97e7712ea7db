import { isDeepStrictEqual } from 'node:util'
import { recomputed, type Posting } from '../../care/points/index.ts'
import { historyOf, saleOf, type History, type Purchase } from '../../customer/purchase/index.ts'
import type { Instant } from '../../kernel/clock.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Item } from '../../kernel/table/table.ts'
import type { Finding, Kept, Sorted } from './finding.ts'

/** I7: what is added up as it goes is what adding it all up gives. Pure, over one customer's partition. */
export function sums(sorted: Sorted, now: Instant): Finding[] {
  return [...history(sorted, now), ...points(sorted), ...costs(sorted), ...messages(sorted)]
}

const of = ({ records }: Sorted, noun: string): Kept[] => records.filter(({ kind }) => kind.noun === noun)

const SUMMED = ['firstDay', 'lastDay', 'x', 'repeatSpend', 'count', 'gross', 'returned', 'net', 'firstAt', 'lastAt'] as const

function history(sorted: Sorted, now: Instant): Finding[] {
  const [kept] = of(sorted, 'history')
  const live = [...of(sorted, 'purchase').map(({ item }) => item), ...sorted.piece.beside].filter((item) => !item['deletedAt'])
  if (!kept) return live.length === 0 || isAbsorbed(sorted) ? [] : missing(sorted)
  // The purchases of an absorbed file count with the survivor.
  if (kept.item['mergedInto'] !== undefined) return []
  const { id, item } = kept
  const made = historyOf(
    live.map((one) => saleOf(recordIn<'purchase', Purchase>(one))),
    now,
  )
  if (!made)
    return item['deletedAt'] ? [] : [{ invariant: 'I7', id, words: 'there are no purchases', mend: { fields: { deletedAt: now } } }]
  const is = item as unknown as History
  const wrong = item['deletedAt'] ? 'deletedAt' : SUMMED.find((name) => !isDeepStrictEqual(made[name], is[name]))
  const short = is.yearNet < made.yearNet ? 'yearNet' : undefined
  if (!wrong && !short) return []
  const words = `${String(wrong ?? short)} differs from what its ${live.length} purchases come to`
  return [{ invariant: 'I7', id, words, mend: { fields: { ...made, deletedAt: null } } }]
}

const isAbsorbed = (sorted: Sorted): boolean => of(sorted, 'customer').some(({ item }) => item['mergedInto'] !== undefined)
const missing = ({ piece }: Sorted): Finding[] => [{ invariant: 'I7', id: piece.pk, words: 'bought things, but has no history' }]

function points(sorted: Sorted): Finding[] {
  const [kept] = of(sorted, 'points')
  const entries = of(sorted, 'points_entry')
  if (!kept) return entries.length === 0 ? [] : [{ invariant: 'I7', id: sorted.piece.pk, words: 'has entries of points, but no account' }]
  const ledger = entries.map(({ item }) => ({ ...(item as unknown as Posting), owed: Number(item['owed'] ?? 0) }))
  const made = recomputed(ledger)
  const wrong = (['balance', 'owed', 'lots', 'totals'] as const).find((name) => !isDeepStrictEqual(made[name], kept.item[name]))
  if (!wrong) return []
  const words = `${wrong} differs from what its ${entries.length} entries come to`
  return [{ invariant: 'I7', id: kept.id, words, mend: { fields: { ...made } } }]
}

type Sums = Record<string, number>

/** By kind, since what is old is added up without its month. */
function costs(sorted: Sorted): Finding[] {
  const [kept] = of(sorted, 'costs')
  const made: Sums = {}
  for (const { item } of of(sorted, 'cost')) if (!item['deletedAt']) add(made, String(item['kind']), item['void'] ? 0 : amountIn(item))
  const is: Sums = {}
  for (const month of [...Object.values((kept?.item['months'] ?? {}) as Record<string, Sums>), (kept?.item['earlier'] ?? {}) as Sums])
    for (const [kind, amount] of Object.entries(month)) add(is, kind, amount)
  const wrong = [...new Set([...Object.keys(made), ...Object.keys(is)])].find((kind) => (made[kind] ?? 0) !== (is[kind] ?? 0))
  return wrong === undefined
    ? []
    : [{ invariant: 'I7', id: kept?.id ?? sorted.piece.pk, words: `${wrong} differs from what its lines come to` }]
}

const amountIn = (item: Item): number => Number((item['amount'] as { amount?: number } | undefined)?.amount ?? 0)
function add(to: Sums, name: string, by: number): void {
  to[name] = (to[name] ?? 0) + by
}

/** Tickets count their messages, whose keys begin with the ticket's. */
function messages(sorted: Sorted): Finding[] {
  const counts = new Map<string, number>()
  for (const { id } of of(sorted, 'message')) {
    const ticket = `tic_${id.slice(4, 44)}`
    counts.set(ticket, (counts.get(ticket) ?? 0) + 1)
  }
  return of(sorted, 'ticket').flatMap(({ id, item }): Finding[] => {
    const count = counts.get(id) ?? 0
    if (count === item['messageCount']) return []
    return [{ invariant: 'I7', id, words: 'messageCount differs from its messages', mend: { fields: { messageCount: count } } }]
  })
}
