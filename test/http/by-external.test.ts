import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startCrm, type Crm } from '../support/crm.ts'

/** Deals, tickets and contacts as another system names them. */
let crm: Crm
let customerId: string
let companyId: string
beforeAll(async () => {
  crm = await startCrm()
  customerId = await file('person', 'P1')
  companyId = await file('company', 'C1')
})
beforeEach(() => void (crm.spent.length = 0))

async function file(kind: 'person' | 'company', name: string): Promise<string> {
  const { body } = await put(`/customers/by/erp/${name}`, { kind, name })
  return String(body['id'])
}
const put = (path: string, body: object, more: object = {}) => crm.call('PUT', path, { as: 'admin', body, ...more })
const calls = () => crm.spent.map(({ call }) => call)

const kinds = [
  [
    'deals',
    { name: 'Loom', customer: { system: 'erp', id: 'P1' }, lines: [{ name: 'Loom', quantity: 2, unitAmount: 50 }], currency: 'EUR' },
  ],
  ['tickets', { subject: 'It stops', customer: { system: 'erp', id: 'P1' }, priority: 'high' }],
  ['contacts', { company: { system: 'erp', id: 'C1' }, person: { system: 'erp', id: 'P1' }, role: 'buyer' }],
] as const

describe.each(kinds)('%s by an id in another system', (kind, body) => {
  const path = `/${kind}/by/erp/X-${kind}`

  test('are opened once, however many say so at once, and left alone when nothing differs', async () => {
    const replies = await Promise.all(Array.from({ length: 8 }, () => put(path, body)))
    expect(
      replies.map(({ status }) => status).sort((a, b) => a - b),
      JSON.stringify(replies[0]?.body),
    ).toEqual([...Array.from({ length: 7 }, () => 200), 201])
    expect(new Set(replies.map((one) => one.body['id'])).size).toBe(1)
    const [first] = replies
    expect(first?.body).toMatchObject({ externalIds: [{ system: 'erp', id: `X-${kind}` }], version: 1 })
    crm.spent.length = 0
    expect((await put(path, body)).body).toEqual(first?.body)
    expect(calls().filter((call) => !call.includes('Get'))).toEqual([])
  })

  test('are refused for another customer, unknown ones, and who may not see them', async () => {
    const wrong = kind === 'contacts' ? { person: { system: 'erp', id: 'nobody' } } : { customer: { system: 'erp', id: 'nobody' } }
    expect((await put(`/${kind}/by/erp/Y-${kind}`, { ...body, ...wrong })).body).toMatchObject({ status: 400, code: 'customer.unknown' })
    expect((await put(`/${kind}/by/erp/Y-${kind}`, {})).status).toBe(400)
    await file('person', 'P2')
    const other = kind === 'contacts' ? { person: { system: 'erp', id: 'P2' } } : { customer: { system: 'erp', id: 'P2' } }
    expect((await put(path, { ...body, ...other })).status).toBe(400)
    expect((await put(path, { ...body, colour: 'red' })).status).toBe(400)
    const hidden = await put(path, {}, { as: 'usr_other000000000000000:sales' })
    expect(hidden.status).toBe(404)
    expect(JSON.stringify(hidden.body)).not.toMatch(/(cus|dea|tic|con)_/)
  })

  test('go many in a call', async () => {
    const operations = [1, 2].map(() => ({
      method: 'PUT',
      path: `/${kind}/by/erp/B-${kind}`,
      body: { ...body, person: undefined, ...who(kind) },
    }))
    const { body: answer } = await crm.call('POST', '/bulk', { as: 'admin', body: { operations } })
    expect(
      answer['results'].map((one: { status: number }) => one.status),
      JSON.stringify(answer),
    ).toEqual([201, 200])
    expect(new Set(answer['results'].map((one: { id: string }) => one.id)).size).toBe(1)
  })
})

const who = (kind: string): object => (kind === 'contacts' ? { person: { system: 'erp', id: 'P2' } } : {})

