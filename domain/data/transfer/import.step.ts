import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit, Stale } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { dueSchema } from '../../kernel/event.ts'
import { Fault, fault } from '../../kernel/fault.ts'
import { recordIn } from '../../kernel/place.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import {
  importChecked,
  importFinished,
  importing,
  importMoved,
  importPaused,
  rowsKey,
  uploadKey,
  type Counts,
  type Import,
  type ImportRecord,
} from './import.store.ts'
import { bindingOf } from './mapping.ts'
import { keepProblems, makeReport } from './report.ts'
import { dryTable } from './row/table.ts'
import type { Job } from './row/job.ts'
import { writeRows, type Told } from './row/write.ts'
import { beginning, rowsFrom, type Position } from './source.ts'
import { undoStep } from './undo.ts'

/** Rows between two notes of how far an import has come: what a run that is cut off does over again, at most. */
export const CHUNK = 500
/** Chunks of one step. */
const MOST_CHUNKS = 10
/** Time without which no further chunk is begun. Milliseconds. */
const ENOUGH_MS = 15_000

const outcome = () => z.object({ outcome: z.enum(['not_due', 'moved', 'ended']) })

/** The next step of an import under way: some rows more. Called again at once while there is more to do. */
export const step = action(
  'import.step',
  () => ({ input: dueSchema(), output: outcome() }),
  async (ctx, { id }) => {
    const record = await importOf(ctx, id)
    if (!record?.dueAt || record.dueAt > ctx.now) return { outcome: 'not_due' as const }
    if (record.state === 'undoing' || record.state === 'undone') return undoStep(ctx, record)
    try {
      return await advance(ctx, record)
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'file.gone') throw error
      return end(ctx, record, { state: 'failed', failure: { code: error.code, message: error.message } })
    }
  },
)

export async function importOf(ctx: Ctx, id: string): Promise<ImportRecord | undefined> {
  const item = importing.is(id) ? await ctx.table.get(placeOf(importing, id)) : undefined
  return item && recordIn<'import', Import>(item)
}

/** What an import's rows are written with. @throws Fault `conflict` when the workspace has changed so that the mapping no longer holds */
async function jobOf(ctx: Ctx, record: ImportRecord): Promise<Job> {
  const { settings, source, startedAt = ctx.now } = record
  if (!settings || !source) throw new Error(`${record.id} is under way without a file or a mapping`)
  const workspace = await workspaceOf(ctx)
  const { bound, issues } = bindingOf(record.kind, workspace, source.columns, settings)
  const [first] = issues
  if (first) throw fault('conflict', 'file.gone', `The mapping no longer holds: ${first.message}`)
  const writing = { decimal: settings.decimal, dates: settings.dates, timeZone: workspace.timeZone }
  return { record, settings, startedAt, bound, writing, workspace }
}

async function advance(ctx: Ctx, record: ImportRecord): Promise<z.input<ReturnType<typeof outcome>>> {
  if (isHalting(record) && !record.claimed) return end(ctx, record, halted(record))
  const job = await jobOf(ctx, record)
  const table = record.state === 'checking' ? dryTable(ctx.table) : ctx.table
  let current: ImportRecord | undefined = record
  for (let chunks = 0; current && (chunks === 0 || goOn(ctx, chunks)); chunks++) {
    const claimed: ImportRecord = current.claimed || current.state === 'checking' ? current : await claim(ctx, current)
    const { from, source } = placeIn(claimed)
    const { rows, end: to, done } = await rowsFrom(ctx.files, source, from, CHUNK)
    const told = await writeRows(ctx, job, rows, table)
    const problems = told.flatMap(({ row, issues }) => issues.map((issue) => ({ row, ...issue })))
    const reported = await keepProblems(ctx.files, claimed, from.row + 1, problems)
    current = await moved(ctx, claimed, { to, told, reported, done })
    if (current && current.dueAt === undefined) return { outcome: 'ended' }
  }
  return { outcome: 'moved' }
}

