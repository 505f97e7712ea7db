import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import { backtestMoved, modelBacktested, scoreChosen, show, start, step } from './backtest.actions.ts'
import { backtest, backtestRun } from './backtest.store.ts'

export { start as startBacktest, step as stepBacktest }
export { modelBacktested, scoreChosen } from './backtest.actions.ts'
export { backtest, backtestRun } from './backtest.store.ts'

/** Judges the models, so it goes by the permissions of theirs. */
export default module('model', {
  verbs: ['read', 'fit'],
  entities: [backtest, backtestRun],
  events: [modelBacktested, backtestMoved, scoreChosen],
  routes: [
    route('GET /model/backtest', show, {
      can: 'model:read',
      summary: 'How the scores did on the workspace’s own past, beside simple rules, and how warnings turned out',
    }),
    route('POST /model/backtest', start, {
      can: 'model:fit',
      status: 202,
      summary: 'Judge the scores on the workspace’s own past now',
      example: {},
      description: 'Reads an even sample of up to 10,000 customers in the background; read the result at GET /model/backtest.',
    }),
  ],
})
