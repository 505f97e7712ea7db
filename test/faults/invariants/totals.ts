import { isDeepStrictEqual } from 'node:util'
import { saleOf, type Purchase } from '../../../domain/customer/purchase/index.ts'
import { historyOf, type History } from '../../../domain/customer/purchase/history.ts'
import { recordIn } from '../../../domain/kernel/place.ts'
import type { Finding, Kept, Snapshot } from './snapshot.ts'

/** I7: what is added up as it goes is what adding it all up gives. */

const SUMMED = ['firstDay', 'lastDay', 'x', 'repeatSpend', 'count', 'gross', 'returned', 'net', 'firstAt', 'lastAt'] as const

export function histories(snapshot: Snapshot, now: string): Finding[] {
  const purchases = Map.groupBy(
    snapshot.of('purchase').filter(({ item }) => !item['deletedAt']),
    ({ pk }) => snapshot.survivorOf(pk),
  )
  const histories = new Map(snapshot.of('history').map((one) => [one.pk, one]))
  const findings = [...histories].flatMap(([pk, kept]) => check(kept, purchases.get(pk) ?? [], now))
  for (const pk of purchases.keys())
    if (!histories.has(pk)) findings.push({ invariant: 'I7', words: `${pk} bought things, but has no history` })
  return findings
}

function check({ item, id }: Kept, purchases: readonly Kept[], now: string): Finding[] {
  const sales = purchases.map((one) => saleOf(recordIn<'purchase', Purchase>(one.item)))
  const made = historyOf(sales, now)
  const kept = item as unknown as History
  if (!made || item['deletedAt'])
    return made || !item['deletedAt']
      ? [{ invariant: 'I7', words: `${id} is ${item['deletedAt'] ? 'in the bin' : 'kept'} with ${sales.length} purchases` }]
      : []
  const wrong = SUMMED.find((name) => !isDeepStrictEqual(made[name], kept[name]))
  if (wrong) return [{ invariant: 'I7', words: `${id} says ${wrong} ${kept[wrong]}; its ${sales.length} purchases come to ${made[wrong]}` }]
  if (kept.yearNet < made.yearNet)
    return [{ invariant: 'I7', words: `${id} says at most ${kept.yearNet} was spent in a year; it was ${made.yearNet}` }]
  return []
}

/** Tickets count their messages. */
export function messages(snapshot: Snapshot): Finding[] {
  const byTicket = Map.groupBy(snapshot.of('message'), ({ id }) => id.slice(4, 44))
  return snapshot.of('ticket').flatMap(({ item, id }) => {
    const count = byTicket.get(id.slice(4))?.length ?? 0
    return count === item['messageCount']
      ? []
      : [{ invariant: 'I7', words: `${id} counts ${String(item['messageCount'])} messages; there are ${count}` }]
  })
}

/** What a purchase earned is posted once: its entries come to what stands of it, and all entries to the balance. */
export function points(snapshot: Snapshot): Finding[] {
  const live = (noun: string) => snapshot.of(noun).filter(({ item }) => item['erasedAt'] === undefined)
  const entries = live('points_entry').map(({ item, pk }) => ({
    pk,
    source: String(item['sourceId'] as string | undefined),
    points: Number(item['points']),
    meant: Number(item['points']) - Number(item['owed'] ?? 0),
  }))
  const [bySource, byFile] = [Map.groupBy(entries, ({ source }) => source), Map.groupBy(entries, ({ pk }) => pk)]
  const total = (some: readonly number[] = []): number => some.reduce((sum, one) => sum + one, 0)
  return [
    ...live('accrual').flatMap(({ item, id }): Finding[] => {
      const posted = total(bySource.get(String(item['purchaseId']))?.map(({ meant }) => meant))
      if (posted === item['standing']) return []
      return [{ invariant: 'I7', words: `of ${id} ${String(item['standing'])} points stand; its entries come to ${posted}` }]
    }),
    ...live('points').flatMap(({ item, id, pk }): Finding[] => {
      const balance = total(byFile.get(pk)?.map((one) => one.points))
      return balance === item['balance']
        ? []
        : [{ invariant: 'I7', words: `${id} has ${String(item['balance'])} points; its entries come to ${balance}` }]
    }),
  ]
}

/** What a visit and a resolved ticket cost is booked, as they are now; of what is in the bin the line is void. */
export function costs(snapshot: Snapshot): Finding[] {
  const lines = new Map(snapshot.of('cost').map(({ item }) => [String(item['sourceId']), item]))
  const causes = [
    ...snapshot.of('interaction').filter(({ item }) => item['kind'] === 'visit'),
    ...snapshot.of('ticket').filter(({ item }) => item['resolvedAt'] !== undefined),
  ].filter(({ item }) => item['erasedAt'] === undefined)
  return causes.flatMap(({ item, id }): Finding[] => {
    const line = lines.get(id)
    const { messages } = (line?.['basis'] ?? {}) as { messages?: number }
    if (item['deletedAt'] !== undefined)
      return line && line['void'] !== true ? [{ invariant: 'I7', words: `${id} is in the bin, and its cost still counts` }] : []
    if (!line || line['void'] === true) return [{ invariant: 'I7', words: `${id} is not booked as a cost` }]
    return item['messageCount'] === messages || line['timedByHand'] === true || item['noun'] !== 'ticket'
      ? []
      : [{ invariant: 'I7', words: `${id} has ${String(item['messageCount'])} messages and is booked with ${String(messages)}` }]
  })
}