const isHalting = ({ state }: ImportRecord): boolean => state === 'pausing' || state === 'cancelling'
const halted = ({ state }: ImportRecord) => ({ state: state === 'pausing' ? ('paused' as const) : ('cancelled' as const) })

function goOn(ctx: Ctx, chunks: number): boolean {
  const { left } = ctx.request
  return chunks < MOST_CHUNKS && (left === undefined || left() > ENOUGH_MS)
}

function placeIn({ source, position }: ImportRecord) {
  if (!source) throw new Error('an import under way has a file')
  return { source, from: position ?? beginning(source) }
}

/** Notes, before the first row beyond the position is written, that rows there may be. */
async function claim(ctx: Ctx, before: ImportRecord): Promise<ImportRecord> {
  const { record, change } = alter(ctx, importing, before, { claimed: true }, importMoved)
  await commit(ctx, [change])
  return record
}

interface Step {
  to: Position
  told: readonly Told[]
  reported: number
  done: boolean
}

/**
 * Notes how far an import has come. Someone may have asked it to halt meanwhile: what was written is noted all the same, and then
 * it halts.
 * @returns the import as it then is; undefined when another run has come as far
 */
async function moved(ctx: Ctx, before: ImportRecord, step: Step): Promise<ImportRecord | undefined> {
  let fresh: ImportRecord | undefined = before
  for (;;) {
    const { from } = placeIn(before)
    if (!fresh || (fresh.state !== before.state && !isHalting(fresh)) || placeIn(fresh).from.offset !== from.offset) return undefined
    try {
      return await noted(ctx, fresh, step)
    } catch (error) {
      if (!(error instanceof Stale)) throw error
      fresh = await importOf(ctx, before.id)
    }
  }
}

async function noted(ctx: Ctx, before: ImportRecord, { to, told, reported, done }: Step): Promise<ImportRecord> {
  const counts = sumOf(before.state === 'checking' ? (before.checked ?? before.counts) : before.counts, told)
  const checking = before.state === 'checking'
  const sums = checking ? { checked: counts } : { counts }
  const halts = isHalting(before)
  const ends = done || halts
  if (ends) await makeReport(ctx.files, { ...before, reported })
  const state = !ends ? before.state : checking ? 'ready' : done ? 'done' : halted(before).state
  const { record, change } = alter(
    ctx,
    importing,
    before,
    {
      ...sums,
      state,
      reported,
      position: checking && done ? null : to,
      claimed: !ends && !checking,
      ...(ends && { dueAt: null }),
      ...(ends && !checking && state !== 'paused' && { finishedAt: ctx.now }),
    },
    !ends ? importMoved : checking ? importChecked : state === 'paused' ? importPaused : importFinished,
  )
  await commit(ctx, [change])
  if (state === 'done' || state === 'cancelled') await dropFiles(ctx, before.id)
  return record
}

function sumOf(before: Counts, told: readonly Told[]): Counts {
  const sum = { ...before }
  for (const { did } of told) {
    sum.rows++
    sum[did]++
  }
  return sum
}

/** Ends or halts an import with no row written beyond its position. */
async function end(ctx: Ctx, before: ImportRecord, patch: { state: Import['state']; failure?: Import['failure'] }) {
  await makeReport(ctx.files, before)
  const paused = patch.state === 'paused'
  const { change } = alter(
    ctx,
    importing,
    before,
    { ...patch, dueAt: null, claimed: false, ...(!paused && { finishedAt: ctx.now }) },
    paused ? importPaused : importFinished,
  )
  await commit(ctx, [change])
  if (!paused) await dropFiles(ctx, before.id)
  return { outcome: 'ended' as const }
}

/** The file has served: what people's rows held is not kept in a second place. */
async function dropFiles(ctx: Ctx, id: string): Promise<void> {
  await Promise.all([ctx.files.remove(uploadKey(id)), ctx.files.remove(rowsKey(id))])
}
