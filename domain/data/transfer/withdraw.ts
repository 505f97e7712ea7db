import { alter, commit } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { untilFresh } from '../../kernel/invoke.ts'
import { facet } from '../../kernel/page.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Item } from '../../kernel/table/table.ts'
import { exporting, exportFinished, outKey, type Export, type ExportRecord } from './export.store.ts'
import { importFinished, importing, importMoved, uploadKey, type Import, type ImportRecord } from './import.store.ts'
import { CHUNK, importOf } from './import.step.ts'
import { customersMade } from './row/done.ts'
import { beginning } from './source.ts'

/**
 * What an erasure takes of imports and exports. A file of before it may name the person, and nobody can tell without reading it:
 * it goes whole. An export is made anew in minutes; an import that has ended needs its file no more; one that has not would bring
 * the person back.
 */

/** Imports that are looked at for an erasure, the latest first: more than the bucket has files of. */
const MOST_IMPORTS = 2_000
const OPEN = new Set(['waiting', 'ready', 'checking', 'running', 'pausing', 'paused', 'cancelling'])

/** Rows that an import which was halted may have been writing at that moment: those after this one, a chunk of them. */
export interface InFlight {
  importId: string
  row: number
}

/**
 * Halts, for good, every import that has a file and has not come to its end, and takes a person's name out of all of them: out of
 * that of a file, a header that was none, a fixed value. Some hundred read units where there were many imports.
 * @param names whether a text names the person
 * @returns rows that may be written at this moment
 */
export async function haltImports(ctx: Ctx, names: (text: string) => boolean): Promise<InFlight[]> {
  const [stretch] = facet(importing, 'all')
  if (!stretch) return []
  const rows = (await ctx.table.query({ ...stretch, limit: MOST_IMPORTS, descending: true })).items
  const ids = rows.map((item) => (item['row'] as { id: string }).id)
  const halted: InFlight[] = []
  for (const item of await readAll(ctx, ids)) {
    const { id, state, ...rest } = recordIn<'import', Import>(item)
    if (names(rest.name) || names(headerOf(rest))) await untilFresh(() => scrub(ctx, id, names))
    const before = OPEN.has(state) ? await untilFresh(() => haltImport(ctx, id)) : undefined
    if (before?.claimed && before.kind === 'customers') halted.push({ importId: id, row: before.position?.row ?? 1 })
  }
  return halted
}

async function readAll(ctx: Ctx, ids: readonly string[]): Promise<Item[]> {
  const found: Item[] = []
  for (let from = 0; from < ids.length; from += 100) {
    const items = await ctx.table.getAll(ids.slice(from, from + 100).map((id) => placeOf(importing, id)))
    found.push(...items.filter((item) => item !== undefined))
  }
  return found
}

/** What an import keeps of its file's content: the header, and what people said its columns are. */
const headerOf = ({ source, settings, sheets }: Pick<Import, 'source' | 'settings' | 'sheets'>): string =>
  JSON.stringify([source?.columns, settings, sheets])

async function scrub(ctx: Ctx, id: string, names: (text: string) => boolean): Promise<void> {
  const before = await importOf(ctx, id)
  if (!before) return
  const header = !OPEN.has(before.state) && names(headerOf(before)) ? { source: null, settings: null, sheet: null, sheets: null } : {}
  const patch = { ...header, ...(names(before.name) && { name: 'erased' }) }
  if (Object.keys(patch).length > 0) await commit(ctx, [alter(ctx, importing, before, patch, importMoved).change])
}

/** @returns the import as it was; undefined when it has ended, or waits for its file */
async function haltImport(ctx: Ctx, id: string): Promise<ImportRecord | undefined> {
  const before = await importOf(ctx, id)
  if (!before || !OPEN.has(before.state)) return undefined
  if (before.state === 'waiting' && !(await ctx.files.head(uploadKey(id)))) return undefined
  await commit(ctx, [alter(ctx, importing, before, { ...ended(ctx, before), ...emptied(ctx) }, importFinished).change])
  return before
}

const MESSAGE = 'Somebody is being erased, and this file may name them. The rows before stand; import the others from a new file.'

function ended(ctx: Ctx, { claimed, position, source }: ImportRecord) {
  const from = position ?? (claimed && source ? beginning(source) : undefined)
  const failure = { code: 'file.erased_since', message: MESSAGE }
  return { state: 'failed' as const, failure, dueAt: null, claimed: false, finishedAt: ctx.now, ...(from && { position: from }) }
}

const emptied = (ctx: Ctx) => ({ filesErasedAt: ctx.now, source: null, settings: null, sheet: null, sheets: null, reported: 0 })

/** Customers that rows in flight made. */
export async function madeInFlight(ctx: Ctx, { importId, row }: InFlight): Promise<Item[]> {
  const record = await importOf(ctx, importId)
  if (!record?.startedAt) return []
  const rows = Array.from({ length: CHUNK }, (_, at) => row + 1 + at)
  return [...(await customersMade(ctx, record, rows)).values()]
}

/**
 * Removes those of some files of imports and exports that are of before a moment. Done again it finds nothing.
 * @param keys in the bucket, of `import/` or `export/`
 * @returns how many files went
 */
export async function withdrawFiles(ctx: Ctx, keys: readonly string[], before: string): Promise<number> {
  const folders = Map.groupBy(keys, (key) => key.split('/')[1] ?? '')
  let removed = 0
  for (const [id, files] of folders) {
    const stale = importing.is(id) ? await withdrawImport(ctx, id, before) : exporting.is(id) && (await withdrawExport(ctx, id, before))
    if (!stale) continue
    for (const key of files) await ctx.files.remove(key)
    removed += files.length
  }
  return removed
}

/** Whether an import's files are to go. It is told first, so that nobody is given a link that leads nowhere. */
const withdrawImport = (ctx: Ctx, id: string, before: string): Promise<boolean> =>
  untilFresh(async () => {
    const record = await importOf(ctx, id)
    if (!record) return true
    if (record.createdAt > before) return false
    const open = OPEN.has(record.state)
    // Its undo goes on by the rows' numbers, and needs none of this.
    const patch = { ...(open && ended(ctx, record)), ...emptied(ctx) }
    await commit(ctx, [alter(ctx, importing, record, patch, open ? importFinished : importMoved).change])
    return true
  })

const withdrawExport = (ctx: Ctx, id: string, before: string): Promise<boolean> =>
  untilFresh(async () => {
    const item = await ctx.table.get(placeOf(exporting, id))
    const record = item && recordIn<'export', Export>(item)
    if (!record) return true
    if (record.createdAt > before) return false
    if (record.state === 'erased') return true
    await commit(ctx, [withdrawn(ctx, record)])
    if (record.joining) await ctx.files.abandon(outKey(id, record.joining.file), record.joining.upload)
    return true
  })

function withdrawn(ctx: Ctx, record: ExportRecord) {
  const patch = { state: 'erased' as const, files: [], joining: null, cursor: null, dueAt: null, finishedAt: record.finishedAt ?? ctx.now }
  return alter(ctx, exporting, record, patch, exportFinished).change
}
