import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as a from './completeness.actions.ts'

export { isCompleteness, keepCompleteness, measure } from './completeness.store.ts'

export default module('completeness', {
  verbs: ['read'],
  entities: [],
  events: [],
  routes: [
    route('GET /customers/to-fix', a.listToFix, {
      can: 'completeness:read',
      summary: 'Files that lack something or say what cannot be, the least complete first',
      description: 'Weights and the line are the workspace’s `completeness` setting; after they change, a scan measures all files anew.',
    }),
    route('GET /customers/{id}/completeness', a.show, {
      can: 'completeness:read',
      summary: 'How complete a file is, what it lacks, and by what weights',
    }),
  ],
})
