import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import { fit, modelFitted, show } from './fit.actions.ts'
import { model } from './model.store.ts'
import { recount } from './recount.ts'

export { creating } from './creating.ts'
export { countPurchases } from './count.ts'
export { fit, modelFitted } from './fit.actions.ts'
export { model, modelOf, type ModelRecord } from './model.store.ts'
export { lineOf, publishedModel, spendParams, stakeWhenWarned, type CurrentModel, type WarningPolicy } from './model.ts'

export default module('model', {
  verbs: ['read', 'fit'],
  entities: [model],
  events: [modelFitted],
  routes: [
    route('GET /model', show, { can: 'model:read', summary: 'The models in use, how well they fit and why' }),
    route('POST /model/fit', fit, { can: 'model:fit', summary: 'Fit the models to the customers’ purchases now', example: {} }),
    route('POST /model/recount', recount, {
      can: 'model:fit',
      summary: 'Make the statistics behind the models anew',
      example: {},
      description:
        'Looks at one stretch of the table a call; call until `done`. Needed after a restore, or when the log says that cells were lost.',
    }),
  ],
})
