import { fault } from '../../kernel/fault.ts'
import { alter, commit, create, type Change } from '../../kernel/commit.ts'
import type { Instant } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { KEY_LENGTH, timeKey } from '../../kernel/id.ts'
import type { Write } from '../../kernel/table/expression.ts'
import { creating } from '../creating.ts'
import { after, credit, debit, lapse, nothing, type EntryKind, type Lot, type Lots, type Posting, type Sums } from './account.ts'
import { eventOf, pointsPosted } from './points.events.ts'
import { expiryOf, monthOf } from './programme.ts'
import { points, pointsEntry, type AccountRecord, type Entry, type EntryRecord } from './points.store.ts'

interface About {
  kind: Exclude<EntryKind, 'expire'>
  sourceId?: string
  reason?: string
  byId?: string
}

/** Points given, by lot, or taken: `first` from one lot before others, `mayOwe` what is not there. */
export type Movement = About & ({ give: Lots } | { take: number; first?: Lot; mayOwe?: boolean })

/** What movements make of an account: changes for one commit, the account's first. None when nothing moves. */
export interface Posted {
  changes: Change[]
  /** The entries of the movements, in their order, after the one of what had expired. */
  entries: EntryRecord[]
}

/**
 * Posts movements on an account as it was read: the account and an entry for each, 2 write units each in their
 * transaction. What has expired is taken out first, so nothing expired is ever spent. The account's version is the
 * condition: of two at once one is run again. On the account of who was erased nothing is posted any more.
 * @throws Fault `conflict` when points are taken that are not there
 */
export function post(
  ctx: Ctx,
  timeZone: string,
  customerId: string,
  before: AccountRecord | undefined,
  movements: readonly Movement[],
  how: { retime?: boolean } = {},
): Posted {
  if (before?.erasedAt !== undefined) return { changes: [], entries: [] }
  const month = monthOf(ctx.now, timeZone)
  const at = before && before.lastAt > ctx.now ? before.lastAt : ctx.now
  let sums: Sums = before ?? nothing
  let last = before?.last ?? 0
  const made: { record: EntryRecord; change: Change }[] = []
  const enter = (posting: Posting, about: Partial<About>): void => {
    sums = after(sums, posting)
    last += 1
    made.push(
      create(ctx, pointsEntry, entryOf(posting, about, { number: last, balance: sums.balance, at, timeZone }), eventOf[posting.kind], {
        customer: customerId,
        own: entryKey(at, last),
      }),
    )
  }
  const expired = lapse(sums, month)
  if (expired) enter(expired, {})
  for (const movement of movements) {
    const posting = postingOf(sums, movement, month)
    const { kind: _, ...about } = aboutOf(movement)
    if (posting.points !== 0 || posting.owed !== 0) enter(posting, about)
  }
  const account = accountChange(
    ctx,
    customerId,
    before,
    { ...sums, last, lastAt: at },
    dueOf(sums.lots, timeZone, how.retime ? undefined : before?.dueAt),
  )
  const moved = made.length > 0 || how.retime
  return { changes: moved ? [account, ...made.map(({ change }) => change)] : [], entries: made.map(({ record }) => record) }
}

function postingOf(sums: Sums, movement: Movement, month: string): Posting {
  if ('give' in movement) return credit(sums, movement.kind, unexpired(movement.give, month))
  const posting = debit(sums, movement.kind, movement.take, movement)
  if (posting) return posting
  const { balance } = sums
  throw fault('conflict', 'points.insufficient', `This takes ${movement.take} points; there are ${balance}.`, {
    balance,
    needed: movement.take,
  })
}

/** Points given to lots that have expired are good through this month: who gets points back gets to use them. */
function unexpired(lots: Lots, month: string): Lots {
  const next: Record<Lot, number> = {}
  for (const [lot, given] of Object.entries(lots)) {
    const good = lot < month ? month : lot
    next[good] = (next[good] ?? 0) + given
  }
  return next
}

function aboutOf({ kind, sourceId, reason, byId }: Movement): About {
  return { kind, ...(sourceId !== undefined && { sourceId }), ...(reason !== undefined && { reason }), ...(byId !== undefined && { byId }) }
}

function entryOf(
  { kind, points: change, owed, lots }: Posting,
  about: Partial<About>,
  where: { number: number; balance: number; at: Instant; timeZone: string },
): Entry {
  const { timeZone, ...placed } = where
  const [first] = Object.keys(lots)
    .filter((lot) => (lots[lot] ?? 0) > 0)
    .sort()
  const expiresAt = first === undefined ? undefined : expiryOf(first, timeZone)
  return { ...about, ...placed, kind, points: change, ...(owed !== 0 && { owed }), lots, ...(expiresAt !== undefined && { expiresAt }) }
}

/** Entries sort as they were posted: by a time that never goes back, then by number. */
function entryKey(at: Instant, number: number): string {
  const time = timeKey(Date.parse(at))
  return time + String(number).padStart(KEY_LENGTH - time.length, '0')
}

/** When lots must be looked at. A time that is earlier than need be stays: it looks again then, and no index is written now. */
function dueOf(lots: Lots, timeZone: string, before: Instant | undefined): Instant | undefined {
  const [first] = Object.keys(lots).sort()
  const at = first === undefined ? undefined : expiryOf(first, timeZone)
  return before !== undefined && (at === undefined || before < at) ? before : at
}

function accountChange(
  ctx: Ctx,
  customerId: string,
  before: AccountRecord | undefined,
  sums: Sums & { last: number; lastAt: Instant },
  dueAt: Instant | undefined,
): Change {
  const { balance, owed, lots, totals, last, lastAt } = sums
  const fields = { balance, owed, lots, totals, last, lastAt }
  if (!before)
    return create(ctx, points, { ...fields, ...(dueAt !== undefined && { dueAt }) }, pointsPosted, { customer: customerId, own: '' }).change
  return alter(ctx, points, before, { ...fields, dueAt: dueAt ?? null }, pointsPosted).change
}

/** Conflicts that mean another run posted meanwhile. */
const POSTED_MEANWHILE = ['points.exists', 'points_entry.exists', 'accrual.exists', 'word_of_mouth.exists']

/** Commits changes some of which post points. @throws Stale when another run posted meanwhile */
export function commitPosted<R>(ctx: Ctx, changes: readonly Change[], result?: R, extra?: readonly Write[]): Promise<R> {
  return creating(POSTED_MEANWHILE, () => commit(ctx, changes, result, extra))
}
