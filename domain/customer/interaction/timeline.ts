import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { collection } from '../../kernel/collection.ts'
import type { Ctx } from '../../kernel/context.ts'
import { page, pageInput, pageOf } from '../../kernel/page.ts'
import { scopeOf } from '../../kernel/permission.ts'
import { find, idOf, mayTouch } from '../../kernel/record.ts'
import { customer, type CustomerRecord } from '../customer/index.ts'
import { entryOf, readings } from './entry.ts'

const entrySchema = () =>
  z.object({
    kind: z.string(),
    id: z.string(),
    at: z.iso.datetime(),
    title: z.string(),
    summary: z.string().optional(),
    byId: z.string().optional(),
  })

/**
 * A customer's story from all departments, newest first: one round of bounded reads a page, one for each kind, however
 * long the story is. Kinds the caller may not read are left out.
 */
export const timeline = action(
  'interaction.timeline',
  () => {
    const { limit, cursor } = pageInput()
    return { input: z.strictObject({ id: idOf(customer), limit, cursor }), output: pageOf(entrySchema()) }
  },
  async (ctx, { id, ...input }) => {
    const readable = readings.filter(({ noun }) => scopeOf(ctx.actor, `${noun}:read`) !== undefined)
    const stretches = readable.map(({ noun }) => collection({ noun, home: 'customer' }, id))
    const [file, { items, nextCursor }] = await Promise.all([
      find(ctx, customer, id),
      page(ctx, stretches, input, { descending: true, full: true }),
    ])
    const visible = new Set(readable.filter(({ noun }) => covers(ctx, noun, file)).map(({ noun }) => noun))
    const entries = items.flatMap((item) => (visible.has(String(item['noun'])) ? (entryOf(item) ?? []) : []))
    return { items: entries, ...(nextCursor && { nextCursor }) }
  },
)

/** Whether the caller's scope for a kind takes in this customer. */
function covers(ctx: Ctx, noun: string, file: CustomerRecord): boolean {
  const scope = scopeOf(ctx.actor, `${noun}:read`)
  return scope !== undefined && mayTouch({ ...ctx, scope }, customer, { ...file })
}
