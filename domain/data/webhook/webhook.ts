import { createHmac } from 'node:crypto'
import * as z from 'zod'
import type { CloudEvent } from '../../kernel/cloud-event.ts'
import { later, type Instant } from '../../kernel/clock.ts'
import { invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import type { RandomBytes } from '../../kernel/id.ts'
import { typePattern } from '../event/index.ts'
import { isAddress, isLoopback, isPublic } from './address.ts'

/** Webhooks a workspace may have: all of them are read to know who wants an event. */
export const MOST_WEBHOOKS = 50

export const states = ['on', 'off', 'disabled'] as const

export const webhookShape = () => ({
  /** May carry a key of the receiver's, so no event tells it. */
  url: z.url().max(500).describe('https, at a public address'),
  description: f.line(200).optional(),
  types: z.array(typePattern()).min(1).max(100).describe('what it wants to hear of: `deal.won`, `purchase.*`, `*`'),
})

export const webhookRecordShape = () => ({
  ...webhookShape(),
  state: z.enum(states).describe('`disabled`: by the product, since the receiver is gone or failed for days'),
  reason: z.enum(['gone', 'exhausted']).optional(),
  disabledAt: f.instant().optional(),
  /** Who made it, and is told when it is disabled: a person or a machine client. */
  ownerId: z.string().max(128),
  secretSince: f.instant(),
  previousSecretUntil: f.instant().optional().describe('until then messages are signed with the secret before, too'),
  testedAt: f.instant().optional(),
})

/**
 * Holds that a url may be called at all. What its name leads to is checked at each call.
 * @param loopback whether receivers on this very machine may be called, over plain http too
 * @throws Fault `invalid`
 */
export function mustBeCallable(text: string, loopback: boolean): void {
  const url = new URL(text)
  const here = loopback && (url.hostname === 'localhost' || isLoopback(url.hostname))
  if (url.protocol !== 'https:' && !(here && url.protocol === 'http:'))
    throw invalid('webhook.url_not_https', 'url', 'Only https is called.')
  if (url.username || url.password) throw invalid('webhook.url_credentials', 'url', 'A url with a name or password in it is not called.')
  if (url.hash) throw invalid('webhook.url_fragment', 'url', 'A url for a webhook has no #fragment.')
  // `localhost.` is a name of one word too.
  const known = isAddress(url.hostname) ? isPublic(url.hostname) : url.hostname.replace(/\.$/, '').includes('.')
  if (!known && !here) throw invalid('webhook.url_not_public', 'url', 'Only public addresses are called.')
}

/** Secrets of the symmetric scheme have 24 to 64 bytes (Standard Webhooks 1.0, "Signature scheme"). */
const SECRET_BYTES = 32
const SECRET_PREFIX = 'whsec_'

export function newSecret(random: RandomBytes): string {
  return SECRET_PREFIX + Buffer.from(random(SECRET_BYTES)).toString('base64')
}

/** What a webhook's messages are signed with: the secret, and for a while after a change the one before. */
export interface Secrets {
  current: string
  previous?: string
  previousUntil?: Instant
}

/** Secrets that count at a moment, the newest first. */
export function validSecrets({ current, previous, previousUntil }: Secrets, now: Instant): string[] {
  return previous !== undefined && previousUntil !== undefined && previousUntil > now ? [current, previous] : [current]
}

/** A message as it is sent. */
export interface Message {
  headers: Readonly<Record<string, string>>
  body: string
}

/**
 * The message of an event: Standard Webhooks 1.0, its body a CloudEvent that has the `timestamp` the standard asks for as
 * well. Its id follows from the event, so it is the same at every attempt and every replay; the standard's ids have no dot,
 * since dots part what is signed.
 */
export function messageOf(event: CloudEvent, secrets: readonly string[], now: Instant): Message {
  const id = event.id.replaceAll('.', '_')
  const timestamp = Math.floor(Date.parse(now) / 1000)
  const body = JSON.stringify({ ...event, timestamp: event.time })
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'crm-webhooks/1',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': secrets.map((secret) => signature(secret, id, timestamp, body)).join(' '),
    },
  }
}

/** HMAC-SHA256 of `id.timestamp.body`. @param timestamp seconds since 1970 */
export function signature(secret: string, id: string, timestamp: number, body: string): string {
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64')
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
}

const MINUTE = 60
const HOUR = 3_600
/** Waits between attempts, seconds: the schedule of Standard Webhooks 1.0, "Deliverability and reliability". Three days in all. */
export const DELAYS: readonly number[] = [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR]
/** A receiver that asks for a longer pause is taken at this. Seconds. */
const LONGEST_PAUSE = 24 * HOUR

/**
 * When the next attempt is due: the schedule's wait and up to a tenth of it more, so that what failed together does not come
 * together again; never before the pause the receiver asked for. Undefined when the schedule is at its end.
 * @param made attempts so far, at least 1
 * @param chance 0 to 1
 */
export function nextAttempt(made: number, now: Instant, chance: number, pauseSeconds = 0): Instant | undefined {
  const delay = DELAYS[made - 1]
  if (delay === undefined) return undefined
  return later(now, Math.round(Math.max(delay * (1 + chance / 10), Math.min(pauseSeconds, LONGEST_PAUSE)) * 1000))
}

/** Failures in a row after which a receiver is left alone for a while, how long at first, and at most. */
const FAILURES = 5
const FIRST_BREAK_MS = 30_000
const LONGEST_BREAK_MS = 15 * 60_000

/** How a receiver has been doing lately; absent when it does well. */
export interface Circuit {
  failures: number
  /** Until then nothing is sent but what comes to its last attempt. */
  openUntil?: Instant
}

/** The circuit after one more failure. */
export function afterFailure(circuit: Circuit | undefined, now: Instant, pauseSeconds = 0): Circuit {
  const failures = (circuit?.failures ?? 0) + 1
  const pause = Math.min(pauseSeconds, LONGEST_PAUSE) * 1000
  const rest = failures < FAILURES ? 0 : Math.min(FIRST_BREAK_MS * 2 ** Math.min(failures - FAILURES, 10), LONGEST_BREAK_MS)
  const ms = Math.max(pause, rest)
  return { failures, ...(ms > 0 && { openUntil: later(now, ms) }) }
}

/** While one attempt tries out a receiver that was left alone, others wait this long for how it goes. */
export const PROBE_MS = 30_000
