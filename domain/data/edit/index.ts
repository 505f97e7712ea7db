import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as a from './edit.actions.ts'
import * as s from './edit.store.ts'

export { goOn } from './edit.actions.ts'
export { bulkEdit, editLine } from './edit.store.ts'

export default module('bulk_edit', {
  verbs: ['read', 'write'],
  entities: [s.bulkEdit, s.editLine],
  events: [s.editCounted, s.editBegun, s.editMoved, s.editDone, s.lineWritten],
  routes: [
    route('POST /bulk-edits', a.dryRun, {
      can: 'bulk_edit:write',
      summary: 'Try a change of many customers without doing it',
      description:
        'For the members of a segment or what GET /customers shows with these filters. The answer has the count and a token that opens the run for 15 minutes; of more than 500 the count goes on in the background.',
      example: { where: { lifecycle: 'lead', ownerId: 'usr_0000000000000000000A' }, does: { addTags: ['spring-2027'] } },
      faults: ['filter.unsupported', 'segment.not_found'],
    }),
    route('GET /bulk-edits/{id}', a.show, { can: 'bulk_edit:read', summary: 'A change of many: how far it has come, what came of it' }),
    route('POST /bulk-edits/{id}/run', a.run, {
      can: 'bulk_edit:write',
      status: 202,
      summary: 'Do what a dry run counted',
      example: { token: 'the token of the dry run' },
      description: 'In the background, each customer with an event of their own, as if you had changed them one by one.',
      faults: ['bulk_edit.token_invalid', 'bulk_edit.token_expired'],
    }),
    route('POST /bulk-edits/{id}/undo', a.undo, {
      can: 'bulk_edit:write',
      status: 202,
      summary: 'Undo a change of many for all who did not change since',
      example: {},
      faults: ['bulk_edit.not_done'],
    }),
  ],
})
