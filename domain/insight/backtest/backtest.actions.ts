import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit, create, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { dueSchema, event } from '../../kernel/event.ts'
import { recordIn } from '../../kernel/place.ts'
import { viewOf } from '../../kernel/record.ts'
import { dayNumberIn } from '../../kernel/zone.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { MODEL_MEMO, modelOf, sampled, SAMPLE_SIZE, score, SCORE_KEY, type Score } from '../statistics/index.ts'
import { tallies, tallyShape } from '../warning/index.ts'
import { backtest, backtestRun, bothOf, ONE_KEY, runOf, type Run, type RunRecord } from './backtest.store.ts'
import { collect, dropChunks, keepChunk, readChunks } from './collect.ts'
import { fitSegments, judge, type Result } from './judge.ts'
import type { LearnedScore } from '../model/learned-score.ts'

export const modelBacktested = event('model.backtested', 'The scores were judged on the workspace’s own past')
/** Housekeeping: a step of a back-test. */
export const backtestMoved = event('backtest.moved', 'A back-test went on', { published: false })
export const scoreChosen = event('model.score_chosen', 'The score that ranks customers by risk was chosen by a back-test')

/** Customers of one step: within half a minute, with purchases of a usual number. */
const STEP = 250

/** Begins a back-test: it reads an even sample of the customers in the background, step by step. One that runs goes on. */
export const start = action(
  'model.start_backtest',
  () => ({ input: z.strictObject({}), output: viewOf(backtestRun) }),
  async (ctx) => {
    const before = await runOf(ctx)
    if (before?.state === 'running') return before
    const fields: Run = { state: 'running', startedAt: ctx.now, dueAt: ctx.now, collected: false, chunks: 0, customers: 0, leftOut: 0 }
    const { record, change } = before
      ? alter(ctx, backtestRun, before, { ...fields, after: null, finishedAt: null }, backtestMoved)
      : create(ctx, backtestRun, fields, backtestMoved, { own: ONE_KEY })
    return commit(ctx, [change], record)
  },
)

const output = () =>
  z.object({
    words: z.string(),
    run: viewOf(backtestRun).optional().describe('absent before the first'),
    result: viewOf(backtest).optional().describe('what the last complete back-test found'),
    realised: z.array(z.object(tallyShape())).describe('how warnings turned out, by the month in which they became work, the latest first'),
    formulas: z.record(z.string(), z.string()),
  })

const FORMULAS = {
  auc: 'chance that one who bought nothing within the horizon ranks above one who bought, ties half: Mann & Whitney 1947',
  active: 'those whose last purchase lies at most the horizon before the cut',
  precisionTop: 'share who bought nothing among the fifth of the active customers with the highest score',
  calibration: 'foretold chance of a purchase within the horizon by tenths, beside the share of those customers who bought',
  lift: 'share who bought nothing in each tenth of the active customers by score ÷ that share of all of them',
  tracking: 'Σ E[X(t)] over those who had begun by the middle cut, beside their repeat purchase days: Fader, Hardie & Lee 2005, figure 3',
  fixedDays: 'days since the last purchase',
  ownGap: 'days since the last purchase ÷ the customer’s own median gap',
  pAny: '1 − P(alive) · (1 − ((α+T)/(α+T+t))^(r+x)): MBG/NBD, Batislam, Denizel & Filiztekin 2007',
  regular: 'the same with gaps of an Erlang distribution: MBG/CNBD-k, Reutterer, Platzer & Schröder 2021',
  learned: 'logistic regression on days since the last purchase, purchases, age and the chances above, trained on earlier cuts alone',
} as const

/** How the scores would have done on the workspace's own past, and how the warnings that were raised turned out. 4 units at most. */
export const show = action(
  'model.backtest',
  () => ({ input: z.strictObject({}), output: output() }),
  async (ctx) => {
    const [{ run, result }, realised] = await Promise.all([bothOf(ctx), tallies(ctx)])
    const words = result?.words ?? 'No back-test has been completed yet: POST /model/backtest begins one.'
    return { words, ...(run && { run }), ...(result && { result }), realised, formulas: FORMULAS }
  },
)

