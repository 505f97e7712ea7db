import * as z from 'zod'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import { keysOf } from '../../kernel/id.ts'
import type { Stretch } from '../../kernel/page.ts'
import { namesOf } from '../../customer/customer/index.ts'
import { dueAt, messageShape, priorities, recordShape, type Priority } from './ticket.ts'

/** A priority as lists sort it, most urgent first. */
export const rankOf = (priority: Priority): string => String(priorities.indexOf(priority))

/** Priority, then age: the time in the ticket's own key. */
const orderOf = (priority: Priority, id: string): string => `${rankOf(priority)}#${keysOf(id).second.slice(0, 8)}`

/** A customer's question or problem, and the conversation about it. */
export const ticket = entity({
  noun: 'ticket',
  prefix: 'tic',
  home: 'customer',
  fields: () => z.object(recordShape()),
  row: [
    'customerId',
    'subject',
    'state',
    'priority',
    'category',
    'channel',
    'assigneeId',
    'lastMessageFrom',
    'pendingUntil',
    'reopenedCount',
    'tags',
  ],
  list: { on: ['state', 'priority'], key: ({ state, priority }, id) => ({ facet: state, order: orderOf(priority, id) }) },
  owner: {
    on: ['assigneeId', 'state', 'priority'],
    key: ({ assigneeId, state, priority }, id) => (assigneeId ? { user: assigneeId, state, at: orderOf(priority, id) } : undefined),
  },
  due: {
    on: ['state', 'pendingUntil', 'resolvedAt'],
    key: (fields) => {
      const at = dueAt(fields)
      return at === undefined ? undefined : { job: 'tickets', at }
    },
  },
  unique: { on: ['externalIds'], values: (fields) => namesOf('ticket', fields), fault: 'ticket.identity_taken' },
  responsible: 'assigneeId',
  personal: ['externalIds', 'subject', 'resolution', 'reopenReason'],
})
export type TicketRecord = RecordOf<typeof ticket>

/**
 * A message of a ticket. Its own key is the ticket's and then its own, so a thread is one range of the customer's
 * partition, by time; its id therefore has three keys, and it is reached through its ticket only.
 */
export const message = entity({
  noun: 'message',
  prefix: 'msg',
  home: 'customer',
  fields: () => z.object(messageShape()),
  personal: ['body'],
})
export type MessageRecord = RecordOf<typeof message>

/** Schema of a message as it leaves. */
export const messageView = () =>
  z.object({ ...messageShape(), id: z.string().regex(/^msg_[0-9A-Za-z]{60}$/), version: z.int(), createdAt: z.iso.datetime() })

/** A ticket's thread, by time. */
export function threadOf(id: string): Stretch[] {
  return [{ pk: placeOf(ticket, id).pk, begins: `${message.noun}#${keysOf(id).second}` }]
}

export const ticketOpened = event('ticket.opened', 'A ticket was opened')
export const ticketChanged = event('ticket.changed', 'A ticket’s subject, category, priority or tags changed')
export const ticketReplied = event('ticket.replied', 'A customer or staff wrote in a ticket')
export const ticketNoted = event('ticket.noted', 'Staff left an internal note in a ticket')
export const ticketAssigned = event('ticket.assigned', 'A ticket was given to someone, or to nobody')
export const ticketPended = event('ticket.pended', 'A ticket waits for the customer or for a time')
export const ticketWoken = event('ticket.woken', 'A pending ticket’s time has come')
export const ticketResolved = event('ticket.resolved', 'A ticket was resolved')
export const ticketClosed = event('ticket.closed', 'A ticket was closed')
export const ticketReopened = event('ticket.reopened', 'A resolved or closed ticket came back')
export const ticketDeleted = event('ticket.deleted', 'A ticket was put in the bin')
export const ticketRestored = event('ticket.restored', 'A ticket was taken out of the bin')
export const messageWritten = event('message.written', 'A message was added to a ticket', { published: false })
