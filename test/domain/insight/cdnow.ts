import { readFileSync } from 'node:fs'
import type { PurchaseEntry, RhythmState } from '../../../domain/customer/rhythm/index.ts'
import { type PurchaseLog, stateAt } from '../../../domain/insight/model/snapshot.ts'

/** Days since 1970-01-01 of an ISO date. */
export function day(iso: string): number {
  return Date.parse(`${iso}T00:00:00Z`) / 86_400_000
}

/** End of the calibration period of Fader, Hardie & Lee 2005. */
export const CALIBRATION_END = day('1997-09-30')

/** End of the data, 39 weeks later. */
export const HOLDOUT_END = day('1998-06-30')

function readLogs(): PurchaseLog[] {
  const text = readFileSync(new URL('../../data/cdnow_transactions.csv', import.meta.url), 'utf8')
  const logs = new Map<string, PurchaseEntry[]>()
  for (const row of text.trim().split('\n').slice(1)) {
    const [id = '', date = '', , amount = ''] = row.split(',')
    const log = logs.get(id) ?? []
    logs.set(id, log)
    log.push({ day: day(date), amount: Number(amount) })
  }
  return Array.from(logs.values(), (entries) => ({ entries: entries.toSorted((p, q) => p.day - q.day) }))
}

/** The purchases of the 2,357 customers of the CDNOW sample. */
export const CDNOW: readonly PurchaseLog[] = readLogs()

/** Their states at the end of a day. */
export function statesAt(end: number): RhythmState[] {
  return CDNOW.flatMap((log) => stateAt(log, end) ?? [])
}
