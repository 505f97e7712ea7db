import { describe, expect, test } from 'vitest'
import { modules, routes } from '../../../domain/index.ts'
import { scopeOf, type Actor, type Permission } from '../../../domain/kernel/permission.ts'
import { builtInRoles, type BuiltInRole } from '../../../domain/platform/role/index.ts'

const declared = new Set(modules.flatMap(({ noun, verbs }) => verbs.map((verb) => `${noun}:${verb}`)))
const as = (name: BuiltInRole): Actor => ({ kind: 'user', id: 'usr_x', team: [], roles: [{ name, ...builtInRoles[name] }] })
const scope = (name: BuiltInRole, permission: string) => scopeOf(as(name), permission as Permission)

describe('the built-in roles', () => {
  test('grant only what some module declares', () => {
    const fits = (pattern: string) => {
      if (pattern === '*') return true
      const [noun, verb] = pattern.split(':')
      return [...declared].some((permission) => {
        const [n, v] = permission.split(':')
        return (noun === '*' || noun === n) && (verb === '*' || verb === v)
      })
    }
    for (const [name, { grants }] of Object.entries(builtInRoles)) {
      expect(
        Object.keys(grants).filter((pattern) => !fits(pattern)),
        name,
      ).toEqual([])
    }
  })

  test('together leave no route that only nobody can call, and admin can call all', () => {
    for (const route of routes) expect(scope('admin', route.can), route.path).toBe('all')
  })

  test('let a viewer change nothing', () => {
    const changing = [...declared].filter((permission) => !permission.endsWith(':read'))
    expect(changing.filter((permission) => scope('viewer', permission))).toEqual([])
  })

  test('keep people, roles and settings to the administrator', () => {
    for (const name of ['manager', 'sales', 'service', 'viewer', 'integration'] as const) {
      for (const permission of ['user:write', 'user:delete', 'role:write', 'role:delete', 'workspace:write', 'team:write']) {
        expect(scope(name, permission), `${name} ${permission}`).toBeUndefined()
      }
    }
  })

  test('deny what no pattern names, prefer the most specific pattern and the widest of several roles', () => {
    expect(scope('sales', 'purchase:write')).toBeUndefined()
    const two: Actor = { ...as('sales'), roles: [{ name: 'a', description: '', grants: { '*': 'all', 'deal:write': 'none' } }] }
    expect(scopeOf(two, 'deal:write')).toBeUndefined()
    expect(scopeOf({ ...two, roles: [...two.roles, { name: 'b', description: '', grants: { 'deal:*': 'own' } }] }, 'deal:write')).toBe(
      'own',
    )
  })
})
