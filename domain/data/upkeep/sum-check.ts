import { isDeepStrictEqual } from 'node:util'
import { points as account, recomputed, type Posting } from '../../care/points/index.ts'
import { history as historyKind, historyOf, saleOf, type History, type Purchase } from '../../customer/purchase/index.ts'
import { costTotals, noTotals, withCost, type Cost } from '../../insight/cost/index.ts'
import type { Instant } from '../../kernel/clock.ts'
import type { Entity } from '../../kernel/entity.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Item } from '../../kernel/table/table.ts'
import type { Finding, Kept, Mend, Sorted } from './finding.ts'

/** I7: what is added up as it goes is what adding it all up gives. Pure, over one customer's partition. */
export function sums(sorted: Sorted, now: Instant): Finding[] {
  return [...history(sorted, now), ...points(sorted), ...costs(sorted, now), ...messages(sorted)]
}

const of = ({ records }: Sorted, noun: string): Kept[] => records.filter(({ kind }) => kind.noun === noun)

const SUMMED = ['firstDay', 'lastDay', 'x', 'repeatSpend', 'count', 'gross', 'returned', 'net', 'firstAt', 'lastAt'] as const

function history(sorted: Sorted, now: Instant): Finding[] {
  const [kept] = of(sorted, 'history')
  const live = [...of(sorted, 'purchase').map(({ item }) => item), ...sorted.piece.beside].filter((item) => !item['deletedAt'])
  if (!kept) return live.length === 0 || isAbsorbed(sorted) ? [] : missing(sorted, salesIn(live), now)
  // The purchases of an absorbed file count with the survivor.
  if (kept.item['mergedInto'] !== undefined) return []
  const { id, item } = kept
  const made = historyOf(salesIn(live), now)
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
const salesIn = (purchases: readonly Item[]) => purchases.map((one) => saleOf(recordIn<'purchase', Purchase>(one)))

/** Whose purchases a file that absorbed others counts only its own history says. */
function missing(sorted: Sorted, sales: ReturnType<typeof salesIn>, now: Instant): Finding[] {
  const made = historyOf(sales, now)
  const alone = of(sorted, 'customer').every(({ item }) => item['absorbed'] === undefined)
  const mend = made && alone ? anew(sorted, historyKind as unknown as Entity, { ...made }) : {}
  return [{ invariant: 'I7', id: sorted.piece.pk, words: 'bought things, but has no history', ...mend }]
}

/** A single made anew, which goes on where its log ended; not of somebody erased. */
function anew(sorted: Sorted, kind: Entity, fields: Item): { mend?: Mend } {
  if (of(sorted, 'customer').some(({ item }) => item['erasedAt'] !== undefined)) return {}
  const customerId = `cus_${sorted.piece.pk.slice('customer#'.length)}`
  const last = sorted.log.get(kind.id('', customerId))?.at(-1)?.version ?? 0
  return { mend: { single: { kind, customerId, version: last + 1, fields } } }
}

function points(sorted: Sorted): Finding[] {
  const [kept] = of(sorted, 'points')
  const entries = of(sorted, 'points_entry')
  const ledger = entries.map(({ item }) => ({ ...(item as unknown as Posting), owed: Number(item['owed'] ?? 0) }))
  const made = recomputed(ledger)
  if (!kept) {
    const latest = entries.toSorted((a, b) => Number(a.item['number']) - Number(b.item['number'])).at(-1)?.item
    if (!latest) return []
    // Due at once: the first look sets the right time, and takes away what has expired.
    const mend = anew(sorted, account as unknown as Entity, { ...made, last: latest['number'], lastAt: latest['at'], dueAt: latest['at'] })
    return [{ invariant: 'I7', id: sorted.piece.pk, words: 'has entries of points, but no account', ...mend }]
  }
  const wrong = (['balance', 'owed', 'lots', 'totals'] as const).find((name) => !isDeepStrictEqual(made[name], kept.item[name]))
  if (!wrong) return []
  const words = `${wrong} differs from what its ${entries.length} entries come to`
  return [{ invariant: 'I7', id: kept.id, words, mend: { fields: { ...made } } }]
}

type Sums = Record<string, number>

/** By kind, since what is old is added up without its month. */
function costs(sorted: Sorted, now: Instant): Finding[] {
  const [kept] = of(sorted, 'costs')
  const made: Sums = {}
  for (const { item } of of(sorted, 'cost')) if (!item['deletedAt']) add(made, String(item['kind']), item['void'] ? 0 : amountIn(item))
  const is: Sums = {}
  for (const month of [...Object.values((kept?.item['months'] ?? {}) as Record<string, Sums>), (kept?.item['earlier'] ?? {}) as Sums])
    for (const [kind, amount] of Object.entries(month)) add(is, kind, amount)
  const wrong = [...new Set([...Object.keys(made), ...Object.keys(is)])].sort().find((kind) => (made[kind] ?? 0) !== (is[kind] ?? 0))
  if (wrong === undefined) return []
  const fields = { ...summed(sorted, now) }
  const mend = kept ? { mend: { fields } } : anew(sorted, costTotals as unknown as Entity, fields)
  return [{ invariant: 'I7', id: kept?.id ?? sorted.piece.pk, words: `${wrong} differs from what its lines come to`, ...mend }]
}

/** What the lines come to, by month. */
function summed(sorted: Sorted, now: Instant) {
  const lines = of(sorted, 'cost').filter(({ item }) => !item['deletedAt'] && !item['void'])
  return lines.reduce((sums, { item }) => {
    const { kind, month } = recordIn<'cost', Cost>(item)
    return withCost(sums, { kind, month }, amountIn(item), now.slice(0, 7))
  }, noTotals)
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
