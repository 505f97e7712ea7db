import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import type { CloudEvent } from '../../kernel/cloud-event.ts'
import { later } from '../../kernel/clock.ts'
import { alter, commit } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { dueSchema, event } from '../../kernel/event.ts'
import { untilFresh } from '../../kernel/invoke.ts'
import { find } from '../../kernel/record.ts'
import { wanted } from '../event/index.ts'
import {
  after,
  again,
  calledOff,
  deliveryKey,
  isBeyondMemory,
  newDelivery,
  RESTING,
  taken,
  type Answered,
  type Delivery,
} from './delivery.ts'
import { deliveryId, deliveryIn, deliveryPlace, findDelivery, keepDelivery } from './delivery.store.ts'
import { afterFailure, DELAYS, messageOf, PROBE_MS, validSecrets, type Circuit, type Secrets } from './webhook.ts'
import { callable, dropCircuit, forgetSubscriptions, keepCircuit, subscriptions, webhook, type WebhookRecord } from './webhook.store.ts'

export const webhookTested = event('webhook.tested', 'A webhook was asked for a sign of life; goes to that webhook alone')
export const webhookDisabled = event('webhook.disabled', 'A webhook was switched off: its receiver is gone or failed for days')

/** How receivers are called. Answers with what became of it, never throws. */
export interface Receiver {
  post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<Answered>
}

/** What calling came to, for the count and the log. */
export interface Delivered {
  delivery: Delivery
  /** The webhook was switched off for it. */
  disabled: boolean
}

interface Callee {
  hook: WebhookRecord
  secrets: Secrets
  circuit?: Circuit
}

/**
 * Tells every webhook that wants an event, at once and side by side. What does not succeed waits in the `due` index. An event
 * that was told before is left to its delivery, so it may come twice; one from before the deliveries that are kept is told
 * only by a replay to the webhook itself.
 */
export async function deliver(ctx: Ctx, receiver: Receiver, told: CloudEvent): Promise<Delivered[]> {
  if (told.data.noun === 'webhook') forgetSubscriptions(ctx)
  if (isBeyondMemory(told, ctx.now)) return []
  const ids =
    told.type === webhookTested.type
      ? [told.subject]
      : (await subscriptions(ctx)).filter(({ types, state }) => state === 'on' && wanted(types, told.type)).map(({ id }) => id)
  const all = await Promise.all(ids.map((id) => first(ctx, receiver, id, told)))
  return all.filter((one) => one !== undefined)
}

/** Called before it is written down: a call that is lost with its function is made again, under the same id. */
async function first(ctx: Ctx, receiver: Receiver, webhookId: string, told: CloudEvent): Promise<Delivered | undefined> {
  const id = deliveryId(deliveryKey(webhookId, told))
  const { hook, secrets, circuit, there } = await callable(ctx, webhookId, deliveryPlace(id))
  const asked = hook?.state === 'on' || told.type === webhookTested.type
  if (!hook || !secrets || !asked || there) return undefined
  const callee = { hook, secrets, ...(circuit && { circuit }) }
  const begun = newDelivery(id, webhookId, told, ctx.now)
  const answered = await call(ctx, receiver, callee, begun)
  const delivery = after(begun, answered, ctx.now, chanceOf(ctx))
  const outcome = await ctx.table.write(keepDelivery(delivery))
  return outcome.ok ? { delivery, disabled: await consider(ctx, callee, delivery) } : undefined
}

