import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit } from '../../kernel/commit.ts'
import { placeOf } from '../../kernel/entity.ts'
import { dueSchema, type EventType } from '../../kernel/event.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { page, pageInput, pageOf, recordsOf } from '../../kernel/page.ts'
import { recordIn } from '../../kernel/place.ts'
import { find } from '../../kernel/record.ts'
import { mustBeActive } from '../../platform/user/index.ts'
import { byId, newMessage, view } from './ticket.actions.ts'
import { afterMessage, become, dueAt, type Step, type Ticket, type TicketState } from './ticket.ts'
import {
  messageView,
  threadOf,
  ticket,
  ticketAssigned,
  ticketClosed,
  ticketNoted,
  ticketPended,
  ticketReopened,
  ticketReplied,
  ticketResolved,
  ticketWoken,
  type MessageRecord,
  type TicketRecord,
} from './ticket.store.ts'

const replyInput = () =>
  z.strictObject({
    ...byId(),
    body: f.prose(10_000),
    from: z.enum(['customer', 'staff']).default('staff'),
    internal: z.boolean().default(false).describe('a note that the customer never sees'),
  })

/** Adds a message to a ticket and does what it means for the ticket, both in one write. */
export const reply = action(
  'ticket.reply',
  () => ({ input: replyInput(), output: z.intersection(view(), z.object({ message: messageView() })) }),
  async (ctx, { id, ...said }) => {
    if (said.internal && said.from === 'customer')
      throw invalid('message.internal_from_customer', 'internal', 'A customer leaves no internal notes.')
    const before = await find(ctx, ticket, id)
    const { step, reopens } = afterMessage(before, said, ctx.now)
    const told = said.internal ? ticketNoted : reopens ? ticketReopened : ticketReplied
    const { record, change } = alter(ctx, ticket, before, step, told)
    const message = newMessage(ctx, id, said)
    return commit(ctx, [change, message.change], { ...record, message: message.record })
  },
)

/** A ticket's messages, notes included, latest first. */
export const messages = action(
  'ticket.messages',
  () => {
    const { limit, cursor } = pageInput()
    return { input: z.strictObject({ ...byId(), limit, cursor }), output: pageOf(messageView()) }
  },
  async (ctx, { id, ...input }) => {
    const [thread] = await Promise.all([page(ctx, threadOf(id), input, { descending: true }), find(ctx, ticket, id)])
    return { ...thread, items: recordsOf<'message', MessageRecord>(thread.items) }
  },
)

/** Gives a ticket to someone, which takes a new one up, or to nobody. */
export const assign = action(
  'ticket.assign',
  () => ({ input: z.strictObject({ ...byId(), assigneeId: z.string().max(64).nullable() }), output: view() }),
  async (ctx, { id, assigneeId }) => {
    const [before] = await Promise.all([find(ctx, ticket, id), mustBeActive(ctx, assigneeId, 'assigneeId')])
    if (before.state === 'closed')
      throw fault('conflict', 'ticket.closed', 'This ticket is closed. Reopen it first.', { state: 'closed', closedAt: before.closedAt })
    if ((before.assigneeId ?? null) === assigneeId) return before
    const taken = assigneeId !== null && before.state === 'new' ? become(before, 'open', ctx.now) : {}
    const { record, change } = alter(ctx, ticket, before, { ...taken, assigneeId }, ticketAssigned)
    return commit(ctx, [change], record)
  },
)

const pendInput = () =>
  z.strictObject({ ...byId(), until: f.instant().optional().describe('when it wakes by itself; else when the customer writes') })

/** Lets a ticket wait for the customer, or for a time. */
export const pend = move(
  'ticket.pend',
  pendInput,
  'pending',
  () => ticketPended,
  ({ until }, now) => {
    const at = until === undefined ? null : new Date(until).toISOString()
    if (at !== null && at <= now) throw invalid('ticket.until_past', 'until', 'This moment has passed.')
    return { pendingUntil: at }
  },
)

const resolveInput = () => z.strictObject({ ...byId(), resolution: f.prose(4_000) })

/** Says a ticket is solved, and how. A week later it closes by itself. */
export const resolve = move(
  'ticket.resolve',
  resolveInput,
  'resolved',
  () => ticketResolved,
  ({ resolution }) => ({ resolution }),
)

/** Closes a resolved ticket at once. */
export const close = move(
  'ticket.close',
  () => z.strictObject(byId()),
  'closed',
  () => ticketClosed,
  () => ({}),
)

const reopenInput = () => z.strictObject({ ...byId(), reason: f.line(300) })

/** Brings a resolved or closed ticket back, or takes up a pending one before its time; only coming back is counted. */
export const reopen = move(
  'ticket.reopen',
  reopenInput,
  'open',
  (from) => (from === 'pending' ? ticketWoken : ticketReopened),
  ({ reason }) => ({ reopenReason: reason }),
)

/** An action that moves a ticket to a state. @param facts what the input sets besides */
function move<S extends z.ZodType<{ id: string }>>(
  name: string,
  input: () => S,
  to: TicketState,
  told: (from: TicketState) => EventType,
  facts: (input: z.output<S>, now: string) => Step,
) {
  return action(
    name,
    () => ({ input: input(), output: view() }),
    async (ctx, given) => {
      const before = await find(ctx, ticket, given.id)
      const { record, change } = alter(ctx, ticket, before, become(before, to, ctx.now, facts(given, ctx.now)), told(before.state))
      return commit(ctx, [change], record)
    },
  )
}

/** Moves a ticket whose time has come: a pending one wakes, a resolved one closes. Any other was moved by people meanwhile. */
export const elapse = action(
  'ticket.elapse',
  () => ({ input: dueSchema(), output: z.object({}) }),
  async (ctx, { id }) => {
    const item = ticket.is(id) ? await ctx.table.get(placeOf(ticket, id)) : undefined
    const before = item && !item['deletedAt'] ? recordIn<'ticket', TicketRecord>(item) : undefined
    const due = before && dueAt(before)
    if (!before || due === undefined || due > ctx.now) return {}
    const to: [Ticket['state'], EventType] = before.state === 'pending' ? ['open', ticketWoken] : ['closed', ticketClosed]
    const { change } = alter(ctx, ticket, before, become(before, to[0], ctx.now), to[1])
    return commit(ctx, [change], {})
  },
)
