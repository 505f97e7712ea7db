import { createReadStream } from 'node:fs'
import type { PurchaseEntry } from '../../domain/customer/rhythm/index.ts'
import { CsvReader, type CsvRecord } from './csv.ts'
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
  const missing = COLUMNS.filter((name) => !names.includes(name))
  if (missing.length > 0) throw new Refusal(`column ${missing.join(', ')} is missing; the file has ${names.join(', ').slice(0, 200)}`)
  return { customer_id: names.indexOf('customer_id'), date: names.indexOf('date'), amount: names.indexOf('amount') }
}

function entryOf({ line, fields }: CsvRecord, columns: Columns): PurchaseEntry {
  const date = (fields[columns.date] ?? '').trim()
  const amount = (fields[columns.amount] ?? '').trim()
  const day = dayOf(date)
  if (day === undefined) throw new Refusal(`line ${line}: date "${date.slice(0, 40)}" is not a date like 1997-09-30`)
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(amount) || !Number.isFinite(Number(amount))) {
    throw new Refusal(`line ${line}: amount "${amount.slice(0, 40)}" is not a number like 12.50`)
  }
  return { day, amount: Number(amount) }
}

async function* records(path: string): AsyncGenerator<CsvRecord> {
  const reader = new CsvReader()
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 20 })) {
    yield* reader.read(String(chunk))
  }
  yield* reader.end()
}

function unreadable(path: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  if (code === undefined) return error
  return new Refusal(code === 'ENOENT' ? `there is no file ${path}` : `the file ${path} cannot be read (${code})`)
}

/** Reads the purchases of a CSV file; throws a {@link Refusal} that names the line at fault. */
export async function readPurchases(path: string): Promise<Purchases> {
  const logs = new Map<string, PurchaseEntry[]>()
  let columns: Columns | undefined
  let rows = 0
  let rowsWithoutCustomer = 0
  try {
    for await (const record of records(path)) {
      if (!columns) {
        columns = columnsOf(record)
        continue
      }
      rows += 1
      const entry = entryOf(record, columns)
      const id = (record.fields[columns.customer_id] ?? '').trim()
      if (id === '') rowsWithoutCustomer += 1
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
  const customers = Array.from(logs, ([id, entries]) => ({
    id,
    entries: entries.sort((p, q) => p.day - q.day || Number(p.amount < 0) - Number(q.amount < 0)),
  }))
  return { customers, rows, rowsWithoutCustomer }
}
