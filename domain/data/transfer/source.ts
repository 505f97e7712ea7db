import * as z from 'zod'
import type { Files } from '../../kernel/files.ts'
import { FileMissing } from '../../kernel/files.ts'
import { fault } from '../../kernel/fault.ts'
import { encodings, natureOf, refused, textOf, type Encoding } from './text/encoding.ts'
import { endOfLong } from './text/long.ts'
import { afterLine, delimiterOf, LONGEST_RECORD, nextRecord, type Piece, type Trouble } from './text/records.ts'

/** A file of rows in the bucket: what has been found out about it once, so that every stretch is read alike. */
export const sourceShape = () =>
  z.object({
    key: z.string(),
    /** Of the content that was looked at: another content under the same key is not read. */
    etag: z.string(),
    bytes: z.int(),
    encoding: z.enum(encodings),
    delimiter: z.string().length(1),
    /** Where the rows begin: after the header. */
    start: z.int(),
    /** The header's cells, blanks named by their place, doubles told apart. */
    columns: z.array(z.string()),
  })
export type Source = z.output<ReturnType<typeof sourceShape>>

/** A place between two records. `row`: records so far, the header being the first, blank lines counted: a spreadsheet's row number. */
export const positionShape = () => z.object({ offset: z.int(), row: z.int(), skipping: z.boolean() })
export type Position = z.output<ReturnType<typeof positionShape>>

/** A row of the file: its cells, or why it cannot be read. */
export interface Row {
  /** As a spreadsheet numbers it: the header is 1. */
  row: number
  cells: readonly string[]
  trouble?: Trouble | 'not_text'
}

/** Bytes read at once: more than the longest record, so that every read gets further. */
const WINDOW = 2 * LONGEST_RECORD
/** Columns of a file, and characters of a header cell. */
const MOST_COLUMNS = 200
const LONGEST_HEADER = 200

/** Looks at a file of text: encoding, delimiter, header. @throws Fault `invalid` for what is no CSV with a header */
export async function sourceOf(files: Files, key: string, head: { bytes: number; etag: string }): Promise<Source> {
  const bytes = await files.read(key, 0, WINDOW, head.etag)
  const nature = natureOf(bytes)
  if (nature.format !== 'csv') throw new Error('a workbook is turned into text first')
  const { encoding, skip } = nature
  const whole = head.bytes <= bytes.length
  let at = skip
  while (bytes[at] === 0x0a || bytes[at] === 0x0d) at++
  const lineAt = (from: number): string => textOf(bytes.subarray(from, afterLine(bytes, from) ?? bytes.length), encoding) ?? ''
  // Excel's own hint, which it shows to nobody.
  const [, told] = /^sep=([,;|\t])\s*$/i.exec(lineAt(at)) ?? []
  if (told !== undefined) at = afterLine(bytes, at) ?? bytes.length
  const delimiter = told ?? delimiterOf(lineAt(at))
  const found = nextRecord(bytes, at, delimiter.charCodeAt(0), whole)
  if (!found || found.piece.trouble) throw refused('file.no_header', 'The first line is no header: name the columns in it.')
  const [cells = []] = await cellsOf(bytes, [found.piece], encoding, delimiter)
  return { key, ...head, encoding, delimiter, start: found.next, columns: named(cells) }
}

/** Column names as people choose among them. @throws Fault `invalid` for more than can be mapped */
export function named(cells: readonly string[]): string[] {
  if (cells.length > MOST_COLUMNS)
    throw refused('file.too_many_columns', `A file has at most ${MOST_COLUMNS} columns; this one has ${cells.length}.`)
  const seen = new Map<string, number>()
  return cells.map((cell, at) => {
    const plain = cell.replace(/\s+/g, ' ').trim().slice(0, LONGEST_HEADER).toWellFormed() || `Column ${at + 1}`
    const times = (seen.get(plain) ?? 0) + 1
    seen.set(plain, times)
    return times === 1 ? plain : `${plain} (${times})`
  })
}

