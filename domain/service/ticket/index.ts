import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as a from './ticket.actions.ts'
import * as course from './ticket.course.ts'
import * as s from './ticket.store.ts'
import { putBy } from './upsert.ts'

export { list as listTickets } from './ticket.actions.ts'
export {
  message,
  ticket,
  ticketAssigned,
  ticketClosed,
  ticketDeleted,
  ticketNoted,
  ticketOpened,
  ticketReopened,
  ticketReplied,
  ticketResolved,
  ticketRestored,
  type TicketRecord,
} from './ticket.store.ts'
export { CLOSE_AFTER_DAYS, priorities, ticketChannels, ticketStates, type Priority, type Ticket, type TicketState } from './ticket.ts'
export { putBy as putTicket } from './upsert.ts'
export { bin_ as deleteTicket, open as openTicket } from './ticket.actions.ts'
export { close as closeTicket, elapse, resolve as resolveTicket } from './ticket.course.ts'

const example = {
  subject: 'Loom stops at 40 rpm',
  body: 'Since this morning it stops after a minute.',
  channel: 'phone',
  category: 'fault',
  priority: 'high',
}

export default module('ticket', {
  verbs: ['read', 'write', 'delete'],
  entities: [s.ticket, s.message],
  events: [
    s.ticketOpened,
    s.ticketChanged,
    s.ticketReplied,
    s.ticketNoted,
    s.ticketAssigned,
    s.ticketPended,
    s.ticketWoken,
    s.ticketResolved,
    s.ticketClosed,
    s.ticketReopened,
    s.ticketDeleted,
    s.ticketRestored,
    s.messageWritten,
  ],
  routes: [
    route('POST /customers/{id}/tickets', a.open, {
      can: 'ticket:write',
      summary: 'Open a ticket for a customer',
      example,
      faults: ['contact.unknown'],
    }),
    route('PUT /tickets/by/{system}/{externalId}', putBy, {
      can: 'ticket:write',
      status: 201,
      summary: 'Open or change another system’s ticket',
      description:
        'Whose it is by customerId, or by customer: their id in another system. 201 when it was opened, 200 when it was there. Fields not given stay; what is the same already writes nothing.',
      example: { customer: { system: 'erp', id: 'C-7' }, ...example },
      faults: [
        'ticket.needs_customer',
        'ticket.needs_subject',
        'ticket.customer_stands',
        'ticket.identity_taken',
        'ticket.version_differs',
        'contact.unknown',
        'customer.unknown',
      ],
      existing: true,
    }),
    route('GET /customers/{id}/tickets', a.listOfCustomer, { can: 'ticket:read', summary: 'A customer’s tickets, latest first' }),
    route('GET /tickets', a.list, {
      can: 'ticket:read',
      summary: 'Tickets of a state, most urgent and oldest first; a person’s; or in the bin',
    }),
    route('GET /tickets/{id}', a.show, { can: 'ticket:read', summary: 'One ticket with its latest messages' }),
    route('PATCH /tickets/{id}', a.change, {
      can: 'ticket:write',
      summary: 'Change a ticket’s subject, category, priority or tags',
      example: { priority: 'urgent' },
      faults: ['ticket.version_differs'],
    }),
    route('DELETE /tickets/{id}', a.bin_, { can: 'ticket:delete', summary: 'Put a ticket in the bin' }),
    route('POST /tickets/{id}/restore', a.restore, {
      can: 'ticket:delete',
      summary: 'Take a ticket out of the bin',
      faults: ['ticket.not_deleted'],
    }),
    route('GET /tickets/{id}/messages', course.messages, { can: 'ticket:read', summary: 'A ticket’s messages, latest first' }),
    route('POST /tickets/{id}/messages', course.reply, {
      can: 'ticket:write',
      summary: 'Write in a ticket',
      status: 200,
      example: { body: 'A technician comes tomorrow at nine.' },
      description: 'Answers with the ticket as it is after the message, and the message.',
      faults: ['ticket.closed', 'message.internal_from_customer'],
    }),
    route('POST /tickets/{id}/assign', course.assign, {
      can: 'ticket:write',
      summary: 'Give a ticket to someone',
      example: { assigneeId: 'usr_0000000000000000000A' },
      faults: ['user.unknown', 'ticket.closed'],
    }),
    route('POST /tickets/{id}/pend', course.pend, {
      can: 'ticket:write',
      summary: 'Let a ticket wait',
      example: { until: '2026-12-01T08:00:00Z' },
      faults: ['ticket.move_not_possible', 'ticket.until_past'],
    }),
    route('POST /tickets/{id}/resolve', course.resolve, {
      can: 'ticket:write',
      summary: 'Resolve a ticket',
      example: { resolution: 'Replaced the belt.' },
      faults: ['ticket.move_not_possible'],
    }),
    route('POST /tickets/{id}/close', course.close, {
      can: 'ticket:write',
      summary: 'Close a resolved ticket',
      faults: ['ticket.move_not_possible'],
    }),
    route('POST /tickets/{id}/reopen', course.reopen, {
      can: 'ticket:write',
      summary: 'Bring a ticket back',
      example: { reason: 'It happened again' },
      faults: ['ticket.move_not_possible'],
    }),
  ],
})
