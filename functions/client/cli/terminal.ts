/** What a command writes to, and whether as JSON. */
export interface Terminal {
  out(text: string): void
  /** For people: progress and remarks, never mixed with the result. */
  note(text: string): void
  readonly json: boolean
  /** Whether notes go to a screen, where a line can be drawn anew. */
  readonly screen: boolean
}

const WIDTH = 30
const REDRAW_MS = 100

/** A bar that fills as work is done; without a screen, nothing until its end. */
export function progress(terminal: Terminal, label: string): { to(share: number, text?: string): void; end(text: string): void } {
  let last = 0
  return {
    to(share, text = '') {
      if (!terminal.screen || Date.now() - last < REDRAW_MS) return
      last = Date.now()
      const full = Math.round(Math.min(1, Math.max(0, share)) * WIDTH)
      terminal.note(`\r${label} [${'█'.repeat(full)}${'·'.repeat(WIDTH - full)}] ${Math.floor(share * 100)} % ${text}\u001b[K`)
    },
    end(text) {
      terminal.note(`${terminal.screen ? '\r\u001b[K' : ''}${label}: ${text}\n`)
    },
  }
}

/** Rows as a table of the given columns, or one JSON document a line. */
export function table(terminal: Terminal, rows: readonly Record<string, unknown>[], columns: readonly string[]): void {
  if (terminal.json) {
    for (const row of rows) terminal.out(`${JSON.stringify(row)}\n`)
    return
  }
  const cells = rows.map((row) => columns.map((column) => cellOf(row[column])))
  const widths = columns.map((column, at) => Math.max(column.length, ...cells.map((row) => row[at]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    `${row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd()}\n`
  terminal.out(line(columns))
  for (const row of cells) terminal.out(line(row))
}

/** One record: a field a line, or one JSON document. */
export function record(terminal: Terminal, one: unknown): void {
  if (terminal.json || typeof one !== 'object' || one === null) {
    terminal.out(`${typeof one === 'string' ? one : JSON.stringify(one ?? null)}\n`)
    return
  }
  for (const [field, value] of Object.entries(one)) terminal.out(`${field}: ${cellOf(value)}\n`)
}

// The characters that would move the cursor or colour the screen have no business in a value.
const CONTROL = /\p{Cc}/gu

function cellOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return (typeof value === 'string' ? value : JSON.stringify(value)).replace(CONTROL, ' ')
}
