import * as z from 'zod'
import { customer } from '../../customer/customer/index.ts'
import { tier } from '../../insight/tier/index.ts'
import { mustStand } from '../../kernel/absorbed.ts'
import { action } from '../../kernel/action.ts'
import { collection, daysInput, partialView, records } from '../../kernel/collection.ts'
import { alter, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import { fault, missing } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { customerIdIn, newKey } from '../../kernel/id.ts'
import { pageInput, pageOf } from '../../kernel/page.ts'
import { recordIn } from '../../kernel/place.ts'
import { find, idOf, mayTouch, viewOf } from '../../kernel/record.ts'
import type { Write } from '../../kernel/table/expression.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { allotmentIn, allotmentPlace, moved } from '../allotment.ts'
import { accountIn, accountPlace, commitPosted, post, standingAccount } from '../points/index.ts'
import { refusalOf, type Redemption, type Reward } from './reward.ts'
import { counting, redemption, reward, takenPlace } from './reward.store.ts'

export const rewardRedeemed = event('reward.redeemed', 'A customer redeemed points for a reward')
export const redemptionCancelled = event('reward.redemption_cancelled', 'A redemption was cancelled: the points are back')

const view = () => viewOf(redemption)
const MOST_AT_ONCE = 1_000

const redeemInput = () =>
  z.strictObject({ id: idOf(customer), rewardId: idOf(reward), quantity: z.int().min(1).max(MOST_AT_ONCE).default(1) })

/** All that a redemption is judged by, in one read of up to seven units. */
async function held(ctx: Ctx, customerId: string, rewardId: string) {
  const [place, taken] = [placeOf(reward, rewardId), takenPlace(customerId, rewardId)]
  const keys = [
    placeOf(customer, customerId),
    place,
    allotmentPlace(place),
    taken,
    accountPlace(customerId),
    placeOf(tier, tier.id('', customerId)),
  ]
  const [file, thing, counter, count, account, member] = await ctx.table.getAll(keys)
  mustStand(file)
  if (!file || file['deletedAt'] || !mayTouch(ctx, customer, file)) throw missing('customer', customerId)
  if (!thing || thing['deletedAt']) throw missing('reward', rewardId)
  const inTier = member?.['tier']
  return {
    place,
    taken,
    thing: recordIn<'reward', Reward>(thing),
    account: accountIn(account),
    left: allotmentIn(counter).left,
    had: Number(count?.['taken'] ?? 0),
    inTier: typeof inTier === 'string' ? inTier : undefined,
  }
}

/**
 * Redeems points for a reward. Points, stock and the customer's limit are taken in one transaction, each with its
 * condition: of many at once none takes what is not there. 6 write units, 2 more each for a stock, a limit and a key.
 */
export const redeem = action(
  'reward.redeem',
  () => ({ input: redeemInput(), output: view() }),
  async (ctx, { id, rewardId, quantity }) => {
    const [{ timeZone }, { place, taken, thing, account, left, had, inTier }] = await Promise.all([
      workspaceOf(ctx),
      held(ctx, id, rewardId),
    ])
    const refusal = refusalOf(thing, { quantity, now: ctx.now, tier: inTier, left, taken: had })
    if (refusal) throw refusal
    const cost = thing.cost * quantity
    const fields: Redemption = {
      rewardId,
      rewardName: thing.name,
      quantity,
      points: cost,
      lots: {},
      state: 'redeemed',
      byId: ctx.actor.id,
      stocked: thing.limited,
      counted: thing.perCustomer !== undefined,
    }
    const own = newKey(Date.parse(ctx.now), ctx.random)
    const { changes, entries } = post(ctx, timeZone, id, account, [{ kind: 'spend', take: cost, sourceId: redemption.id(own, id) }])
    const lots = Object.fromEntries(Object.entries(entries.at(-1)?.lots ?? {}).map(([lot, points]) => [lot, -points]))
    const { record, change } = create(ctx, redemption, { ...fields, lots }, rewardRedeemed, { customer: id, own })
    const extra: Write[] = [
      ...(thing.limited ? [moved(place, { left: -quantity })] : []),
      ...(thing.perCustomer !== undefined ? [counting(taken, quantity, thing.perCustomer)] : []),
    ]
    return commitPosted(ctx, [change, ...changes], record, extra)
  },
)

/** Cancels a redemption: its points go back to the lots they came from, its quantity to stock and limit. */
export const cancel = action(
  'reward.cancel_redemption',
  () => ({ input: z.strictObject({ id: idOf(redemption), reason: f.line(300) }), output: view() }),
  async (ctx, { id, reason }) => {
    const customerId = customerIdIn(id)
    const [before, to, { timeZone }] = await Promise.all([find(ctx, redemption, id), standingAccount(ctx, customerId), workspaceOf(ctx)])
    if (before.state === 'cancelled')
      throw fault('conflict', 'redemption.cancelled', `This was cancelled on ${before.cancelledAt ?? before.updatedAt}.`)
    const { record, change } = alter(ctx, redemption, before, { state: 'cancelled', cancelledAt: ctx.now, reason }, redemptionCancelled)
    const { changes } = post(ctx, timeZone, to.customerId, to.account, [{ kind: 'reverse', give: before.lots, sourceId: id }])
    const extra: Write[] = [
      ...(before.stocked ? [moved(placeOf(reward, before.rewardId), { left: before.quantity })] : []),
      ...(before.counted ? [counting(takenPlace(customerId, before.rewardId), -before.quantity)] : []),
    ]
    return commitPosted(ctx, [change, ...changes], record, extra)
  },
)

export const show = action(
  'reward.show_redemption',
  () => ({ input: z.strictObject({ id: idOf(redemption) }), output: view() }),
  (ctx, { id }) => find(ctx, redemption, id),
)

/** What a customer redeemed, newest first. */
export const listOfCustomer = action(
  'reward.list_redemptions',
  () => ({ input: z.strictObject({ id: idOf(customer), ...pageInput(), ...daysInput() }), output: pageOf(partialView(redemption)) }),
  async (ctx, { id, ...input }) => {
    const { timeZone } = await workspaceOf(ctx)
    const stretch = collection(redemption, id, input, timeZone)
    const [, page] = await Promise.all([find(ctx, customer, id), records(ctx, redemption, stretch, input)])
    return page
  },
)
