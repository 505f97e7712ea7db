import { readFileSync } from 'node:fs'
import { dayNumber } from '../../../domain/kernel/clock.ts'
import type { Item } from '../../../domain/kernel/table/table.ts'
import { foldPurchase, recomputeRhythm, type PurchaseEntry, type RhythmState } from '../../../domain/customer/rhythm/index.ts'

/** Purchases of the CDNOW sample (Fader & Hardie, brucehardie.com) up to a day, by customer, amounts in cents. */
export function cdnow(until: string): Map<string, PurchaseEntry[]> {
  const [, ...lines] = readFileSync(new URL('../../data/cdnow_transactions.csv', import.meta.url), 'utf8')
    .trim()
    .split('\n')
  const byCustomer = new Map<string, PurchaseEntry[]>()
  for (const line of lines) {
    const [id = '', day = '', , amount = ''] = line.split(',')
    if (day > until) continue
    byCustomer.set(id, [...(byCustomer.get(id) ?? []), { day: dayNumber(day), amount: Math.round(Number(amount) * 100) }])
  }
  return byCustomer
}

/** The images of a customer's history that the stream would carry: one a purchase. */
export function historyImages(id: string, entries: readonly PurchaseEntry[]): Item[] {
  let state: RhythmState | undefined
  return entries.map((entry, at) => {
    const fold = foldPurchase(state, entry)
    state = fold.kind === 'folded' ? fold.state : recomputeRhythm(entries.slice(0, at + 1))
    return { pk: `customer#${id}`, sk: '!history', noun: 'history', id: `his_${id}`, version: at + 1, ...state }
  })
}
