import type { Files } from '../../kernel/files.ts'
import { reportKey, reportPart, type ImportRecord } from './import.store.ts'
import { BYTE_ORDER_MARK, line } from './text/cells.ts'

/** One thing that is wrong with a row. */
export interface Problem {
  row: number
  column: string
  code: string
  message: string
}

/** Lines of a report; what comes beyond them is counted and not listed. */
const MOST_LINES = 100_000
const ABREAST = 16

/**
 * Keeps the problems of some rows as a file of their own, named by the first of them: done again, it is the same file.
 * @returns how many lines the report has with them
 */
export async function keepProblems(files: Files, record: ImportRecord, firstRow: number, problems: readonly Problem[]): Promise<number> {
  const { id, phase = '', reported } = record
  const listed = problems.slice(0, Math.max(0, MOST_LINES - reported))
  if (listed.length > 0) {
    const text = listed.map(({ row, column, code, message }) => line([String(row), column, code, message])).join('')
    await files.write(reportPart(id, phase, firstRow), text, 'text/csv; charset=utf-8')
  }
  return reported + listed.length
}

/** Puts a report together from its parts, in the order of the rows. */
export async function makeReport(files: Files, { id, phase = '', reported }: ImportRecord): Promise<void> {
  if (reported === 0) return
  const keys: string[] = []
  let after: string | undefined
  do {
    const page = await files.list(`import/${id}/${phase}/`, after)
    keys.push(...page.keys)
    after = page.after
  } while (after !== undefined)
  const parts: Uint8Array[] = []
  for (let from = 0; from < keys.length; from += ABREAST) {
    parts.push(...(await Promise.all(keys.slice(from, from + ABREAST).map((key) => files.read(key, 0, Number.MAX_SAFE_INTEGER)))))
  }
  const head = Buffer.from(BYTE_ORDER_MARK + line(['row', 'column', 'code', 'message']))
  await files.write(reportKey(id), Buffer.concat([head, ...parts]), 'text/csv; charset=utf-8')
}
