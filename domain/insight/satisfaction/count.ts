import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { Stale, written } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { happenedSchema } from '../../kernel/event.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Condition, Write } from '../../kernel/table/expression.ts'
import type { Item } from '../../kernel/table/table.ts'
import { dayIn } from '../../kernel/zone.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { countedIn, ratingKinds, type Rating, type RatingKind, type Scores } from './rating.ts'
import { counterPartition, markPlace, rating } from './rating.store.ts'

const nothing = () => z.object({})

/**
 * After a rating was given, put in the bin or taken out: its month's counters follow, for all and for its tier, lifecycle and
 * country. A mark says what was counted of it and is, with the rating as it was read, the condition of the counters' change,
 * in one transaction; so it counts once however often it is told, and not while it is in the bin. Reads 2 units, writes 12.
 */
export const countRating = action(
  'satisfaction.count',
  () => ({ input: happenedSchema(), output: nothing() }),
  async (ctx, { recordId }) => {
    if (!rating.is(recordId)) return {}
    const place = markPlace(recordId)
    const source = placeOf(rating, recordId)
    const [item, mark] = await ctx.table.getAll([source, place])
    if (!item) return {}
    const one = recordIn<'rating', Rating>(item)
    const counts = one.deletedAt === undefined
    if (counts === (mark?.['counts'] === true)) return {}
    const told: Condition = mark ? { equals: { v: Number(mark['v']) } } : { absent: true }
    const by = counts ? 1 : -1
    await together(ctx, [
      { check: source, if: { equals: { version: Number(item['version']) } } },
      { put: { ...place, v: Number(mark?.['v'] ?? 0) + 1, counts }, if: told },
      ...countedIn(one).map(
        (sk): Write => ({ update: { pk: counterPartition(one.month), sk }, add: { [attributeOf(one.kind, one.score)]: by } }),
      ),
    ])
    return {}
  },
)

/** After somebody referred bought for the first time: the month's referred count one more, once for each referral. Writes 4 units. */
export const countReferral = action(
  'satisfaction.count_referral',
  () => ({ input: happenedSchema(), output: nothing() }),
  async (ctx, { recordId, at }) => {
    const place = { pk: `referred#${recordId}`, sk: 'referred' }
    if (await ctx.table.get(place)) return {}
    const month = dayIn(at, (await workspaceOf(ctx)).timeZone).slice(0, 7)
    await together(ctx, [
      { put: { ...place, month }, if: { absent: true } },
      { update: { pk: counterPartition(month), sk: 'all' }, add: { [REFERRED]: 1 } },
    ])
    return {}
  },
)

/** @throws Stale when another run counted the same meanwhile: this one looks again and finds nothing to do */
async function together(ctx: Ctx, writes: readonly Write[]): Promise<void> {
  const outcome = await written(() => ctx.table.writeAll(writes))
  if (!outcome.ok) throw new Stale('a counter')
}

const REFERRED = 'referred'
const attributeOf = (kind: RatingKind, score: number): string => `${kind}${score}`
const ATTRIBUTE = /^(csat|nps|ces)(\d+)$/

/** A group's counters over some months. */
export interface Counted {
  /** `all`, or the group's name. */
  group: string
  scores: Scores
  referred: number
}

/** Groups of a month at most: more countries than there are. */
const MOST_GROUPS = 300

/** The counters of months, by group: one query each, all at once. @param begins the grouping, `tier#`; `all` for all together */
export async function countedBetween(ctx: Ctx, months: readonly string[], begins: string): Promise<Counted[]> {
  const pages = await Promise.all(
    months.map((month) => ctx.table.query({ pk: counterPartition(month), begins, limit: MOST_GROUPS, eventual: true })),
  )
  const groups = new Map<string, { csat: Map<number, number>; nps: Map<number, number>; ces: Map<number, number>; referred: number }>()
  for (const item of pages.flatMap(({ items }) => items)) {
    const name = begins === 'all' ? 'all' : String(item['sk']).slice(begins.length)
    const group = groups.get(name) ?? { csat: new Map(), nps: new Map(), ces: new Map(), referred: 0 }
    addItem(group, item)
    groups.set(name, group)
  }
  return [...groups].map(([group, { referred, ...scores }]) => ({ group, scores, referred }))
}

function addItem(group: Record<RatingKind, Map<number, number>> & { referred: number }, item: Item): void {
  group.referred += Number(item[REFERRED] ?? 0)
  for (const [attribute, value] of Object.entries(item)) {
    const [, kind, score] = ATTRIBUTE.exec(attribute) ?? []
    const known = ratingKinds.find((one) => one === kind)
    if (known) group[known].set(Number(score), (group[known].get(Number(score)) ?? 0) + Number(value))
  }
}
