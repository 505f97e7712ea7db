import * as z from 'zod'
import type { CustomerRecord } from '../../customer/customer/index.ts'
import { purchase } from '../../customer/purchase/index.ts'
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
import { creating } from '../creating.ts'
import { headOf } from '../../insight/rhythm/index.ts'
import { monthsWith, wordOfMouth } from '../../insight/tier/index.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { accountOf, commitPosted, lotFor, post, readProgramme, type Movement } from '../points/index.ts'
import { referralClaimed, referralCounted, referralVoided, wordOfMouthChanged } from './referral.events.ts'
import { claims, referralOf, type Referral } from './referral.ts'
import {
  contributionOf,
  identitiesOf,
  noCycle,
  referral,
  referralsOf,
  wordIn,
  wordPlace,
  type Contribution,
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
    const known = typeof held?.['id'] === 'string' ? await referralAt(ctx, held['id']) : undefined
    if (known?.claim) {
      const counts = at >= known.claim.at && at <= known.claim.countsUntil
      if (counts) await recount(ctx, known, known.claim, customerId)
    } else if (head.customer && !head.customer.deletedAt && head.history?.firstAt === at) {
      await claim(ctx, head.customer, recordId, at)
    }
    return {}
  },
)

async function referralAt(ctx: Ctx, id: string): Promise<ReferralRecord | undefined> {
  const item = await ctx.table.get(placeOf(referral, id))
  return item && recordIn<'referral', Referral>(item)
}

type Claim = NonNullable<Referral['claim']>

/** Claims the earliest of the referrals whose window holds a first purchase. */
async function claim(ctx: Ctx, file: CustomerRecord, purchaseId: string, at: Instant): Promise<void> {
  const { id: customerId } = file
  const identities = identitiesOf(file)
  const live = await referralsOf(ctx, identities)
  const [first] = live.filter((one) => claims(one, at)).sort((a, b) => (a.at < b.at ? -1 : 1))
  if (!first) return
  for (const other of live) if (other.id !== first.id) await annul(ctx, other, 'They were referred by somebody else before.')
  const referrerId = customerIdIn(first.id)
  const link = referrerId === customerId ? 'Nobody refers themselves.' : await linked(ctx, referrerId, customerId)
  if (typeof link === 'string') return annul(ctx, first, link)
  const { active, referral: rule } = await readProgramme(ctx)
  const period = { purchaseId, at, countsUntil: daysLater(at, rule.valueDays) }
  const counted = await contributionOf(ctx, customerId, period)
  const given = active ? rule : { referrerPoints: 0, referredPoints: 0 }
  const made: Claim = { ...period, referrerPoints: given.referrerPoints, referredPoints: given.referredPoints, stands: false }
  // Referred again by somebody else at this very moment: looked at anew.
  await creating('referral.taken', () => save(ctx, first, made, counted, customerId, [link]))
}

async function annul(ctx: Ctx, before: ReferralRecord, reason: string): Promise<void> {
  await commit(ctx, [alter(ctx, referral, before, { state: 'void', reason, closedAt: ctx.now }, referralVoided).change])
}

/** The condition that no circle is closed, or why one would be. */
async function linked(ctx: Ctx, referrerId: string, customerId: string): Promise<Write | string> {
  try {
    return await noCycle(ctx, referrerId, customerId)
  } catch (error) {
    if (error instanceof Fault) return error.message
    throw error
  }
}

async function recount(ctx: Ctx, before: ReferralRecord, known: Claim, customerId: string): Promise<void> {
  const counted = await contributionOf(ctx, customerId, known)
  const same = counted.net === before.net && counted.purchases === before.purchases && counted.stands === known.stands
  if (!same) await save(ctx, before, known, counted, customerId, [])
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
  await commitPosted(ctx, [change, word, ...points], undefined, extra)
}

async function wordChange(
  ctx: Ctx,
  referrerId: string,
  by: { at: Instant; referred: number; purchases: number; net: number },
): Promise<Change> {
  const before = wordIn(await ctx.table.get(wordPlace(referrerId)))
  const { referred = 0, purchases = 0, net = 0, byMonth } = before ?? {}
  const sums = { referred: referred + by.referred, purchases: purchases + by.purchases, net: net + by.net }
  const next = { ...sums, byMonth: monthsWith(byMonth, by.at, by.net), lastAt: ctx.now }
  if (!before) return create(ctx, wordOfMouth, next, wordOfMouthChanged, { customer: referrerId, own: '' }).change
  return alter(ctx, wordOfMouth, before, next, wordOfMouthChanged).change
}

async function pointsChanges(ctx: Ctx, referralId: string, who: readonly [string, number][], stands: boolean): Promise<Change[]> {
  const due = who.filter(([, points]) => points > 0)
  if (due.length === 0) return []
  const [rules, { timeZone }] = await Promise.all([readProgramme(ctx), workspaceOf(ctx)])
  const about = { sourceId: referralId }
  const changes = await Promise.all(
    due.map(async ([customerId, points]) => {
      const movement: Movement = stands
        ? { ...about, kind: 'earn', give: { [lotFor(rules, ctx.now, timeZone)]: points } }
        : { ...about, kind: 'reverse', take: points, mayOwe: true }
      return post(ctx, timeZone, customerId, await accountOf(ctx, customerId), [movement]).changes
    }),
  )
  return changes.flat()
}
