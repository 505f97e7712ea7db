import { beforeAll, describe, expect, test } from 'vitest'
import { builtInRoles } from '../../domain/platform/role/index.ts'
import { startCrm, type Crm } from '../support/crm.ts'

let crm: Crm
beforeAll(async () => void (crm = await startCrm()))

const define = (name: string, grants: object = { '*:read': 'all' }, key?: string) =>
  crm.call('POST', '/roles', { body: { name, description: 'A role', grants }, ...(key && { key }) })

describe('a role', () => {
  test('is defined once, by name; built-in names are taken', async () => {
    const first = await define('key-account', { 'deal:*': 'own' }, 'rol-1')
    expect(first.status, JSON.stringify(first.body)).toBe(201)
    expect((await define('key-account', { 'deal:*': 'own' }, 'rol-1')).headers['idempotent-replayed']).toBe('true')
    const twice = await define('key-account')
    expect([twice.status, twice.body['code'], twice.body['existingId']]).toEqual([409, 'role.exists', first.body['id']])
    expect((await define('admin')).body['code']).toBe('role.built_in')
  })

  test('names every pattern that is not one', async () => {
    const { status, body } = await define('Bad Name', { deal: 'all', 'deal:write:own': 'own', 'x:read': 'everyone' })
    expect(status).toBe(400)
    const paths = new Set(body['errors'].map((one: { path: string }) => one.path))
    expect(paths).toEqual(new Set(['grants.deal', 'grants.deal:write:own', 'grants.x:read', 'name']))
  })

  test('decides what its people may do, at once on the instance that changed it', async () => {
    const { body: role } = await define('reader', { 'customer:read': 'all', 'user:read': 'all' })
    const as = 'usr_00000000000000000005:reader'
    const status = async () => (await crm.call('GET', '/customers', { as })).status
    expect(await status()).toBe(200)
    await crm.call('PATCH', `/roles/${role['id']}`, { body: { grants: { 'user:read': 'all' } }, ifMatch: 1 })
    expect(await status()).toBe(403)
    expect((await crm.call('PATCH', `/roles/${role['id']}`, { body: { description: 'x' }, ifMatch: 1 })).status).toBe(412)
    expect((await crm.call('PATCH', `/roles/${role['id']}`, { body: { name: 'x' }, ifMatch: 2 })).status).toBe(400)
    await crm.call('PATCH', `/roles/${role['id']}`, { body: { grants: { '*': 'all' } }, ifMatch: 2 })
    expect(await status()).toBe(200)
    expect((await crm.call('DELETE', `/roles/${role['id']}`, { ifMatch: 3 })).status).toBe(204)
    expect(await status()).toBe(403)
    expect((await crm.call('GET', '/roles?deleted=true')).body['items'].map((one: { name: string }) => one.name)).toEqual(['reader'])
    expect((await crm.call('POST', `/roles/${role['id']}/restore`)).status).toBe(200)
    expect(await status()).toBe(200)
    expect((await crm.call('POST', `/roles/${role['id']}/restore`)).body['code']).toBe('role.not_deleted')
  })

  test('is listed with the built-in ones, which can be read and not changed', async () => {
    const names: string[] = []
    let path = '/roles?limit=3&fields=name'
    for (;;) {
      const { body } = await crm.call('GET', path, { as: 'sales' })
      names.push(...body['items'].map((one: { name: string }) => one.name))
      if (!body['nextCursor']) break
      path = `/roles?limit=3&fields=name&cursor=${body['nextCursor']}`
    }
    expect(names).toEqual([...Object.keys(builtInRoles), 'key-account', 'reader'].sort())
    const { body } = await crm.call('GET', '/roles')
    const admin = body['items'].find((one: { name: string }) => one.name === 'admin')
    expect((await crm.call('GET', `/roles/${admin.id}`)).body).toMatchObject({ name: 'admin', grants: { '*': 'all' }, version: 0 })
    expect((await crm.call('PATCH', `/roles/${admin.id}`, { body: { description: 'x' }, ifMatch: 0 })).body['code']).toBe('role.built_in')
    expect((await crm.call('DELETE', `/roles/${admin.id}`, { ifMatch: 0 })).body['code']).toBe('role.built_in')
    expect((await crm.call('GET', '/roles/rol_99999999999999999999')).status).toBe(404)
  })

  test('is written by admins alone', async () => {
    for (const as of ['manager', 'sales', 'service', 'viewer', 'integration']) {
      expect((await crm.call('POST', '/roles', { as, body: { name: 'x', description: 'x', grants: {} } })).status).toBe(403)
    }
  })
})
