import type { Ctx } from '../../kernel/context.ts'
import { scopeOf } from '../../kernel/permission.ts'
import { roleOf } from '../../platform/role/index.ts'
import { knownUser } from '../../platform/user/index.ts'
import type { Feed } from './feed.store.ts'

/**
 * The person whose secret opened a feed, to read their own work and nothing else: with the roles they have now, and not at all
 * when they were disabled or may no longer read tasks.
 */
export async function readerOf(ctx: Ctx, { userId, roles }: Feed): Promise<Pick<Ctx, 'actor' | 'scope'> | undefined> {
  const person = await knownUser(ctx, userId)
  if (person?.disabled) return undefined
  const names = person?.roles ?? roles
  const found = (await Promise.all(names.map((name) => roleOf(ctx, name)))).filter((one) => one !== undefined)
  const actor = { kind: 'user' as const, id: userId, team: [], roles: found }
  return scopeOf(actor, 'task:read') ? { actor, scope: 'own' } : undefined
}
