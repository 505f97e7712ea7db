import * as z from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import { KEY_LENGTH } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Write } from '../../kernel/table/expression.ts'
import type { Channel } from '../customer/index.ts'
import { consentShape, entryShape, newPolicy, permits, policyShape, type Consent, type Permit, type Policy } from './consent.ts'

/** Everything a person last said, beside their file: one read tells who may be contacted. */
export const consent = entity({
  noun: 'consent',
  prefix: 'cns',
  home: 'customer',
  single: true,
  fields: () => z.object(consentShape()),
})
export type ConsentRecord = RecordOf<typeof consent>

/** What was said, one record each, by when it was said. */
export const consentEntry = entity({
  noun: 'consent_entry',
  prefix: 'cne',
  home: 'customer',
  fields: () => z.object(entryShape()),
  personal: ['source', 'evidence'],
})
export type EntryRecord = RecordOf<typeof consentEntry>

/** What the workspace contacts people for; it has one such policy. */
export const consentPolicy = entity({
  noun: 'consent_policy',
  prefix: 'cpo',
  home: 'workspace',
  single: true,
  fields: () => z.object(policyShape()),
})
export type PolicyRecord = RecordOf<typeof consentPolicy>

export const consentGiven = event('consent.given', 'A person agreed to be contacted for a purpose on a channel')
export const consentWithdrawn = event('consent.withdrawn', 'A person withdrew consent for a purpose on a channel, or objected')
export const consentMoved = event('consent.moved', 'What a person last said changed', { published: false })
export const policyChanged = event('consent_policy.changed', 'What the workspace contacts people for changed')

export const POLICY_KEY = '0'.repeat(KEY_LENGTH)
export const POLICY_MEMO = 'consent policy'

/** The policy as it stands; version 0 is the product's own. */
export async function readPolicy(ctx: Ctx): Promise<PolicyRecord> {
  const id = consentPolicy.id(POLICY_KEY)
  const item = await ctx.table.get(placeOf(consentPolicy, id))
  if (item) return recordIn<'consent_policy', Policy>(item)
  const start = '1970-01-01T00:00:00.000Z'
  return { ...newPolicy, id, version: 0, createdAt: start, updatedAt: start }
}

/** The same, kept by a warm function for half a minute. */
export function policyOf(ctx: Ctx): Promise<Policy> {
  return ctx.memo.get(POLICY_MEMO, ctx.now, () => readPolicy(ctx))
}

export const consentId = (customerId: string): ConsentRecord['id'] => consent.id('', customerId)

export async function consentOf(ctx: Ctx, customerId: string): Promise<ConsentRecord | undefined> {
  const item = await ctx.table.get(placeOf(consent, consentId(customerId)))
  return item && recordIn<'consent', Consent>(item)
}

/**
 * The condition under which a permit still holds when a message is written. In the transaction of the message it makes a send
 * without consent impossible: who withdraws between the look and the write is not written to.
 */
export function consentUnmoved(customerId: string, seen: ConsentRecord | undefined): Write {
  return { check: placeOf(consent, consentId(customerId)), if: seen ? { equals: { version: seen.version } } : { absent: true } }
}

/**
 * Whether a customer may be contacted for a purpose on a channel, from what they said: whatever sends must ask, and put `guard`
 * into the transaction that makes the message. One read of one unit, none when `seen` is what was read already.
 */
export async function mayContact(
  ctx: Ctx,
  customerId: string,
  purpose: string,
  channel: Channel,
  how: { seen?: ConsentRecord | undefined } = {},
): Promise<Permit & { guard: Write }> {
  const [policy, said] = await Promise.all([policyOf(ctx), 'seen' in how ? how.seen : consentOf(ctx, customerId)])
  return { ...permits(policy, said?.standings ?? {}, purpose, channel), guard: consentUnmoved(customerId, said) }
}
