import { Refusal } from './refusal.ts'

/** A record of a CSV file with the line it starts on, counted from 1. */
export interface CsvRecord {
  readonly line: number
  readonly fields: readonly string[]
}

const QUOTE = 34
const LF = 10
const CR = 13

/** What separates the fields of a file: spreadsheets of many countries write semicolons, since the comma is their decimal sign. */
export type Separator = ',' | ';' | '\t'

/** The separator that a header line uses most; a comma where it has none. */
export function separatorOf(text: string): Separator {
  const [header = ''] = text.split(/[\r\n]/, 1)
  const bare = header.replaceAll(/"[^"]*"/g, '')
  const uses = (separator: Separator) => bare.split(separator).length
  return ([',', ';', '\t'] as const).reduce((most, separator) => (uses(separator) > uses(most) ? separator : most))
}

/**
 * Records of a CSV text (RFC 4180: quoted fields, doubled quotes, line breaks within quotes) given in chunks. A byte
 * order mark, empty lines and any of LF, CRLF, CR as line ends are accepted. Throws a {@link Refusal} for a quote
 * that is never closed.
 */
export class CsvReader {
  #line = 1
  #recordLine = 1
  #fields: string[] = []
  #field = ''
  #quoted = false
  #afterQuote = false
  #afterCr = false
  #started = false
  readonly #separator: number

  constructor(separator: Separator = ',') {
    this.#separator = separator.charCodeAt(0)
  }

  #endField(rest: string): void {
    this.#fields.push(this.#field + rest)
    this.#field = ''
  }

  /** The records completed by one more chunk. */
  *read(chunk: string): Generator<CsvRecord> {
    const text = this.#started ? chunk : chunk.replace(/^\uFEFF/, '')
    this.#started = this.#started || chunk.length > 0
    let from = 0
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code === LF && this.#afterCr) {
        // The second half of a CRLF; its first half ended the record, or was counted within quotes.
        this.#afterCr = false
        if (!this.#quoted) from = i + 1
        continue
      }
      this.#afterCr = code === CR
      if (code === LF || code === CR) this.#line += 1
      if (this.#quoted) {
        if (code !== QUOTE) continue
        this.#field += text.slice(from, i)
        from = i + 1
        this.#quoted = false
        this.#afterQuote = true
      } else if (code === QUOTE && (this.#afterQuote || (this.#field === '' && from === i))) {
        // Opens a field, or is the second of a doubled quote and belongs to it.
        from = this.#afterQuote ? i : i + 1
        this.#quoted = true
        this.#afterQuote = false
      } else {
        this.#afterQuote = false
        if (code === this.#separator) {
          this.#endField(text.slice(from, i))
          from = i + 1
        } else if (code === LF || code === CR) {
          this.#endField(text.slice(from, i))
          from = i + 1
          yield* this.#endRecord()
        }
      }
    }
    this.#field += text.slice(from)
  }

  /** The last record, when the text does not end with a line break. */
  *end(): Generator<CsvRecord> {
    if (this.#quoted) throw new Refusal(`line ${this.#recordLine}: a quote is never closed`)
    if (this.#field === '' && this.#fields.length === 0) return
    this.#endField('')
    yield* this.#endRecord()
  }

  *#endRecord(): Generator<CsvRecord> {
    const record = { line: this.#recordLine, fields: this.#fields }
    this.#fields = []
    this.#recordLine = this.#line
    if (record.fields.length > 1 || record.fields[0] !== '') yield record
  }
}
