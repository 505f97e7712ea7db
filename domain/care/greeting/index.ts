import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as a from './greeting.actions.ts'
import * as s from './greeting.store.ts'
import * as m from './message.actions.ts'
import { newPolicy } from './policy.ts'

export { comeDue, follow } from './greeting.due.ts'
export { beginFestivals, greetPage } from './festival.due.ts'
export { festivalDay, festivals, type Festival } from './festival.ts'
export { greeting, festivalRun, greetingPolicy, wish, wishWritten, type Wish } from './greeting.store.ts'

export default module('greeting', {
  verbs: ['read', 'write', 'send'],
  entities: [s.greeting, s.wish, s.festivalRun, s.greetingPolicy],
  events: [s.greetingMoved, s.wishWritten, s.wishTold, s.runBegun, s.runMoved, s.runDone, s.policyChanged],
  routes: [
    route('GET /greeting-policy', a.showPolicy, { can: 'greeting:read', summary: 'Whom the workspace greets on which days, and how' }),
    route('POST /greeting-policy', a.setPolicy, {
      can: 'greeting:write',
      summary: 'Set whom the workspace greets on which days, and how',
      description: 'Sets the policy as a whole. Send If-Match with the version you read to refuse a change that overlooks another one.',
      example: { ...newPolicy },
      faults: ['greeting_policy.version_differs'],
    }),
    route('GET /festivals', a.listFestivals, {
      can: 'greeting:read',
      summary: 'The festivals of a year, Gregorian and of the Chinese calendar',
      example: { year: 2027 },
    }),
    route('GET /customers/{id}/greetings', a.show, {
      can: 'greeting:read',
      summary: 'What a customer will be greeted for, with the words, and what not and why',
      faults: ['customer.not_found'],
    }),
    route('GET /greeting-messages', m.list, {
      can: 'greeting:send',
      summary: 'Greetings that wait to be sent, or what came of others',
      description: 'Of those that wait, `ready` has the ones whose day is not over yet; `expired` has the rest.',
      faults: ['scope.outside'],
    }),
    route('GET /greeting-messages/{id}', m.show, {
      can: 'greeting:send',
      summary: 'A greeting with where it goes, and whether it may be sent now',
      description: 'Read it right before sending: the customer may have changed their mind since it was written.',
      faults: ['customer.not_found'],
    }),
    route('POST /greeting-messages/{id}/outcome', m.tell, {
      can: 'greeting:send',
      summary: 'Say what came of a greeting',
      description: 'Told once; the same again changes nothing. One that was sent is on the customer’s timeline.',
      example: { outcome: 'sent' },
      faults: ['customer.not_found', 'greeting_message.told', 'in_the_future', 'too_early'],
    }),
  ],
})
