import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startCrm, type Crm } from '../support/crm.ts'

let crm: Crm
beforeAll(async () => {
  crm = await startCrm()
  // The first call of an instance also reads the caller and the settings, kept for half a minute.
  await crm.call('POST', '/customers', { body: { name: 'First' } })
})
beforeEach(() => void (crm.spent.length = 0))

const ada = (n: number | string) => ({
  name: `Ada Lovelace ${n}`,
  emails: [{ address: `ada${n}@Example.com`, primary: true }],
  phones: [{ number: `+4420794600${String(n).padStart(2, '0')}` }],
})

describe('a customer file', () => {
  test('is opened with 8 write units, two identities and an idempotency key, and replayed under the same key', async () => {
    const first = await crm.call('POST', '/customers', { body: ada(1), key: 'open-1' })
    expect(first.status, JSON.stringify(first.body)).toBe(201)
    expect(first.headers['location']).toBe(`/v1/customers/${first.body['id']}`)
    expect(first.body['emails'][0].address).toBe('ada1@example.com')
    expect(crm.spent.map((one) => one.call)).toEqual(['TransactWriteItems'])
    expect(crm.spent[0]?.writeUnits).toBeGreaterThanOrEqual(8)
    const again = await crm.call('POST', '/customers', { body: ada(1), key: 'open-1' })
    expect(again.headers['idempotent-replayed']).toBe('true')
    expect(again.body).toEqual(first.body)
    const other = await crm.call('POST', '/customers', { body: ada(2), key: 'open-1' })
    expect(other.status).toBe(422)
  })

  test('is refused with the id of the customer who has the email', async () => {
    const first = await crm.call('POST', '/customers', { body: ada(3) })
    const second = await crm.call('POST', '/customers', { body: { ...ada(4), emails: ada(3).emails } })
    expect(second.status).toBe(409)
    expect(second.body['existingId']).toBe(first.body['id'])
  })

  test('is read in one read of one unit and changed in one write without a read', async () => {
    const { body } = await crm.call('POST', '/customers', { body: ada(5) })
    crm.spent.length = 0
    const got = await crm.call('GET', `/customers/${body['id']}`)
    expect(got.status).toBe(200)
    expect(crm.spent).toEqual([{ call: 'GetItem', readUnits: 1, writeUnits: 0 }])
    crm.spent.length = 0
    const changed = await crm.call('PATCH', `/customers/${body['id']}`, { body: { notes: 'Likes engines' }, ifMatch: 1 })
    expect(changed.status, JSON.stringify(changed.body)).toBe(200)
    expect(changed.headers['etag']).toBe('"2"')
    expect(crm.spent).toEqual([{ call: 'UpdateItem', readUnits: 0, writeUnits: 1 }])
    const stale = await crm.call('PATCH', `/customers/${body['id']}`, { body: { notes: 'No' }, ifMatch: 1 })
    expect(stale.status).toBe(412)
    expect(stale.body['conflicts']).toEqual([{ field: 'notes', yours: 'No', theirs: 'Likes engines' }])
  })

  test('goes to the bin, frees its identities and comes back', async () => {
    const { body } = await crm.call('POST', '/customers', { body: ada(6) })
    const gone = await crm.call('DELETE', `/customers/${body['id']}`, { ifMatch: 1 })
    expect(gone.status).toBe(204)
    expect((await crm.call('GET', `/customers/${body['id']}`)).status).toBe(404)
    const heir = await crm.call('POST', '/customers', { body: ada(6) })
    expect(heir.status).toBe(201)
    expect((await crm.call('POST', `/customers/${body['id']}/restore`)).status).toBe(409)
    const bin = await crm.call('GET', '/customers?deleted=true')
    expect(bin.body['items'].map((one: { id: string }) => one.id)).toContain(body['id'])
  })

  test('is listed by name, page after page, with no row twice', async () => {
    const seen: string[] = []
    let path = '/customers?limit=2&fields=name'
    for (let pages = 0; pages < 20; pages++) {
      const { body, status } = await crm.call('GET', path)
      expect(status, JSON.stringify(body)).toBe(200)
      seen.push(...body['items'].map((one: { name: string }) => one.name))
      if (!body['nextCursor']) break
      path = `/customers?limit=2&fields=name&cursor=${body['nextCursor']}`
    }
    expect(seen).toEqual([...seen].sort())
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.length).toBeGreaterThan(4)
    expect((await crm.call('GET', '/customers?limit=2&name=ada&cursor=' + path.split('cursor=')[1])).status).toBe(400)
  })

  test('is invisible to a sales person of another team', async () => {
    const { body } = await crm.call('POST', '/customers', { body: ada(7) })
    expect((await crm.call('GET', `/customers/${body['id']}`, { as: 'usr_00000000000000000009:sales' })).status).toBe(404)
    const own = await crm.call('POST', '/customers', { as: 'sales', body: ada(8) })
    expect(own.status, JSON.stringify(own.body)).toBe(201)
    expect((await crm.call('GET', `/customers/${own.body['id']}`, { as: 'sales' })).status).toBe(200)
    expect((await crm.call('GET', '/customers', { as: 'sales' })).body['items']).toHaveLength(1)
  })

  test('names every fault of a bad input at once', async () => {
    const { status, body } = await crm.call('POST', '/customers', {
      body: { name: 'x\u0007', emails: [{ address: 'no' }], birthday: '2026-02-30', color: 'red' },
    })
    expect(status).toBe(400)
    expect(body['errors'].map((one: { path: string }) => one.path).sort()).toEqual(['birthday', 'color', 'emails.0.address', 'name'])
  })
})
