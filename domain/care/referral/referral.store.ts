import * as z from 'zod'
import { wordOfMouth, type WordOfMouthRecord } from '../../insight/tier/index.ts'
import { customer, type CustomerRecord } from '../../customer/customer/index.ts'
import { purchase, remaining, saleOf, type Purchase } from '../../customer/purchase/index.ts'
import { survivorOf } from '../../kernel/absorbed.ts'
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

/** Live referrals of a person, by identities and file: one each at most, none of a referrer erased. Two rounds, one when there is none. */
export async function referralsOf(ctx: Ctx, who: readonly string[]): Promise<ReferralRecord[]> {
  const held = await ctx.table.getAll(who.map((one) => sentinelKey(referralOf(one))))
  const ids = [...new Set(held.flatMap((item) => (typeof item?.['id'] === 'string' ? [item['id']] : [])))]
  if (ids.length === 0) return []
  const items = await ctx.table.getAll(ids.map((id) => placeOf(referral, id)))
  return items.flatMap((item) => (item && item['erasedAt'] === undefined ? [recordIn<'referral', Referral>(item)] : []))
}

/** By what a customer may have been referred. */
export function identitiesOf({ id, emails, phones }: CustomerRecord): string[] {
  return [id, ...emails.map(({ address }) => `email:${address}`), ...phones.map(({ number }) => `phone:${number}`)]
}

/** A person: the file that stands and those that were merged into it, under any of which a record may lie. */
export interface Person {
  id: string
  ids: readonly string[]
}

/** Whose file it is, or whom it was merged into. One read, one more for each merge on the way. */
export async function personOf(ctx: Ctx, customerId: string): Promise<Person> {
  return personIn(customerId, await survivorOf(ctx, await ctx.table.get(placeOf(customer, customerId))))
}

function personIn(customerId: string, file: Item | undefined): Person {
  const { id, absorbed = [] } = file ? recordIn<'customer', CustomerRecord>(file) : { id: customerId }
  return { id, ids: [id, ...absorbed] }
}

/**
 * Walks up from the referrer to who was referred by nobody, one read a step, one more where files were merged, and gives the
 * conditions under which that is still so: every new link at the same time would have to hang above that one, so two that
 * would close a circle together cannot both be written.
 * @param referred the files of the one referred
 * @throws Fault `conflict` when the one referred is met on the way, or the chain is too long
 */
export async function noCycle(ctx: Ctx, referrerId: string, referred: readonly string[]): Promise<Write[]> {
  let at = referrerId
  for (let steps = 0; steps <= LONGEST_CHAIN; steps++) {
    const own = sentinelKey(referralOf(at))
    const [held, file] = await ctx.table.getAll([own, placeOf(customer, at)])
    const { ids } = personIn(at, await survivorOf(ctx, file))
    if (ids.some((id) => referred.includes(id)))
      throw fault('conflict', 'referral.cycle', `${referrerId} came by way of ${referred[0] ?? ''}, who cannot be referred by them.`, {
        steps,
      })
    const others = ids.filter((id) => id !== at).map((id) => sentinelKey(referralOf(id)))
    const lead = [held, ...(others.length > 0 ? await ctx.table.getAll(others) : [])].find((item) => typeof item?.['id'] === 'string')
    if (!lead) return [own, ...others].map((key) => ({ check: key, if: { absent: true } }))
    at = customerIdIn(String(lead['id']))
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

/** What nobody but the referrer bought. */
export const NOTHING: Contribution = { purchases: 0, net: 0, stands: false }

interface Period {
  at: Instant
  countsUntil: Instant
  purchaseId: string
}

/** Reads the purchases of the period and no others, strongly consistent. @param referred the files of the one referred */
export async function contributionOf(ctx: Ctx, referred: readonly string[], period: Period): Promise<Contribution> {
  const parts = await Promise.all(referred.map((id) => contributionIn(ctx, id, period)))
  return parts.reduce((all, one) => ({
    purchases: all.purchases + one.purchases,
    net: all.net + one.net,
    stands: all.stands || one.stands,
  }))
}

async function contributionIn(ctx: Ctx, referredId: string, period: Period): Promise<Contribution> {
  const { pk } = placeOf(customer, referredId)
  const from = `${purchase.noun}#${timeKey(Date.parse(period.at))}`
  const to = `${purchase.noun}#${timeKey(Date.parse(period.countsUntil) + 1)}`
  const sum: Contribution = { ...NOTHING }
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
