import { startCrm } from '../support/crm.ts'
import { runJob, settle } from '../support/stream.ts'
import type { Imported } from './imports.ts'
import { price } from './price.ts'

/**
 * An import of more rows than a bench waits for, reckoned from measured rows: what the rows themselves take, what the stream keeps of
 * them afterwards (log, search, likeness, statistics), and what that costs and how long it takes on a table of its own.
 */

/** What a table that has never been busier takes, write units a second ("DynamoDB throughput capacity", initial throughput on demand). */
const NEW_TABLE = 4_000
/** CPU of a function of 512 MB beside this machine's. */
const SLOWER = 3

export interface After {
  writeUnitsPerRow: number
  readUnitsPerRow: number
}

/** Imports some rows of the same kind of file and carries them to their last consequence. */
export async function measureAfter(file: string, rows: number): Promise<After> {
  const crm = await startCrm()
  const body = Buffer.from(file)
  const { body: made } = await crm.call('POST', '/imports', { body: { name: 'after.csv', kind: 'customers', bytes: body.length } })
  crm.files.put(String(made['upload'].url), body)
  const mapping = { name: 'name', email: 'email', phone: 'phone', city: 'city', country: 'country' }
  await crm.call('POST', `/imports/${made['id']}/run`, { body: { mapping } })
  await runJob(crm, 'imports')
  crm.spent.length = 0
  await settle(crm)
  const sum = (of: 'writeUnits' | 'readUnits') => crm.spent.reduce((total, one) => total + one[of], 0) / rows
  return { writeUnitsPerRow: sum('writeUnits'), readUnitsPerRow: sum('readUnits') }
}

export interface OnPaper {
  rows: number
  writeUnits: number
  dollars: number
  /** As fast as the functions go: the rows alone. */
  hoursOfWork: number
  /** As fast as a new table goes, rows and consequences together. */
  hoursOfTable: number
}

export function onPaper(rows: number, { writeUnitsPerRow, readUnitsPerRow, cpuMillisPerRow }: Imported, after: After): OnPaper {
  const writeUnits = rows * (writeUnitsPerRow + after.writeUnitsPerRow)
  const readUnits = rows * (readUnitsPerRow + after.readUnitsPerRow)
  const hours = (seconds: number): number => Math.round(seconds / 36) / 100
  return {
    rows,
    writeUnits: Math.round(writeUnits),
    dollars: Math.round((writeUnits * price.writeUnit + readUnits * price.readUnit) * 100) / 100,
    hoursOfWork: hours((rows * cpuMillisPerRow * SLOWER) / 1000),
    hoursOfTable: hours(writeUnits / NEW_TABLE),
  }
}
