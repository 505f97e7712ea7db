import * as z from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { facet } from '../../kernel/page.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Write } from '../../kernel/table/expression.ts'
import type { Item, Key } from '../../kernel/table/table.ts'
import { MOST_WEBHOOKS, webhookRecordShape, type Circuit, type Secrets } from './webhook.ts'

/** Where events are sent. Its secret and how it is doing lie beside it, in items that no view, event or export has. */
export const webhook = entity({
  noun: 'webhook',
  prefix: 'whk',
  home: 'workspace',
  fields: () => z.object(webhookRecordShape()),
  row: ['url', 'description', 'types', 'state', 'reason', 'disabledAt', 'ownerId'],
  list: { on: ['url'], key: ({ url }) => ({ facet: 'all', order: url }) },
  /** Those that were switched off stand in their owner's day. */
  owner: {
    on: ['ownerId', 'state', 'disabledAt'],
    key: ({ ownerId, state, disabledAt = '' }) => (state === 'disabled' ? { user: ownerId, state, at: disabledAt } : undefined),
  },
  personal: ['url'],
})
export type WebhookRecord = RecordOf<typeof webhook>

const beside = (id: string, sk: string): Key => ({ pk: placeOf(webhook, id).pk, sk })
const secretKey = (id: string): Key => beside(id, 'secret')
const circuitKey = (id: string): Key => beside(id, 'circuit')

export const keepSecrets = (id: string, secrets: Secrets, before?: Secrets): Write => ({
  put: { ...secretKey(id), ...secrets },
  if: before ? { equals: { current: before.current } } : { absent: true },
})
export const dropSecrets = (id: string): Write => ({ delete: secretKey(id) })
export const dropCircuit = (id: string): Write => ({ delete: circuitKey(id) })
/** @param seen the circuit that this one follows from, when only one may follow */
export const keepCircuit = (id: string, circuit: Circuit, seen?: Circuit): Write => ({
  put: { ...circuitKey(id), ...circuit },
  ...(seen && { if: { equals: { openUntil: seen.openUntil } } }),
})

export async function secretsOf(ctx: Ctx, id: string): Promise<Secrets | undefined> {
  return secretsIn(await ctx.table.get(secretKey(id)))
}

function secretsIn(item: Item | undefined): Secrets | undefined {
  return item && ({ ...item } as unknown as Secrets)
}

/** A webhook as it is now, with what it takes to call it, and another item read with it in one round. */
export async function callable(
  ctx: Ctx,
  id: string,
  also: Key,
): Promise<{ hook?: WebhookRecord; secrets?: Secrets; circuit?: Circuit; there?: Item }> {
  const [hook, secret, circuit, there] = await ctx.table.getAll([placeOf(webhook, id), secretKey(id), circuitKey(id), also])
  const secrets = secretsIn(secret)
  return {
    ...(hook && !hook['deletedAt'] && { hook: recordIn<'webhook', WebhookRecord>(hook) }),
    ...(secrets && { secrets }),
    ...(circuit && { circuit: circuit as unknown as Circuit }),
    ...(there && { there }),
  }
}

/** What each webhook wants to hear of, kept by a warm function for half a minute. */
export function subscriptions(ctx: Ctx): Promise<readonly Pick<WebhookRecord, 'id' | 'types' | 'state'>[]> {
  return ctx.memo.get('webhooks', ctx.now, async () => {
    const pages = await Promise.all(
      facet(webhook, 'all').map(({ pk }) => ctx.table.query({ index: 'list', pk, begins: '', limit: MOST_WEBHOOKS })),
    )
    return pages.flatMap(({ items }) => items.map((item) => item['row'] as Pick<WebhookRecord, 'id' | 'types' | 'state'>))
  })
}
export const forgetSubscriptions = (ctx: Ctx): void => ctx.memo.drop('webhooks')
