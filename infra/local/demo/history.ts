import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One purchase of the demo's history: real amounts and gaps, dates moved so that the history ends today. */
export interface DemoPurchase {
  customer: string
  /** Order number, unique in the file. */
  order: string
  /** Instant in UTC. */
  at: string
  /** Cents of a US dollar. */
  amount: number
  quantity: number
}

const file = join(import.meta.dirname, '../../../test/data/cdnow_transactions.csv')
const MS_PER_DAY = 86_400_000

/**
 * The CDNOW sample (Fader & Hardie, brucehardie.com): 2,357 customers of a music shop, 6,919 purchases over 78 weeks.
 * @param today the day on which the history is to end, `2026-11-22`
 */
export function demoHistory(today: string): DemoPurchase[] {
  const rows = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((row) => row.split(','))
  const lastDay = Math.max(...rows.map(([, date = '']) => Date.parse(date)))
  const shift = Date.parse(today) - lastDay
  return rows.map(([customer = '', date = '', quantity = '0', amount = '0'], index) => ({
    customer,
    order: `demo-${String(index + 1).padStart(5, '0')}`,
    at: new Date(Date.parse(date) + shift + hourOf(index) * (MS_PER_DAY / 24)).toISOString(),
    amount: Math.round(Number(amount) * 100),
    quantity: Number(quantity),
  }))
}

/** Purchases are spread over the first hours of a day, so that those of today are not in the future for long. */
const hourOf = (index: number): number => (index % 8) / 8
