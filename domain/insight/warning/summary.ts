import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import type { Ctx } from '../../kernel/context.ts'
import * as f from '../../kernel/fields.ts'
import { money, sayMoney } from '../../kernel/money.ts'
import { facet, work, type Stretch } from '../../kernel/page.ts'
import { dayIn } from '../../kernel/zone.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { modelOf } from '../statistics/index.ts'
import { docketOf } from './docket.ts'
import type { Severity, WarningState } from './warning.ts'
import { warning, type WarningRecord } from './warning.store.ts'

/** Rows read of a state: what lies beyond is said to be there. About 25 units for a full state. */
const MOST_ROWS = 200

const sum = () => z.object({ count: z.int(), value: money() })
const summed = () => sum().extend({ more: z.boolean().describe(`more than the ${MOST_ROWS} of most value that were read`) })

const output = () =>
  z.object({
    ownerId: z.string().optional(),
    day: f.day(),
    words: z.string(),
    open: summed().extend({ bySeverity: z.object({ critical: sum(), high: sum(), medium: sum(), low: sum() }) }),
    snoozed: summed(),
    waiting: summed().describe('ranked: they move up as places free, the largest value first'),
    late: summed(),
    places: z
      .object({ perDay: z.int(), taken: z.int(), nextLookAt: f.instant().optional() })
      .optional()
      .describe('of one person: how many warnings become work on a day'),
  })

type Row = Partial<WarningRecord>

/** One person's warnings, or all that one may see, in a few numbers: four bounded queries at the same time. */
export const summary = action(
  'warning.summary',
  () => ({
    input: z.strictObject({ ownerId: z.string().max(64).optional().describe('an account manager’s; `me` for one’s own') }),
    output: output(),
  }),
  async (ctx, { ownerId: said }) => {
    const ownerId = said === 'me' ? ctx.actor.id : said
    const [{ timeZone, currency }, { settings }] = await Promise.all([workspaceOf(ctx), modelOf(ctx)])
    const total = (rows: readonly Row[]) => ({
      count: rows.length,
      value: { amount: rows.reduce((amount, row) => amount + (row.valueAtStake?.amount ?? 0), 0), currency },
    })
    const stateSum = async (state: WarningState) => {
      const { rows, more } = await rowsIn(ctx, state, ownerId)
      return { ...total(rows), more, rows }
    }
    const [open, snoozed, waiting, late, desk] = await Promise.all([
      stateSum('open'),
      stateSum('snoozed'),
      stateSum('ranked'),
      stateSum('late'),
      ownerId === undefined ? undefined : docketOf(ctx, ownerId),
    ])
    const of = (severity: Severity) => total(open.rows.filter((row) => row.severity === severity))
    const day = dayIn(ctx.now, timeZone)
    const counted = ({ count, more }: { count: number; more: boolean }) => `${more ? 'more than ' : ''}${count}`
    return {
      ...(ownerId !== undefined && { ownerId }),
      day,
      words: `${counted(open)} open warnings with ${sayMoney(open.value)} at stake, ${counted(waiting)} waiting with ${sayMoney(waiting.value)}, ${counted(late)} late.`,
      open: { ...open, bySeverity: { critical: of('critical'), high: of('high'), medium: of('medium'), low: of('low') } },
      snoozed,
      waiting,
      late,
      ...(ownerId !== undefined && {
        places: {
          perDay: settings.warningsPerDay,
          taken: desk?.day === day ? desk.opened.length : 0,
          ...(desk?.dueAt !== undefined && { nextLookAt: desk.dueAt }),
        },
      }),
    }
  },
)

/** The most valuable warnings in a state that a caller may see. */
async function rowsIn(ctx: Ctx, state: WarningState, ownerId: string | undefined): Promise<{ rows: Row[]; more: boolean }> {
  const everybodys = ctx.scope === 'all' && ownerId === undefined
  const stretches: Stretch[] = everybodys ? facet(warning, state) : work(ctx, warning, `${state}#`, ownerId)
  const share = Math.ceil(MOST_ROWS / stretches.length)
  const answers = await Promise.all(stretches.map((stretch) => ctx.table.query({ ...stretch, limit: share, descending: true })))
  return {
    rows: answers.flatMap(({ items }) => items.map((item) => item['row'] as Row)),
    more: answers.some(({ last }) => last !== undefined),
  }
}
