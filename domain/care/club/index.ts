import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as a from './club.actions.ts'
import { club, clubMember } from './club.store.ts'
import * as m from './member.actions.ts'

export { club, clubMember, type ClubRecord, type MemberRecord } from './club.store.ts'
export { followTier } from './member.actions.ts'
export { targetShape, targetsOf, visibleOf, type Targets } from './target.ts'

export default module('club', {
  verbs: ['read', 'write', 'delete', 'invite'],
  entities: [club, clubMember],
  events: [
    a.clubFounded,
    a.clubChanged,
    a.clubDeleted,
    a.clubRestored,
    m.memberInvited,
    m.memberJoined,
    m.memberDeclined,
    m.memberLeft,
    m.memberEnded,
  ],
  routes: [
    route('POST /clubs', a.found, {
      can: 'club:write',
      summary: 'Found a club',
      example: { name: 'Tea friends', joining: 'invitation' },
      faults: ['club.too_many'],
    }),
    route('GET /clubs', a.list, { can: 'club:read', summary: 'Clubs by name, or in the bin' }),
    route('GET /clubs/{id}', a.show, { can: 'club:read', summary: 'One club' }),
    route('PATCH /clubs/{id}', a.change, {
      can: 'club:write',
      summary: 'Change a club',
      example: { name: 'Friends of tea' },
      faults: ['club.version_differs'],
    }),
    route('DELETE /clubs/{id}', a.bin_, { can: 'club:delete', summary: 'Put a club in the bin', faults: ['club.version_differs'] }),
    route('POST /clubs/{id}/restore', a.restore, {
      can: 'club:delete',
      summary: 'Take a club out of the bin',
      faults: ['club.not_deleted'],
    }),
    route('POST /clubs/{id}/invitations', m.invite, {
      can: 'club:invite',
      status: 200,
      summary: 'Invite customers by id, tier, segment or club, or fill a club by tier',
      example: { tier: 'gold' },
      faults: ['invitation.name_one', 'segment.not_found', 'segment.building'],
      description: 'Up to 100 a call; call again with `nextCursor` for the rest.',
    }),
    route('GET /clubs/{id}/members', m.listOfClub, {
      can: 'club:read',
      summary: 'The members of a club, or those invited, declined or gone',
      description: 'Who may see their own or their team’s customers sees those: a page may be short.',
    }),
    route('POST /customers/{id}/club-members', m.add, {
      can: 'club:invite',
      summary: 'Take a customer into a club by hand',
      faults: ['club.not_found'],
      existing: true,
      example: { clubId: 'clb_0000000000000000000A' },
    }),
    route('GET /customers/{id}/clubs', m.listOfCustomer, { can: 'club:read', summary: 'A customer’s clubs' }),
    route('GET /club-members/{id}', m.show, { can: 'club:read', summary: 'A customer’s membership of a club' }),
    route('POST /club-members/{id}/answer', m.answer, {
      can: 'club:invite',
      summary: 'Record that a customer accepts, declines or leaves',
      example: { answer: 'accept' },
      faults: ['club.answer_not_possible'],
    }),
  ],
})
