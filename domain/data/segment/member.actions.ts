import * as z from 'zod'
import { customer } from '../../customer/customer/index.ts'
import { action } from '../../kernel/action.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { fault, missing } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { facet, page, pageInput, pageOf } from '../../kernel/page.ts'
import { scopeOf } from '../../kernel/permission.ts'
import { idOf, mayTouch } from '../../kernel/record.ts'
import type { Item } from '../../kernel/table/table.ts'
import { startOfDay } from '../../kernel/zone.ts'
import { visibleHead } from '../../insight/rhythm/index.ts'
import { explained, type Explained } from './explain.ts'
import { keep } from './keep.ts'
import { inLanes } from './lanes.ts'
import { readFacts, readsOf } from './read.ts'
import { defOf, readRegistry } from './registry.ts'
import { isShown } from './segment.ts'
import { findSegment } from './segment.actions.ts'
import { clock, countOf, keyOfSegment, member, memberIdOf, memberIn, segment, segmentAt } from './segment.store.ts'
import { nextChange } from './truth.ts'
import { vocabularyOf } from './walk.ts'

const memberRow = () =>
  z.object({
    customerId: z.string(),
    enteredAt: f.instant(),
    name: z.string(),
    kind: z.string(),
    lifecycle: z.string(),
    ownerId: z.string().optional(),
  })

/**
 * The members of a segment, those who came last first, with what a list shows of a customer. Who may read their own or their
 * team's customers gets those among each page's: a page may be short, and empty with a cursor.
 */
export const members = action(
  'segment.members',
  () => ({ input: z.strictObject({ id: idOf(segment), ...pageInput() }).omit({ fields: true }), output: pageOf(memberRow()) }),
  async (ctx, { id, ...input }) => {
    await findSegment(ctx, id)
    const { items, nextCursor } = await page(ctx, facet(member, id), input, { descending: true })
    const rows = items.map((item) => item['row'] as Item)
    const files = rows.length > 0 ? await ctx.table.getAll(rows.map((row) => placeOf(customer, String(row['customerId'])))) : []
    const shown = rows.flatMap((row, at) => {
      const file = files[at]
      if (!file || file['deletedAt'] || !mayTouch(ctx, customer, file)) return []
      const { name, kind, lifecycle, ownerId } = file as { name: string; kind: string; lifecycle: string; ownerId?: string }
      const enteredAt = String(row['enteredAt'])
      return [{ customerId: String(row['customerId']), enteredAt, name, kind, lifecycle, ...(ownerId !== undefined && { ownerId }) }]
    })
    return { items: shown, ...(nextCursor && { nextCursor }) }
  },
)

/** Customers of one call. */
const MOST_BY_HAND = 100
/** Static segments a customer can be in. */
const MOST_STATIC = 100

const idList = () => z.array(idOf(customer)).max(MOST_BY_HAND).default([])
const refusedRow = () => z.object({ customerId: z.string(), code: z.string() })
type Refused = z.output<ReturnType<typeof refusedRow>>

/**
 * Puts customers in a static segment and takes others out. Those that are there already, or gone already, change nothing, so
 * it may be sent again. About 10 write units for each that moves.
 */
export const byHand = action(
  'segment.by_hand',
  () => ({
    input: z.strictObject({ id: idOf(segment), add: idList(), remove: idList() }),
    output: z.object({ added: z.int(), removed: z.int(), unchanged: z.int(), refused: z.array(refusedRow()), members: z.int() }),
  }),
  async (ctx, { id, add, remove }) => {
    const taken = new Set<string>(remove)
    const both = add.filter((one) => taken.has(one))
    if (both.length > 0)
      throw fault('invalid', 'input.invalid', 'The input is not valid.', {
        errors: both.map((one) => ({ path: `add.${add.indexOf(one)}`, code: 'repeated', message: 'It is to be removed too.' })),
      })
    const done = await place(ctx, id, { add, remove })
    return { ...done, members: await countOf(ctx, id) }
  },
)

/** Puts customers the caller may see in a static segment, or takes them out. For imports too. @throws Fault `segment.not_static` */
export async function place(
  ctx: Ctx,
  id: string,
  { add = [], remove = [] }: { add?: readonly string[]; remove?: readonly string[] },
): Promise<{ added: number; removed: number; unchanged: number; refused: Refused[] }> {
  const found = await findSegment(ctx, id)
  if (found.kind !== 'static')
    throw fault('conflict', 'segment.not_static', 'The members of this segment follow from its rule.', { rule: found.words })
  const def = defOf(id, found, await vocabularyOf(ctx))
  const done = { added: 0, removed: 0, unchanged: 0, refused: [] as Refused[] }
  const all = [...new Set(add), ...new Set(remove)]
  const files = all.length > 0 ? await ctx.table.getAll(all.map((one) => placeOf(customer, one))) : []
  const putting = new Set(add)
  await inLanes([...all.entries()], async ([at, customerId]) => {
    const file = files[at]
    if (!file || file['deletedAt'] || !mayTouch(ctx, customer, file)) {
      done.refused.push({ customerId, code: 'customer.not_found' })
      return
    }
    const put = putting.has(customerId)
    const request = { id: `${ctx.request.id}/${customerId}`, action: ctx.request.action }
    const held = put ? await staticOf(ctx, customerId) : 0
    if (held >= MOST_STATIC) done.refused.push({ customerId, code: 'segment.too_many' })
    else {
      const moves = await keep({ ...ctx, request }, customerId, [def], put ? { putIn: [def.key] } : { takeOut: [def.key] })
      if (moves.length === 0) done.unchanged += 1
      else if (put) done.added += 1
      else done.removed += 1
    }
  })
  done.refused.sort((a, b) => (a.customerId < b.customerId ? -1 : 1))
  return done
}

