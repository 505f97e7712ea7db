import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { PurchaseLog } from '../model/snapshot.ts'

/** A sampled customer's purchases by day, with the segment they belong to. */
export interface SampledLog extends PurchaseLog {
  readonly segment?: string
}

/** Longest text of one item: the table takes 400 KB. */
const LONGEST = 300_000

type Packed = [segment: string | null, days: number[], amounts: number[]]

function packed({ segment, entries }: SampledLog): Packed {
  let before = 0
  const steps = entries.map(({ day }) => {
    const step = day - before
    before = day
    return step
  })
  return [segment ?? null, steps, entries.map(({ amount }) => amount)]
}

/** Logs as short texts, as many as it takes for each to fit an item. */
export function packLogs(logs: readonly SampledLog[]): string[] {
  const text = deflateRawSync(JSON.stringify(logs.map(packed))).toString('base64')
  if (text.length <= LONGEST || logs.length < 2) return [text]
  const middle = Math.ceil(logs.length / 2)
  return [...packLogs(logs.slice(0, middle)), ...packLogs(logs.slice(middle))]
}

export function unpackLogs(text: string): SampledLog[] {
  const all = JSON.parse(inflateRawSync(Buffer.from(text, 'base64')).toString()) as Packed[]
  return all.map(([segment, steps, amounts]) => {
    let day = 0
    const entries = steps.map((step, at) => ({ day: (day += step), amount: amounts[at] ?? 0 }))
    return { ...(segment !== null && { segment }), entries }
  })
}

/** Purchases added up by day, in order of day: those of one day count once. */
export function byDay(entries: readonly { day: number; amount: number }[]): { day: number; amount: number }[] {
  const days = new Map<number, number>()
  for (const { day, amount } of entries) days.set(day, (days.get(day) ?? 0) + amount)
  return [...days].map(([day, amount]) => ({ day, amount })).sort((a, b) => a.day - b.day)
}
