import { beforeAll, describe, expect, test } from 'vitest'
import { startCrm, type Asking, type Crm } from '../support/crm.ts'

let crm: Crm
beforeAll(async () => void (crm = await startCrm()))

let count = 0
const person = (more: object = {}) => ({ name: `Person ${++count}`, email: `person${count}@example.com`, roles: ['sales'], ...more })
async function join(more: object = {}, asking: Asking = {}) {
  const answer = await crm.call('POST', '/users', { body: person(more), ...asking })
  expect(answer.status, JSON.stringify(answer.body)).toBe(201)
  return answer.body
}

describe('a person', () => {
  test('joins once under an idempotency key, and once with an email', async () => {
    const body = person({ email: 'Grace@Example.com' })
    const first = await crm.call('POST', '/users', { body, key: 'usr-1' })
    expect(first.body).toMatchObject({ email: 'grace@example.com', disabled: false, version: 1 })
    expect((await crm.call('POST', '/users', { body, key: 'usr-1' })).headers['idempotent-replayed']).toBe('true')
    const taken = await crm.call('POST', '/users', { body })
    expect([taken.status, taken.body['code'], taken.body['existingId']]).toEqual([409, 'user.email_taken', first.body['id']])
  })

  test('not with a bad input, an unknown role or an unknown team', async () => {
    const bad = await crm.call('POST', '/users', { body: { name: '', email: 'no', roles: [], teamId: 'x', disabled: true } })
    expect(bad.status).toBe(400)
    expect(bad.body['errors'].map((one: { path: string }) => one.path).sort()).toEqual(['disabled', 'email', 'name', 'roles', 'teamId'])
    const unknown = await crm.call('POST', '/users', { body: person({ roles: ['sales', 'wizard'], teamId: 'tea_99999999999999999999' }) })
    expect(unknown.body['errors']).toMatchObject([
      { path: 'roles.1', code: 'role.unknown' },
      { path: 'teamId', code: 'team.unknown' },
    ])
  })

  test('changes, unless someone else did first', async () => {
    const { id } = await join()
    expect(
      (await crm.call('PATCH', `/users/${id}`, { body: { roles: ['manager'], timeZone: 'Asia/Shanghai' }, ifMatch: 1 })).body,
    ).toMatchObject({ roles: ['manager'], version: 2 })
    const late = await crm.call('PATCH', `/users/${id}`, { body: { timeZone: 'UTC' }, ifMatch: 1 })
    expect([late.status, late.body['conflicts']]).toEqual([412, [{ field: 'timeZone', yours: 'UTC', theirs: 'Asia/Shanghai' }]])
    expect((await crm.call('PATCH', `/users/${id}`, { body: {}, ifMatch: 2 })).status).toBe(400)
  })

  test('who is disabled or deleted cannot act, whatever token they hold, until they are let', async () => {
    const { id } = await join()
    const as = `${id}:sales`
    const me = () => crm.call('GET', '/me', { as }).then((answer) => answer.status)
    expect(await me()).toBe(200)
    expect((await crm.call('POST', `/users/${id}/disable`)).body).toMatchObject({ disabled: true, version: 2 })
    expect((await crm.call('POST', `/users/${id}/disable`)).body['version']).toBe(2)
    expect(await me()).toBe(401)
    expect((await crm.call('POST', `/users/${id}/enable`)).body).toMatchObject({ disabled: false, version: 3 })
    expect(await me()).toBe(200)
    expect((await crm.call('DELETE', `/users/${id}`, { ifMatch: 3 })).status).toBe(204)
    expect(await me()).toBe(401)
    expect((await crm.call('GET', '/users?deleted=true')).body['items'].map((one: { id: string }) => one.id)).toContain(id)
    expect((await crm.call('POST', `/users/${id}/restore`)).status).toBe(200)
    expect((await crm.call('POST', `/users/${id}/restore`)).body['code']).toBe('user.not_deleted')
    expect(await me()).toBe(200)
  })

  test('learns who they are and what they may do', async () => {
    const { body: team } = await crm.call('POST', '/teams', { body: { name: 'South' } })
    const { id } = await join({ teamId: team['id'], language: 'zh-Hant' })
    const { body } = await crm.call('GET', '/me', { as: `${id}:sales` })
    expect(body).toMatchObject({
      id,
      kind: 'user',
      teamId: team['id'],
      team: [id],
      language: 'zh-Hant',
      roles: [{ name: 'sales', grants: { 'deal:write': 'own' } }],
    })
    expect((await crm.call('GET', '/me', { as: 'integration' })).body).toMatchObject({
      id: 'shop',
      kind: 'client',
      roles: [{ name: 'integration' }],
    })
    expect((await crm.call('GET', '/me', { as: 'wizard' })).status).toBe(403)
  })
})

