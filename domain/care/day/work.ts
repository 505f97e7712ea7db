import { MS_PER_DAY, type Day } from '../../kernel/clock.ts'
import { sayRhythm, type Replenishment } from '../../insight/recommendation/index.ts'
import type { WarningRecord } from '../../insight/warning/index.ts'
import type { DealRecord } from '../../sales/deal/index.ts'
import type { TicketRecord } from '../../service/ticket/index.ts'
import type { TaskRecord } from '../task/index.ts'
import type { Work } from './rank.ts'

/** Records of the areas as work that waits, from what lists show of them. */

type Row<R> = Partial<R> & { id: string }
export type Waiting = Work & { causedBy?: readonly string[] | undefined }

export function taskWork(row: Row<TaskRecord>): Waiting {
  return {
    kind: 'task',
    id: row.id,
    title: row.title ?? 'Task',
    reason: row.reason,
    dueAt: row.dueAt,
    priority: row.priority,
    valueAtStake: row.valueAtStake,
    escalated: row.escalatedAt !== undefined,
    ...(row.sourceId !== undefined && { causedBy: [row.sourceId] }),
  }
}

export function warningWork(row: Row<WarningRecord>): Waiting {
  return {
    kind: 'warning',
    id: row.id,
    title: 'This customer has gone quiet',
    reason: row.explanation,
    priority: row.severity,
    valueAtStake: row.valueAtStake,
    dueAt: row.raisedAt,
  }
}

export function ticketWork(row: Row<TicketRecord>): Waiting {
  const waits = row.lastMessageFrom === 'customer' ? 'the customer waits for an answer' : 'being worked on'
  const again = row.reopenedCount ? `, came back ${row.reopenedCount} ${row.reopenedCount === 1 ? 'time' : 'times'}` : ''
  return {
    kind: 'ticket',
    id: row.id,
    title: row.subject ?? 'Ticket',
    reason: `${row.state ?? 'open'}: ${waits}${again}`,
    priority: row.priority,
  }
}

/** Tickets in these states want something of us; a pending one waits for the customer. */
export const ACTIVE_TICKETS = ['new', 'open'] as const

/** A deal asks for attention when it closes within this time, or should have. Days. */
export const CLOSES_SOON_DAYS = 14

function sayClose(days: number): string {
  if (days < 0) return `should have closed ${-days} ${days === -1 ? 'day' : 'days'} ago`
  return days === 0 ? 'closes today' : `closes in ${days} ${days === 1 ? 'day' : 'days'}`
}

/** An open deal that is overdue, closes soon or does not move; undefined when it is on its way. */
export function dealWork(row: Row<DealRecord>, today: Day): Waiting | undefined {
  const days = row.expectedClose === undefined ? undefined : Math.round((Date.parse(row.expectedClose) - Date.parse(today)) / MS_PER_DAY)
  const soon = days !== undefined && days <= CLOSES_SOON_DAYS
  if (!soon && row.staleSince === undefined) return undefined
  const close = days !== undefined && soon ? [sayClose(days)] : []
  const stale = row.staleSince === undefined ? [] : [`in stage ${row.stage ?? ''} for too long since ${row.staleSince.slice(0, 10)}`]
  return {
    kind: 'deal',
    id: row.id,
    title: row.name ?? 'Deal',
    reason: [...close, ...stale].join('; '),
    valueAtStake: row.weighted ?? row.value,
    stale: row.staleSince !== undefined,
    ...(soon && row.expectedClose !== undefined && { dueAt: `${row.expectedClose}T23:59:59.999Z` }),
  }
}

/** A product that the customer will want again about now, by their own rhythm; named by the last purchase of it. */
export function offerWork(again: Replenishment): Waiting {
  const [id = ''] = again.records
  return {
    kind: 'offer',
    id,
    title: `Offer ${again.name ?? again.sku} again`,
    reason: sayRhythm(again),
    dueAt: `${again.dueDay}T23:59:59.999Z`,
    valueAtStake: again.price,
  }
}
