import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as a from './interaction.actions.ts'
import { interaction } from './interaction.store.ts'
import { timeline } from './timeline.ts'

export { interactionChanged, interactionDeleted, interactionRecorded, interactionRestored } from './interaction.actions.ts'
export { bin as deleteInteraction, record as recordInteraction } from './interaction.actions.ts'
export { entryOf, type Entry } from './entry.ts'
export { interactionKinds, isContact, NO_ANSWER, type Interaction, type InteractionKind } from './interaction.ts'
export { interaction, type InteractionRecord } from './interaction.store.ts'

const faults = ['user.unknown', 'contact.unknown', 'in_the_future', 'too_early'] as const

export default module('interaction', {
  verbs: ['read', 'write', 'delete'],
  entities: [interaction],
  events: [a.interactionRecorded, a.interactionChanged, a.interactionDeleted, a.interactionRestored],
  routes: [
    route('POST /customers/{id}/interactions', a.record, {
      can: 'interaction:write',
      summary: 'Record a call, email, visit or other interaction',
      faults,
      example: { kind: 'call', direction: 'out', subject: 'Renewal', durationMinutes: 12, outcome: 'interested' },
    }),
    route('GET /customers/{id}/interactions', a.list, { can: 'interaction:read', summary: 'A customer’s interactions, newest first' }),
    route('GET /customers/{id}/timeline', timeline, {
      can: 'interaction:read',
      summary: 'A customer’s story, newest first',
      description: 'Interactions, purchases, tickets, deals and done tasks in one list; kinds you may not read are left out.',
    }),
    route('GET /interactions/{id}', a.show, { can: 'interaction:read', summary: 'One interaction' }),
    route('PATCH /interactions/{id}', a.change, {
      can: 'interaction:write',
      summary: 'Change what is kept of an interaction',
      example: { outcome: 'no_answer' },
      faults: ['interaction.version_differs', ...faults],
    }),
    route('DELETE /interactions/{id}', a.bin, {
      can: 'interaction:delete',
      summary: 'Put an interaction in the bin',
      faults: ['interaction.version_differs'],
    }),
    route('POST /interactions/{id}/restore', a.restore, {
      can: 'interaction:delete',
      summary: 'Take an interaction out of the bin',
      faults: ['interaction.not_deleted'],
    }),
  ],
})
