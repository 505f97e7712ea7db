import * as z from 'zod'
import { entity, type RecordOf } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import * as f from '../../kernel/fields.ts'
import { listNames } from './kind/list.ts'

/** `erased`: somebody was erased since whom its files may have named, so they are gone. */
export const exportStates = ['running', 'done', 'cancelled', 'failed', 'erased'] as const

/** Which records: all one may see, an account manager's, a segment's members, those named, or those a list shows with these filters. */
export const chosenShape = () =>
  z.discriminatedUnion('by', [
    z.strictObject({ by: z.literal('all') }),
    z.strictObject({ by: z.literal('owner'), ownerId: z.string().max(64) }),
    z.strictObject({ by: z.literal('segment'), segmentId: z.string().max(64) }),
    z.strictObject({ by: z.literal('ids'), count: z.int() }),
    z.strictObject({ by: z.literal('filters'), filters: z.record(z.string(), z.string()) }),
  ])
export type Chosen = z.output<ReturnType<typeof chosenShape>>

export const fileShape = () => z.object({ name: z.string(), rows: z.int(), bytes: z.int() })

export const exportShape = () => ({
  what: z.enum([...listNames, 'workspace']),
  chosen: chosenShape(),
  columns: z.array(z.string()),
  state: z.enum(exportStates),
  byId: z.string(),
  scope: z.enum(['own', 'team', 'all']),
  team: z.array(z.string()),
  teamId: z.string().optional(),
  /** Where the next page begins. */
  cursor: z.string().optional(),
  /** All has been read; its pieces are being joined. */
  read: z.boolean(),
  /** Stretches kept so far. */
  chunks: z.int(),
  /** Rows by file. */
  rows: z.record(z.string(), z.int()),
  /** The file being joined: its upload, the parts it has, and the last piece in them. */
  joining: z.object({ file: z.string(), upload: z.string(), tags: z.array(z.string()), after: z.string(), bytes: z.int() }).optional(),
  files: z.array(fileShape()),
  finishedAt: f.instant().optional(),
  dueAt: f.instant().optional(),
})
export type Export = z.output<z.ZodObject<ReturnType<typeof exportShape>>>

/** Records on their way out of the CRM, as files in the bucket. */
export const exporting = entity({
  noun: 'export',
  prefix: 'exp',
  home: 'workspace',
  fields: () => z.object(exportShape()),
  row: ['what', 'state', 'byId', 'finishedAt'],
  list: { on: [], key: (_, id) => ({ facet: 'all', order: id }) },
  owner: { on: ['byId'], key: ({ byId }, id) => ({ user: byId, state: 'all', at: id }) },
  due: { on: ['dueAt'], key: ({ dueAt }) => (dueAt ? { job: 'exports', at: dueAt } : undefined) },
  responsible: 'byId',
  // The key of the last item that was read may be a name.
  personal: ['cursor'],
})
export type ExportRecord = RecordOf<typeof exporting>

export const exportMade = event('export.made', 'An export was begun')
export const exportMoved = event('export.moved', 'An export went on', { published: false })
export const exportFinished = event('export.finished', 'An export ended: done or cancelled')

/** Days after which an export's files are gone: the bucket drops them (infra/files.ts). */
export const KEPT_DAYS = 14

export const idsKey = (id: string): string => `export/${id}/ids.json`
/** The file of rows: `deals.csv`. */
export const rowsFile = (what: Export['what']): string => `${what === 'workspace' ? 'customers' : what}.csv`
export const outKey = (id: string, file: string): string => `export/${id}/${file}`
export const pieces = (id: string, file: string): string => `export/${id}/piece/${file}/`
export const pieceKey = (id: string, file: string, chunk: number): string => pieces(id, file) + String(chunk).padStart(8, '0')
