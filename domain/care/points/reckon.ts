import * as z from 'zod'
import { purchase, type Purchase, type PurchaseRecord } from '../../customer/purchase/index.ts'
import { tier, type MembershipRecord } from '../../insight/tier/index.ts'
import { Absorbed, survivorIn } from '../../kernel/absorbed.ts'
import { action } from '../../kernel/action.ts'
import { dayFrom } from '../../kernel/clock.ts'
import { alter, create, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { dueSchema, happenedSchema } from '../../kernel/event.ts'
import { customerIdIn } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { earningOf, standingOf, tierAt } from './earning.ts'
import { commitPosted, post, type Movement } from './ledger.ts'
import { pointsReckoned } from './points.events.ts'
import {
  accountIn,
  accountOf,
  accountPlace,
  accrual,
  accrualIn,
  accrualKey,
  accrualPlace,
  isPurchase,
  points,
  readProgramme,
  type Accrual,
  type ProgrammeRecord,
} from './points.store.ts'
import { lotFor, monthOf } from './programme.ts'

const done = () => z.object({})

/**
 * Brings what a purchase earned to what it should be: after it was recorded, given back in part, binned or restored. It
 * looks at the purchase as it is, so events that come twice, late or out of order end in the same. Usually 5 read units,
 * 6 write units for a purchase that earns (account, entry, accrual), 1 read where no programme was ever set.
 */
export const reckon = action(
  'points.reckon',
  () => ({ input: happenedSchema(), output: done() }),
  async (ctx, { recordId, customerId }) => {
    if (customerId === undefined || !isPurchase(recordId)) return {}
    const inForce = await readProgramme(ctx)
    if (inForce.version === 0) return {}
    const keys = [placeOf(purchase, recordId), accrualPlace(recordId), accountPlace(customerId)]
    const byTier = inForce.tiers.length > 0 ? [placeOf(tier, tier.id('', customerId))] : []
    const [{ timeZone }, [bought, known, account, member]] = await Promise.all([workspaceOf(ctx), ctx.table.getAll([...keys, ...byTier])])
    const into = survivorIn(account)
    if (into !== undefined) throw new Absorbed(customerId, into)
    // An erasure takes them one after the other.
    if (!bought || [bought, account, known].some((one) => one?.['erasedAt'] !== undefined)) return {}
    const sale = recordIn<'purchase', Purchase>(bought)
    const before = accrualIn(known)
    const next = before ?? newAccrual(ctx, inForce, sale, member && recordIn<'tier', MembershipRecord>(member), timeZone)
    if (!next) return {}
    const standing = next.lapsed ? 0 : standingOf(next.earned, sale)
    if (before?.standing === standing) return {}
    const kept: Change = before
      ? alter(ctx, accrual, before, { standing }, pointsReckoned).change
      : create(ctx, accrual, { ...next, standing }, pointsReckoned, { customer: recordId, own: accrualKey(recordId) }).change
    const movement = movementTo(next, standing - (before?.standing ?? 0), before !== undefined)
    const { changes } = post(ctx, timeZone, customerId, accountIn(account), movement ? [movement] : [])
    await commitPosted(ctx, [...changes, kept])
    return {}
  },
)

/** What a purchase earns when it is first looked at; undefined when it earns by no rule. */
function newAccrual(
  ctx: Ctx,
  inForce: ProgrammeRecord,
  sale: PurchaseRecord,
  member: MembershipRecord | undefined,
  timeZone: string,
): Accrual | undefined {
  if (!inForce.active || sale.deletedAt !== undefined || dayFrom(sale.day) < inForce.startsOn) return undefined
  const inTier = member && tierAt(member.changes, sale.at)
  const { points: earned } = earningOf(inForce, sale, { tier: inTier, channel: sale.channel })
  const lot = lotFor(inForce, sale.at, timeZone)
  return {
    purchaseId: sale.id,
    earned,
    programmeVersion: inForce.version,
    lot,
    standing: 0,
    ...(inTier !== undefined && { tier: inTier }),
    ...(sale.channel !== undefined && { channel: sale.channel }),
    ...(lot < monthOf(ctx.now, timeZone) && { lapsed: true }),
  }
}

/** The movement by which what stands changes. What is taken back and was spent already is owed. */
function movementTo({ purchaseId, lot }: Accrual, by: number, again: boolean): Movement | undefined {
  if (by === 0) return undefined
  if (by > 0) return { kind: again ? 'reverse' : 'earn', give: { [lot]: by }, sourceId: purchaseId }
  return { kind: 'reverse', take: -by, first: lot, mayOwe: true, sourceId: purchaseId }
}

/** Takes out what has expired and sets the next time to look. Looks again first, so a second run changes nothing. */
export const expire = action(
  'points.expire',
  () => ({ input: dueSchema(), output: done() }),
  async (ctx, { id }) => {
    if (!points.is(id)) return {}
    const customerId = customerIdIn(id)
    const [account, { timeZone }] = await Promise.all([accountOf(ctx, customerId), workspaceOf(ctx)])
    if (!account?.dueAt || account.dueAt > ctx.now) return {}
    await commitPosted(ctx, post(ctx, timeZone, customerId, account, [], { retime: true }).changes)
    return {}
  },
)