const outcome = () => z.object({ outcome: z.enum(['not_due', 'collected', 'judged']) })

/** The next step of a back-test under way: some customers more, or, after the last, the judgement. */
export const step = action(
  'model.step_backtest',
  () => ({ input: dueSchema(), output: outcome() }),
  async (ctx) => {
    const run = await runOf(ctx)
    if (run?.state !== 'running' || !run.dueAt || run.dueAt > ctx.now) return { outcome: 'not_due' as const }
    if (run.collected) {
      await conclude(ctx, run)
      return { outcome: 'judged' as const }
    }
    const [{ settings }, { timeZone }] = await Promise.all([modelOf(ctx), workspaceOf(ctx)])
    const limit = Math.min(STEP, SAMPLE_SIZE - run.customers)
    const { customerIds, next } = await sampled(ctx, run.after ?? '', limit)
    const { logs, leftOut } = await collect(ctx, customerIds, settings.segmentBy, dayNumberIn(run.startedAt, timeZone))
    await keepChunk(ctx, run.startedAt, run.chunks, logs)
    const customers = run.customers + logs.length
    const collected = next === undefined || customers >= SAMPLE_SIZE
    const patch = { after: next ?? null, collected, chunks: run.chunks + 1, customers, leftOut: run.leftOut + leftOut }
    await commit(ctx, [alter(ctx, backtestRun, run, patch, backtestMoved).change])
    return { outcome: 'collected' as const }
  },
)

/** Judges what was collected; the result, the score in use and the end of the run are one transaction. */
async function conclude(ctx: Ctx, run: RunRecord): Promise<void> {
  const [{ logs, keys }, { settings }, { timeZone, horizonDays }] = await Promise.all([
    readChunks(ctx, run.startedAt),
    modelOf(ctx),
    workspaceOf(ctx),
  ])
  const today = dayNumberIn(run.startedAt, timeZone)
  const { result, choice } = judge({ logs, leftOut: run.leftOut, today, horizonDays, now: ctx.now })
  const chosen: Score = {
    testedAt: ctx.now,
    choice: choice.kind === 'learned' ? { ...choice, learned: plain(choice.learned) } : choice,
    segmentBy: settings.segmentBy,
    segments: fitSegments(logs, today),
  }
  const done = alter(ctx, backtestRun, run, { state: 'done', finishedAt: ctx.now, dueAt: null, after: null }, backtestMoved)
  await commit(ctx, [done.change, ...(await replaced(ctx, result, chosen))])
  ctx.memo.drop(MODEL_MEMO)
  await dropChunks(ctx, keys)
}

type Learned = Extract<Score['choice'], { kind: 'learned' }>['learned']

function plain({ regular, regression, ...counts }: LearnedScore): Learned {
  const { intercept, weights, means, deviations } = regression
  const copy = { intercept, weights: [...weights], means: [...means], deviations: [...deviations] }
  return { ...counts, regression: copy, ...(regular && { regular }) }
}

async function replaced(ctx: Ctx, result: Result, chosen: Score): Promise<Change[]> {
  const [former, used] = await ctx.table.getAll([placeOf(backtest, backtest.id(ONE_KEY)), placeOf(score, score.id(SCORE_KEY))])
  return [
    former
      ? alter(ctx, backtest, recordIn<'backtest', Result>(former), result, modelBacktested).change
      : create(ctx, backtest, result, modelBacktested, { own: ONE_KEY }).change,
    used
      ? alter(ctx, score, recordIn<'score', Score>(used), chosen, scoreChosen).change
      : create(ctx, score, chosen, scoreChosen, { own: SCORE_KEY }).change,
  ]
}
