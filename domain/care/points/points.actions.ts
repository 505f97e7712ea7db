import * as z from 'zod'
import { customer } from '../../customer/customer/index.ts'
import { purchase, type Purchase } from '../../customer/purchase/index.ts'
import { visibleHead } from '../../insight/rhythm/index.ts'
import { action } from '../../kernel/action.ts'
import { collection, daysInput, partialView, records } from '../../kernel/collection.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { pageInput, pageOf } from '../../kernel/page.ts'
import { recordIn } from '../../kernel/place.ts'
import { find, idOf, viewOf } from '../../kernel/record.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { accountShape, nothing } from './account.ts'
import { BALANCE_FORMULA, formulaOf, sayBalance, sayEntry, whyEarned, withoutExpired, type Why } from './explain.ts'
import { commitPosted, post, type Movement } from './ledger.ts'
import {
  accountOf,
  accrualIn,
  accrualPlace,
  isPurchase,
  points,
  pointsEntry,
  programmeAt,
  readProgramme,
  type EntryRecord,
} from './points.store.ts'
import { expiryOf, lastDayOf, lotFor, monthOf } from './programme.ts'

const why = () => z.object({ words: z.string(), formula: z.string(), records: z.array(z.string()) })

const standing = () => {
  const { balance, owed, totals } = accountShape()
  return z.object({
    customerId: z.string(),
    id: z.string().optional(),
    version: z.int().optional(),
    balance,
    owed,
    totals,
    lots: z.array(z.object({ points: z.int(), lastDay: f.day().optional(), expiresAt: f.instant().optional() })),
    entries: z.int(),
    why: why(),
  })
}

/** A customer's points as they can be spent now, by expiry, and what they come from. One query of the head of the partition. */
export const show = action(
  'points.show',
  () => ({ input: z.strictObject({ id: idOf(customer) }), output: standing() }),
  async (ctx, { id }) => {
    const [head, { timeZone }] = await Promise.all([visibleHead(ctx, id), workspaceOf(ctx)])
    const account = head.single(points)
    const sums = withoutExpired(account ?? nothing, monthOf(ctx.now, timeZone))
    const lots = Object.entries(sums.lots)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([lot, some]) => {
        const [lastDay, expiresAt] = [lastDayOf(lot), expiryOf(lot, timeZone)]
        return { points: some, ...(lastDay !== undefined && { lastDay }), ...(expiresAt !== undefined && { expiresAt }) }
      })
    return {
      customerId: id,
      ...(account && { id: account.id, version: account.version }),
      balance: sums.balance,
      owed: sums.owed,
      totals: sums.totals,
      lots,
      entries: account?.last ?? 0,
      why: { words: sayBalance(sums), formula: BALANCE_FORMULA, records: account ? [account.id] : [] },
    }
  },
)

/** A customer's ledger, newest first, each entry in words. */
export const ledger = action(
  'points.ledger',
  () => ({
    input: z.strictObject({ id: idOf(customer), ...pageInput(), ...daysInput() }),
    output: pageOf(partialView(pointsEntry, { words: z.string().optional() })),
  }),
  async (ctx, { id, ...input }) => {
    const { timeZone } = await workspaceOf(ctx)
    const { fields, ...paging } = input
    // What an absorbed customer had came over in one entry; theirs would tell it twice.
    const stretch = { ...collection(pointsEntry, id, input, timeZone), alone: true } as const
    const [, page] = await Promise.all([find(ctx, customer, id), records(ctx, pointsEntry, stretch, fields === undefined ? paging : input)])
    const items = page.items.map((row) => (isWhole(row) && fields === undefined ? { ...row, words: sayEntry(row) } : row))
    return { ...page, items }
  },
)

const isWhole = (row: Partial<EntryRecord>): row is EntryRecord =>
  row.kind !== undefined && row.points !== undefined && row.lots !== undefined

/** One entry and why it is: the purchase's reckoning done again, or the record and rule behind it. */
export const showEntry = action(
  'points.show_entry',
  () => {
    const view = viewOf(pointsEntry)
    return { input: z.strictObject({ id: idOf(pointsEntry) }), output: z.intersection(view, z.object({ why: why() })) }
  },
  async (ctx, { id }) => {
    const entry = await find(ctx, pointsEntry, id)
    return { ...entry, why: await whyOf(ctx, entry) }
  },
)

async function whyOf(ctx: Ctx, entry: EntryRecord): Promise<Why> {
  const words = sayEntry(entry)
  const plain = { words, formula: formulaOf(entry), records: entry.sourceId === undefined ? [entry.id] : [entry.id, entry.sourceId] }
  if (!isPurchase(entry.sourceId)) return plain
  const [earned, sale] = await ctx.table.getAll([accrualPlace(entry.sourceId), placeOf(purchase, entry.sourceId)])
  const reckoned = accrualIn(earned)
  const rules = reckoned && (await programmeAt(ctx, reckoned.programmeVersion))
  if (!reckoned || !rules || !sale) return plain
  return {
    words,
    formula: whyEarned(entry, reckoned, rules, recordIn<'purchase', Purchase>(sale)),
    records: [...plain.records, reckoned.id],
  }
}

const MOST_BY_HAND = 10_000_000

const adjustInput = () =>
  z.strictObject({
    id: idOf(customer),
    points: z.int().min(-MOST_BY_HAND).max(MOST_BY_HAND).describe('given when above 0, taken when below'),
    reason: f.line(300),
  })

/** Gives or takes points by hand, with a reason. Takes no more than there are. */
export const adjust = action(
  'points.adjust',
  () => ({ input: adjustInput(), output: viewOf(pointsEntry) }),
  async (ctx, { id, points: by, reason }) => {
    if (by === 0) throw invalid('points.zero', 'points', 'Give or take at least one point.')
    const [, account, rules, { timeZone }] = await Promise.all([
      find(ctx, customer, id),
      accountOf(ctx, id),
      readProgramme(ctx),
      workspaceOf(ctx),
    ])
    const about = { kind: 'adjust', reason, byId: ctx.actor.id } as const
    const movement: Movement = by > 0 ? { ...about, give: { [lotFor(rules, ctx.now, timeZone)]: by } } : { ...about, take: -by }
    const { changes, entries } = post(ctx, timeZone, id, account, [movement])
    const entry = entries.at(-1)
    if (!entry) throw new Error('an adjustment made no entry')
    return commitPosted(ctx, changes, entry)
  },
)
