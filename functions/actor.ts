import { fault } from '../domain/kernel/fault.ts'
import type { Ctx } from '../domain/kernel/context.ts'
import type { Actor, Role } from '../domain/kernel/permission.ts'
import { knownUser, peopleOfTeam } from '../domain/platform/user/index.ts'
import { roleOf } from '../domain/platform/role/index.ts'

/** Claims of a token that the authorizer has verified. API Gateway gives every claim as text. */
export type Claims = Readonly<Record<string, unknown>>

/** Prefix of the scopes that carry a machine client's role: `crm/integration`. */
export const SCOPE_PREFIX = 'crm/'

type Reader = Pick<Ctx, 'memo' | 'now' | 'table'>

/**
 * Who is asking, from verified claims. A person's roles are those of the workspace's directory, or their groups until it
 * knows them (the first administrator); a machine client's are the scopes it was granted.
 * Only access tokens count: an id token tells who someone is, not what they may do here.
 * @throws Fault `unauthenticated`
 */
export async function actorFrom(ctx: Reader, claims: Claims): Promise<Actor> {
  if (claims['token_use'] !== 'access') throw fault('unauthenticated', 'token.not_access', 'Send an access token.')
  const username = text(claims['username'])
  if (username === undefined) {
    const id = text(claims['client_id'])
    if (id === undefined) throw fault('unauthenticated', 'token.nobody', 'This token names nobody.')
    const scopes = (text(claims['scope']) ?? '').split(' ').filter((scope) => scope.startsWith(SCOPE_PREFIX))
    return {
      kind: 'client',
      id,
      team: [],
      roles: await rolesNamed(
        ctx,
        scopes.map((scope) => scope.slice(SCOPE_PREFIX.length)),
      ),
    }
  }
  const person = await knownUser(ctx, username)
  if (person?.disabled) throw fault('unauthenticated', 'user.disabled', 'This account is disabled.')
  const teamId = person?.teamId
  return {
    kind: 'user',
    id: username,
    // A known person's roles are those of the directory as it stands: a role taken away is gone before the token ends.
    roles: await rolesNamed(ctx, person ? person.roles : listIn(claims['cognito:groups'])),
    team: teamId ? await peopleOfTeam(ctx, teamId) : [],
    ...(teamId && { teamId }),
  }
}

async function rolesNamed(ctx: Reader, names: readonly string[]): Promise<Role[]> {
  const found = await Promise.all(names.map((name) => roleOf(ctx, name)))
  return found.filter((one) => one !== undefined)
}

/** A claim that is a list: API Gateway sends `[admin sales]`, other authorizers a real list. */
export function listIn(claim: unknown): string[] {
  if (Array.isArray(claim)) return claim.map(String)
  if (typeof claim !== 'string') return []
  return claim
    .replace(/^\[|\]$/g, '')
    .split(/[\s,]+/)
    .filter(Boolean)
}

function text(claim: unknown): string | undefined {
  return typeof claim === 'string' && claim !== '' ? claim : undefined
}
