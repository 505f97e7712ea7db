import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { dueSchema } from '../../kernel/event.ts'
import { FileMissing, LEAST_PART } from '../../kernel/files.ts'
import { recordIn } from '../../kernel/place.ts'
import { nextPage } from './export.read.ts'
import {
  exportFinished,
  exporting,
  exportMoved,
  idsKey,
  outKey,
  pieceKey,
  pieces,
  rowsFile,
  type Export,
  type ExportRecord,
} from './export.store.ts'
import { BYTE_ORDER_MARK, line } from './text/cells.ts'

/** Pages kept as one stretch, and stretches of a step. */
const PAGES = 10
const MOST_STRETCHES = 20
/** Time without which nothing further is begun. Milliseconds. */
const ENOUGH_MS = 15_000
/** A part of a file. Bytes. */
const PART = LEAST_PART + 3 * 1024 * 1024

/** The next step of an export under way: some pages more, or some of its files put together. */
export const exportStep = action(
  'export.step',
  () => ({ input: dueSchema(), output: z.object({ outcome: z.enum(['not_due', 'moved', 'ended']) }) }),
  async (ctx, { id }) => {
    const item = exporting.is(id) ? await ctx.table.get(placeOf(exporting, id)) : undefined
    let record = item && recordIn<'export', Export>(item)
    if (!record?.dueAt || record.dueAt > ctx.now) return { outcome: 'not_due' as const }
    for (let stretches = 0; record.dueAt && (stretches === 0 || goOn(ctx, stretches)); stretches++)
      record = record.state === 'cancelled' ? await dropped(ctx, record) : record.read ? await join(ctx, record) : await read(ctx, record)
    return { outcome: record.dueAt ? ('moved' as const) : ('ended' as const) }
  },
)

function goOn(ctx: Ctx, stretches: number): boolean {
  const { left } = ctx.request
  return stretches < MOST_STRETCHES && (left === undefined || left() > ENOUGH_MS)
}

async function note(ctx: Ctx, before: ExportRecord, patch: Parameters<typeof alter<'export', Export>>[3]): Promise<ExportRecord> {
  const { record, change } = alter(ctx, exporting, before, patch, patch.dueAt === null ? exportFinished : exportMoved)
  await commit(ctx, [change])
  return record
}

/** Keeps some pages as pieces of files, named by their number: read again, the same piece takes the place of the first. */
async function read(ctx: Ctx, before: ExportRecord): Promise<ExportRecord> {
  const lines = new Map<string, string[]>()
  let { cursor } = before
  for (let pages = 0; pages < PAGES && (pages === 0 || cursor !== undefined); pages++) {
    const page = await nextPage(ctx, { ...before, ...(cursor !== undefined && { cursor }) })
    for (const [file, more] of page.lines) lines.set(file, [...(lines.get(file) ?? []), ...more])
    cursor = page.cursor
  }
  const rows = { ...before.rows }
  for (const [file, some] of lines) {
    rows[file] = (rows[file] ?? 0) + some.length
    if (some.length > 0) await ctx.files.write(pieceKey(before.id, file, before.chunks), some.join(''), 'text/plain; charset=utf-8')
  }
  return note(ctx, before, { cursor: cursor ?? null, read: cursor === undefined, chunks: before.chunks + 1, rows })
}

const typeOf = (file: string): string => (file.endsWith('.csv') ? 'text/csv; charset=utf-8' : 'application/x-ndjson')

/** Puts pieces together: a part of the file under way, or the end of it; after the last file the export is done. */
async function join(ctx: Ctx, before: ExportRecord): Promise<ExportRecord> {
  const done = new Set(before.files.map(({ name }) => name))
  const file =
    before.joining?.file ??
    Object.keys(before.rows)
      .sort()
      .find((one) => !done.has(one))
  if (file === undefined) {
    await dropPieces(ctx, before.id)
    return note(ctx, before, { state: 'done', finishedAt: ctx.now, dueAt: null })
  }
  const { joining } = before
  const head = joining || file !== rowsFile(before.what) ? '' : BYTE_ORDER_MARK + line(before.columns)
  const { body, after, more } = await gathered(ctx, before, file, joining?.after, head)
  const key = outKey(before.id, file)
  if (!joining && !more) {
    await ctx.files.write(key, body, typeOf(file))
    return finished(ctx, before, file, body.length)
  }
  const upload = joining?.upload ?? (await ctx.files.begin(key, typeOf(file)))
  const tags = [...(joining?.tags ?? [])]
  const bytes = (joining?.bytes ?? 0) + body.length
  try {
    if (body.length > 0) tags.push(await ctx.files.part(key, upload, tags.length + 1, body))
    if (!more) await ctx.files.complete(key, upload, tags)
  } catch (error) {
    // Done by a run whose success was not noted; an upload that is gone without its file is begun again.
    if (!(error instanceof FileMissing)) throw error
    if ((await ctx.files.head(key))?.bytes !== bytes) return note(ctx, before, { joining: null })
  }
  const noted = more ? note(ctx, before, { joining: { file, upload, tags, after, bytes } }) : finished(ctx, before, file, bytes)
  // An upload that nobody knows of would lie there for days.
  return joining ? noted : noted.catch((error: unknown) => ctx.files.abandon(key, upload).then(() => Promise.reject(error)))
}

function finished(ctx: Ctx, before: ExportRecord, name: string, bytes: number): Promise<ExportRecord> {
  return note(ctx, before, { joining: null, files: [...before.files, { name, rows: before.rows[name] ?? 0, bytes }] })
}

/** Pieces from a place on, as many as make a part. */
async function gathered(ctx: Ctx, { id }: ExportRecord, file: string, from: string | undefined, head: string) {
  const parts: Uint8Array[] = [Buffer.from(head)]
  let bytes = parts[0]?.length ?? 0
  let after = from ?? ''
  for (;;) {
    const page = await ctx.files.list(pieces(id, file), after === '' ? undefined : after)
    for (const key of page.keys) {
      if (bytes >= PART) return { body: Buffer.concat(parts), after, more: true }
      const piece = await ctx.files.read(key, 0, Number.MAX_SAFE_INTEGER)
      parts.push(piece)
      bytes += piece.length
      after = key
    }
    if (page.after === undefined) return { body: Buffer.concat(parts), after, more: false }
  }
}

async function dropPieces(ctx: Ctx, id: string): Promise<void> {
  for (let more = true; more; ) {
    const { keys, after } = await ctx.files.list(`export/${id}/piece/`)
    for (const key of [...keys, idsKey(id)]) await ctx.files.remove(key)
    more = after !== undefined
  }
}

/** What a cancelled export has written so far goes. */
async function dropped(ctx: Ctx, before: ExportRecord): Promise<ExportRecord> {
  const { joining, files } = before
  if (joining) await ctx.files.abandon(outKey(before.id, joining.file), joining.upload)
  await dropPieces(ctx, before.id)
  for (const { name } of files) await ctx.files.remove(outKey(before.id, name))
  return note(ctx, before, { dueAt: null, joining: null, cursor: null, files: [], finishedAt: ctx.now })
}
