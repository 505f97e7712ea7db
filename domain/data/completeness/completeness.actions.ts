import * as z from 'zod'
import { customer } from '../../customer/customer/index.ts'
import { action } from '../../kernel/action.ts'
import type { Ctx } from '../../kernel/context.ts'
import { facet, page, pageInput, pageOf, work, type Stretch } from '../../kernel/page.ts'
import { find, idOf } from '../../kernel/record.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { completenessOf, DEFAULT_LINE, defaultWeights, isToFix } from './completeness.ts'
import { LISTED, TO_FIX, type Row } from './completeness.store.ts'

const measures = () => ({
  score: z.int().describe('share of all weights that is there, in percent'),
  missing: z.array(z.string()).describe('fields that say nothing, those that count most first'),
  invalid: z.array(z.object({ field: z.string(), words: z.string() })).describe('values that cannot be right'),
})

/** How complete a file is and by what weights. One read. */
export const show = action(
  'completeness.show',
  () => ({
    input: z.strictObject({ id: idOf(customer) }),
    output: z.object({
      customerId: z.string(),
      ...measures(),
      toFix: z.boolean(),
      line: z.int(),
      weights: z.record(z.string(), z.int()),
      formula: z.string(),
    }),
  }),
  async (ctx, { id }) => {
    const [file, { completeness: policy }] = await Promise.all([find(ctx, customer, id), workspaceOf(ctx)])
    const found = completenessOf(file, policy, ctx.now.slice(0, 10))
    return {
      customerId: file.id,
      ...found,
      toFix: isToFix(found, policy),
      line: policy?.line ?? DEFAULT_LINE,
      weights: { ...(policy?.weights ?? defaultWeights[file.kind]) },
      formula: 'score = weights of the fields that say something ÷ all weights that apply to the kind × 100, rounded down',
    }
  },
)

const toFixInput = () => {
  const { limit, cursor } = pageInput()
  return z.strictObject({ limit, cursor, ownerId: z.string().max(64).optional().describe('an account manager’s alone') })
}

/** Files to mend, the least complete first: everybody's, an account manager's, or one's own. One round. */
export const listToFix = action(
  'completeness.list',
  () => ({
    input: toFixInput(),
    output: pageOf(z.object({ customerId: z.string(), name: z.string(), ownerId: z.string().optional(), ...measures() })),
  }),
  async (ctx, { ownerId, ...input }) => {
    const { items, nextCursor } = await page(ctx, stretchesOf(ctx, ownerId), input)
    return { items: items.map((item) => item['row'] as Row), ...(nextCursor && { nextCursor }) }
  },
)

function stretchesOf(ctx: Ctx, ownerId: string | undefined): Stretch[] {
  return ctx.scope === 'all' && ownerId === undefined ? facet(LISTED, TO_FIX) : work(ctx, LISTED, `${TO_FIX}#`, ownerId)
}
