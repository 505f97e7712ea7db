import { timeOfKey, keysOf } from '../../kernel/id.ts'
import { sayMoney, type Money } from '../../kernel/money.ts'
import type { Item } from '../../kernel/table/table.ts'

/** One line of a customer's timeline. */
export interface Entry {
  kind: string
  id: string
  at: string
  title: string
  summary?: string
  byId?: string
}

/** How a kind of record reads on the timeline. */
interface Reading {
  noun: string
  /** Whether it belongs there at all. */
  shown?(item: Item): boolean
  title(item: Item): string | undefined
  summary(item: Item): string | undefined
}

const text = (item: Item, ...fields: string[]): string | undefined => {
  for (const field of fields) {
    const value = item[field]
    if (typeof value === 'string' && value !== '') return value
  }
  return undefined
}
const words = (slug: string | undefined): string | undefined => slug && slug.charAt(0).toUpperCase() + slug.slice(1).replaceAll('_', ' ')
const joined = (...parts: (string | undefined)[]): string | undefined => parts.filter(Boolean).join(' · ') || undefined

/**
 * The kinds of records that tell a customer's story. Areas that come later are named by how their records are kept, since
 * this one must not know them: all they share is a place in the customer's partition, in the order of their keys' time.
 */
export const readings: readonly Reading[] = [
  {
    noun: 'interaction',
    title: (item) => text(item, 'subject') ?? words(text(item, 'kind')),
    summary: (item) => joined(words(text(item, 'outcome')), text(item, 'body')),
  },
  { noun: 'purchase', title: (item) => `Purchase ${orderOf(item)}`, summary: (item) => joined(paid(item), text(item, 'channel')) },
  {
    noun: 'ticket',
    title: (item) => text(item, 'subject', 'title'),
    summary: (item) => joined(words(text(item, 'state')), words(text(item, 'priority'))),
  },
  {
    noun: 'deal',
    title: (item) => text(item, 'name', 'title'),
    summary: (item) => joined(words(text(item, 'state')), moneyIn(item['value'])),
  },
  {
    noun: 'task',
    shown: (item) => item['state'] === 'done',
    title: (item) => text(item, 'title'),
    summary: (item) => words(text(item, 'outcome')),
  },
]

function orderOf(item: Item): string {
  const order = item['orderId']
  return typeof order === 'object' && order !== null && 'id' in order ? String(order.id) : ''
}

function paid(item: Item): string | undefined {
  const amount = moneyIn(item['amount'])
  return Number(item['returned'] ?? 0) > 0 ? joined(amount, 'partly or all returned') : amount
}

function moneyIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('amount' in value) || !('currency' in value)) return undefined
  const money: Money = { amount: Number(value.amount), currency: String(value.currency) }
  return sayMoney(money)
}

const LONGEST_SUMMARY = 200

/** A record as the timeline shows it; undefined when it does not belong there. */
export function entryOf(item: Item): Entry | undefined {
  const reading = readings.find((one) => one.noun === item['noun'])
  if (!reading || item['deletedAt'] || !(reading.shown?.(item) ?? true)) return undefined
  const id = String(item['id'])
  const summary = reading.summary(item)
  const byId = text(item, 'byId', 'ownerId', 'assigneeId')
  return {
    kind: reading.noun,
    id,
    at: new Date(timeOfKey(keysOf(id).second)).toISOString(),
    title: reading.title(item) ?? words(reading.noun) ?? '',
    ...(summary !== undefined && { summary: cut(summary) }),
    ...(byId !== undefined && { byId }),
  }
}

/** A text's beginning, never half of a character. */
function cut(summary: string): string {
  return summary.length <= LONGEST_SUMMARY
    ? summary
    : `${summary
        .slice(0, LONGEST_SUMMARY - 1)
        .toWellFormed()
        .replace(/\uFFFD$/, '')}…`
}
