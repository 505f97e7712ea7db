import * as z from 'zod'
import { customer } from '../../customer/customer/index.ts'
import { filesLike } from '../../customer/likeness/index.ts'
import { survivorIn } from '../../kernel/absorbed.ts'
import { action } from '../../kernel/action.ts'
import { alter, commit } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { fault, missing } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { facet, page, pageInput, pageOf } from '../../kernel/page.ts'
import { find, idOf, mayTouch, viewOf } from '../../kernel/record.ts'
import type { Item } from '../../kernel/table/table.ts'
import { duplicate, duplicateDismissed, duplicateShape, pairId, pairsOf, states, type DuplicateRecord } from './duplicate.store.ts'

const reasons = () => duplicateShape().reasons

const listInput = () => {
  const { limit, cursor } = pageInput()
  return z.strictObject({ limit, cursor, state: z.enum(states).default('open') })
}
const rowShape = () => {
  const { customerIds, state, score, foundAt, decidedBy, decidedAt, why } = duplicateShape()
  return z.object({
    id: z.string(),
    customerIds,
    names: z.array(z.string()),
    state,
    score,
    reasons: reasons(),
    foundAt,
    decidedBy,
    decidedAt,
    why,
  })
}

/**
 * Pairs of files that are probably one, the likeliest first, with the names of both. Pairs of whom the caller may not see both,
 * and open ones of which a file is gone by now, are left out, so a page may be short. One round, and one read of half a unit for each file.
 */
export const list = action(
  'duplicate.list',
  () => ({ input: listInput(), output: pageOf(rowShape()) }),
  async (ctx, { state, ...input }) => {
    const { items, nextCursor } = await page(ctx, facet(duplicate, state), input)
    const rows = items.map((item) => item['row'] as DuplicateRecord)
    const files = await filesOf(
      ctx,
      rows.flatMap((row) => row.customerIds),
    )
    const shown = rows.flatMap((row) => {
      const both = row.customerIds.map((id) => files.get(id))
      const here = both.filter((file) => file !== undefined && mayTouch(ctx, customer, file))
      if (here.length < 2 || (state === 'open' && here.some((file) => file?.['deletedAt'] !== undefined))) return []
      return [{ ...row, names: here.map((file) => nameIn(file)) }]
    })
    return { items: shown, ...(nextCursor && { nextCursor }) }
  },
)

const nameIn = (file: Item | undefined): string => (typeof file?.['name'] === 'string' ? file['name'] : '')

async function filesOf(ctx: Ctx, ids: readonly string[]): Promise<Map<string, Item>> {
  const all = [...new Set(ids)]
  const parts = Array.from({ length: Math.ceil(all.length / 100) }, (_, part) => all.slice(part * 100, part * 100 + 100))
  const read = parts.map((part) =>
    ctx.table.getAll(
      part.map((id) => placeOf(customer, id)),
      { eventual: true },
    ),
  )
  const items = (await Promise.all(read)).flat()
  return new Map(items.flatMap((item) => (item && !item['erasedAt'] ? [[String(item['id']), item] as const] : [])))
}

/** Says that two files are not of one customer. Remembered for ever: the pair is never found anew. */
export const dismiss = action(
  'duplicate.dismiss',
  () => ({ input: z.strictObject({ id: idOf(duplicate), why: f.line(300).optional() }), output: viewOf(duplicate) }),
  async (ctx, { id, why }) => {
    const before = await find(ctx, duplicate, id)
    await mustSeeBoth(ctx, before)
    if (before.state === 'dismissed') return before
    if (before.state === 'merged') throw fault('conflict', 'duplicate.merged', 'These two were merged; undo the merge first.')
    const said = { state: 'dismissed', decidedBy: ctx.actor.id, decidedAt: ctx.now, ...(why !== undefined && { why }) } as const
    const { record, change } = alter(ctx, duplicate, before, said, duplicateDismissed)
    return commit(ctx, [change], record)
  },
)

async function mustSeeBoth(ctx: Ctx, { id, customerIds }: DuplicateRecord): Promise<void> {
  const files = await ctx.table.getAll(customerIds.map((one) => placeOf(customer, one)))
  if (ctx.scope !== 'all' && !files.every((file) => file !== undefined && mayTouch(ctx, customer, file))) throw missing('duplicate', id)
}

/** Score from which files are shown to who asks about one. */
const LEAST = 0.5

/** Files like one, the likeliest first, looked for now; pairs that were dismissed are left out. At most some 12 read units. */
export const listOfCustomer = action(
  'duplicate.of_customer',
  () => ({
    input: z.strictObject({ id: idOf(customer) }),
    output: z.object({
      items: z.array(
        z.object({ customerId: z.string(), name: z.string(), score: z.number(), reasons: reasons(), duplicateId: z.string().optional() }),
      ),
    }),
  }),
  async (ctx, { id }) => {
    const file = await find(ctx, customer, id)
    const alike = await filesLike(ctx, file, { least: LEAST, but: new Set([file.id]) })
    const [pairs, files] = await Promise.all([
      pairsOf(
        ctx,
        alike.map((one) => pairId(file.id, one.id)),
      ),
      filesOf(
        ctx,
        alike.map((one) => one.id),
      ),
    ])
    const items = alike.flatMap((one, at) => {
      const [pair, other] = [pairs[at], files.get(one.id)]
      if (!other || survivorIn(other) !== undefined || pair?.state === 'dismissed' || !mayTouch(ctx, customer, other)) return []
      return [
        { customerId: one.id, name: String(other['name']), score: one.score, reasons: one.reasons, ...(pair && { duplicateId: pair.id }) },
      ]
    })
    return { items }
  },
)
