import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as s from './merge.store.ts'
import * as a from './merging.actions.ts'

export {
  customerAbsorbed,
  customerMerged,
  customerParted,
  customerReleased,
  merge,
  mergeMade,
  mergeUndone,
  type MergeRecord,
} from './merge.store.ts'

const refusals = [
  'merge.same_customer',
  'merge.already_absorbed',
  'merge.kinds_differ',
  'merge.too_many',
  'merge.too_many_identities',
] as const

/**
 * Merging and taking it back. Nothing merges by itself: whoever may write merges decides, and a shared email or phone that
 * nobody verified is a reason to look, never to merge.
 */
export default module('merge', {
  verbs: ['read', 'write'],
  entities: [s.merge],
  events: [
    s.customerMerged,
    s.customerAbsorbed,
    s.customerParted,
    s.customerReleased,
    s.mergeMade,
    s.mergeUndone,
    s.headSetAside,
    s.headPutBack,
  ],
  routes: [
    route('GET /customers/{id}/merge', a.preview, {
      can: 'merge:read',
      summary: 'What merging another file into this one would make of each field',
      faults: refusals,
      description: '`absorb` names the other file. Nothing is written.',
    }),
    route('POST /customers/{id}/merge', a.mergeFiles, {
      can: 'merge:write',
      summary: 'Merge another file into this one',
      faults: [...refusals, 'merge.one_value'],
      description:
        'Ids of the absorbed file and of its records go on working: who asks for it gets the survivor, whose lists, timeline and sums count both. Undone by `POST /merges/{id}/undo`.',
      example: { absorb: 'cus_0000000000000000000B', choose: { name: 'absorbed', emails: 'both' } },
    }),
    route('GET /customers/{id}/merges', a.list, { can: 'merge:read', summary: 'Merges of a customer, newest first' }),
    route('POST /merges/{id}/undo', a.undo, {
      can: 'merge:write',
      summary: 'Undo a merge: both files stand by themselves again',
      faults: ['merge.undone', 'merge.survivor_absorbed', 'merge.survivor_deleted', 'customer.identity_taken'],
      description: 'Each file is as it was, plus what was said of it since. What was recorded after the merge stays with the survivor.',
    }),
  ],
})
