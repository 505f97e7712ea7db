import * as z from 'zod'
import { afterPurchase, customer, lifecycleChanged, type CustomerRecord, type Lifecycle } from '../../customer/customer/index.ts'
import { history } from '../../customer/purchase/index.ts'
import { action } from '../../kernel/action.ts'
import type { Instant } from '../../kernel/clock.ts'
import { alter, commit } from '../../kernel/commit.ts'
import { placeOf } from '../../kernel/entity.ts'
import { happenedSchema } from '../../kernel/event.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Write } from '../../kernel/table/expression.ts'
import { headOf, rhythm } from '../rhythm/index.ts'
import { isUnended, type Warning } from './warning.ts'
import { warning } from './warning.store.ts'

/**
 * What a customer becomes through the warning about them; undefined when it says nothing new: dormant until it ends,
 * lost when it was closed so, and back when it was cleared or turned out wrong.
 */
export function afterWarning(
  from: Lifecycle,
  { state, outcome }: Pick<Warning, 'state' | 'outcome'>,
): { to: Lifecycle; why: string } | undefined {
  if (isUnended({ state })) return from === 'customer' || from === 'won_back' ? { to: 'dormant', why: reasons.silent } : undefined
  if (outcome === 'lost') return from === 'lost' ? undefined : { to: 'lost', why: reasons.lost }
  if (from !== 'dormant' || outcome === undefined) return undefined
  if (state === 'cleared' && outcome === 'saved') return { to: afterPurchase(from), why: reasons.back }
  return { to: 'customer', why: outcome === 'saved' ? reasons.saved : reasons.mistaken }
}

/** Why a lifecycle moved, when a warning moved it. */
const reasons = {
  silent: 'Silent for longer than their rhythm allows',
  lost: 'The churn warning was closed as lost',
  back: 'Bought again after a churn warning',
  saved: 'The churn warning was closed as saved',
  mistaken: 'The churn warning was a false alarm',
}

/** Whether someone has moved a customer on since a moment, or a purchase has: what was told before then has nothing to say any more. */
function isMovedSince(moment: Instant, { lifecycleSince, lifecycleReason }: CustomerRecord): boolean {
  return lifecycleSince > moment && !Object.values(reasons).includes(lifecycleReason ?? '')
}

/**
 * After a silence was found or raised, and after it ended: the customer's lifecycle follows. It looks at the warning as it is, only
 * at the one about the latest silence, and holds it (and the purchases) unchanged while it writes; so late and repeated events do no harm.
 */
export const moveLifecycle = action(
  'warning.move_lifecycle',
  () => ({ input: happenedSchema(), output: z.object({}) }),
  async (ctx, event) => {
    const { customerId, recordId } = event
    if (customerId === undefined || !warning.is(recordId)) return {}
    const place = placeOf(warning, recordId)
    const [head, item] = await Promise.all([headOf(ctx, customerId), ctx.table.get(place)])
    const buyer = head.customer
    if (!item || !buyer || buyer.deletedAt || isMovedSince(event.at, buyer)) return {}
    const told = recordIn<'warning', Warning>(item)
    if (head.single(rhythm)?.warnedDay !== told.silenceDay) return {}
    // Bought since, and the warning is about to be cleared: then that event decides.
    if (isUnended(told) && (!head.history || head.history.lastDay > told.silenceDay)) return {}
    const next = afterWarning(buyer.lifecycle, told)
    if (!next) return {}
    const patch = { lifecycle: next.to, lifecycleSince: ctx.now, lifecycleReason: next.why }
    const { change } = alter(ctx, customer, buyer, patch, lifecycleChanged)
    const held: Write[] = [{ check: place, if: { equals: { version: told.version } } }]
    if (isUnended(told) && head.history)
      held.push({ check: placeOf(history, head.history.id), if: { equals: { version: head.history.version } } })
    await commit(ctx, [change], undefined, held)
    return {}
  },
)
