import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import * as a from './replay.actions.ts'
import { replay } from './replay.ts'

export { steps } from './replay.actions.ts'
export { replay, REPLAYS_JOB, type Bus } from './replay.ts'

export default module('replay', {
  verbs: ['read', 'write'],
  entities: [replay],
  events: [a.replayStarted, a.replayEnded],
  routes: [
    route('POST /replays', a.start, {
      can: 'replay:write',
      summary: 'Tell past events once more, to the bus or to a webhook',
      description:
        'Runs in the background, in the order in which events were first seen. Ids stay as they were, so who had an event knows it.',
      example: { to: 'bus', from: '2026-11-01T00:00:00Z', until: '2026-11-02T00:00:00Z', types: ['deal.*'] },
      faults: ['replay.reversed', 'event.type_unknown', 'webhook.off', 'webhook.not_found'],
    }),
    route('GET /replays/{id}', a.show, { can: 'replay:read', summary: 'How far a replay has come' }),
    route('POST /replays/{id}/cancel', a.cancel, { can: 'replay:write', summary: 'Stop a replay', faults: ['replay.ended'] }),
  ],
})
