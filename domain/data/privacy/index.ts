import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as archives from './archive.actions.ts'
import * as a from './erasure.actions.ts'
import * as s from './privacy.store.ts'

export { eraseAgain, finishErasures } from './again.ts'
export { make as makeArchive } from './archive.actions.ts'
export { goOn as goOnErasing } from './erasing.ts'
export { keptFields } from './kinds.ts'
export { archive, customerErased, erasedLately, erasure, type ErasureRecord } from './privacy.store.ts'

export default module('privacy', {
  verbs: ['read', 'export', 'erase'],
  entities: [s.erasure, s.archive],
  events: [s.customerErased, s.recordErased, s.erasureBegun, s.erasureMoved, s.erasureDone, s.archiveAsked, s.archiveMade],
  routes: [
    route('POST /customers/{id}/archives', archives.ask, {
      can: 'privacy:export',
      summary: 'Ask for everything about a person as one file',
      description:
        'A zip with a JSON file for each kind of record, the events and the person’s files. It is ready within minutes and kept for 14 days.',
      example: {},
      faults: ['customer.not_found'],
    }),
    route('GET /archives/{id}', archives.show, {
      can: 'privacy:export',
      summary: 'A person’s archive, with a link to it when it is ready',
      faults: ['archive.erased_since'],
    }),
    route('POST /customers/{id}/erase', a.erase, {
      can: 'privacy:erase',
      summary: 'Erase a person for ever, in two steps',
      description:
        'Without a token: what goes and what stays, and a token. With token and reason: done. Afterwards the id and those of all records answer 410.',
      example: {},
      faults: ['customer.not_found', 'erasure.preview_outdated', 'erasure.needs_reason'],
    }),
    route('GET /erasures', a.list, { can: 'privacy:read', summary: 'Who was erased, by id, latest first' }),
    route('GET /erasures/{id}', a.show, { can: 'privacy:read', summary: 'One erasure and how far it is' }),
  ],
})
