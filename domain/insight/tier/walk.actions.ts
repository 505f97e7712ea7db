import * as z from 'zod'
import { customer } from '../../customer/customer/index.ts'
import { history, YEAR_DAYS, type HistoryRecord } from '../../customer/purchase/index.ts'
import { action } from '../../kernel/action.ts'
import { daysLater } from '../../kernel/clock.ts'
import { alter, commit } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf, type FieldsOf } from '../../kernel/entity.ts'
import { fault, missing } from '../../kernel/fault.ts'
import { untilFresh } from '../../kernel/invoke.ts'
import { facet, page } from '../../kernel/page.ts'
import { recordIn } from '../../kernel/place.ts'
import { find, idOf, viewOf } from '../../kernel/record.ts'
import type { Item } from '../../kernel/table/table.ts'
import { policySimulated, walkMoved } from './events.ts'
import { expireFromNow, loyalDays, promoteOne, settingOf, trailingYear } from './follow.ts'
import { asksHabits, rankOf, reachedBy, type Policy } from './policy.ts'
import { readRules, RULES_MEMO, tierPolicy, versionAt } from './policy.store.ts'
import type { Membership } from './tier.ts'
import { netSpend, tier, wordOf, type MembershipRecord, type Net } from './tier.store.ts'
import { moveBetween, spendMatters, withMoves, type Move } from './walk.ts'
import { newWalk, tierWalk, walkAt, walkOf, type WalkRecord } from './walk.store.ts'
import { creditOf, wordOfMouth, type WordOfMouthRecord } from './word-of-mouth.ts'

/** Customers of one step: 3 units each at most, and the purchases of a year where they decide. */
const PAGE = 200
/** Keys of one read. */
const MOST_KEYS = 100
/** Customers handled at once. */
const LANES = 8
/** Pages of purchases that a simulation reads of one customer. */
const MOST_PURCHASE_PAGES = 2

/**
 * Finds out who a version would move, and where to: a walk over all customers in the background, page by page. The same
 * version again, while it runs, goes on; afterwards it begins anew.
 */
export const simulate = action(
  'tier_policy.simulate',
  () => ({ input: z.strictObject({ id: idOf(tierPolicy) }), output: viewOf(tierWalk) }),
  async (ctx, { id }) => {
    const version = await find(ctx, tierPolicy, id)
    if (version.state === 'active' || version.state === 'retired') {
      throw fault('conflict', 'tier_policy.not_a_draft', `${id} is ${version.state}: there is nothing to simulate.`, {
        state: version.state,
      })
    }
    const known = await walkOf(ctx, id, 'simulate')
    if (known?.state === 'running' && known.policyVersion === version.version) return known
    const { record, change } = await newWalk(ctx, 'simulate', version)
    return commit(ctx, [change], record)
  },
)

/** What a version would do, as far as it is known: who moves from where to where, and the revenue touched. */
export const showSimulation = action(
  'tier_policy.simulation',
  () => ({ input: z.strictObject({ id: idOf(tierPolicy) }), output: viewOf(tierWalk) }),
  async (ctx, { id }) => {
    const [, known] = await Promise.all([find(ctx, tierPolicy, id), walkOf(ctx, id, 'simulate')])
    if (!known) throw missing('simulation', id)
    return known
  },
)

/** One page of a walk that is under way. The walk's record is the condition, so a page counts once. */
export async function step(ctx: Ctx, id: string): Promise<'not_due' | 'stopped' | 'walked'> {
  const walk = await walkAt(ctx, id)
  if (!walk?.dueAt || walk.dueAt > ctx.now || walk.state !== 'running') return 'not_due'
  const version = await versionAt(ctx, walk.policyId)
  const simulated = walk.kind === 'simulate'
  if (!version || (simulated ? version.version !== walk.policyVersion : version.state !== 'active')) {
    await commit(ctx, [alter(ctx, tierWalk, walk, { state: 'stopped', dueAt: null, finishedAt: ctx.now }, walkMoved).change])
    return 'stopped'
  }
  const { items, nextCursor } = await page(ctx, facet(customer, 'name'), { limit: PAGE, cursor: walk.cursor })
  const ids = items.map((item) => String((item['row'] as Item)['id']))
  const known = await standings(ctx, ids, { eventual: simulated })
  const seen = simulated ? await foretold(ctx, known, version) : await rejudged(ctx, known)
  await commit(ctx, [walked(ctx, walk, ids.length, seen, nextCursor)])
  return 'walked'
}

interface Seen {
  moves: Move[]
  estimated: number
}

function walked(ctx: Ctx, walk: WalkRecord, looked: number, { moves, estimated }: Seen, nextCursor: string | undefined) {
  const sums = {
    looked: walk.looked + looked,
    estimated: walk.estimated + estimated,
    moved: walk.moved + moves.length,
    revenueMinor: walk.revenueMinor + moves.reduce((sum, one) => sum + one.revenueMinor, 0),
    moves: withMoves(walk.moves, moves),
  }
  const end = { state: 'done', cursor: null, dueAt: null, finishedAt: ctx.now } as const
  const done = nextCursor === undefined
  const event = done && walk.kind === 'simulate' ? policySimulated : walkMoved
  return alter(ctx, tierWalk, walk, { ...sums, ...(done ? end : { cursor: nextCursor }) }, event).change
}

