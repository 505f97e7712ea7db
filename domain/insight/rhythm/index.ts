import { event } from '../../kernel/event.ts'
import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import { show } from './rhythm.actions.ts'
import { rhythm } from './rhythm.store.ts'

export {
  explainRhythm,
  formulasOf,
  recordsBehind,
  recordsShape,
  saySilence,
  sayChance,
  sayDays,
  type Explanation,
  type RhythmFacts,
} from './explain.ts'
export { dueOf, retimed, type Timer } from './rhythm.ts'
export { headOf, rhythm, standingHead, visibleHead, type Head, type RhythmRecord } from './rhythm.store.ts'

/** The churn timer was set, moved or stopped: housekeeping, told to nobody. */
export const rhythmTimed = event('rhythm.timed', 'The day of a customer’s next churn check changed', { published: false })

export default module('rhythm', {
  verbs: ['read'],
  entities: [rhythm],
  events: [rhythmTimed],
  routes: [
    route('GET /customers/{id}/rhythm', show, {
      can: 'rhythm:read',
      summary: 'A customer’s rhythm of buying, chances and value, explained',
    }),
  ],
})
