import { beforeAll, describe, expect, test } from 'vitest'
import { startCrm, type Crm } from '../support/crm.ts'

let crm: Crm
beforeAll(async () => void (crm = await startCrm()))

async function form(name: string): Promise<string> {
  const { status, body } = await crm.call('POST', '/teams', { body: { name } })
  expect(status, JSON.stringify(body)).toBe(201)
  return body['id']
}
let count = 0
async function join(teamId: string, roles = ['sales']): Promise<string> {
  const { status, body } = await crm.call('POST', '/users', {
    body: { name: `Person ${String(++count).padStart(3, '0')}`, email: `person${count}@example.com`, roles, teamId },
  })
  expect(status, JSON.stringify(body)).toBe(201)
  return body['id']
}

describe('a team', () => {
  test('is formed once under an idempotency key, changed with its ETag, and led by someone known', async () => {
    const first = await crm.call('POST', '/teams', { body: { name: 'South' }, key: 'tea-1' })
    const again = await crm.call('POST', '/teams', { body: { name: 'South' }, key: 'tea-1' })
    expect([first.status, again.headers['idempotent-replayed'], again.body['id']]).toEqual([201, 'true', first.body['id']])
    const path = `/teams/${first.body['id']}`
    const leadId = await join(first.body['id'])
    expect((await crm.call('PATCH', path, { body: { leadId }, ifMatch: 1 })).body).toMatchObject({ leadId, version: 2 })
    expect((await crm.call('PATCH', path, { body: { name: 'x' }, ifMatch: 1 })).status).toBe(412)
    expect((await crm.call('PATCH', path, { body: { leadId: 'usr_99999999999999999999' }, ifMatch: 2 })).body['code']).toBe('user.unknown')
    expect((await crm.call('PATCH', path, { body: { leadId: null }, ifMatch: 2 })).body).not.toHaveProperty('leadId')
    expect((await crm.call('POST', '/teams', { body: { name: '', colour: 1 } })).body['errors']).toHaveLength(2)
  })

  test('has members, who keep it from being deleted', async () => {
    const id = await form('North')
    const [one, two] = [await join(id), await join(id)]
    const members = await crm.call('GET', `/teams/${id}/members?limit=1&fields=name`)
    expect(members.body['items'].map((person: { id: string }) => person.id)).toEqual([one])
    const more = await crm.call('GET', `/teams/${id}/members?limit=1&fields=name&cursor=${members.body['nextCursor']}`)
    expect(more.body['items'].map((person: { id: string }) => person.id)).toEqual([two])
    expect((await crm.call('DELETE', `/teams/${id}`, { ifMatch: 1 })).body['code']).toBe('team.has_members')
    for (const person of [one, two]) await crm.call('PATCH', `/users/${person}`, { body: { teamId: null }, ifMatch: 1 })
    expect((await crm.call('DELETE', `/teams/${id}`, { ifMatch: 1 })).status).toBe(204)
    expect((await crm.call('GET', `/teams/${id}/members`)).status).toBe(404)
    expect((await crm.call('GET', '/teams?deleted=true')).body['items'].map((team: { id: string }) => team.id)).toEqual([id])
    expect((await crm.call('PATCH', `/users/${one}`, { body: { teamId: id }, ifMatch: 2 })).body['errors']).toMatchObject([
      { path: 'teamId', code: 'team.unknown' },
    ])
    expect((await crm.call('POST', `/teams/${id}/restore`)).status).toBe(200)
    expect((await crm.call('POST', `/teams/${id}/restore`)).body['code']).toBe('team.not_deleted')
  })

  test('sees its members’ customers, at once on the instance that changed it', async () => {
    const id = await form('East')
    const [ada, bob] = [await join(id), await join(id)]
    const { body: file } = await crm.call('POST', '/customers', { as: `${ada}:sales`, body: { name: 'East & Co' } })
    expect((await crm.call('GET', `/customers/${file['id']}`, { as: `${bob}:sales` })).status).toBe(200)
    const eve = await join(id)
    expect((await crm.call('GET', '/me', { as: `${ada}:sales` })).body['team']).toEqual([ada, bob, eve])
    await crm.call('PATCH', `/users/${bob}`, { body: { teamId: null }, ifMatch: 1 })
    expect((await crm.call('GET', '/me', { as: `${ada}:sales` })).body['team']).toEqual([ada, eve])
    expect((await crm.call('GET', `/customers/${file['id']}`, { as: `${bob}:sales` })).status).toBe(404)
  })

  test('takes fifty people', async () => {
    const id = await form('Crowd')
    for (let i = 0; i < 50; i++) await join(id)
    const refused = await crm.call('POST', '/users', {
      body: { name: 'One more', email: 'more@example.com', roles: ['sales'], teamId: id },
    })
    expect([refused.status, refused.body['code']]).toEqual([409, 'team.full'])
  })

  test('is listed by name and read by all, changed by admins', async () => {
    const names: string[] = (await crm.call('GET', '/teams')).body['items'].map((team: { name: string }) => team.name)
    expect(names).toEqual(names.toSorted((a, b) => (a < b ? -1 : 1)))
    const { body } = await crm.call('GET', '/teams?name=cr&fields=name')
    expect(body['items'].map((team: { name: string }) => team.name)).toEqual(['Crowd'])
    const path = `/teams/${body['items'][0].id}`
    for (const as of ['sales', 'service', 'viewer', 'manager']) {
      expect((await crm.call('GET', path, { as })).status).toBe(200)
      expect((await crm.call('PATCH', path, { as, body: { name: 'x' }, ifMatch: 1 })).status).toBe(403)
      expect((await crm.call('POST', '/teams', { as, body: { name: 'x' } })).status).toBe(403)
    }
  })
})
