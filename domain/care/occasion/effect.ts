import * as z from 'zod'
import { netSpend } from '../../insight/tier/index.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { action } from '../../kernel/action.ts'
import { daysLater, type Instant } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { fault } from '../../kernel/fault.ts'
import { money, sayMoney } from '../../kernel/money.ts'
import { facet, page } from '../../kernel/page.ts'
import { find, idOf } from '../../kernel/record.ts'
import type { Item } from '../../kernel/table/table.ts'
import { guest, guestFacet, occasion } from './occasion.store.ts'

/** Guests that are looked at, in the order of their answers. Each costs two reads of their purchases. */
const MOST_GUESTS = 100
/** Pages of purchases read of one guest in one of the two periods. */
const MOST_PAGES = 2

const DAY_MS = 86_400_000

const sideView = () => z.object({ guests: z.int(), before: money(), after: money(), changePerGuest: money() })

const view = () =>
  z.object({
    occasionId: z.string(),
    /** Length of either period. */
    days: z.int(),
    attended: sideView(),
    stayedAway: sideView(),
    /** What attending changed, per guest; absent while one side is empty. */
    effectPerGuest: money().optional(),
    /** False where there are more guests, or more purchases, than are looked at. */
    whole: z.boolean(),
    words: z.string(),
    formula: z.string(),
    records: z.array(z.string()),
  })

const FORMULA =
  'Difference in differences: (net spend after − before, per guest who attended) − (the same per invited guest who did not), over periods of equal length before and after the start.'

interface Side {
  guests: number
  before: number
  after: number
}

/**
 * What an event did to the spend of its guests, beside that of those who were invited and did not come. It shows what went
 * together, not what caused it: who comes may be who would have bought more anyway.
 */
export const effect = action(
  'occasion.effect',
  () => ({
    input: z.strictObject({ id: idOf(occasion), days: z.coerce.number().int().min(1).max(365).default(90) }),
    output: view(),
  }),
  async (ctx, { id, days: wanted }) => {
    if (ctx.scope !== 'all') throw fault('forbidden', 'scope.outside', 'Only who may read all customers sees what an event did.')
    const [party, { currency }, { items, nextCursor }] = await Promise.all([
      find(ctx, occasion, id),
      workspaceOf(ctx),
      page(ctx, facet(guest, guestFacet(id)), { limit: MOST_GUESTS }),
    ])
    const days = Math.min(wanted, Math.floor((Date.parse(ctx.now) - Date.parse(party.startsAt)) / DAY_MS))
    if (days < 1) throw fault('conflict', 'occasion.too_early', 'What an event did shows a day after its start at the earliest.')
    const invited = items.map((item) => item['row'] as Item)
    const spent = await Promise.all(invited.map((row) => aroundOf(ctx, String(row['customerId']), party.startsAt, days)))
    const sideOf = (came: boolean) => spent.filter((_, at) => (invited[at]?.['attended'] === true) === came).reduce(plus, NOBODY)
    const [attended, away] = [sideOf(true), sideOf(false)]
    const inCurrency = (amount: number) => ({ amount: Math.round(amount), currency })
    const shown = (side: Side) => ({
      guests: side.guests,
      before: inCurrency(side.before),
      after: inCurrency(side.after),
      changePerGuest: inCurrency(changeOf(side)),
    })
    const both = attended.guests > 0 && away.guests > 0
    const difference = inCurrency(changeOf(attended) - changeOf(away))
    return {
      occasionId: id,
      days,
      attended: shown(attended),
      stayedAway: shown(away),
      ...(both && { effectPerGuest: difference }),
      whole: nextCursor === undefined && spent.every(({ whole }) => whole),
      words: both
        ? `In ${days} days after the start those who came spent ${sayMoney(difference)} each more than they would have by the change of those who stayed away.`
        : 'There is nobody to compare with: some must have come and some stayed away.',
      formula: FORMULA,
      records: [`GET /occasions/${id}/guests`, 'GET /customers/{id}/purchases of each guest'],
    }
  },
)

const NOBODY: Side = { guests: 0, before: 0, after: 0 }

const plus = (sum: Side, one: Side): Side => ({
  guests: sum.guests + one.guests,
  before: sum.before + one.before,
  after: sum.after + one.after,
})
const changeOf = ({ guests, before, after }: Side): number => (guests === 0 ? 0 : (after - before) / guests)

/** A guest's net spend in the days before and after. */
async function aroundOf(ctx: Ctx, customerId: string, at: Instant, days: number): Promise<Side & { whole: boolean }> {
  const [before, after] = await Promise.all([
    netSpend(ctx, customerId, { after: daysLater(at, -days), until: at }, { pages: MOST_PAGES }),
    netSpend(ctx, customerId, { after: at, until: daysLater(at, days) }, { pages: MOST_PAGES }),
  ])
  return { guests: 1, before: before.minor, after: after.minor, whole: before.whole && after.whole }
}
