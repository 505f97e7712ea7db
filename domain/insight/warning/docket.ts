import { createHash } from 'node:crypto'
import * as z from 'zod'
import { later, type Instant } from '../../kernel/clock.ts'
import { alter, create, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import * as f from '../../kernel/fields.ts'
import { keyOf } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import { dayIn } from '../../kernel/zone.ts'
import { docketMoved } from './events.ts'
import { NOBODY } from './warning.store.ts'

/**
 * The places for warnings in one account manager's day. A silence that is found waits (`ranked`) and marks the docket; when
 * the docket comes due, after all that was found in the same run, the places go to the most valuable of those that wait.
 */
const docketShape = () => ({
  ownerId: z.string(),
  /** The day whose places these are, and the warnings that took them. */
  day: f.day(),
  opened: z.array(z.string()).max(100),
  /** There are others that wait. */
  waiting: z.boolean(),
  /** When something was last found for this person. */
  markedAt: f.instant(),
  /** When places are given next. */
  dueAt: f.instant().optional(),
})
export type Docket = z.output<z.ZodObject<ReturnType<typeof docketShape>>>

export const docket = entity({
  noun: 'docket',
  prefix: 'dkt',
  home: 'workspace',
  single: true,
  fields: () => z.object(docketShape()),
  due: { on: ['dueAt'], key: ({ dueAt }) => (dueAt ? { job: 'warnings', at: dueAt } : undefined) },
})
export type DocketRecord = RecordOf<typeof docket>

const ownKeyOf = (ownerId: string): string => keyOf(0, createHash('sha256').update(ownerId).digest())

/** A person's docket; undefined before their first warning. One read. */
export async function docketOf(ctx: Ctx, ownerId: string = NOBODY): Promise<DocketRecord | undefined> {
  return docketAt(ctx, docket.id(ownKeyOf(ownerId)))
}
export async function docketAt(ctx: Ctx, id: string): Promise<DocketRecord | undefined> {
  const item = await ctx.table.get(placeOf(docket, id))
  return item && recordIn<'docket', Docket>(item)
}

/** A mark this young need not be made again: the docket looks once more after {@link SETTLE_MS}. Milliseconds. */
const FRESH_MS = 60_000

/**
 * A docket looks again this long after its last mark: what was being written while it gave places away is found then. A
 * write takes less than the time between this and {@link FRESH_MS}. Milliseconds.
 */
export const SETTLE_MS = 180_000

/**
 * The change that has a person's docket look now; undefined when it will look anyway. To be written before, or with, the
 * warning that is to be seen: a mark without a warning does no harm.
 */
export function marked(ctx: Ctx, known: DocketRecord | undefined, ownerId: string, timeZone: string): Change | undefined {
  const { now } = ctx
  if (!known) {
    const fields = { ownerId, day: dayIn(now, timeZone), opened: [], waiting: true, markedAt: now, dueAt: now }
    return create(ctx, docket, fields, docketMoved, { own: ownKeyOf(ownerId) }).change
  }
  const looksNow = known.dueAt !== undefined && known.dueAt <= now
  if (looksNow && later(known.markedAt, FRESH_MS) > now) return undefined
  return alter(ctx, docket, known, { markedAt: now, dueAt: now, waiting: true }, docketMoved).change
}

/** When a docket looks again: once more after the last mark, then with the next day's places while some wait. */
export function nextLook(
  now: Instant,
  { markedAt, waiting, tomorrow }: { markedAt: Instant; waiting: boolean; tomorrow: Instant },
): Instant | undefined {
  const settled = later(markedAt, SETTLE_MS)
  if (now < settled) return settled
  return waiting ? tomorrow : undefined
}