/** What is known of a customer without reading purchases. */
interface Standing {
  id: string
  past: HistoryRecord
  member: MembershipRecord | undefined
  word: Pick<WordOfMouthRecord, 'byMonth'> | undefined
}

/** What a walk reads of each customer. */
const singles = [history, tier, wordOfMouth] as const

/** History, membership and word of mouth of customers; those without purchases are left out. */
async function standings(ctx: Ctx, ids: readonly string[], how: { eventual: boolean }): Promise<Standing[]> {
  const keys = ids.flatMap((id) => singles.map((kind) => placeOf(kind, kind.id('', id))))
  const parts = Array.from({ length: Math.ceil(keys.length / MOST_KEYS) }, (_, part) =>
    keys.slice(part * MOST_KEYS, (part + 1) * MOST_KEYS),
  )
  const items = (await Promise.all(parts.map((part) => ctx.table.getAll(part, how)))).flat()
  const known: Standing[] = []
  for (const [at, id] of ids.entries()) {
    const [sums, member, word] = items.slice(singles.length * at, singles.length * (at + 1))
    if (!sums || sums['deletedAt']) continue
    const past = recordIn<'history', FieldsOf<typeof history>>(sums)
    const own = word && recordIn<'word_of_mouth', FieldsOf<typeof wordOfMouth>>(word)
    known.push({ id, past, member: member && recordIn<'tier', Membership>(member), word: await wordOf(ctx, own, past.beside) })
  }
  return known
}

async function foretold(ctx: Ctx, known: readonly Standing[], version: Policy): Promise<Seen> {
  const [rules, setting] = await Promise.all([readRules(ctx), settingOf(ctx)])
  const seen: Seen = { moves: [], estimated: 0 }
  const year = trailingYear(ctx.now)
  await inLanes(known, async ({ id, past, member, word }) => {
    const earned = member?.earned?.tier
    const credits = { before: creditOf(rules, word, year), after: creditOf(version, word, year) }
    const counted = asksHabits(rules) || asksHabits(version)
    const matters = (atMost: number) => counted || spendMatters(rules, version, earned, atMost, credits)
    const spent = await spendOf(ctx, id, past, { counted, matters })
    const habits = { purchases: spent.purchases, loyalDays: loyalDays(setting, past) }
    const move = moveBetween(rules, version, earned, spent.minor, credits, habits)
    if (!move) return
    seen.moves.push({ ...move, customerId: id })
    if (!spent.whole) seen.estimated += 1
  })
  seen.moves.sort((a, b) => (a.customerId < b.customerId ? -1 : 1))
  return seen
}

/** Net spend of the last 365 days, from the sums where they tell it or it does not matter, else from the purchases. */
async function spendOf(
  ctx: Ctx,
  id: string,
  past: HistoryRecord,
  { counted, matters }: { counted: boolean; matters: (atMost: number) => boolean },
): Promise<Net> {
  const start = daysLater(ctx.now, -YEAR_DAYS)
  if (past.lastAt <= start) return { minor: 0, purchases: 0, whole: true }
  // The sums count a purchase that was returned whole, too.
  if (past.firstAt > start && !counted) return { minor: past.net, purchases: past.count, whole: true }
  const bound = { minor: past.yearNet, purchases: past.count, whole: false }
  if (!matters(past.yearNet)) return bound
  const read = await netSpend(ctx, id, trailingYear(ctx.now), { pages: MOST_PURCHASE_PAGES })
  return read.whole ? read : bound
}

/** Promotes those who reach a higher tier by the policy in force, and has those expire whose tier was the lowest and is no more. */
async function rejudged(ctx: Ctx, known: readonly Standing[]): Promise<Seen> {
  // A warm function may still hold the policy that gave way: what is missed here is only found at the next purchase.
  ctx.memo.drop(RULES_MEMO)
  const setting = await settingOf(ctx)
  const rules = setting.policy
  const seen: Seen = { moves: [], estimated: 0 }
  await inLanes(known, async ({ id, past, member, word }) => {
    const rank = rankOf(rules, member?.earned?.tier)
    const habits = { purchases: past.count, loyalDays: loyalDays(setting, past) }
    const hoped = reachedBy(rules, past.yearNet + creditOf(rules, word, trailingYear(ctx.now)), habits)
    if (hoped && rankOf(rules, hoped.name) > rank) {
      const move = await untilFresh(() => promoteOne(ctx, id))
      if (move) seen.moves.push({ ...move, when: 'at_once', customerId: id })
    } else if (rank > 0 && member?.earned && !member.earned.validUntil) await untilFresh(() => expireFromNow(ctx, id))
  })
  return seen
}

/** Does work for each, a few at a time. */
async function inLanes<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const waiting = all.values()
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      for (const one of waiting) await work(one)
    }),
  )
}
