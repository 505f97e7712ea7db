import * as z from 'zod'
import { wordOfMouth, type WordOfMouthRecord } from '../../insight/tier/index.ts'
import { customer, type CustomerRecord } from '../../customer/customer/index.ts'
import { purchase, remaining, saleOf, type Purchase } from '../../customer/purchase/index.ts'
import type { Instant } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf, type Stamp } from '../../kernel/entity.ts'
import { fault } from '../../kernel/fault.ts'
import { customerIdIn, timeKey } from '../../kernel/id.ts'
import { recordIn, sentinelKey } from '../../kernel/place.ts'
import type { Write } from '../../kernel/table/expression.ts'
import type { Item } from '../../kernel/table/table.ts'
import { heldBy, LONGEST_CHAIN, referralOf, referralShape, settlesAt, type Referral } from './referral.ts'

/** Somebody referred by a customer, in the referrer's partition. */
export const referral = entity({
  noun: 'referral',
  prefix: 'rfr',
  home: 'customer',
  fields: () => z.object(referralShape()),
  due: {
    on: ['state', 'expiresAt'],
    key: (one) => {
      const at = settlesAt(one)
      return at === undefined ? undefined : { job: 'referrals', at }
    },
  },
  unique: { on: ['state', 'identities', 'referredId'], values: heldBy, fault: 'referral.taken' },
  personal: ['identities', 'note', 'reason'],
})
export type ReferralRecord = RecordOf<typeof referral>

export function wordPlace(referrerId: string) {
  return placeOf(wordOfMouth, wordOfMouth.id('', referrerId))
}
export function wordIn(item: Item | undefined): WordOfMouthRecord | undefined {
  return item && recordIn<'word_of_mouth', Omit<WordOfMouthRecord, keyof Stamp<'word_of_mouth'>>>(item)
}

/** Live referrals of a person, by identities and file: one each at most. Two rounds, one when there is none. */
export async function referralsOf(ctx: Ctx, who: readonly string[]): Promise<ReferralRecord[]> {
  const held = await ctx.table.getAll(who.map((one) => sentinelKey(referralOf(one))))
  const ids = [...new Set(held.flatMap((item) => (typeof item?.['id'] === 'string' ? [item['id']] : [])))]
  if (ids.length === 0) return []
  const items = await ctx.table.getAll(ids.map((id) => placeOf(referral, id)))
  return items.flatMap((item) => (item ? [recordIn<'referral', Referral>(item)] : []))
}

/** By what a customer may have been referred. */
export function identitiesOf({ id, emails, phones }: CustomerRecord): string[] {
  return [id, ...emails.map(({ address }) => `email:${address}`), ...phones.map(({ number }) => `phone:${number}`)]
}

/**
 * Walks up from the referrer to who was referred by nobody, one read a step, and gives the condition under which that
 * is still so: every new link at the same time would have to hang above that one, so two that would close a circle
 * together cannot both be written.
 * @throws Fault `conflict` when the one referred is met on the way, or the chain is too long
 */
export async function noCycle(ctx: Ctx, referrerId: string, referredId: string): Promise<Write> {
  let at = referrerId
  for (let steps = 0; steps < LONGEST_CHAIN; steps++) {
    const key = sentinelKey(referralOf(at))
    const item = await ctx.table.get(key)
    if (typeof item?.['id'] !== 'string') return { check: key, if: { absent: true } }
    at = customerIdIn(item['id'])
    if (at === referredId)
      throw fault('conflict', 'referral.cycle', `${referrerId} came by way of ${referredId}, who cannot be referred by them.`, {
        steps: steps + 1,
      })
  }
  throw fault('conflict', 'referral.chain_too_long', `More than ${LONGEST_CHAIN} people refer one another in a row.`)
}

/** Purchases of one read: about 15 units of usual ones. */
const PAGE = 200

/** What the purchases of somebody referred come to within their period, and whether the first of them stands. */
export interface Contribution {
  purchases: number
  net: number
  stands: boolean
}

/** Reads the purchases of the period and no others, strongly consistent. */
export async function contributionOf(
  ctx: Ctx,
  referredId: string,
  period: { at: Instant; countsUntil: Instant; purchaseId: string },
): Promise<Contribution> {
  const { pk } = placeOf(customer, referredId)
  const from = `${purchase.noun}#${timeKey(Date.parse(period.at))}`
  const to = `${purchase.noun}#${timeKey(Date.parse(period.countsUntil) + 1)}`
  const sum: Contribution = { purchases: 0, net: 0, stands: false }
  let after: Item | undefined
  do {
    const { items, last } = await ctx.table.query({ pk, from, to, limit: PAGE, ...(after && { after }) })
    for (const item of items) {
      if (item['deletedAt']) continue
      const one = recordIn<'purchase', Purchase>(item)
      const sale = saleOf(one)
      const left = remaining(one) > 0
      if (one.id === period.purchaseId && left) sum.stands = true
      if (left) sum.purchases += 1
      sum.net += sale.gross - sale.returned
    }
    after = last
  } while (after)
  return sum
}
