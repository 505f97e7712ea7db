import { beforeAll, describe, expect, test } from 'vitest'
import { routes } from '../../domain/index.ts'
import { builtInRoles } from '../../domain/platform/role/index.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { visitsOf } from '../support/walk.ts'
import { scopeIn } from './support/predicted.ts'

let crm: Crm
beforeAll(async () => {
  crm = await startCrm()
  await crm.call('GET', '/workspace')
})

const visits = visitsOf(routes).filter(({ route }) => !route.public)
/** As each role: a person, and for the company's own systems a machine. */
const roles = Object.keys(builtInRoles)

describe('API5 broken function level authorization', () => {
  test.each(roles)(
    'what %s may call is what the role grants, route by route, and a refused call writes nothing',
    async (role) => {
      const wrong: string[] = []
      let refused = 0
      for (const { name, route, path, body } of visits) {
        const changes = route.method === 'PATCH' || route.method === 'DELETE'
        crm.spent.length = 0
        // An unknown field, so that what is allowed comes as far as the input and no further.
        const asking = body ? { body: { ...body, nonsense: 1 } } : {}
        const query = body ? '' : '?nonsense=1'
        const reply = await crm.call(route.method, path + query, { as: role, ...asking, ...(changes && { ifMatch: 1 }) })
        const predicted = scopeIn(role, route) === undefined ? 403 : 400
        if (reply.status !== predicted) wrong.push(`${name}: ${reply.status} ${String(reply.body['code'])}, not ${predicted}`)
        if (reply.status === 403) {
          refused += 1
          if (reply.body['code'] !== 'permission.missing') wrong.push(`${name}: ${String(reply.body['code'])}`)
        }
        if (crm.spent.some(({ writeUnits }) => writeUnits > 0)) wrong.push(`${name}: wrote`)
      }
      expect(wrong).toEqual([])
      expect(refused > 0).toBe(role !== 'admin')
    },
    120_000,
  )

  test('reading roles change nothing at all, and only administrators rule over people, roles and the workspace', () => {
    const may = (role: string) => visits.filter(({ route }) => scopeIn(role, route) !== undefined).map(({ route }) => route)
    expect(may('viewer').filter(({ can }) => !can.endsWith(':read'))).toEqual([])
    for (const role of roles.filter((one) => one !== 'admin')) {
      const rules = may(role).filter(({ can }) => /^(user|team|role|workspace):(?!read)/.test(can))
      expect(rules.map(({ method, path }) => `${role} ${method} ${path}`)).toEqual([])
    }
  })

  test('nobody makes an administrator of themselves: not by a role of their own making, not by their own record', async () => {
    const person = async (name: string, role: string) =>
      String((await crm.call('POST', '/users', { body: { name, email: `${name}@example.com`, roles: [role] } })).body['id'])
    const manager = await person('climber', 'manager')
    const as = `${manager}:manager`
    expect((await crm.call('POST', '/roles', { as, body: { name: 'king', description: 'All', grants: { '*': 'all' } } })).status).toBe(403)
    expect((await crm.call('PATCH', `/users/${manager}`, { as, ifMatch: 1, body: { roles: ['admin'] } })).status).toBe(403)
    // Groups of a token count for those alone whom the directory does not know.
    expect((await crm.call('PATCH', '/workspace', { as: `${manager}:admin`, ifMatch: 1, body: { name: 'Mine' } })).status).toBe(403)
  })

  test('a method that is not declared leads nowhere', async () => {
    for (const method of ['PUT', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'])
      expect((await crm.call(method, '/customers')).body['code']).toBe('route.unknown')
  })
})
