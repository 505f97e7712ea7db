import * as z from 'zod'
import type { Instant } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import type { Write } from '../../kernel/table/expression.ts'
import { shardOf } from '../../kernel/table/shape.ts'
import { outcomes, type Warning } from './warning.ts'

/**
 * How warnings turned out, counted by the month in which they became work. Each count is added in the transaction of the
 * change that it counts, so it is exact; the items are spread, so that endings of one moment seldom meet.
 */

const TALLY = 'warning tally'
const SHARDS = 8
/** Months that are shown. */
export const TALLY_MONTHS = 12

/** `withdrawn`: the customer's file or purchases went, so nobody will know. */
type Ending = (typeof outcomes)[number] | 'withdrawn'

const monthOf = (at: Instant): string => at.slice(0, 7)

function add(month: string, spreadBy: string, name: string, by: number): Write {
  return { update: { pk: TALLY, sk: `${month}#${shardOf(spreadBy, SHARDS)}` }, add: { [name]: by } }
}

/** Counts warnings that become work now. */
export function tallyRaised(ctx: Ctx, ownerId: string, count: number): Write {
  return add(monthOf(ctx.now), ownerId, 'raised', count)
}

/** Counts the end of a warning; one that was never anybody's work is counted apart: what would have come anyway. */
export function tallyEnded(before: Pick<Warning, 'state' | 'raisedAt'> & { id: string }, ending: Ending): Write {
  const waited = before.state === 'ranked' || before.state === 'late'
  return add(monthOf(before.raisedAt), before.id, waited ? `waiting_${ending}` : ending, 1)
}

const count = () => z.int().min(0)

/** A month of warnings. */
export const tallyShape = () => ({
  month: z.string(),
  raised: count(),
  saved: count(),
  lost: count(),
  falseAlarm: count(),
  withdrawn: count(),
  /** Ended without having been anybody's work: `returned` bought again by themselves. */
  waiting: z.object({ returned: count(), other: count() }),
  /** Share of the warnings that ended and were not a false alarm; absent while none has. */
  precision: z.number().min(0).max(1).optional(),
})
export type MonthTally = z.output<z.ZodObject<ReturnType<typeof tallyShape>>>

/** The latest months with warnings, newest first: one query of 2 units at most. */
export async function tallies(ctx: Ctx): Promise<MonthTally[]> {
  const { items } = await ctx.table.query({ pk: TALLY, limit: TALLY_MONTHS * SHARDS, descending: true, eventual: true })
  const months = Map.groupBy(items, (item) => monthOf(String(item['sk'])))
  return [...months].slice(0, TALLY_MONTHS).map(([month, parts]) => {
    const sum = (name: string): number => parts.reduce((total, part) => total + Number(part[name] ?? 0), 0)
    const [saved, lost, falseAlarm] = [sum('saved'), sum('lost'), sum('false_alarm')]
    const known = saved + lost + falseAlarm
    const other = ['lost', 'false_alarm', 'withdrawn'].reduce((total, name) => total + sum(`waiting_${name}`), 0)
    return {
      month,
      raised: sum('raised'),
      saved,
      lost,
      falseAlarm,
      withdrawn: sum('withdrawn'),
      waiting: { returned: sum('waiting_saved'), other },
      ...(known > 0 && { precision: (saved + lost) / known }),
    }
  })
}
