import * as z from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import * as f from '../../kernel/fields.ts'
import { KEY_LENGTH } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import { resultShape, type Result } from './judge.ts'

const runShape = () => ({
  state: z.enum(['running', 'done']),
  startedAt: f.instant(),
  finishedAt: f.instant().optional(),
  dueAt: f.instant().optional(),
  /** How far the sample has been read, in the order of hashes; absent at its start. */
  after: z.string().optional(),
  /** The whole sample has been read. */
  collected: z.boolean(),
  chunks: z.int(),
  customers: z.int(),
  leftOut: z.int(),
})
export type Run = z.output<z.ZodObject<ReturnType<typeof runShape>>>

/** A back-test on its way, step by step; the workspace has one at a time. */
export const backtestRun = entity({
  noun: 'backtestrun',
  prefix: 'btr',
  home: 'workspace',
  single: true,
  fields: () => z.object(runShape()),
  due: { on: ['dueAt'], key: ({ dueAt }) => (dueAt ? { job: 'backtest', at: dueAt } : undefined) },
})
export type RunRecord = RecordOf<typeof backtestRun>

/** What the last back-test found; the ones before are in its log. */
export const backtest = entity({ noun: 'backtest', prefix: 'bkt', home: 'workspace', single: true, fields: () => z.object(resultShape()) })
export type BacktestRecord = RecordOf<typeof backtest>

/** Own key of the one record of each. */
export const ONE_KEY = '0'.repeat(KEY_LENGTH)
const RUN_PLACE = placeOf(backtestRun, backtestRun.id(ONE_KEY))
const RESULT_PLACE = placeOf(backtest, backtest.id(ONE_KEY))

/** The run and the last result, in one read. */
export async function bothOf(ctx: Ctx): Promise<{ run: RunRecord | undefined; result: BacktestRecord | undefined }> {
  const [run, result] = await ctx.table.getAll([RUN_PLACE, RESULT_PLACE])
  return { run: run && recordIn<'backtestrun', Run>(run), result: result && recordIn<'backtest', Result>(result) }
}

export async function runOf(ctx: Ctx): Promise<RunRecord | undefined> {
  const item = await ctx.table.get(RUN_PLACE)
  return item && recordIn<'backtestrun', Run>(item)
}
