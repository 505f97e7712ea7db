import * as z from 'zod'
import { costKinds, type Cost, type CostKind } from './cost.ts'

const sums = () => z.partialRecord(z.enum(costKinds), z.int().min(0).max(9e15))

/**
 * What a customer's lines come to by month and kind, in minor units: of this month and the twelve before it; what is older
 * lies together under `earlier`, so the record stays small.
 */
export const totalsShape = () => ({ months: z.record(z.string(), sums()), earlier: sums() })
export type Totals = z.output<z.ZodObject<ReturnType<typeof totalsShape>>>
type Sums = Partial<Record<CostKind, number>>

export const noTotals: Totals = { months: {}, earlier: {} }

/** Months kept apart, this one included. */
const MONTHS = 13

/** The month some months before another. */
export function monthBefore(month: string, months: number): string {
  const [year = 1970, number = 1] = month.split('-').map(Number)
  return new Date(Date.UTC(year, number - 1 - months, 1)).toISOString().slice(0, 7)
}

/** What a line counts for. */
export function counted(cost: Pick<Cost, 'amount' | 'void'> | undefined): number {
  return cost === undefined || cost.void ? 0 : cost.amount.amount
}

/** Totals after a line came to more or less than before. @param thisMonth as the workspace's calendar has it now */
export function withCost({ months, earlier }: Totals, line: Pick<Cost, 'kind' | 'month'>, by: number, thisMonth: string): Totals {
  const oldest = monthBefore(thisMonth, MONTHS - 1)
  const next: Totals = { months: {}, earlier: { ...earlier } }
  for (const [month, sum] of Object.entries(months)) {
    if (month >= oldest) next.months[month] = { ...sum }
    else for (const kind of costKinds) add(next.earlier, kind, sum[kind] ?? 0)
  }
  if (line.month >= oldest) add((next.months[line.month] ??= {}), line.kind, by)
  else add(next.earlier, line.kind, by)
  for (const [month, sum] of Object.entries(next.months)) if (Object.keys(sum).length === 0) delete next.months[month]
  return next
}

function add(to: Sums, kind: CostKind, by: number): void {
  const sum = (to[kind] ?? 0) + by
  if (sum === 0) delete to[kind]
  else to[kind] = sum
}

/** Costs of several partitions together: a customer's, and those of whom they absorbed. */
export function together(all: readonly Totals[]): Totals {
  const sum: Totals = { months: {}, earlier: {} }
  for (const { months, earlier } of all) {
    for (const kind of costKinds) add(sum.earlier, kind, earlier[kind] ?? 0)
    for (const [month, byKind] of Object.entries(months))
      for (const kind of costKinds) add((sum.months[month] ??= {}), kind, byKind[kind] ?? 0)
  }
  return sum
}

/** All kinds together. */
export function sumOf(one: Sums): number {
  return costKinds.reduce((sum, kind) => sum + (one[kind] ?? 0), 0)
}
