import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startCrm, type Crm } from '../support/crm.ts'

let crm: Crm
beforeAll(async () => {
  crm = await startCrm()
  await crm.call('POST', '/customers', { body: { name: 'First' } })
})
beforeEach(() => void (crm.spent.length = 0))

const put = (id: string, body: object, more: object = {}) =>
  crm.call('PUT', `/customers/by/erp/${id}`, { body, as: 'integration', ...more })

describe('a customer by their id in another system', () => {
  test('is opened, found, changed, and left alone when nothing differs', async () => {
    const made = await put('C1', { name: 'Ada', phones: [{ number: '+1 202 555 0143' }], custom: {} })
    expect(made, JSON.stringify(made.body)).toMatchObject({
      status: 201,
      body: { externalIds: [{ system: 'erp', id: 'C1' }], kind: 'person', version: 1 },
    })
    expect(made.headers['location']).toBe(`/v1/customers/${made.body['id']}`)
    expect((await crm.call('GET', '/customers/by/erp/C1')).body).toEqual(made.body)
    crm.spent.length = 0
    const same = await put('C1', { name: 'Ada', phones: [{ number: '+12025550143' }], custom: {}, occupation: null })
    expect(same).toMatchObject({ status: 200, body: made.body })
    expect(crm.spent.map((one) => one.call)).toEqual(['GetItem', 'GetItem'])
    const changed = await put('C1', { occupation: 'Analyst', externalIds: [{ system: 'shop', id: '9' }] })
    expect(changed, JSON.stringify(changed.body)).toMatchObject({ status: 200, body: { occupation: 'Analyst', name: 'Ada', version: 2 } })
    expect(changed.body['externalIds']).toEqual([
      { system: 'shop', id: '9' },
      { system: 'erp', id: 'C1' },
    ])
    expect((await put('C1', { occupation: 'x' }, { ifMatch: 1 })).status).toBe(412)
  })

  test('is opened once, however many say so at once', async () => {
    const replies = await Promise.all(Array.from({ length: 10 }, () => put('C2', { name: 'Grace' })))
    expect(replies.map((one) => one.status).sort((a, b) => a - b)).toEqual([...Array.from({ length: 9 }, () => 200), 201])
    expect(new Set(replies.map((one) => one.body['id'])).size).toBe(1)
  })

  test('is refused without a name, of another kind, with another’s email, and to who may not see them', async () => {
    expect((await put('C3', { occupation: 'x' })).body['code']).toBe('customer.needs_name')
    await put('C4', { name: 'Company', kind: 'company', emails: [{ address: 'c4@example.com' }] })
    expect((await put('C4', { kind: 'person' })).body['code']).toBe('customer.kind_stands')
    expect((await put('C4', { birthday: '2000-01-01' })).status).toBe(400)
    expect(await put('C5', { name: 'Other', emails: [{ address: 'c4@example.com' }] })).toMatchObject({
      status: 409,
      body: { code: 'customer.identity_taken' },
    })
    expect((await put('C5', { name: 'Other', colour: 'red' })).status).toBe(400)
    expect((await put('C5', { name: 'Other' }, { as: 'viewer' })).status).toBe(403)
    const hidden = await crm.call('GET', '/customers/by/erp/C4', { as: 'sales' })
    expect(hidden.status).toBe(404)
    expect(hidden.body['detail']).not.toMatch(/cus_/)
    expect((await crm.call('GET', '/customers/by/erp/C99')).status).toBe(404)
  })
})
