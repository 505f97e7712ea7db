import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import { collection, partialView, records } from '../../kernel/collection.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { keysOf, newKey } from '../../kernel/id.ts'
import { bin, facet, list as listPage, pageInput, pageOf, recordsOf, rowView, standsAlone, work, type Stretch } from '../../kernel/page.ts'
import { amend, find, idOf, mustMatch, viewOf } from '../../kernel/record.ts'
import { contact } from '../../customer/contact/index.ts'
import { customer } from '../../customer/customer/index.ts'
import { priorities, ticketChannels, ticketShape, ticketStates, type Message } from './ticket.ts'
import {
  message,
  messageView,
  messageWritten,
  rankOf,
  threadOf,
  ticket,
  ticketChanged,
  ticketDeleted,
  ticketOpened,
  ticketRestored,
  type MessageRecord,
} from './ticket.store.ts'

export const view = () => viewOf(ticket)
export const byId = () => ({ id: idOf(ticket) })

const openInput = () => {
  const shape = ticketShape()
  return z.strictObject({
    id: idOf(customer),
    ...shape,
    body: f.prose(10_000).describe('the customer’s words'),
    channel: z.enum(ticketChannels),
    priority: shape.priority.default('normal'),
    tags: shape.tags.default([]),
    contactId: idOf(contact).optional(),
  })
}

/** Opens a ticket with the customer's first message, both in one write. */
export const open = action(
  'ticket.open',
  () => ({ input: openInput(), output: view() }),
  async (ctx, { id, body, ...input }) => {
    const [file] = await Promise.all([
      find(ctx, customer, id),
      input.contactId === undefined ? undefined : mustBeContact(ctx, id, input.contactId),
    ])
    const { record, change } = create(
      ctx,
      ticket,
      {
        ...input,
        customerId: file.id,
        state: 'new',
        messageCount: 1,
        lastMessageAt: ctx.now,
        lastMessageFrom: 'customer',
        reopenedCount: 0,
      },
      ticketOpened,
      { customer: id },
    )
    const first = newMessage(ctx, record.id, { from: 'customer', internal: false, body })
    return commit(ctx, [change, first.change], record)
  },
)

/** A message for a ticket, not yet written. */
export function newMessage(ctx: Ctx, ticketId: string, said: Omit<Message, 'authorId'>) {
  const own = keysOf(ticketId).second + newKey(Date.parse(ctx.now), ctx.random)
  return create(ctx, message, { ...said, authorId: ctx.actor.id }, messageWritten, { customer: ticketId, own })
}

/** Holds that the person who asks is a contact of the customer. @throws Fault `invalid` */
async function mustBeContact(ctx: Ctx, customerId: string, contactId: string): Promise<void> {
  const theirs = contact.is(contactId) && keysOf(contactId).first === keysOf(customerId).first
  const item = theirs ? await ctx.table.get(placeOf(contact, contactId)) : undefined
  if (!item || item['deletedAt']) throw invalid('contact.unknown', 'contactId', 'This customer has no such contact.')
}

/** Messages shown with a ticket. */
const LATEST = 10

/** A ticket with its latest messages, oldest of them first. Two reads at the same time. */
export const show = action(
  'ticket.show',
  () => ({ input: z.strictObject(byId()), output: z.intersection(view(), z.object({ messages: z.array(messageView()) })) }),
  async (ctx, { id }) => {
    const [record, latest] = await Promise.all([
      find(ctx, ticket, id),
      Promise.all(threadOf(id).map((one) => ctx.table.query({ ...one, limit: LATEST, descending: true }))),
    ])
    return { ...record, messages: recordsOf<'message', MessageRecord>(latest.flatMap(({ items }) => items)).reverse() }
  },
)

/** Changes what people write of a ticket, in whatever state it is. */
export const change = action(
  'ticket.change',
  () => ({ input: z.strictObject({ ...byId(), ...f.patchOf(ticketShape()) }), output: view() }),
  (ctx, { id, ...patch }) => {
    if (Object.keys(patch).length === 0) throw invalid('patch.empty', '', 'Nothing to change was given.')
    return amend(ctx, ticket, id, patch, ticketChanged)
  },
)

export const bin_ = action(
  'ticket.delete',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, ticket, id)
    await mustMatch(ctx, ticket, before, {})
    const { record, change } = alter(ctx, ticket, before, { deletedAt: ctx.now }, ticketDeleted)
    return commit(ctx, [change], record)
  },
)

export const restore = action(
  'ticket.restore',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, ticket, id, { deleted: true })
    if (!before.deletedAt) throw fault('conflict', 'ticket.not_deleted', 'This ticket is not in the bin.')
    const { record, change } = alter(ctx, ticket, before, { deletedAt: null }, ticketRestored)
    return commit(ctx, [change], record)
  },
)

const listInput = () =>
  z.strictObject({
    ...pageInput(),
    state: z.enum(ticketStates).optional().describe('open when left out'),
    priority: z.enum(priorities).optional(),
    assigneeId: z.string().max(64).optional(),
    deleted: z.enum(['true', 'false']).optional().describe('what is in the bin'),
  })

/** Tickets of a state, most urgent first and then oldest first: all, one person's, or those of everyone the caller may see. */
export const list = action(
  'ticket.list',
  () => ({ input: listInput(), output: pageOf(rowView(ticket)) }),
  (ctx, input) => listPage(ctx, ticket, stretchesOf(ctx, input), input, { descending: input.deleted === 'true' }),
)

function stretchesOf(ctx: Ctx, { state: given, priority, assigneeId, deleted }: z.output<ReturnType<typeof listInput>>): Stretch[] {
  if (deleted === 'true') {
    standsAlone('deleted', { state: given, priority, assigneeId })
    if (ctx.scope !== 'all') throw fault('forbidden', 'scope.outside', 'Only who may read all tickets sees the bin.')
    return bin(ticket)
  }
  const state = given ?? 'open'
  const begins = priority ? `${rankOf(priority)}#` : ''
  return ctx.scope === 'all' && assigneeId === undefined
    ? facet(ticket, state, begins)
    : work(ctx, ticket, `${state}#${begins}`, assigneeId)
}

/** A customer's tickets, latest first. */
export const listOfCustomer = action(
  'ticket.list_of_customer',
  () => ({ input: z.strictObject({ id: idOf(customer), ...pageInput() }), output: pageOf(partialView(ticket)) }),
  async (ctx, { id, ...input }) => {
    const [page] = await Promise.all([records(ctx, ticket, collection(ticket, id), input), find(ctx, customer, id)])
    return page
  },
)
