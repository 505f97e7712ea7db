import { createReadStream } from 'node:fs'
import type { PurchaseEntry } from '../../domain/customer/rhythm/index.ts'
import { CsvReader, type CsvRecord, type Separator, separatorOf } from './csv.ts'
import { dayOf } from './day.ts'
import { Refusal } from './refusal.ts'

/** A customer of the file, with the entries in order of day and purchases before returns within a day. */
export interface CustomerLog {
  readonly id: string
  readonly entries: readonly PurchaseEntry[]
}

/** The purchases of a file. */
export interface Purchases {
  /** In the order of their first row. */
  readonly customers: readonly CustomerLog[]
  readonly rows: number
  /** Rows without a customer, which nothing can be said of. */
  readonly rowsWithoutCustomer: number
}

const COLUMNS = ['customer_id', 'date', 'amount'] as const

type Columns = Record<(typeof COLUMNS)[number], number>

function columnsOf(header: CsvRecord | undefined): Columns {
  if (!header) throw new Refusal('the file is empty; its first line must name the columns customer_id, date, amount')
  const names = header.fields.map((name) => name.trim().toLowerCase())
  if (names.some((name) => /[\0\uFFFD]/.test(name))) throw new Refusal('the file is not text in UTF-8; save it as CSV in UTF-8')
  const missing = COLUMNS.filter((name) => !names.includes(name))
  if (missing.length > 0) throw new Refusal(`column ${missing.join(', ')} is missing; the file has ${names.join(', ').slice(0, 200)}`)
  const twice = COLUMNS.filter((name) => names.indexOf(name) !== names.lastIndexOf(name))
  if (twice.length > 0) throw new Refusal(`column ${twice.join(', ')} is there twice; which one counts?`)
  return { customer_id: names.indexOf('customer_id'), date: names.indexOf('date'), amount: names.indexOf('amount') }
}

/** Amounts beyond this are a mistake, and sums of them would lose their cents. */
const MOST_AMOUNT = 1e12

/** A number, also with a decimal comma where the comma separates no fields; undefined when it is none. */
function numberOf(text: string, separator: Separator): number | undefined {
  const plain = separator !== ',' && /^[+-]?\d+,\d{1,2}$/.test(text) ? text.replace(',', '.') : text
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain)) return undefined
  return Math.abs(Number(plain)) <= MOST_AMOUNT ? Number(plain) : undefined
}

/** The purchase of a row, or what is wrong with it. */
function entryOf({ line, fields }: CsvRecord, columns: Columns, separator: Separator): PurchaseEntry | string {
  const date = (fields[columns.date] ?? '').trim()
  const text = (fields[columns.amount] ?? '').trim()
  const day = dayOf(date)
  if (day === undefined) return `line ${line}: date "${date.slice(0, 40)}" is not a date like 1997-09-30`
  const amount = numberOf(text, separator)
  if (amount === undefined) return `line ${line}: amount "${text.slice(0, 40)}" is not a number like 12.50, up to ${MOST_AMOUNT}`
  return { day, amount }
}

/** Bad rows that are told one by one. */
const MOST_TOLD = 5

/** Bad rows are no small matter: without them a customer may seem to have left. So the file is refused, with all of them told. */
class BadRows {
  readonly #told: string[] = []
  #count = 0

  add(reason: string): void {
    this.#count += 1
    if (this.#told.length < MOST_TOLD) this.#told.push(reason)
  }

  /** Throws a {@link Refusal} when there was any. */
  settle(): void {
    if (this.#count === 0) return
    const more = this.#count - this.#told.length
    throw new Refusal(`${this.#told.join('; ')}${more > 0 ? `; and ${more} more bad rows` : ''}`)
  }
}

async function* records(path: string): AsyncGenerator<{ record: CsvRecord; separator: Separator }> {
  let separator: Separator = ','
  let reader: CsvReader | undefined
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 20 })) {
    if (!reader) separator = separatorOf(String(chunk))
    reader ??= new CsvReader(separator)
    for (const record of reader.read(String(chunk))) yield { record, separator }
  }
  for (const record of reader?.end() ?? []) yield { record, separator }
}

function unreadable(path: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  if (code === undefined) return error
  return new Refusal(code === 'ENOENT' ? `there is no file ${path}` : `the file ${path} cannot be read (${code})`)
}

/** Reads the purchases of a CSV file; throws a {@link Refusal} that names the lines at fault. */
export async function readPurchases(path: string): Promise<Purchases> {
  const logs = new Map<string, PurchaseEntry[]>()
  let columns: Columns | undefined
  let rows = 0
  let rowsWithoutCustomer = 0
  const bad = new BadRows()
  try {
    for await (const { record, separator } of records(path)) {
      if (!columns) {
        columns = columnsOf(record)
        continue
      }
      rows += 1
      const entry = entryOf(record, columns, separator)
      const id = (record.fields[columns.customer_id] ?? '').trim()
      if (typeof entry === 'string') bad.add(entry)
      else if (id === '') rowsWithoutCustomer += 1
      else {
        const log = logs.get(id)
        if (log) log.push(entry)
        else logs.set(id, [entry])
      }
    }
  } catch (error) {
    throw unreadable(path, error)
  }
  if (!columns) columnsOf(undefined)
  bad.settle()
  const customers = Array.from(logs, ([id, entries]) => ({
    id,
    entries: entries.sort((p, q) => p.day - q.day || Number(p.amount < 0) - Number(q.amount < 0)),
  }))
  return { customers, rows, rowsWithoutCustomer }
}
