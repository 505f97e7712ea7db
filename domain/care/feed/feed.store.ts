import { createHash, timingSafeEqual } from 'node:crypto'
import * as z from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import { keysOf } from '../../kernel/id.ts'
import { recordIn, sentinelKey } from '../../kernel/place.ts'

/**
 * A person's calendar address, kept as the hash of its secret. The person's own key is the record's, so there is one each; the
 * sentinel of the hash leads from the address to it and goes with it.
 */
export const feed = entity({
  noun: 'feed',
  prefix: 'fee',
  home: 'workspace',
  single: true,
  fields: () =>
    z.object({
      userId: z.string(),
      hash: z.string(),
      /** The person's roles when the address was made: counted only while the directory does not know the person. */
      roles: z.array(z.string()),
    }),
  unique: { on: ['hash'], values: ({ hash }) => [uniqueOf(hash)], fault: 'feed.taken' },
  responsible: 'userId',
  personal: ['hash'],
})
export type Feed = RecordOf<typeof feed>

export const feedMade = event('feed.made', 'A person got a calendar address, or a new one in place of the old')
export const feedRevoked = event('feed.revoked', 'A person’s calendar address was revoked')

const uniqueOf = (hash: string): string => `feed:${hash}`

/** Random bytes of a secret: as hard to guess as a key. */
const SECRET_BYTES = 32

export function newSecret(ctx: Pick<Ctx, 'random'>): string {
  return Buffer.from(ctx.random(SECRET_BYTES)).toString('base64url')
}

export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}

export function feedIdOf(userId: string): Feed['id'] {
  return feed.id(keysOf(userId).first)
}

/** A person's feed, a revoked one too. Strongly consistent. */
export async function feedOf(ctx: Ctx, userId: string): Promise<Feed | undefined> {
  const item = await ctx.table.get(placeOf(feed, feedIdOf(userId)))
  return item && recordIn<'feed', Feed>(item)
}

/**
 * The feed that a secret opens. It is looked up by its hash, which nobody can steer towards another's, so how long a look-up
 * takes tells nothing of the secrets there are.
 */
export async function feedBy(ctx: Ctx, secret: string): Promise<Feed | undefined> {
  const hash = hashOf(secret)
  const lead = await ctx.table.get(sentinelKey(uniqueOf(hash)))
  const item = lead && (await ctx.table.get(placeOf(feed, String(lead['id']))))
  const found = item && recordIn<'feed', Feed>(item)
  const same = found && timingSafeEqual(Buffer.from(found.hash.padEnd(hash.length).slice(0, hash.length)), Buffer.from(hash))
  return same && !found.deletedAt ? found : undefined
}
