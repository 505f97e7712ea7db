import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import { fit, modelFitted, show } from './fit.actions.ts'
import { model } from './model.store.ts'
import * as r from './recounting.ts'
import { score } from './score.ts'
import { changeSettings, settingsChanged, showSettings } from './settings.actions.ts'
import { insightSettings } from './settings.ts'

export { recount, step as recountStep } from './recount.ts'
export { recounting } from './recounting.ts'
export { creating } from './creating.ts'
export { countingOf, countPurchases } from './count.ts'
export { readTallies } from './cells.store.ts'
export { bandFloor, bandOf, type Tally } from './tally.ts'
export { fit, modelFitted } from './fit.actions.ts'
export { lastFit, model, MODEL_MEMO, modelOf, type ModelRecord } from './model.store.ts'
export { lineOf, publishedModel, spendParams, stakeWhenWarned, valuePolicyOf, type CurrentModel, type WarningPolicy } from './model.ts'
export { sampled, SAMPLE_SIZE } from './sample.ts'
export {
  MOST_SEGMENTS,
  rhythmOf,
  riskFor,
  riskScores,
  score,
  SCORE_KEY,
  SCORE_PLACE,
  scoreShape,
  segmentOf,
  type Risk,
  type Score,
  type Segment,
  type SegmentFacts,
} from './score.ts'
export { insightSettings, type SegmentField } from './settings.ts'

export default module('model', {
  verbs: ['read', 'fit', 'set'],
  entities: [model, insightSettings, score, r.recounting],
  events: [modelFitted, settingsChanged, r.recountBegun, r.recountMoved, r.recountDone],
  routes: [
    route('GET /model', show, { can: 'model:read', summary: 'The models in use, how well they fit and why' }),
    route('GET /insight-settings', showSettings, {
      can: 'model:read',
      summary: 'What the workspace decides about insight: warnings a day, margin, discount, segments',
    }),
    route('PATCH /insight-settings', changeSettings, {
      can: 'model:set',
      summary: 'Change what the workspace decides about insight',
      example: { warningsPerDay: 15, margin: 0.4 },
      faults: ['insight_settings.version_differs'],
    }),
    route('POST /model/fit', fit, { can: 'model:fit', summary: 'Fit the models to the customers’ purchases now', example: {} }),
    route('POST /model/recount', r.start, {
      can: 'model:fit',
      status: 202,
      summary: 'Make the statistics behind the models anew',
      example: {},
      description:
        'Goes through the table in the background; one under way is answered as it stands. It begins by itself when changes failed to be counted, and is needed after a restore.',
    }),
    route('GET /model/recount', r.show, {
      can: 'model:read',
      summary: 'How far the recount of the statistics is',
      faults: ['recount.not_found'],
    }),
  ],
})
