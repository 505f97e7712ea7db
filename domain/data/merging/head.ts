import { isDeepStrictEqual } from 'node:util'
import { cadence } from '../../care/cadence/index.ts'
import { nothing, points, post, readProgramme, type Movement } from '../../care/points/index.ts'
import { rhythm, type Head } from '../../insight/rhythm/index.ts'
import { CLEARED, membershipChange, policyOf, rankOf, tier, tierPromoted, type MembershipRecord } from '../../insight/tier/index.ts'
import { alter, create, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import type { Entity, FieldsOf, Stamp } from '../../kernel/entity.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { headPutBack, headSetAside, type MergeRecord } from './merge.store.ts'

/**
 * What heads two customers' partitions, over a merge and back: tier, points, timers. Sums that are only ever added up (costs,
 * word of mouth) stay where they are.
 */

/** Set aside with the absorbed file, as they are: off their lists and clocks. */
const ASIDE = [tier, rhythm, points, cadence] as const

/** The change that sets each of them aside, or puts it back. At most four. */
export function headSetAsideIn(ctx: Ctx, head: Head, into: string): Change[] {
  return ASIDE.flatMap((kind) => {
    const record = anySingle(head, kind)
    return record && !record.deletedAt ? [moved(ctx, kind, record, { deletedAt: ctx.now, mergedInto: into }, headSetAside)] : []
  })
}
export function headPutBackIn(ctx: Ctx, head: Head): Change[] {
  return ASIDE.flatMap((kind) => {
    const record = anySingle(head, kind)
    return record && 'mergedInto' in record ? [moved(ctx, kind, record, { deletedAt: null, mergedInto: null }, headPutBack)] : []
  })
}

type AnyKind = Entity<string, object>
const anySingle = (head: Head, kind: unknown): Stamp<string> | undefined => head.single(kind as AnyKind)

function moved(ctx: Ctx, kind: unknown, record: Stamp<string>, patch: object, event: typeof headSetAside): Change {
  return alter(ctx, kind as AnyKind, record, patch, event).change
}

/** The better of two tiers is the survivor's: the absorbed one's comes over when it ranks higher. */
export async function tierMerged(
  ctx: Ctx,
  mine: Head,
  theirs: Head,
  survivorId: string,
): Promise<{ changes: Change[]; kept: MergeRecord['tier'] }> {
  const [has, other] = [mine.single(tier), theirs.single(tier)]
  const before = has && !has.deletedAt ? fieldsOf(has) : undefined
  const kept = { ...(before && { before }), ...(before?.override && { override: before.override }) }
  const name = other?.deletedAt ? undefined : other?.tier
  const policy = await policyOf(ctx)
  if (!other || name === undefined || rankOf(policy, name) <= rankOf(policy, before?.tier)) return { changes: [], kept }
  const from = before?.tier
  const words = 'Came with a file that was merged into this one.'
  const change = { at: ctx.now, cause: 'promoted', to: name, words, ...(from !== undefined && { from }) } as const
  const next = { ...fieldsOf(other), customerId: survivorId, changes: [...(before?.changes ?? []), change].slice(-20) }
  return {
    changes: [membershipChange(ctx, has, next, tierPromoted).change],
    kept: { ...(before && { before }), ...(next.override && { override: next.override }) },
  }
}

type Membership = FieldsOf<typeof tier>

function fieldsOf(record: MembershipRecord): Membership {
  const { id: _, version: __, createdAt: ___, updatedAt: ____, deletedAt: _____, ...fields } = record
  return Object.fromEntries(
    Object.entries(fields).filter(([name]) => name in CLEARED || name === 'customerId' || name === 'since' || name === 'changes'),
  ) as Membership
}

/**
 * The survivor's tier after a merge is undone: what it was, whether the merge changed it or what both bought together did since.
 * It is then judged anew by the survivor's own purchases. What a person decided since stands.
 */
export function tierParted(ctx: Ctx, head: Head, kept: MergeRecord['tier']): Change[] {
  const now = head.single(tier)
  if (!now || now.deletedAt) return []
  const before = kept.before as Membership | undefined
  if (isDeepStrictEqual(before, fieldsOf(now)) || !isDeepStrictEqual(kept.override, now.override)) return []
  if (before) return [alter(ctx, tier, now, { ...CLEARED, ...before }, headPutBack).change]
  return [alter(ctx, tier, now, { ...CLEARED, deletedAt: ctx.now }, headPutBack).change]
}

/** Points come over as one entry of the survivor's ledger; the absorbed account is set aside as it is. */
export async function pointsMerged(
  ctx: Ctx,
  mine: Head,
  theirs: Head,
  ids: { survivor: string; absorbed: string; merge: string },
): Promise<{ changes: Change[]; kept?: MergeRecord['points'] }> {
  const [account, other] = [mine.single(points), theirs.single(points)]
  const stopped = other ? [] : await emptyAccount(ctx, ids)
  if (!other || other.deletedAt || (other.balance === 0 && other.owed === 0)) return { changes: stopped }
  const { timeZone } = await workspaceOf(ctx)
  const { lots, owed } = other
  const reason = 'Came with a file that was merged into this one'
  const about = { kind: 'adjust', sourceId: ids.merge, reason, byId: ctx.actor.id } as const
  const given: Movement[] = Object.keys(lots).length > 0 ? [{ ...about, give: lots }] : []
  const taken: Movement[] = owed > 0 ? [{ ...about, take: owed, mayOwe: true }] : []
  return { changes: post(ctx, timeZone, ids.survivor, account, [...given, ...taken]).changes, kept: { lots: { ...lots }, owed } }
}

/** Where a programme runs: an account that says where points go by now, so that a purchase reckoned late does not open one. */
async function emptyAccount(ctx: Ctx, { survivor, absorbed }: { survivor: string; absorbed: string }): Promise<Change[]> {
  if ((await readProgramme(ctx)).version === 0) return []
  const fields = { ...nothing, last: 0, lastAt: ctx.now, deletedAt: ctx.now, mergedInto: survivor }
  return [create(ctx, points, fields, headSetAside, { customer: absorbed, own: '' }).change]
}

/** Takes back what came over, lot by lot; what was spent meanwhile is owed. */
export async function pointsParted(
  ctx: Ctx,
  head: Head,
  { id, survivorId, points: came }: Pick<MergeRecord, 'id' | 'survivorId' | 'points'>,
): Promise<Change[]> {
  if (!came) return []
  const { timeZone } = await workspaceOf(ctx)
  const about = { kind: 'adjust', sourceId: id, reason: 'Went back with a file whose merge was undone', byId: ctx.actor.id } as const
  const back: Movement[] = Object.entries(came.lots).map(([lot, some]) => ({ ...about, take: some, first: lot, mayOwe: true }))
  const forgiven: Movement[] = came.owed > 0 ? [{ ...about, give: { never: came.owed } }] : []
  return post(ctx, timeZone, survivorId, head.single(points), [...forgiven, ...back]).changes
}