describe('another system’s record', () => {
  test('a deal is changed by what differs, and its name is free once it is in the bin', async () => {
    const path = '/deals/by/shop/D1'
    const { body: made } = await put(path, { customerId, name: 'One', expectedClose: '2027-01-31', custom: { size: 'L' } })
    const changed = await put(path, { name: 'Two', expectedClose: null, custom: { size: 'L', colour: 'red' } })
    expect(changed).toMatchObject({ status: 200, body: { id: made['id'], name: 'Two', custom: { size: 'L', colour: 'red' }, version: 2 } })
    expect(changed.body['expectedClose']).toBeUndefined()
    expect((await put(path, { name: 'Three' }, { ifMatch: 1 })).status).toBe(412)
    const both = await put(path, { externalIds: [{ system: 'crm', id: '7' }] })
    expect(both.body['externalIds']).toEqual([
      { system: 'crm', id: '7' },
      { system: 'shop', id: 'D1' },
    ])
    expect((await put('/deals/by/crm/7', { name: 'Two' })).body['id']).toBe(made['id'])
    expect((await put('/deals/by/shop/D2', { customerId, name: 'Other', externalIds: [{ system: 'crm', id: '7' }] })).body).toMatchObject({
      status: 409,
      code: 'deal.identity_taken',
      existingId: made['id'],
    })
    expect((await crm.call('DELETE', `/deals/${made['id']}`, { ifMatch: 3 })).status).toBe(204)
    const again = await put(path, { customerId, name: 'Anew' })
    expect(again.status).toBe(201)
    expect(again.body['id']).not.toBe(made['id'])
  })

  test('a contact who is there already gets the name too', async () => {
    const personId = await file('person', 'P3')
    const { body: made } = await crm.call('POST', `/customers/${companyId}/contacts`, { body: { personId, role: 'user', title: 'Weaver' } })
    const named = await put('/contacts/by/hr/7', { companyId, personId })
    expect(named).toMatchObject({
      status: 200,
      body: { id: made['id'], externalIds: [{ system: 'hr', id: '7' }], version: 2, role: 'user', title: 'Weaver' },
    })
    const both = await put('/contacts/by/payroll/70', { companyId, personId })
    expect(both.body).toMatchObject({ id: made['id'], externalIds: [{ id: '7' }, { id: '70' }], version: 3 })
    expect((await put('/contacts/by/hr/7', { role: 'influencer' })).body).toMatchObject({ role: 'influencer', version: 4 })
    expect((await crm.call('PATCH', `/contacts/${made['id']}`, { ifMatch: 4, body: { title: 'Head' } })).body).toMatchObject({
      title: 'Head',
      externalIds: [{ id: '7' }, { id: '70' }],
    })
  })

  test.each(kinds)('one of a file that was merged stays theirs: %s', async (kind, body) => {
    const [own, other] = [`M-${kind}`, `N-${kind}`]
    const isContact = kind === 'contacts'
    await file('person', own)
    const survivor = await file('person', other)
    const named = (name: string) => ({ [isContact ? 'person' : 'customer']: { system: 'erp', id: name } })
    const path = `/${kind}/by/erp/Z-${kind}`
    const { body: made } = await put(path, { ...body, ...named(own) })
    const absorbed = String(isContact ? made['personId'] : made['customerId'])
    await crm.call('POST', `/customers/${survivor}/merge`, { as: 'admin', body: { absorb: absorbed } })
    const id = isContact ? 'personId' : 'customerId'
    for (const whose of [named(own), named(other), { [id]: absorbed, ...(isContact ? { person: undefined } : { customer: undefined }) }]) {
      const again = await put(path, { ...body, ...whose })
      expect(again, JSON.stringify(again.body)).toMatchObject({ status: 200, body: { id: made['id'] } })
    }
  })

  test('with a version that is not the one there is refused, whether anything differs or not', async () => {
    for (const [kind, body] of kinds) {
      const path = `/${kind}/by/erp/V-${kind}`
      const who = kind === 'contacts' ? { person: { system: 'erp', id: 'V1' } } : {}
      await file('person', 'V1')
      const { body: made } = await put(path, { ...body, ...who })
      expect((await put(path, { ...body, ...who }, { ifMatch: made['version'] })).status, kind).toBe(200)
      expect(await put(path, { ...body, ...who }, { ifMatch: made['version'] + 1 }), kind).toMatchObject({
        status: 412,
        body: { code: `${kind.slice(0, -1)}.version_differs` },
      })
    }
  })
})