/** Makes the next attempt of a delivery whose time has come, unless another run does, or nobody wants it any more. */
export async function attempt(ctx: Ctx, receiver: Receiver, { id, at }: { id: string; at: string }): Promise<Delivered | undefined> {
  const before = await findDelivery(ctx, id)
  if (before.state !== 'waiting' || before.nextAt !== at) return undefined
  const { hook, secrets, circuit } = await callable(ctx, before.webhookId, deliveryPlace(id))
  const asked = hook?.state === 'on' || before.event.type === webhookTested.type
  if (!hook || !secrets || !asked) {
    await ctx.table.write(keepDelivery(calledOff(before, ctx.now), before))
    return undefined
  }
  const mine = taken(before, ctx.now)
  if (!(await ctx.table.write(keepDelivery(mine, before))).ok) return undefined
  const callee = { hook, secrets, ...(circuit && { circuit }) }
  const delivery = after(mine, await call(ctx, receiver, callee, mine), ctx.now, chanceOf(ctx))
  const outcome = await ctx.table.write(keepDelivery(delivery, mine))
  return outcome.ok ? { delivery, disabled: await consider(ctx, callee, delivery) } : undefined
}

/** The due work `deliveries`. @param done told what came of each, when given */
export function deliveries(receiver: () => Receiver, done: (delivered: Delivered) => void = () => {}) {
  return action(
    'delivery.attempt',
    () => ({ input: dueSchema(), output: z.object({}) }),
    async (ctx, due) => {
      const delivered = await attempt(ctx, receiver(), due)
      if (delivered) done(delivered)
      return {}
    },
  )
}

/** Calls the receiver, unless it is being left alone and this is not the last chance. */
async function call(ctx: Ctx, receiver: Receiver, { hook, secrets, circuit }: Callee, delivery: Delivery): Promise<Answered> {
  const last = delivery.made >= DELAYS.length
  if (!last && (await isResting(ctx, hook.id, circuit))) return { error: RESTING, ms: 0 }
  const { headers, body } = messageOf(delivery.event, validSecrets(secrets, ctx.now), ctx.now)
  const answered = await receiver.post(hook.url, headers, body)
  await remember(ctx, hook.id, circuit, answered)
  return answered
}

/** Whether the receiver is left alone now. Of all who come when its break is over, one tries it out. */
async function isResting(ctx: Ctx, id: string, circuit: Circuit | undefined): Promise<boolean> {
  if (circuit?.openUntil === undefined) return false
  if (circuit.openUntil > ctx.now) return true
  const probing = { failures: circuit.failures, openUntil: later(ctx.now, PROBE_MS) }
  return !(await ctx.table.write(keepCircuit(id, probing, circuit))).ok
}

async function remember(ctx: Ctx, id: string, circuit: Circuit | undefined, { status = 0, retryAfter }: Answered): Promise<void> {
  const fine = status >= 200 && status < 300
  if (!fine) await ctx.table.write(keepCircuit(id, afterFailure(circuit, ctx.now, retryAfter)))
  else if (circuit) await ctx.table.write(dropCircuit(id))
}

/** Switches a webhook off whose receiver is gone, or failed to the end of a delivery's schedule. @returns whether it did */
async function consider(ctx: Ctx, { hook }: Callee, { state, reason }: Delivery): Promise<boolean> {
  if (state !== 'failed' || reason === undefined || reason === 'webhook_off') return false
  const disabled = await untilFresh(async () => {
    const now = await find(ctx, webhook, hook.id)
    if (now.state !== 'on') return false
    const { change } = alter(ctx, webhook, now, { state: 'disabled', reason, disabledAt: ctx.now }, webhookDisabled)
    return commit(ctx, [change], true)
  })
  forgetSubscriptions(ctx)
  return disabled
}

/** 0 to 1. */
function chanceOf(ctx: Ctx): number {
  return (ctx.random(1)[0] ?? 0) / 255
}

/** Puts an event on its way to a webhook, or, when it was told before and is over, once more. @returns whether it did */
export async function send(ctx: Ctx, webhookId: string, told: CloudEvent): Promise<boolean> {
  const delivery = newDelivery(deliveryId(deliveryKey(webhookId, told)), webhookId, told, ctx.now)
  const outcome = await ctx.table.write(keepDelivery(delivery))
  if (outcome.ok) return true
  const there = outcome.refused[0]?.item
  const before = there && deliveryIn(there)
  if (!before || before.state === 'waiting') return false
  return (await ctx.table.write(keepDelivery(again(before, ctx.now), before))).ok
}
