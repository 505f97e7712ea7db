import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import { effect } from './effect.ts'
import * as g from './guest.actions.ts'
import * as e from './guest.events.ts'
import * as a from './occasion.actions.ts'
import { guest, occasion } from './occasion.store.ts'
import { rsvp } from './rsvp.ts'

export { occasionChanged } from './occasion.actions.ts'
export { guest, occasion, type GuestRecord, type OccasionRecord } from './occasion.store.ts'
export { fill } from './rsvp.ts'

const example = {
  title: 'Spring tasting',
  startsAt: '2027-03-20T18:00:00Z',
  endsAt: '2027-03-20T21:00:00Z',
  place: 'The old mill',
  seats: 40,
}

export default module('occasion', {
  verbs: ['read', 'write', 'delete', 'invite'],
  entities: [occasion, guest],
  events: [
    a.occasionPlanned,
    a.occasionChanged,
    a.occasionCancelled,
    a.occasionDeleted,
    a.occasionRestored,
    e.guestInvited,
    e.guestAccepted,
    e.guestDeclined,
    e.guestWaits,
    e.guestPromoted,
    e.guestAttended,
  ],
  routes: [
    route('POST /occasions', a.plan, { can: 'occasion:write', summary: 'Plan an event for customers', example }),
    route('GET /occasions', a.list, { can: 'occasion:read', summary: 'Events by when they start, or in the bin' }),
    route('GET /occasions/{id}', a.show, { can: 'occasion:read', summary: 'One event and the seats that are left' }),
    route('PATCH /occasions/{id}', a.change, {
      can: 'occasion:write',
      summary: 'Change an event or its seats',
      example: { seats: 60 },
      faults: ['occasion.version_differs', 'occasion.seats_taken'],
      description: 'Added seats go to the guests who have waited longest, a moment later.',
    }),
    route('POST /occasions/{id}/cancel', a.cancel, {
      can: 'occasion:write',
      summary: 'Cancel an event',
      example: { reason: 'Snow' },
      faults: ['occasion.is_cancelled'],
    }),
    route('DELETE /occasions/{id}', a.bin_, {
      can: 'occasion:delete',
      summary: 'Put an event in the bin',
      faults: ['occasion.version_differs'],
    }),
    route('POST /occasions/{id}/restore', a.restore, {
      can: 'occasion:delete',
      summary: 'Take an event out of the bin',
      faults: ['occasion.not_deleted'],
    }),
    route('POST /occasions/{id}/invitations', g.invite, {
      can: 'occasion:invite',
      status: 200,
      summary: 'Invite customers by id, tier, segment or club',
      example: { tier: 'gold' },
      faults: ['invitation.name_one', 'occasion.is_cancelled', 'segment.not_found', 'segment.building'],
      description: 'Up to 100 a call; call again with `nextCursor` for the rest.',
    }),
    route('GET /occasions/{id}/guests', g.listOfOccasion, {
      can: 'occasion:read',
      summary: 'An event’s guests by their answer; of who may not see all, their own customers',
    }),
    route('GET /occasions/{id}/effect', effect, {
      can: 'occasion:read',
      summary: 'What an event did to the spend of who came, beside who stayed away',
      faults: ['occasion.too_early', 'scope.outside'],
    }),
    route('GET /customers/{id}/occasions', g.listOfCustomer, { can: 'occasion:read', summary: 'What a customer was invited to' }),
    route('GET /guests/{id}', g.show, { can: 'occasion:read', summary: 'A customer’s invitation to an event' }),
    route('POST /guests/{id}/rsvp', rsvp, {
      can: 'occasion:invite',
      summary: 'Record whether a guest comes, or waits for a seat',
      example: { answer: 'yes' },
      faults: ['occasion.closed', 'occasion.full'],
    }),
    route('POST /guests/{id}/attendance', g.attend, {
      can: 'occasion:invite',
      summary: 'Record whether a guest came',
      example: { attended: true },
      faults: ['occasion.not_begun'],
    }),
  ],
})
