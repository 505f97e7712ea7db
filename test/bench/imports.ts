import { randomUUID } from 'node:crypto'
import type { Table } from '../../domain/kernel/table/table.ts'
import { hauls } from '../../events/hauls.ts'
import { sweepHandler } from '../../events/sweeping.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { surroundings } from '../support/stream.ts'

/**
 * `npm run bench -- --import`: a file of customers, one row in a hundred bad, imported over the table engine by the real schedule;
 * the process ends twice on the way and once in the undo. Prints rows a second and units a row, and fails unless exactly the bad
 * rows are reported, every other row is there once, and nothing is left after the undo.
 */
export interface Imported {
  phase: string
  rows: number
  seconds: number
  rowsPerSecond: number
  /** Of this process: what a row takes where nobody else works on the machine. */
  cpuMillisPerRow: number
  writeUnitsPerRow: number
  readUnitsPerRow: number
}

/** Ends the process at its nth written item from now on, when the call that writes it is done and nobody has learnt of it. */
const death = { left: Infinity, dead: false }

function mortal(table: Table): Table {
  const alive = <T>(call: () => Promise<T>): Promise<T> => (death.dead ? Promise.reject(new Error('the process has ended')) : call())
  const writing = async <T>(items: number, call: () => Promise<T>): Promise<T> => {
    if (death.dead) throw new Error('the process has ended')
    const done = await call()
    death.left -= items
    if (death.left > 0) return done
    death.dead = true
    throw new Error('the process ends')
  }
  return {
    get: (key, how) => alive(() => table.get(key, how)),
    getAll: (keys, how) => alive(() => table.getAll(keys, how)),
    query: (query) => alive(() => table.query(query)),
    scan: (page) => alive(() => table.scan(page)),
    write: (write, how) => writing(1, () => table.write(write, how)),
    writeAll: (writes, token) => writing(writes.length, () => table.writeAll(writes, token)),
    writeEach: (writes) => writing(writes.length, () => table.writeEach(writes)),
  }
}

/** Runs a job until it has nothing more to do, or its process ends. */
async function work(crm: Crm): Promise<void> {
  const waiting: object[] = [{ job: 'imports' }]
  const queue = { send: async (message: object) => void waiting.push(message) }
  const sweep = sweepHandler({ edge: surroundings(crm), schedules: hauls, queue: () => queue })
  for (let message = waiting.shift(); message && !death.dead; message = waiting.shift())
    await sweep({ Records: [{ messageId: randomUUID(), body: JSON.stringify(message) }] }, { getRemainingTimeInMillis: () => 120_000 })
}

async function workKilledAt(crm: Crm, writes: number): Promise<void> {
  Object.assign(death, { left: writes, dead: false })
  await work(crm)
  must(death.dead, `the process was to end after ${writes} writes`)
  Object.assign(death, { left: Infinity, dead: false })
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`Not so: ${what}.`)
}

const isBad = (n: number): boolean => n % 100 === 42

/** A file of customers, one row in a hundred bad. */
export function fileOf(rows: number): string {
  const lines = ['name,email,phone,city,country']
  for (let n = 0; n < rows; n++)
    lines.push(`Person ${n},${isBad(n) ? 'no email' : `person${n}@example.com`},+4930${String(10_000_000 + n)},Berlin,DE`)
  return `${lines.join('\n')}\n`
}

/** Imports, checks what came of it, undoes it and checks that too. @throws Error when a promise is not kept */
export async function measureImport(rows: number, say: (line: string) => void): Promise<Imported[]> {
  const crm = await startCrm({ through: mortal })
  const results: Imported[] = []
  const measured = async (phase: string, does: () => Promise<void>): Promise<void> => {
    crm.spent.length = 0
    const began = performance.now()
    const cpu = process.cpuUsage()
    await does()
    const seconds = (performance.now() - began) / 1000
    const used = process.cpuUsage(cpu)
    const sum = (of: 'writeUnits' | 'readUnits') => crm.spent.reduce((total, one) => total + one[of], 0) / rows
    const result = {
      phase,
      rows,
      seconds: Math.round(seconds),
      rowsPerSecond: Math.round(rows / seconds),
      cpuMillisPerRow: Math.round((used.user + used.system) / rows) / 1000,
      writeUnitsPerRow: sum('writeUnits'),
      readUnitsPerRow: sum('readUnits'),
    }
    results.push(result)
    say(JSON.stringify(result))
  }
  const body = Buffer.from(fileOf(rows))
  const made = await crm.call('POST', '/imports', { body: { name: 'bench.csv', kind: 'customers', bytes: body.length } })
  const id = String(made.body['id'])
  crm.files.put(made.body['upload'].url, body)
  const mapping = { name: 'name', email: 'email', phone: 'phone', city: 'city', country: 'country' }
  const bad = Array.from({ length: rows }, (_, n) => n).filter(isBad)
  await measured('import, the process ending twice', async () => {
    await crm.call('POST', `/imports/${id}/run`, { body: { mapping } })
    await workKilledAt(crm, Math.round(rows * 0.31))
    await workKilledAt(crm, Math.round(rows * 0.4))
    await work(crm)
  })
  await mustBeImported(crm, id, rows, bad)
  say(`${rows - bad.length} customers, each once; the ${bad.length} bad rows reported, no other`)
  await measured('undo, the process ending once', async () => {
    await crm.call('POST', `/imports/${id}/undo`)
    await workKilledAt(crm, Math.round(rows * 0.5))
    await work(crm)
  })
  const { body: undone } = await crm.call('GET', `/imports/${id}`)
  must(undone['undone'].removed === rows - bad.length && undone['undone'].left === 0, 'every customer was taken away')
  must((await partitions(crm, 'unique#')).size === 0, 'no unique value is held any more')
  crm.clock.now = '2026-11-22T10:00:00.000Z'
  await measured('taking what was undone out of the table', () => work(crm))
  must((await partitions(crm, 'customer#')).size === 0, 'nothing is left')
  say('undone to nothing')
  return results
}

async function mustBeImported(crm: Crm, id: string, rows: number, bad: readonly number[]): Promise<void> {
  const { body } = await crm.call('GET', `/imports/${id}`)
  const { counts } = body
  must(
    body['state'] === 'done' && counts.rows === rows && counts.created === rows - bad.length && counts.failed === bad.length,
    `the counts, ${JSON.stringify(counts)}`,
  )
  must(counts.updated === 0 && counts.skipped === 0, 'no row was updated or skipped')
  const report = Buffer.from(crm.files.get((await crm.call('GET', `/imports/${id}/report`)).body['url'])).toString()
  const reported = report
    .split('\r\n')
    .slice(1, -1)
    .map((line) => Number(line.split(',')[0]) - 2)
  must(JSON.stringify(reported) === JSON.stringify(bad), 'exactly the bad rows are reported')
  must((await partitions(crm, 'customer#')).size === rows - bad.length, 'every good row is a customer')
  must((await partitions(crm, 'unique#email:')).size === rows - bad.length, 'every email is held once')
}

/** Partitions whose key begins so. */
async function partitions(crm: Crm, begins: string): Promise<Set<string>> {
  const found = new Set<string>()
  let after: Record<string, unknown> | undefined
  do {
    const page = await crm.table.scan({ limit: 5_000, ...(after && { after }) })
    for (const { pk } of page.items) if (String(pk).startsWith(begins)) found.add(String(pk))
    after = page.last
  } while (after)
  return found
}
