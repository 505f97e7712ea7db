import { alter, commit, create, Stale, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { event, type EventType } from '../../kernel/event.ts'
import { Fault } from '../../kernel/fault.ts'
import { dayIn } from '../../kernel/zone.ts'
import { cost, costTotals, type CostRecord, type TotalsRecord } from './cost.store.ts'
import type { Cost } from './cost.ts'
import { counted, noTotals, withCost, type Totals } from './totals.ts'

export const costBooked = event('cost.booked', 'Serving a customer cost something')
export const costCorrected = event('cost.corrected', 'What serving a customer cost turned out otherwise, as its cause changed')
export const costVoided = event('cost.voided', 'A cost no longer counts: it was taken back, or its cause is in the bin')
export const costsSummed = event('cost.summed', 'What serving a customer costs came to another sum', { published: false })

/** The month of the workspace's calendar in which an instant lies. */
export const monthOf = (at: string, timeZone: string): string => dayIn(at, timeZone).slice(0, 7)

/** A line as it is and as it is to be. */
export interface Posting {
  before: CostRecord | undefined
  next: Cost
  /** Own key of a new line. */
  own: string
}

/** A customer's ledger as it was read. */
export interface Ledger {
  customerId: string
  totals: TotalsRecord | undefined
  timeZone: string
}

/**
 * The changes that bring lines and totals to what they are to be, for one commit: each line's version is the condition of
 * its change and the totals' of theirs, so however often a cause is told, and however many at once, the totals are the sum
 * of the lines. 2 write units for each line and 2 for the totals, in their transaction.
 */
export function post(
  ctx: Ctx,
  { customerId, totals, timeZone }: Ledger,
  postings: readonly Posting[],
): { lines: CostRecord[]; changes: Change[] } {
  const thisMonth = monthOf(ctx.now, timeZone)
  let sums: Totals = totals ?? noTotals
  let moved = false
  const made = postings.map(({ before, next, own }) => {
    const by = counted(next) - counted(before)
    if (by !== 0) {
      sums = withCost(sums, next, by, thisMonth)
      moved = true
    }
    return before
      ? alter(ctx, cost, before, { ...cleared, ...next }, eventOf(before, next))
      : create(ctx, cost, next, costBooked, { customer: customerId, own })
  })
  const changes = made.map(({ change }) => change)
  if (moved) changes.push(totalsChange(ctx, customerId, totals, sums))
  return { lines: made.map(({ record }) => record), changes }
}

/** Fields that a line's next state may lack. */
const cleared = { void: null, timedByHand: null, basis: null } as const

function eventOf(before: Cost, next: Cost): EventType {
  return next.void && !before.void ? costVoided : costCorrected
}

function totalsChange(ctx: Ctx, customerId: string, before: TotalsRecord | undefined, { months, earlier }: Totals): Change {
  const sums = { months, earlier }
  if (!before) return create(ctx, costTotals, sums, costsSummed, { customer: customerId, own: '' }).change
  return alter(ctx, costTotals, before, sums, costsSummed).change
}

/** Conflicts that mean another run made the same record meanwhile: the action is run again and finds it. */
const MADE_MEANWHILE = new Set(['cost.exists', 'cost.source_taken'])

/** Commits postings. @throws Stale when another run made the same line or the customer's first totals meanwhile */
export async function commitPosted<R>(ctx: Ctx, changes: readonly Change[], result?: R): Promise<R> {
  try {
    return await commit(ctx, changes, result)
  } catch (error) {
    if (error instanceof Fault && MADE_MEANWHILE.has(error.code)) throw new Stale(error.code)
    throw error
  }
}
