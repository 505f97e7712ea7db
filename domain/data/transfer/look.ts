import type { Ctx } from '../../kernel/context.ts'
import { fault } from '../../kernel/fault.ts'
import { rowsKey, uploadKey, type ImportRecord } from './import.store.ts'
import { beginning, rowsFrom, sourceOf, type Row, type Source } from './source.ts'
import { natureOf, refused } from './text/encoding.ts'
import { LARGEST_WORKBOOK, sheetOf } from './text/workbook.ts'

/** What was found in an uploaded file. */
export interface Look {
  source: Source
  sheet?: string
  sheets?: string[]
  samples: Row[]
}

/** Enough of a file to tell what it is. Bytes. */
const HEAD = 64 * 1024
const SAMPLES = 5

/**
 * Looks at the file of an import: what it is, its columns, its first rows. A workbook's sheet is written beside it as CSV, which is
 * then read. Looking twice finds the same.
 * @throws Fault `conflict` while nothing was uploaded; `invalid` for a file that cannot be imported, with what to do
 */
export async function lookAt(ctx: Ctx, record: ImportRecord, sheet: string | undefined): Promise<Look> {
  const { files } = ctx
  const key = uploadKey(record.id)
  const head = await files.head(key)
  if (!head) throw fault('conflict', 'import.no_file', 'The file has not been uploaded yet, or its import has ended.')
  const nature = natureOf(await files.read(key, 0, Math.min(HEAD, head.bytes), head.etag))
  if (nature.format === 'csv') return looked(ctx, await sourceOf(files, key, head), {})
  if (head.bytes > LARGEST_WORKBOOK) throw refused('file.too_large', 'A workbook has at most 10 MB: save the sheet as CSV.')
  const found = await sheetOf(await files.read(key, 0, head.bytes, head.etag), sheet ?? record.sheet)
  const rows = rowsKey(record.id)
  await files.write(rows, found.csv, 'text/csv; charset=utf-8')
  const written = await files.head(rows)
  if (!written || written.bytes === 0) throw refused('file.empty', `The sheet ${found.name} is empty.`)
  return looked(ctx, await sourceOf(files, rows, written), { sheet: found.name, sheets: found.all })
}

async function looked(ctx: Ctx, source: Source, more: { sheet?: string; sheets?: string[] }): Promise<Look> {
  const { rows } = await rowsFrom(ctx.files, source, beginning(source), SAMPLES)
  if (rows.length === 0) throw refused('file.no_rows', 'The file has a header and no row.')
  return { source, ...more, samples: rows }
}
