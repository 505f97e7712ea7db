import { beforeAll, describe, expect, test } from 'vitest'
import { startCrm, type Crm } from '../support/crm.ts'

let crm: Crm
beforeAll(async () => {
  crm = await startCrm()
})

const MINE = 'usr_sales000000000000000'
const leads = { kind: 'customers', name: 'My leads', filters: { ownerId: MINE, lifecycle: 'lead' }, columns: ['name', 'phones'] }
const save = (body: object, as = 'admin') => crm.call('POST', '/views', { body, as })
const names = async (as: string, query = ''): Promise<string[]> =>
  (await crm.call('GET', `/views${query}`, { as })).body['items'].map((one: { name: string }) => one.name)

describe('a saved view', () => {
  test('is its owner’s until it is shared, and changed by them alone', async () => {
    const made = await save({ ...leads, order: 'name' }, 'sales')
    expect(made, JSON.stringify(made.body)).toMatchObject({
      status: 201,
      body: { ...leads, order: 'name', shared: 'me', ownerId: MINE, version: 1 },
    })
    const path = `/views/${made.body['id']}`
    const other = 'usr_other000000000000000:sales'
    expect(await names('sales')).toEqual(['My leads'])
    expect(await names(other)).toEqual([])
    expect((await crm.call('GET', path, { as: other })).status).toBe(404)
    const shared = await crm.call('PATCH', path, { body: { shared: 'workspace', order: null }, ifMatch: 1, as: 'sales' })
    expect(shared.body).toMatchObject({ shared: 'workspace', version: 2 })
    expect(shared.body['order']).toBeUndefined()
    expect(await names(other)).toEqual(['My leads'])
    expect((await crm.call('GET', path, { as: other })).status).toBe(200)
    expect((await crm.call('PATCH', path, { body: { name: 'Ours' }, ifMatch: 2, as: other })).body['code']).toBe('view.not_yours')
    expect((await crm.call('PATCH', path, { body: { name: 'Ours' }, ifMatch: 1, as: 'sales' })).status).toBe(412)
    expect((await crm.call('PATCH', path, { body: { filters: { colour: 'red' } }, ifMatch: 2, as: 'sales' })).status).toBe(400)
    expect(await names('sales', '?kind=deals')).toEqual([])
    expect((await crm.call('DELETE', path, { ifMatch: 2, as: 'sales' })).status).toBe(204)
    expect(await names(other)).toEqual([])
  })

  test('is shared with a team, and no other', async () => {
    const make = async (name: string) => (await crm.call('POST', '/teams', { body: { name } })).body['id']
    const [north, south] = [await make('North'), await make('South')]
    const person = async (name: string, teamId: string) => {
      const body = { name, email: `${name}@example.com`, roles: ['sales'], teamId }
      const made = await crm.call('POST', '/users', { body })
      expect(made.status, JSON.stringify(made.body)).toBe(201)
      return `${made.body['id']}:sales`
    }
    const [ann, ben, cat] = [await person('ann', north), await person('ben', north), await person('cat', south)]
    expect(
      (await save({ kind: 'tickets', name: 'Hot', filters: { priority: 'urgent' }, columns: ['subject'], shared: 'team' }, ann)).status,
    ).toBe(201)
    expect(await names(ben)).toEqual(['Hot'])
    expect(await names(cat)).toEqual([])
    expect((await save({ ...leads, shared: 'team' })).body['code']).toBe('view.no_team')
  })

  test('can be what its list can be, and nothing else', async () => {
    const cases: [object, string][] = [
      [{ ...leads, filters: { colour: 'red' } }, 'filters.colour The list can be filtered by name, ownerId, lifecycle, deleted.'],
      [{ ...leads, filters: { lifecycle: 'lead' } }, 'filters.lifecycle lifecycle filters together with ownerId.'],
      [{ ...leads, filters: { lifecycle: 'nonsense', ownerId: MINE } }, 'filters.lifecycle '],
      [{ ...leads, columns: ['name', 'notes'] }, 'columns A customer list has no notes; it has id, kind, name'],
      [{ ...leads, columns: ['name', 'name'] }, 'columns.1 Given twice.'],
      [{ ...leads, order: 'createdAt' }, 'order customers are listed by name.'],
      [{ ...leads, filters: { limit: '5' } }, 'filters.limit A view says'],
      [{ kind: 'deals', name: 'X', filters: { stage: 'won', ownerId: MINE }, columns: ['name'] }, 'filters.stage People’s own deals'],
      [{ kind: 'tickets', name: 'X', filters: { state: 'lost' }, columns: ['subject'] }, 'filters.state '],
    ]
    for (const [body, said] of cases) {
      const reply = await save(body)
      expect(reply.status, said).toBe(400)
      const told = (reply.body['errors'] as { path: string; message: string }[]).map(({ path, message }) => `${path} ${message}`)
      expect(told[0]?.startsWith(said), `${told[0]} is not ${said}`).toBe(true)
    }
    expect((await save(leads, 'viewer')).status).toBe(403)
    expect((await save({ kind: 'deals', name: 'Deals', columns: ['name'] }, 'service')).status).toBe(403)
    expect((await save({ kind: 'tasks', name: 'Mine', columns: ['title'] }, 'service')).status).toBe(201)
  })
})
