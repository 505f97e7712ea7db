import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { later } from '../../kernel/clock.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { fault } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { facet, list as listPage, pageInput, pageOf, rowView, work } from '../../kernel/page.ts'
import { find, idOf } from '../../kernel/record.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { importMade, importing, importLooked, importShape, NO_ROWS, reportKey, uploadKey, type ImportRecord } from './import.store.ts'
import { importKinds, targetsOf } from './kind/kind.ts'
import { lookAt } from './look.ts'
import { suggest } from './mapping.ts'

/** The largest file. Bytes; about five million rows. */
const LARGEST_FILE = 1024 ** 3
/** How long a link to upload to or download from lives. Seconds. */
export const LINK_SECONDS = 3_600

const WORKBOOK = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

export const byId = () => ({ id: idOf(importing) })

/** An import as it leaves: where it stands, without what only the run needs. */
export const view = () => {
  const {
    name,
    kind,
    bytes,
    state,
    byId: who,
    sheet,
    sheets,
    settings,
    counts,
    checked,
    reported,
    undone,
    startedAt,
    finishedAt,
    failure,
    filesErasedAt,
  } = importShape()
  return z.object({
    ...byId(),
    version: z.int(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    name,
    kind,
    bytes,
    state,
    byId: who,
    sheet,
    sheets,
    settings,
    counts,
    checked,
    reported,
    undone,
    startedAt,
    finishedAt,
    failure,
    filesErasedAt,
    columns: z.array(z.string()).optional().describe('known once the file was looked at'),
    progress: z.number().min(0).max(1).describe('share of the file that the check or run has read'),
  })
}

/** @param record as it is kept */
export function shown(record: ImportRecord): z.input<ReturnType<typeof view>> {
  const { source, position, state } = record
  const read = state === 'done' ? 1 : source && position ? Math.min(1, position.offset / source.bytes) : 0
  return { ...record, ...(source && { columns: source.columns }), progress: Math.round(read * 10_000) / 10_000 }
}

/** Begins an import: the answer has a link to which its file is PUT, as it is, within the hour. */
export const make = action(
  'import.create',
  () => ({
    input: z.strictObject({
      name: f.line(200).describe('of the file'),
      kind: z.enum(importKinds),
      bytes: z.int().min(1).max(LARGEST_FILE).describe('size of the file'),
    }),
    output: view().extend({
      upload: z.object({ method: z.literal('PUT'), url: z.string(), headers: z.record(z.string(), z.string()), expiresAt: f.instant() }),
    }),
  }),
  async (ctx, { name, kind, bytes }) => {
    const { id: byId, team, teamId } = ctx.actor
    const who = { byId, scope: ctx.scope, team: [...team], ...(teamId !== undefined && { teamId }) }
    const fields = { name, kind, bytes, state: 'waiting' as const, ...who, claimed: false, counts: NO_ROWS, reported: 0 }
    const { record, change } = create(ctx, importing, fields, importMade)
    const type = name.toLowerCase().endsWith('.xlsx') ? WORKBOOK : 'text/csv'
    const url = await ctx.files.uploadUrl(uploadKey(record.id), { type, bytes, seconds: LINK_SECONDS })
    const upload = { method: 'PUT' as const, url, headers: { 'content-type': type }, expiresAt: later(ctx.now, LINK_SECONDS * 1000) }
    return commit(ctx, [change], { ...shown(record), upload })
  },
)

/** Imports, the latest first: all, or those of the people one may see. */
export const list = action(
  'import.list',
  () => ({ input: z.strictObject(pageInput()), output: pageOf(rowView(importing)) }),
  (ctx, input) =>
    listPage(ctx, importing, ctx.scope === 'all' ? facet(importing, 'all') : work(ctx, importing, 'all#'), input, { descending: true }),
)

export const show = action(
  'import.show',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => shown(await find(ctx, importing, id)),
)

const previewOutput = () => {
  const texts = z.record(z.string(), z.string())
  return view().extend({
    samples: z.array(z.object({ row: z.int(), cells: z.array(z.string()) })),
    suggestion: z.object({
      preset: z.string().optional().describe('another CRM’s export, told by its header'),
      mapping: texts,
      fixed: texts.optional(),
      words: z.record(z.string(), texts).optional(),
    }),
    fields: z.array(z.object({ name: z.string(), label: z.string(), type: z.string(), choices: z.array(z.string()).optional() })),
    encoding: z.string(),
    delimiter: z.string(),
  })
}

const LONGEST_SAMPLE = 200

/** Looks at the uploaded file: its columns, its first rows, what each column may be. */
export const preview = action(
  'import.preview',
  () => ({
    input: z.strictObject({ ...byId(), sheet: f.line(100).optional().describe('of a workbook; the first unless given') }),
    output: previewOutput(),
  }),
  async (ctx, { id, sheet }) => {
    const before = await find(ctx, importing, id)
    mustBe(before, 'waiting', 'ready')
    const { record, samples } = await look(ctx, before, sheet)
    const workspace = await workspaceOf(ctx)
    const { columns = [], encoding = 'utf-8', delimiter = ',' } = record.source ?? {}
    return {
      ...shown(record),
      samples: samples.map(({ row, cells }) => ({ row, cells: cells.map((cell) => cell.slice(0, LONGEST_SAMPLE).toWellFormed()) })),
      suggestion: suggest(record.kind, workspace, columns),
      fields: targetsOf(record.kind, workspace).map(({ name, label, type, choices }) => ({
        name,
        label,
        type,
        ...(choices && { choices: [...choices] }),
      })),
      encoding,
      delimiter,
    }
  },
)

/** Looks at the file and notes what was found; a file that was looked at is not looked at again. */
export async function look(ctx: Ctx, before: ImportRecord, sheet: string | undefined) {
  const { source, sheet: found, sheets, samples } = await lookAt(ctx, before, sheet)
  const patch = { source, sheet: found ?? null, sheets: sheets ?? null, state: 'ready' as const }
  const { record, change } = alter(ctx, importing, before, patch, importLooked)
  await commit(ctx, [change])
  return { record, samples }
}

/** @throws Fault `conflict` when an import is not in one of these states */
export function mustBe(record: ImportRecord, ...states: ImportRecord['state'][]): void {
  if (states.includes(record.state)) return
  throw fault(
    'conflict',
    'import.not_possible_now',
    `This import is ${record.state}; this is possible while it is ${states.join(' or ')}.`,
    {
      state: record.state,
      possible: states,
    },
  )
}

/** A link to the report of what went wrong in the last check, run or undo: row, column, code, message. */
export const report = action(
  'import.report',
  () => ({ input: z.strictObject(byId()), output: z.object({ url: z.string(), rows: z.int(), expiresAt: f.instant() }) }),
  async (ctx, { id }) => {
    const record = await find(ctx, importing, id)
    if (record.dueAt !== undefined && record.state !== 'undone')
      throw fault('conflict', 'import.not_possible_now', 'The report is written when the import halts or ends.')
    if (record.filesErasedAt !== undefined)
      throw fault('gone', 'import.erased_since', 'Somebody was erased since, and the report may have named them: it is gone.')
    if (record.reported === 0) throw fault('missing', 'import.no_report', 'There is nothing to report: no row was refused.')
    const url = await ctx.files.downloadUrl(reportKey(id), { name: `report of ${record.name}.csv`, seconds: LINK_SECONDS })
    return { url, rows: record.reported, expiresAt: later(ctx.now, LINK_SECONDS * 1000) }
  },
)