async function staticOf(ctx: Ctx, customerId: string): Promise<number> {
  const item = await ctx.table.get(placeOf(clock, clock.id('', customerId)))
  return Array.isArray(item?.['byHand']) ? item['byHand'].length : 0
}

const standingView = () => z.object({ segmentId: z.string(), name: z.string(), kind: z.string(), enteredAt: f.instant() })

/** The segments a customer is in. The head of the partition, then the members and segments: 2 rounds. */
export const ofCustomer = action(
  'segment.of_customer',
  () => ({ input: z.strictObject({ id: idOf(customer) }), output: z.object({ items: z.array(standingView()) }) }),
  async (ctx, { id }) => {
    const [head, defs] = await Promise.all([visibleHead(ctx, id), readRegistry(ctx)])
    const standings = head.single(clock)?.standings ?? {}
    const here = defs.filter(({ key }) => isShown(standings[key])).slice(0, MOST_STATIC)
    const keys = here.flatMap((def) => [placeOf(segment, def.id), placeOf(member, memberIdOf(id, def.id))])
    const parts = [keys.slice(0, 100), keys.slice(100)].filter((part) => part.length > 0)
    const items = (await Promise.all(parts.map((part) => ctx.table.getAll(part)))).flat()
    const rows = here.flatMap((def, at) => {
      const [file, there] = [items[2 * at], memberIn(items[2 * at + 1])]
      return file && there ? [{ segmentId: def.id, name: String(file['name']), kind: def.kind, enteredAt: there.enteredAt }] : []
    })
    return { items: rows.sort((a, b) => (a.name < b.name ? -1 : 1)) }
  },
)

const explainedView = (): z.ZodType<Explained> =>
  z.object({
    joint: z.enum(['all', 'any', 'not']).optional(),
    words: z.string(),
    holds: z.boolean(),
    saw: z.string().optional(),
    parts: z.array(z.record(z.string(), z.unknown())).optional(),
  }) as unknown as z.ZodType<Explained>

/** Why a customer is in a segment or not: each clause with what it saw, and when time alone would change the answer. */
export const explain = action(
  'segment.explain',
  () => ({
    input: z.strictObject({ id: idOf(segment), customerId: idOf(customer) }),
    output: z.object({
      segmentId: z.string(),
      customerId: z.string(),
      member: z.boolean(),
      enteredAt: f.instant().optional(),
      holds: z.boolean(),
      words: z.string(),
      rule: explainedView().optional(),
      changesAt: f.instant().optional(),
    }),
  }),
  async (ctx, { id, customerId }) => {
    const scope = scopeOf(ctx.actor, 'customer:read')
    if (!scope) throw missing('customer', customerId)
    const [found, words] = await Promise.all([findSegment(ctx, id), vocabularyOf(ctx), visibleHead({ ...ctx, scope }, customerId)])
    const def = defOf(id, found, words)
    const [{ head, facts, today }, item] = await Promise.all([
      readFacts(ctx, customerId, readsOf([def])),
      ctx.table.get(placeOf(member, memberIdOf(customerId, id))),
    ])
    const timer = head.single(clock)
    const there = memberIn(item)
    const told = def.rule && facts && explained(def.rule, facts, today, words)
    const inByHand = timer?.byHand.includes(keyOfSegment(id)) ?? false
    const next = def.rule && facts ? nextChange(def.rule, facts, today) : undefined
    return {
      segmentId: id,
      customerId,
      member: isShown(timer?.standings[def.key]),
      ...(there?.state === 'in' && { enteredAt: there.enteredAt }),
      holds: told ? told.holds : inByHand,
      words: told ? told.words : inByHand ? 'Put in by hand.' : 'Not put in by hand.',
      ...(told && { rule: told }),
      ...(next !== undefined && facts && { changesAt: new Date(startOfDay(next, facts.timeZone)).toISOString() }),
    }
  },
)

/** How many customers a segment has, for those who build on segments; undefined when it is not there. */
export async function membersOf(ctx: Ctx, id: string): Promise<number | undefined> {
  return (await segmentAt(ctx, id)) ? countOf(ctx, id) : undefined
}
