/**
 * What an actor may do, and on whose records. A permission is `noun:verb`; a role grants patterns of them,
 * each with a scope. What no role grants is denied.
 */
export type Permission = `${string}:${string}`

/** Whose records: the actor's own, their team's, or the whole workspace's. */
export type Scope = 'own' | 'team' | 'all'

/** Grants by pattern: `customer:read`, `customer:*`, `*:read`, `*`. The most specific pattern decides. */
export type Grants = Readonly<Partial<Record<string, Scope | 'none'>>>

export interface Role {
  name: string
  description: string
  grants: Grants
}

/** Who acts. Made once, at the edge, from a verified token; the body of a request never says it. */
export interface Actor {
  kind: 'user' | 'client' | 'system'
  /** `usr_…`, a machine client's id, or the name of a schedule or reaction. */
  id: string
  /** People of the actor's team, itself included: what scope `team` covers. */
  team: readonly string[]
  teamId?: string
  roles: readonly Role[]
}

const breadth = { none: 0, own: 1, team: 2, all: 3 } as const

/** The scope in which an actor holds a permission, the widest of all roles; undefined when denied. */
export function scopeOf(actor: Actor, permission: Permission): Scope | undefined {
  if (actor.kind === 'system') return 'all'
  let best: Scope | 'none' = 'none'
  for (const role of actor.roles) {
    const granted = grantOf(role.grants, permission)
    if (breadth[granted] > breadth[best]) best = granted
  }
  return best === 'none' ? undefined : best
}

function grantOf(grants: Grants, permission: Permission): Scope | 'none' {
  const [noun, verb] = permission.split(':')
  return grants[permission] ?? grants[`${noun}:*`] ?? grants[`*:${verb}`] ?? grants['*'] ?? 'none'
}

/** Who calls a public route: nobody known, who may do nothing but what the action's own key opens. */
export const NOBODY_KNOWN: Actor = { kind: 'client', id: 'public', team: [], roles: [] }

/** The actor of work that no person asked for: schedules and reactions. */
export function systemActor(id: string): Actor {
  return { kind: 'system', id, team: [], roles: [] }
}
