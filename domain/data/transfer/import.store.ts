import * as z from 'zod'
import { entity, type RecordOf } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import * as f from '../../kernel/fields.ts'
import { importKinds } from './kind/kind.ts'
import { settingsShape } from './mapping.ts'
import { positionShape, sourceShape } from './source.ts'

/**
 * Where an import stands. `waiting` for its file; `ready` to be checked or run; what ends in -ing is under way in the background;
 * `failed` when the file itself could not be read on.
 */
export const importStates = [
  'waiting',
  'ready',
  'checking',
  'running',
  'pausing',
  'paused',
  'cancelling',
  'cancelled',
  'done',
  'failed',
  'undoing',
  'undone',
] as const
export type ImportState = (typeof importStates)[number]

/** Every row is counted once: rows = created + updated + skipped + failed. */
export const countsShape = () => z.object({ rows: z.int(), created: z.int(), updated: z.int(), skipped: z.int(), failed: z.int() })
export type Counts = z.output<ReturnType<typeof countsShape>>
export const NO_ROWS: Counts = { rows: 0, created: 0, updated: 0, skipped: 0, failed: 0 }

/** What an undo did: records taken away, records put back as they were, and what was left since it had changed. */
export const undoneShape = () => z.object({ removed: z.int(), restored: z.int(), left: z.int() })

export const importShape = () => ({
  /** The file's, for people. */
  name: f.line(200),
  kind: z.enum(importKinds),
  bytes: z.int().min(1),
  state: z.enum(importStates),
  /** On whose behalf, and whose records they may touch: as it was when the import was made. */
  byId: z.string(),
  scope: z.enum(['own', 'team', 'all']),
  team: z.array(z.string()),
  teamId: z.string().optional(),
  /** Known once the file was looked at. */
  source: sourceShape().optional(),
  sheet: z.string().optional(),
  sheets: z.array(z.string()).optional(),
  settings: z.object(settingsShape()).optional(),
  /** Of the run: rows are told apart by it, and new records bear it. */
  startedAt: f.instant().optional(),
  /** How far the check, the run or the undo has come. */
  position: positionShape().optional(),
  /** Rows beyond the position may have been written by a run that was cut off. */
  claimed: z.boolean(),
  counts: countsShape(),
  /** What the last check found would become of the rows. */
  checked: countsShape().optional(),
  /** Lines in the report of what went wrong, and of which check, run or undo it is. */
  reported: z.int(),
  phase: z.string().optional(),
  /** The last row that the run can have written: as far as an undo goes. */
  lastRow: z.int().optional(),
  undone: undoneShape().optional(),
  finishedAt: f.instant().optional(),
  /** Why the file could not be read on. */
  failure: z.object({ code: z.string(), message: z.string() }).optional(),
  /** When somebody was erased whom the file or the report may have named: both are gone. */
  filesErasedAt: f.instant().optional(),
  /** When the next step is due; absent while nothing is to be done. */
  dueAt: f.instant().optional(),
})
export type Import = z.output<z.ZodObject<ReturnType<typeof importShape>>>

/** A file of rows on its way into the CRM. */
export const importing = entity({
  noun: 'import',
  prefix: 'imp',
  home: 'workspace',
  fields: () => z.object(importShape()),
  row: ['name', 'kind', 'state', 'byId', 'finishedAt'],
  list: { on: [], key: (_, id) => ({ facet: 'all', order: id }) },
  owner: { on: ['byId'], key: ({ byId }, id) => ({ user: byId, state: 'all', at: id }) },
  due: { on: ['dueAt'], key: ({ dueAt }) => (dueAt ? { job: 'imports', at: dueAt } : undefined) },
  responsible: 'byId',
  personal: ['name', 'source', 'sheet', 'sheets', 'settings'],
})
export type ImportRecord = RecordOf<typeof importing>

/** What a customer's fields were before an import changed them: beside the customer, so that it is erased with them. */
export const earlier = entity({
  noun: 'importearlier',
  prefix: 'ime',
  home: 'customer',
  fields: () =>
    z.object({ importId: z.string(), row: z.int(), before: z.record(z.string(), z.unknown()), after: z.record(z.string(), z.unknown()) }),
  personal: ['before', 'after'],
})

export const importMade = event('import.made', 'An import was begun: its file is awaited')
export const importLooked = event('import.looked_at', 'The file of an import was looked at', { published: false })
export const importStarted = event('import.started', 'An import began to run')
export const importChecked = event('import.checked', 'The rows of an import were checked, and nothing written')
export const importMoved = event('import.moved', 'An import went on', { published: false })
export const importPaused = event('import.paused', 'An import was halted')
export const importFinished = event('import.finished', 'An import ended: done, cancelled or failed')
export const importUndone = event('import.undone', 'What an import had done was undone')
export const earlierKept = event('import.kept_earlier', 'What an import changed was kept as it was', { published: false })

/** Where an import's files are. */
export const uploadKey = (id: string): string => `import/${id}/upload`
export const rowsKey = (id: string): string => `import/${id}/rows.csv`
export const reportKey = (id: string): string => `import/${id}/report.csv`
export const reportPart = (id: string, phase: string, row: number): string => `import/${id}/${phase}/${String(row).padStart(10, '0')}.csv`
