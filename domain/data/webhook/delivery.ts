import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { CloudEvent } from '../../kernel/cloud-event.ts'
import { daysLater, later, type Instant } from '../../kernel/clock.ts'
import { keyOf } from '../../kernel/id.ts'
import { nextAttempt } from './webhook.ts'

/** One try to tell a receiver. Never what it answered but the status: a body may hold anything. */
export const attemptShape = () =>
  z.object({
    at: z.string(),
    status: z.int().optional().describe('of the answer'),
    error: z.string().optional().describe('why there was no answer: timeout, dns, address_not_public, tls, connection, resting'),
    ms: z.int().optional().describe('from the call to the answer’s head'),
  })
export type Attempt = z.output<ReturnType<typeof attemptShape>>

export const deliveryStates = ['waiting', 'delivered', 'failed'] as const
export type DeliveryState = (typeof deliveryStates)[number]

/** Why a delivery ended without success. */
export const endings = ['exhausted', 'gone', 'webhook_off'] as const

/** An event on its way to a webhook. */
export interface Delivery {
  id: string
  webhookId: string
  event: CloudEvent
  state: DeliveryState
  /** Places of the schedule used up since it was begun or begun anew. */
  made: number
  attempts: readonly Attempt[]
  createdAt: Instant
  nextAt?: Instant
  endedAt?: Instant
  reason?: (typeof endings)[number]
  /** +1 with each change, so that two who work on it do not both write. */
  rev: number
}

/** What a call came to. */
export interface Answered {
  status?: number
  error?: string
  ms: number
  /** Seconds the receiver asked to be left alone for. */
  retryAfter?: number
}

/** The receiver was left alone at this place of the schedule. */
export const RESTING = 'resting'
/** Attempts kept on record: two rounds of the schedule. */
const KEPT_ATTEMPTS = 20
/** Who takes up a delivery has this long until another may. */
const LEASE_MS = 60_000
/** What is over stays to be looked at. Days. */
const KEPT_DAYS = 30

/** Whether an event is so old that its delivery may be over and forgotten: nobody can tell any more whether it was told. */
export function isBeyondMemory({ time }: CloudEvent, now: Instant): boolean {
  return time < daysLater(now, 1 - KEPT_DAYS)
}

/** The id of an event's delivery to a webhook: the same however often it is begun. */
export function deliveryKey(webhookId: string, { id, time }: CloudEvent): string {
  return keyOf(Date.parse(time), createHash('sha256').update(`${webhookId}|${id}`).digest())
}

export function newDelivery(id: string, webhookId: string, event: CloudEvent, now: Instant): Delivery {
  return { id, webhookId, event, state: 'waiting', made: 0, attempts: [], createdAt: now, nextAt: now, rev: 0 }
}

/** A delivery taken up: nobody else takes it until its lease is over. */
export function taken(delivery: Delivery, now: Instant): Delivery {
  return { ...delivery, nextAt: later(now, LEASE_MS), rev: delivery.rev + 1 }
}

const succeeded = ({ status = 0 }: Answered): boolean => status >= 200 && status < 300
const isGone = ({ status }: Answered): boolean => status === 410

/** The delivery after a call, or after a place of the schedule at which the receiver was left alone. @param chance 0 to 1 */
export function after(delivery: Delivery, answered: Answered, now: Instant, chance: number): Delivery {
  const { retryAfter, ...told } = answered
  const attempt = told.error === RESTING ? { at: now, error: RESTING } : { at: now, ...told }
  const made = delivery.made + 1
  const { nextAt: _, ...rest } = delivery
  const next = { ...rest, made, attempts: [...delivery.attempts, attempt].slice(-KEPT_ATTEMPTS), rev: delivery.rev + 1 }
  if (succeeded(answered)) return { ...next, state: 'delivered', endedAt: now }
  if (isGone(answered)) return { ...next, state: 'failed', endedAt: now, reason: 'gone' }
  const nextAt = nextAttempt(made, now, chance, retryAfter)
  return nextAt ? { ...next, nextAt } : { ...next, state: 'failed', endedAt: now, reason: 'exhausted' }
}

/** A delivery that nobody wants any more. */
export function calledOff(delivery: Delivery, now: Instant): Delivery {
  const { nextAt: _, ...rest } = delivery
  return { ...rest, state: 'failed', endedAt: now, reason: 'webhook_off', rev: delivery.rev + 1 }
}

/** A delivery that is over, begun anew: at once, with the whole schedule before it. */
export function again(delivery: Delivery, now: Instant): Delivery {
  const { endedAt: _, reason: __, ...rest } = delivery
  return { ...rest, state: 'waiting', made: 0, nextAt: now, rev: delivery.rev + 1 }
}

/** When the table may drop it. Seconds since 1970. */
export function expiryOf({ createdAt, endedAt, nextAt }: Delivery): number {
  const last = [createdAt, endedAt ?? '', nextAt ?? ''].sort().at(-1) ?? createdAt
  return Math.floor(Date.parse(daysLater(last, KEPT_DAYS)) / 1000)
}
