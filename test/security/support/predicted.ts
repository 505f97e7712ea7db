import type { Route } from '../../../domain/kernel/route.ts'
import { builtInRoles } from '../../../domain/platform/role/index.ts'

/** Whose records a built-in role may touch by a route; undefined when it may not call it. Worked out here anew from what README and roles say. */
export function scopeIn(role: string, { can }: Pick<Route, 'can'>): 'own' | 'team' | 'all' | undefined {
  const grants: Readonly<Record<string, string>> = Object.entries(builtInRoles).find(([name]) => name === role)?.[1].grants ?? {}
  const [noun = '', verb = ''] = can.split(':')
  const pattern = [can, `${noun}:*`, `*:${verb}`, '*'].find((one) => Object.hasOwn(grants, one))
  const granted = pattern === undefined ? 'none' : grants[pattern]
  return granted === 'own' || granted === 'team' || granted === 'all' ? granted : undefined
}
