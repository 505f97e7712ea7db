import * as z from 'zod'
import type { CustomerRecord } from '../../customer/customer/index.ts'
import { purchase } from '../../customer/purchase/index.ts'
import { Absorbed } from '../../kernel/absorbed.ts'
import { action } from '../../kernel/action.ts'
import { daysLater, type Instant } from '../../kernel/clock.ts'
import { alter, commit, create, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { happenedSchema } from '../../kernel/event.ts'
import { Fault } from '../../kernel/fault.ts'
import { customerIdIn, keysOf, timeOfKey } from '../../kernel/id.ts'
import { recordIn, sentinelKey } from '../../kernel/place.ts'
import type { Write } from '../../kernel/table/expression.ts'
import type { Item } from '../../kernel/table/table.ts'
import { creating } from '../creating.ts'
import { headOf } from '../../insight/rhythm/index.ts'
import { monthsWith, wordOfMouth } from '../../insight/tier/index.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { commitPosted, lotFor, post, readProgramme, standingAccount, type Movement } from '../points/index.ts'
import { referralClaimed, referralCounted, referralVoided, wordOfMouthChanged } from './referral.events.ts'
import { claims, referralOf, unnamed, type Referral } from './referral.ts'
import {
  contributionOf,
  identitiesOf,
  noCycle,
  NOTHING,
  personOf,
  referral,
  referralsOf,
  wordIn,
  wordPlace,
  type Contribution,
  type Person,
  type ReferralRecord,
} from './referral.store.ts'

/**
 * After any change of a purchase: claims the referral of a customer who bought for the first time, or counts anew what
 * somebody referred has bought. What is kept is set to what the purchases are, so events that come twice, late or out of
 * order end in the same. 2 read units for a customer nobody referred.
 */
export const follow = action(
  'referral.follow',
  () => ({ input: happenedSchema(), output: z.object({}) }),
  async (ctx, { recordId, customerId }) => {
    if (customerId === undefined || !purchase.is(recordId)) return {}
    const at = new Date(timeOfKey(keysOf(recordId).second)).toISOString()
    const [head, held] = await Promise.all([headOf(ctx, customerId), ctx.table.get(sentinelKey(referralOf(customerId)))])
    const file = head.customer
    if (file?.mergedInto !== undefined) throw new Absorbed(customerId, file.mergedInto)
    const person = { id: customerId, ids: [customerId, ...(file?.absorbed ?? [])] }
    const known = await claimedOf(ctx, person, held)
    if (known.length > 0) {
      const counts = known.some(({ claim }) => claim && at >= claim.at && at <= claim.countsUntil)
      if (counts) await recount(ctx, known, person)
    } else if (file && !file.deletedAt && head.history?.firstAt === at) await claim(ctx, file, recordId, at)
    return {}
  },
)

/** After files were merged, or a merge was undone: what a person bought counts by who they are now. 2 reads, more where somebody referred them. */
export const followMerge = action(
  'referral.follow_merge',
  () => ({ input: happenedSchema(), output: z.object({}) }),
  async (ctx, { customerId }) => {
    if (customerId === undefined) return {}
    const person = await personOf(ctx, customerId)
    await recount(ctx, await claimedOf(ctx, person, await ctx.table.get(sentinelKey(referralOf(person.id)))), person)
    return {}
  },
)

/** The claimed referrals of a person, the earliest first: one at most of each file. @param held the sentinel of the file that stands */
async function claimedOf(ctx: Ctx, { ids }: Person, held: Item | undefined): Promise<ReferralRecord[]> {
  const others = ids.slice(1).map((id) => sentinelKey(referralOf(id)))
  const leads = [held, ...(others.length > 0 ? await ctx.table.getAll(others) : [])]
  const keys = leads.flatMap((lead) => (typeof lead?.['id'] === 'string' ? [placeOf(referral, lead['id'])] : []))
  const items = keys.length > 0 ? await ctx.table.getAll(keys) : []
  const found = items.flatMap((item) => (item && item['erasedAt'] === undefined ? [recordIn<'referral', Referral>(item)] : []))
  return found.filter((one) => one.claim !== undefined).sort((a, b) => (a.at < b.at ? -1 : 1))
}

type Claim = NonNullable<Referral['claim']>

/** Claims the earliest of the referrals whose window holds a first purchase. */
async function claim(ctx: Ctx, file: CustomerRecord, purchaseId: string, at: Instant): Promise<void> {
  const ids = [file.id, ...(file.absorbed ?? [])]
  const live = await referralsOf(ctx, [...identitiesOf(file), ...(file.absorbed ?? [])])
  const [first] = live.filter((one) => claims(one, at)).sort((a, b) => (a.at < b.at ? -1 : 1))
  if (!first) return
  for (const other of live) if (other.id !== first.id) await annul(ctx, other, 'They were referred by somebody else before.')
  const referrerId = customerIdIn(first.id)
  const link = ids.includes(referrerId) ? 'Nobody refers themselves.' : await linked(ctx, referrerId, ids)
  if (typeof link === 'string') return annul(ctx, first, link)
  const { active, referral: rule } = await readProgramme(ctx)
  const period = { purchaseId, at, countsUntil: daysLater(at, rule.valueDays) }
  const counted = await contributionOf(ctx, ids, period)
  const given = active ? rule : { referrerPoints: 0, referredPoints: 0 }
  const made: Claim = { ...period, referrerPoints: given.referrerPoints, referredPoints: given.referredPoints, stands: false }
  // Referred again by somebody else at this very moment: looked at anew.
  await creating('referral.taken', () => save(ctx, first, made, counted, file.id, link))
}

async function annul(ctx: Ctx, before: ReferralRecord, reason: string): Promise<void> {
  await commit(ctx, [alter(ctx, referral, before, { ...unnamed, state: 'void', reason, closedAt: ctx.now }, referralVoided).change])
}

/** The conditions that no circle is closed, or why one would be. */
async function linked(ctx: Ctx, referrerId: string, referred: readonly string[]): Promise<Write[] | string> {
  try {
    return await noCycle(ctx, referrerId, referred)
  } catch (error) {
    if (error instanceof Fault) return error.message
    throw error
  }
}

/**
 * Sets what referrals count to what the person bought. Of one person there is one referrer: where merged files had one each,
 * the first counts; and nobody refers themselves, not by another file either.
 */
async function recount(ctx: Ctx, known: readonly ReferralRecord[], { ids }: Person): Promise<void> {
  const first = known.find((one) => !ids.includes(customerIdIn(one.id)))
  for (const one of known) {
    if (!one.claim) continue
    const counted = one === first ? await contributionOf(ctx, ids, one.claim) : NOTHING
    const same = counted.net === one.net && counted.purchases === one.purchases && counted.stands === one.claim.stands
    if (!same) await save(ctx, one, one.claim, counted, one.referredId ?? ids[0] ?? '', [])
  }
}

/** One commit: the referral, the referrer's word of mouth by the difference, and points where the first purchase began or ceased to stand. */
async function save(
  ctx: Ctx,
  before: ReferralRecord,
  known: Claim,
  { purchases, net, stands }: Contribution,
  referredId: string,
  extra: readonly Write[],
): Promise<void> {
  const referrerId = customerIdIn(before.id)
  const patch = { referredId, state: 'claimed', purchases, net, claim: { ...known, stands } } as const
  const { change } = alter(ctx, referral, before, patch, before.claim ? referralCounted : referralClaimed)
  const by = { at: known.at, referred: before.claim ? 0 : 1, purchases: purchases - before.purchases, net: net - before.net }
  const word = await wordChange(ctx, referrerId, by)
  const points =
    stands === known.stands
      ? []
      : await pointsChanges(
          ctx,
          before.id,
          [
            [referrerId, known.referrerPoints],
            [referredId, known.referredPoints],
          ],
          stands,
        )
  await commitPosted(ctx, [change, ...word, ...points], undefined, extra)
}

/** The referrer's word of mouth by the difference; nothing of a referrer who was erased a moment before. */
async function wordChange(
  ctx: Ctx,
  referrerId: string,
  by: { at: Instant; referred: number; purchases: number; net: number },
): Promise<Change[]> {
  const before = wordIn(await ctx.table.get(wordPlace(referrerId)))
  if (before?.erasedAt !== undefined) return []
  const { referred = 0, purchases = 0, net = 0, byMonth } = before ?? {}
  const sums = { referred: referred + by.referred, purchases: purchases + by.purchases, net: net + by.net }
  const next = { ...sums, byMonth: monthsWith(byMonth, by.at, by.net), lastAt: ctx.now }
  if (!before) return [create(ctx, wordOfMouth, next, wordOfMouthChanged, { customer: referrerId, own: '' }).change]
  return [alter(ctx, wordOfMouth, before, next, wordOfMouthChanged).change]
}

async function pointsChanges(ctx: Ctx, referralId: string, who: readonly [string, number][], stands: boolean): Promise<Change[]> {
  const due = who.filter(([, points]) => points > 0)
  if (due.length === 0) return []
  const [rules, { timeZone }, accounts] = await Promise.all([
    readProgramme(ctx),
    workspaceOf(ctx),
    Promise.all(due.map(([customerId]) => standingAccount(ctx, customerId))),
  ])
  const about = { sourceId: referralId }
  const movements = due.map(
    ([, points]): Movement =>
      stands
        ? { ...about, kind: 'earn', give: { [lotFor(rules, ctx.now, timeZone)]: points } }
        : { ...about, kind: 'reverse', take: points, mayOwe: true },
  )
  // Files that were merged have one account: what concerns both is posted together.
  const owners = new Map(accounts.map((one) => [one.customerId, one.account]))
  return [...owners].flatMap(([customerId, account]) => {
    const theirs = movements.filter((_, at) => accounts[at]?.customerId === customerId)
    return post(ctx, timeZone, customerId, account, theirs).changes
  })
}
