import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as a from './duplicate.actions.ts'
import * as s from './duplicate.store.ts'
import { scan, scanDone, scanMoved, scanStarted, start } from './scan.ts'

export { keepBlocks } from './blocks.ts'
export { duplicate, duplicateDismissed, duplicateFound, duplicateSettled, pairSettled, type DuplicateRecord } from './duplicate.store.ts'
export { scan, scanDone, scanStarted, step } from './scan.ts'

export default module('duplicate', {
  verbs: ['read', 'write', 'scan'],
  entities: [s.duplicate, scan],
  events: [s.duplicateFound, s.duplicateDismissed, s.duplicateSettled, s.duplicateWeighed, scanStarted, scanMoved, scanDone],
  routes: [
    route('GET /duplicates', a.list, {
      can: 'duplicate:read',
      summary: 'Pairs of files that are probably one customer, the likeliest first',
      description: 'Found as files are opened and changed, and by a scan. `state`: open, dismissed or merged.',
    }),
    route('POST /duplicates/{id}/dismiss', a.dismiss, {
      can: 'duplicate:write',
      status: 200,
      summary: 'Say that two files are not one customer',
      faults: ['duplicate.merged'],
      example: { why: 'Father and son' },
    }),
    route('POST /duplicates/scan', start, {
      can: 'duplicate:scan',
      summary: 'Scan all files for duplicates, and for what they lack, in the background; how far it is while it runs',
    }),
    route('GET /customers/{id}/duplicates', a.listOfCustomer, {
      can: 'duplicate:read',
      summary: 'Files that are probably of the same customer, with the reasons',
    }),
  ],
})
