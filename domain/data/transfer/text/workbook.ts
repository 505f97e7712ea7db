import { refused } from './encoding.ts'
import { plainLine } from './cells.ts'

/** A workbook is read whole, so it is bounded: as it comes, and as it unpacks. Bytes. */
export const LARGEST_WORKBOOK = 10 * 1024 * 1024
const LARGEST_UNPACKED = 150 * 1024 * 1024

/** A sheet of a workbook as CSV, and the names of all its sheets. */
export interface Sheet {
  name: string
  all: string[]
  csv: string
}

/**
 * Reads one sheet of an Excel workbook, the first unless named. Dates come as `2026-11-20 10:30:15`, without a time where it is midnight.
 * The library is loaded with the first workbook.
 * @throws Fault `invalid` for what is no workbook, is too large, or has no such sheet
 */
export async function sheetOf(bytes: Uint8Array, wanted: string | undefined): Promise<Sheet> {
  await mustUnpackSmall(bytes)
  const { default: readSheets } = await import('read-excel-file/node')
  let sheets: { sheet: string; data: readonly (readonly unknown[])[] }[]
  try {
    sheets = await readSheets(Buffer.from(bytes))
  } catch {
    throw refused('file.not_a_workbook', 'This workbook cannot be read: it is damaged, protected by a password, or no .xlsx file.')
  }
  const all = sheets.map(({ sheet }) => sheet)
  const found = wanted === undefined ? sheets[0] : sheets.find(({ sheet }) => sheet === wanted)
  if (!found) throw refused('sheet.unknown', `The workbook has the sheets ${all.join(', ')}.`)
  return { name: found.sheet, all, csv: found.data.map((row) => plainLine(row.map(textIn))).join('') }
}

function textIn(cell: unknown): string {
  if (cell === null || cell === undefined) return ''
  if (cell instanceof Date) return dateIn(cell)
  return typeof cell === 'string' ? cell : typeof cell === 'number' || typeof cell === 'boolean' ? String(cell) : ''
}

/** A date as a workbook has it: of no time zone, so it is told without one, and not exact to the millisecond. */
function dateIn(date: Date): string {
  const second = new Date(Math.round(date.getTime() / 1000) * 1000)
  return second
    .toISOString()
    .slice(0, 19)
    .replace('T', ' ')
    .replace(/ 00:00:00$/, '')
}

/** Holds that a packed file does not grow beyond what memory holds: a few kilobytes may unpack to gigabytes. */
async function mustUnpackSmall(bytes: Uint8Array): Promise<void> {
  const { unzipSync } = await import('fflate')
  let unpacked = 0
  try {
    unzipSync(bytes, {
      filter: ({ originalSize }) => {
        unpacked += originalSize
        return false
      },
    })
  } catch {
    throw refused('file.not_a_workbook', 'This file begins like a workbook and is none.')
  }
  if (unpacked > LARGEST_UNPACKED) throw refused('file.too_large', 'The workbook unpacks to more than can be read: save the sheet as CSV.')
}