/** Where the first row is. */
export const beginning = (source: Source): Position => ({ offset: source.start, row: 1, skipping: false })

/** Some rows of a file, and where they end. */
export interface Stretch {
  /** Without blank lines, and those of nothing but delimiters. */
  rows: Row[]
  end: Position
  /** Whether the file ends there. */
  done: boolean
}

/** Up to so many rows from a place on; the same place and number always give the same rows. @throws Fault `conflict` when the file is gone */
export async function rowsFrom(files: Files, source: Source, from: Position, most: number): Promise<Stretch> {
  const bytes = await stretchOf(files, source, from.offset)
  const last = from.offset + bytes.length >= source.bytes
  const pieces: (Piece & { row: number })[] = []
  let { row, skipping } = from
  let at = 0
  if (skipping) {
    const next = afterLine(bytes, 0)
    at = next ?? bytes.length
    skipping = next === undefined && !last
  }
  while (!skipping && pieces.length < most && at < bytes.length) {
    const found = nextRecord(bytes, at, source.delimiter.charCodeAt(0), last)
    if (!found) break
    row++
    const beyond = found.open && (await endOfLong(files, source, from.offset + at))
    if (beyond !== undefined) {
      pieces.push({ ...found.piece, trouble: 'too_long', row })
      return stretchIn(bytes, pieces, source, { offset: beyond, row, skipping: false })
    }
    at = found.next
    if (found.piece.to > found.piece.from) pieces.push({ ...found.piece, row })
    skipping = found.skipping === true
  }
  return stretchIn(bytes, pieces, source, { offset: from.offset + at, row, skipping })
}

async function stretchIn(bytes: Uint8Array, pieces: readonly (Piece & { row: number })[], source: Source, end: Position): Promise<Stretch> {
  const rows = (await rowsOf(bytes, pieces, source)).filter((one) => one.trouble || one.cells.some((cell) => cell !== ''))
  return { rows, end, done: end.offset >= source.bytes }
}

async function stretchOf(files: Files, source: Source, offset: number): Promise<Uint8Array> {
  try {
    return await files.read(source.key, offset, Math.min(source.bytes, offset + WINDOW), source.etag)
  } catch (error) {
    if (!(error instanceof FileMissing)) throw error
    throw fault('conflict', 'file.gone', 'The file is gone or was replaced since it was looked at.')
  }
}

async function rowsOf(bytes: Uint8Array, pieces: readonly (Piece & { row: number })[], { encoding, delimiter }: Source): Promise<Row[]> {
  const rows: Row[] = pieces.map(({ row, trouble }) => ({ row, cells: [], ...(trouble && { trouble }) }))
  const good = pieces.flatMap((piece, index) => (piece.trouble ? [] : [{ ...piece, index }]))
  for (const [nth, cells] of (await cellsOf(bytes, good, encoding, delimiter)).entries()) {
    const index = good[nth]?.index ?? 0
    const { row } = rows[index] ?? { row: 0 }
    rows[index] = cells ? { row, cells } : { row, cells: [], trouble: 'not_text' }
  }
  return rows
}

/** The cells of records; undefined for one whose bytes are no text. The library is loaded when there is something to read. */
async function cellsOf(
  bytes: Uint8Array,
  pieces: readonly Piece[],
  encoding: Encoding,
  delimiter: string,
): Promise<(string[] | undefined)[]> {
  const texts = pieces.map(({ from, to }) => textOf(bytes.subarray(from, to), encoding))
  const readable = texts.filter((text) => text !== undefined)
  if (readable.length === 0) return texts.map(() => undefined)
  const { parse } = await import('csv-parse/sync')
  const records: string[][] = parse(`${readable.join('\n')}\n`, {
    delimiter,
    record_delimiter: ['\n', '\r\n', '\r'],
    relax_column_count: true,
    relax_quotes: true,
  })
  if (records.length !== readable.length) throw new Error(`${readable.length} records were read as ${records.length}`)
  const waiting = records.values()
  return texts.map((text) => (text === undefined ? undefined : waiting.next().value))
}