describe('the last admin stays', () => {
  test('since none takes their own power away', async () => {
    const { id } = await join({ roles: ['admin'] })
    const as = `${id}:admin`
    const tries = [
      await crm.call('POST', `/users/${id}/disable`, { as }),
      await crm.call('DELETE', `/users/${id}`, { as, ifMatch: 1 }),
      await crm.call('PATCH', `/users/${id}`, { as, body: { roles: ['viewer'] }, ifMatch: 1 }),
    ]
    expect(tries.map(({ status, body }) => [status, body['code']])).toEqual(Array(3).fill([409, 'user.own_admin_role']))
    expect((await crm.call('PATCH', `/users/${id}`, { as, body: { roles: ['admin', 'sales'] }, ifMatch: 1 })).status).toBe(200)
  })

  test('since of two who disable each other at once, one remains', async () => {
    for (let round = 0; round < 5; round++) {
      const [one, two] = [(await join({ roles: ['admin'] }))['id'], (await join({ roles: ['admin'] }))['id']]
      const both = await Promise.all([
        crm.call('POST', `/users/${two}/disable`, { as: `${one}:admin` }),
        crm.call('POST', `/users/${one}/disable`, { as: `${two}:admin` }),
      ])
      expect(both.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1)
      const left = await Promise.all([one, two].map((id) => crm.call('GET', `/users/${id}`)))
      expect(left.filter(({ body }) => !body['disabled'])).toHaveLength(1)
    }
  })

  test('since only an admin gives or takes the role', async () => {
    await crm.call('POST', '/roles', { body: { name: 'hr', description: 'People', grants: { 'user:*': 'all' } } })
    const admin = await join({ roles: ['admin'] })
    const hr = { as: 'usr_00000000000000000007:hr' }
    expect((await crm.call('POST', `/users/${admin['id']}/disable`, hr)).body['code']).toBe('user.admin_only')
    expect((await crm.call('POST', '/users', { body: person({ roles: ['admin'] }), ...hr })).body['code']).toBe('user.admin_only')
    const { id } = await join({}, hr)
    expect((await crm.call('POST', `/users/${id}/disable`, hr)).status).toBe(200)
  })
})

describe('people are listed', () => {
  test('by name and by team, and read by all, changed by admins', async () => {
    const { body: team } = await crm.call('POST', '/teams', { body: { name: 'Listed' } })
    const [zoe, amy] = [await join({ name: 'Zoe', teamId: team['id'] }), await join({ name: 'Amy', teamId: team['id'] })]
    const items = async (query: string, as = 'viewer') =>
      (await crm.call('GET', `/users${query}`, { as })).body['items'].map((one: { id: string }) => one.id)
    expect(await items(`?teamId=${team['id']}`)).toEqual([amy['id'], zoe['id']])
    expect(await items(`?teamId=${team['id']}&name=z`)).toEqual([zoe['id']])
    expect(await items('?name=zo', 'sales')).toEqual([zoe['id']])
    expect((await crm.call('GET', '/users?email=x')).status).toBe(400)
    for (const as of ['sales', 'service', 'viewer', 'manager', 'integration']) {
      expect((await crm.call('GET', `/users/${zoe['id']}`, { as })).status).toBe(200)
      expect((await crm.call('POST', '/users', { as, body: person() })).status).toBe(403)
      expect((await crm.call('POST', `/users/${zoe['id']}/disable`, { as })).status).toBe(403)
    }
  })
})
