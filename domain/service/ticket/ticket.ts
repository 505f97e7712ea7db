import * as z from 'zod'
import { daysLater, type Instant } from '../../kernel/clock.ts'
import { fault } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { externalIdsShape } from '../../customer/customer/index.ts'

export const ticketStates = ['new', 'open', 'pending', 'resolved', 'closed'] as const
export type TicketState = (typeof ticketStates)[number]

/** From what waits least to what waits most; a list shows them in this order. */
export const priorities = ['urgent', 'high', 'normal', 'low'] as const
export type Priority = (typeof priorities)[number]

export const ticketChannels = ['email', 'phone', 'chat', 'web', 'visit', 'social', 'post', 'api'] as const

/** Days after which a resolved ticket closes by itself, unless the customer comes back. */
export const CLOSE_AFTER_DAYS = 7

/** What people write of a ticket. */
export const ticketShape = () => ({
  subject: f.line(200),
  category: f.slug().optional(),
  priority: z.enum(priorities),
  tags: z.array(f.slug()).max(30),
  /** What other systems call it. */
  externalIds: externalIdsShape().optional(),
})

/** The whole record: what people write, and what its moves set. */
export const recordShape = () => ({
  customerId: z.string(),
  ...ticketShape(),
  channel: z.enum(ticketChannels),
  /** The person at the company who asked. */
  contactId: z.string().optional(),
  state: z.enum(ticketStates),
  assigneeId: z.string().optional(),
  /** All messages, internal notes included. */
  messageCount: z.int(),
  /** The last word in the conversation, notes aside. */
  lastMessageAt: f.instant(),
  lastMessageFrom: z.enum(['customer', 'staff']),
  /** The first answer that the customer could read. */
  firstRespondedAt: f.instant().optional(),
  /** When a pending ticket wakes by itself. */
  pendingUntil: f.instant().optional(),
  resolution: z.string().optional(),
  resolvedAt: f.instant().optional(),
  closedAt: f.instant().optional(),
  reopenedCount: z.int(),
  reopenReason: z.string().optional(),
})
export type Ticket = z.output<z.ZodObject<ReturnType<typeof recordShape>>>

/** A word in a ticket's thread. */
export const messageShape = () => ({
  from: z.enum(['customer', 'staff']),
  /** For staff only; the customer never sees it. */
  internal: z.boolean(),
  body: f.prose(10_000),
  /** Who wrote it, for staff and machine clients. */
  authorId: z.string(),
})
export type Message = z.output<z.ZodObject<ReturnType<typeof messageShape>>>

/** Fields that a move sets; `null` clears. */
export type Step = { [K in keyof Ticket]?: Ticket[K] | null }

/** Which state may follow which. A pending ticket may be made pending again, until another time. */
const next: Readonly<Record<TicketState, readonly TicketState[]>> = {
  new: ['open', 'pending', 'resolved'],
  open: ['pending', 'resolved'],
  pending: ['open', 'pending', 'resolved'],
  resolved: ['open', 'closed'],
  closed: ['open'],
}

export function mayBecome(from: TicketState, to: TicketState): boolean {
  return next[from].includes(to)
}

/**
 * The fields of a ticket in its next state: times belong to the state they are of and go with it; coming back from
 * resolved or closed is counted.
 * @throws Fault `conflict` for a move that is not possible, with those that are
 */
export function become(
  ticket: Pick<Ticket, 'state' | 'reopenedCount' | 'resolvedAt'>,
  to: TicketState,
  now: Instant,
  facts: Step = {},
): Step {
  const { state: from } = ticket
  if (!mayBecome(from, to)) {
    throw fault(
      'conflict',
      'ticket.move_not_possible',
      `A ticket that is ${from} does not become ${to}. It may become ${next[from].join(' or ')}.`,
      {
        from,
        to,
        possible: next[from],
      },
    )
  }
  const back = to === 'open' && done(from)
  return {
    state: to,
    pendingUntil: null,
    resolvedAt: to === 'resolved' ? now : to === 'closed' ? (ticket.resolvedAt ?? now) : null,
    closedAt: to === 'closed' ? now : null,
    ...(back && { reopenedCount: ticket.reopenedCount + 1 }),
    ...facts,
  }
}

const done = (state: TicketState): boolean => state === 'resolved' || state === 'closed'

/**
 * What a message does to its ticket. A note does nothing but count. The first public answer of staff is the first
 * response and takes a new ticket up. The customer's word wakes a pending ticket and brings a resolved one back.
 * @throws Fault `conflict` when the ticket is closed
 */
export function afterMessage(ticket: Ticket, message: Pick<Message, 'from' | 'internal'>, now: Instant): { step: Step; reopens: boolean } {
  const { state } = ticket
  const counted = { messageCount: ticket.messageCount + 1 }
  if (message.internal) return { step: counted, reopens: false }
  if (state === 'closed')
    throw fault('conflict', 'ticket.closed', 'This ticket is closed. Reopen it, or open another.', { state, closedAt: ticket.closedAt })
  const said = { ...counted, lastMessageAt: now, lastMessageFrom: message.from }
  if (message.from === 'staff') {
    return {
      step: { ...(state === 'new' && become(ticket, 'open', now)), ...said, firstRespondedAt: ticket.firstRespondedAt ?? now },
      reopens: false,
    }
  }
  const wakes = state === 'pending' || state === 'resolved'
  return { step: { ...(wakes && become(ticket, 'open', now)), ...said }, reopens: state === 'resolved' }
}

/** When a ticket moves by itself: a pending one when it was told to, a resolved one a week after. */
export function dueAt({ state, pendingUntil, resolvedAt }: Pick<Ticket, 'state' | 'pendingUntil' | 'resolvedAt'>): Instant | undefined {
  if (state === 'pending') return pendingUntil
  if (state === 'resolved' && resolvedAt !== undefined) return daysLater(resolvedAt, CLOSE_AFTER_DAYS)
  return undefined
}
