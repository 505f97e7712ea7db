import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as m from './member.actions.ts'
import { countMoved, preview, segmentCount } from './preview.ts'
import * as a from './segment.actions.ts'
import * as s from './segment.store.ts'

export { elapse } from './due.ts'
export { membersOf, place } from './member.actions.ts'
export { segmentCount } from './preview.ts'
export { keepSegments } from './project.ts'
export { recounted, standingsOf } from './recount.ts'
export { segment, member, clock, segmentEntered, segmentLeft, type MemberRecord, type SegmentRecord } from './segment.store.ts'

const ruleExample = {
  all: [
    { field: 'purchases.last', op: 'longer_ago', days: 60 },
    { field: 'purchases.count', op: 'at_least', value: 3, withinDays: 365 },
    { not: { field: 'tags', op: 'has', value: 'do-not-contact' } },
  ],
}

export default module('segment', {
  verbs: ['read', 'write', 'delete'],
  entities: [s.segment, s.clock, s.member, segmentCount],
  events: [
    s.segmentCreated,
    s.segmentChanged,
    s.segmentDeleted,
    s.segmentBuilt,
    s.segmentEntered,
    s.segmentLeft,
    s.segmentMoved,
    s.clockMoved,
    countMoved,
  ],
  routes: [
    route('POST /segments', a.open, {
      can: 'segment:write',
      summary: 'Make a segment, by a rule or to be filled by hand',
      description:
        'A rule is looked at for every customer in the background; then members come and go by themselves, each time with an event. Without a rule it is static.',
      example: { name: 'Regulars gone quiet', rule: ruleExample },
      faults: ['segment.rule_invalid', 'segment.too_many'],
    }),
    route('GET /segments', a.list, { can: 'segment:read', summary: 'The segments by name' }),
    route('POST /segments/preview', preview, {
      can: 'segment:read',
      summary: 'Try a rule before it is saved: what it says, whom it finds, how many',
      example: { rule: ruleExample, limit: 10 },
      faults: ['segment.rule_invalid', 'scope.outside', 'cursor.invalid'],
    }),
    route('GET /segments/{id}', a.show, { can: 'segment:read', summary: 'One segment, its members counted' }),
    route('PATCH /segments/{id}', a.change, {
      can: 'segment:write',
      summary: 'Change a segment',
      description: 'With another rule everybody is looked at again in the background; the members stay as they are until that is done.',
      example: { name: 'Regulars gone very quiet' },
      faults: ['segment.rule_invalid', 'segment.is_static', 'patch.empty'],
    }),
    route('DELETE /segments/{id}', a.bin, { can: 'segment:delete', summary: 'Delete a segment; its members leave it' }),
    route('GET /segments/{id}/members', m.members, { can: 'segment:read', summary: 'The members, those who came last first' }),
    route('POST /segments/{id}/members', m.byHand, {
      can: 'segment:write',
      status: 200,
      summary: 'Put customers in a static segment, take others out',
      example: { add: ['cus_00000000000000000001'] },
      faults: ['segment.not_static'],
    }),
    route('GET /segments/{id}/members/{customerId}', m.explain, {
      can: 'segment:read',
      summary: 'Why a customer is in a segment or not, clause by clause',
      faults: ['customer.not_found'],
    }),
    route('GET /customers/{id}/segments', m.ofCustomer, {
      can: 'segment:read',
      summary: 'The segments a customer is in',
      faults: ['customer.not_found'],
    }),
  ],
})
