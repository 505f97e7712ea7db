import { createHash } from 'node:crypto'
import * as z from 'zod'
import { customer } from '../../customer/customer/index.ts'
import { action } from '../../kernel/action.ts'
import { later } from '../../kernel/clock.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import { fault } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { keyOf } from '../../kernel/id.ts'
import { facet, page, work, type Stretch } from '../../kernel/page.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Item } from '../../kernel/table/table.ts'
import { inLanes } from './lanes.ts'
import { readFacts, readsOf } from './read.ts'
import { defOf, type Def } from './registry.ts'
import type { Rule } from './rule.ts'
import { ruleInput } from './segment.ts'
import { ruleFrom } from './segment.actions.ts'
import { isTrue } from './truth.ts'
import { vocabularyOf } from './walk.ts'
import { sayRule } from './words.ts'

const countShape = () => ({
  rule: ruleInput(),
  state: z.enum(['counting', 'done']),
  looked: z.int().min(0).max(1e12),
  matched: z.int().min(0).max(1e12),
  startedAt: f.instant(),
  finishedAt: f.instant().optional(),
  cursor: z.string().optional(),
  dueAt: f.instant().optional(),
})
type Count = z.output<z.ZodObject<ReturnType<typeof countShape>>>

/** How many customers a rule is true of, before it is saved: one for each rule, counted step by step when there are many. */
export const segmentCount = entity({
  noun: 'segment_count',
  prefix: 'sgn',
  home: 'workspace',
  single: true,
  fields: () => z.object(countShape()),
  due: { on: ['dueAt'], key: ({ dueAt }) => (dueAt ? { job: 'segments', at: dueAt } : undefined) },
})
type CountRecord = RecordOf<typeof segmentCount>

export const countMoved = event('segment_count.moved', 'Customers were counted for a rule that is not saved', { published: false })

/** Customers of one look at a sample, and of one step of a count. */
const SAMPLE = 100
/** A count this young is given back as it is. Milliseconds. */
const FRESH_MS = 10 * 60_000

const input = () =>
  z.strictObject({
    rule: ruleInput(),
    limit: z.int().min(1).max(SAMPLE).default(25).describe('matches shown, at most'),
    cursor: z.string().max(2_000).optional().describe('`nextCursor` of the look before'),
    count: z
      .boolean()
      .default(false)
      .describe('count all customers too, in the background when there are many: ask again for how far it has come'),
  })

const output = () =>
  z.object({
    words: z.string(),
    looked: z.int().describe('customers looked at, in the order of names'),
    matched: z.int(),
    items: z.array(z.object({ customerId: z.string(), name: z.string() })),
    nextCursor: z.string().optional(),
    count: z
      .object({
        state: z.enum(['counting', 'done']),
        looked: z.int(),
        matched: z.int(),
        startedAt: f.instant(),
        finishedAt: f.instant().optional(),
      })
      .optional(),
  })

/**
 * What a rule would find, before it is saved: it is tried on the next 100 customers the caller may read, in the order of names.
 * With `count`, all of the workspace's are counted too: at once when one look is enough, else in the background.
 */
export const preview = action(
  'segment.preview',
  () => ({ input: input(), output: output() }),
  async (ctx, { rule: raw, limit, cursor, count }) => {
    const words = await vocabularyOf(ctx)
    const rule = ruleFrom(raw, words)
    if (count && ctx.scope !== 'all') throw fault('forbidden', 'scope.outside', 'Only who may read all customers counts them.')
    const def = defOf('seg_', { kind: 'rule', rule: { ...rule } }, words)
    const stretches: Stretch[] = ctx.scope === 'all' ? facet(customer, 'name') : work(ctx, customer, '')
    const { found, looked, nextCursor } = await look(ctx, def, stretches, cursor)
    const whole = cursor === undefined && nextCursor === undefined
    const counted = !count
      ? undefined
      : whole
        ? { state: 'done' as const, looked, matched: found.length, startedAt: ctx.now, finishedAt: ctx.now }
        : await counting(ctx, rule)
    return {
      words: sayRule(rule, words),
      looked,
      matched: found.length,
      items: found.slice(0, limit),
      ...(nextCursor && { nextCursor }),
      ...(counted && { count: counted }),
    }
  },
)

/** Tries a rule on the next customers of a stretch: a round of reads each. */
async function look(ctx: Ctx, def: Def, stretches: Stretch[], cursor: string | undefined) {
  const { items, nextCursor } = await page(ctx, stretches, { limit: SAMPLE, cursor })
  const rows = items.map((item) => item['row'] as Item)
  const found: { customerId: string; name: string }[] = []
  await inLanes(rows, async (row) => {
    const { facts, today } = await readFacts(ctx, String(row['id']), readsOf([def]))
    if (facts && def.rule && isTrue(def.rule, facts, today)) found.push({ customerId: String(row['id']), name: facts.file.name })
  })
  const place = new Map(rows.map((row, at) => [String(row['id']), at]))
  found.sort((a, b) => (place.get(a.customerId) ?? 0) - (place.get(b.customerId) ?? 0))
  return { found, looked: rows.length, nextCursor }
}

/** The count of a rule: the one on its way or just made, else a new one. */
async function counting(ctx: Ctx, rule: Rule): Promise<CountRecord> {
  const own = keyOf(0, createHash('sha256').update(JSON.stringify(rule)).digest())
  const known = await countAt(ctx, segmentCount.id(own))
  if (known && (known.state === 'counting' || later(known.finishedAt ?? known.startedAt, FRESH_MS) > ctx.now)) return known
  const fields: Count = { rule: { ...rule }, state: 'counting', looked: 0, matched: 0, startedAt: ctx.now, dueAt: ctx.now }
  const { record, change } = known
    ? alter(ctx, segmentCount, known, { ...fields, finishedAt: null, cursor: null }, countMoved)
    : create(ctx, segmentCount, fields, countMoved, { own })
  await commit(ctx, [change])
  return record
}

async function countAt(ctx: Ctx, id: string): Promise<CountRecord | undefined> {
  const item = await ctx.table.get(placeOf(segmentCount, id))
  return item && recordIn<'segment_count', Count>(item)
}

/** One step of a count. Its record is the condition, so each customer counts once. */
export async function countStep(ctx: Ctx, id: string): Promise<'not_due' | 'walked' | 'done'> {
  const known = await countAt(ctx, id)
  if (!known?.dueAt || known.dueAt > ctx.now) return 'not_due'
  const def = defOf('seg_', { kind: 'rule', rule: known.rule }, await vocabularyOf(ctx))
  const { found, looked, nextCursor } = await look(ctx, def, facet(customer, 'name'), known.cursor)
  const sums = { looked: known.looked + looked, matched: known.matched + found.length }
  const end = { state: 'done', cursor: null, dueAt: null, finishedAt: ctx.now } as const
  const patch = nextCursor === undefined ? { ...sums, ...end } : { ...sums, cursor: nextCursor }
  await commit(ctx, [alter(ctx, segmentCount, known, patch, countMoved).change])
  return nextCursor === undefined ? 'done' : 'walked'
}
