import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { commit } from '../../kernel/commit.ts'
import { fault } from '../../kernel/fault.ts'
import { page, pageInput, pageOf } from '../../kernel/page.ts'
import { find, idOf } from '../../kernel/record.ts'
import { again, attemptShape, deliveryStates, endings, type Delivery } from './delivery.ts'
import { deliveriesOf, findDelivery, keepDelivery, mustBeOver, rowOf } from './delivery.store.ts'
import { webhook } from './webhook.store.ts'

const rowShape = () => ({
  id: z.string(),
  eventId: z.string(),
  type: z.string(),
  state: z.enum(deliveryStates),
  attempts: z.int(),
  lastStatus: z.int().optional(),
  lastError: z.string().optional(),
  lastMs: z.int().optional(),
  createdAt: z.string(),
  nextAt: z.string().optional(),
  endedAt: z.string().optional(),
  reason: z.enum(endings).optional().describe('why it ended without success'),
})

const shown = () =>
  z.object({
    ...rowShape(),
    webhookId: z.string(),
    attempts: z.array(attemptShape()),
    event: z.looseObject({ id: z.string(), type: z.string(), time: z.string() }).describe('what is sent: ids and facts, nothing personal'),
  })

const view = (delivery: Delivery) => ({
  ...rowOf(delivery),
  webhookId: delivery.webhookId,
  attempts: [...delivery.attempts],
  event: { ...delivery.event },
})
const byId = () => ({ id: z.string().regex(/^dlv_[0-9A-Za-z]{20}$/, 'an id of a delivery, dlv_…') })

/** What a webhook was told or is to be told, latest first; kept for a month. */
export const list = action(
  'delivery.list',
  () => {
    const { limit, cursor } = pageInput()
    return {
      input: z.strictObject({ id: idOf(webhook), state: z.enum(deliveryStates).optional(), limit, cursor }),
      output: pageOf(z.object(rowShape())),
    }
  },
  async (ctx, { id, state, ...input }) => {
    await find(ctx, webhook, id, { deleted: true })
    const { items, nextCursor } = await page(ctx, deliveriesOf(id, state), input, { descending: true, full: true })
    const rows = items.map((item) => item['row'] as ReturnType<typeof rowOf>)
    return { items: rows, ...(nextCursor && { nextCursor }) }
  },
)

/** One delivery with each of its attempts. */
export const show = action(
  'delivery.show',
  () => ({ input: z.strictObject(byId()), output: shown() }),
  async (ctx, { id }) => view(await findDelivery(ctx, id)),
)

/** Tells it once more, under the same id, within a minute. */
export const replay = action(
  'delivery.replay',
  () => ({ input: z.strictObject(byId()), output: shown() }),
  async (ctx, { id }) => {
    const before = await findDelivery(ctx, id)
    mustBeOver(before)
    const { state } = await find(ctx, webhook, before.webhookId)
    if (state !== 'on') throw fault('conflict', 'webhook.off', 'This webhook is off. Switch it on first.')
    const delivery = again(before, ctx.now)
    return commit(ctx, [], view(delivery), [keepDelivery(delivery, before)])
  },
)
