import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startCrm, type Crm } from '../support/crm.ts'

let crm: Crm
let files = 0
beforeAll(async () => {
  crm = await startCrm()
  await file('person')
})
beforeEach(() => void (crm.spent.length = 0))

async function file(kind: 'person' | 'company', as = 'admin'): Promise<string> {
  const { body, status } = await crm.call('POST', '/customers', { as, body: { kind, name: `${kind} ${++files}` } })
  expect(status, JSON.stringify(body)).toBe(201)
  crm.spent.length = 0
  return body['id']
}
const add = (company: string, body: object, as = 'admin') => crm.call('POST', `/customers/${company}/contacts`, { body, as })
const contactsOf = async (company: string) => (await crm.call('GET', `/customers/${company}/contacts`)).body['items']

describe('a contact', () => {
  test('ties a person to a company, seen from both, in one read and 4 write units', async () => {
    const [company, person] = [await file('company'), await file('person')]
    const made = await add(company, { personId: person, role: 'buyer', title: 'Head of purchasing' })
    expect(made, JSON.stringify(made.body)).toMatchObject({ status: 201, body: { personId: person, role: 'buyer', primary: false } })
    expect(made.headers['location']).toBe(`/v1/contacts/${made.body['id']}`)
    expect(crm.spent.map((one) => [one.call, one.writeUnits])).toEqual([
      ['BatchGetItem', 0],
      ['TransactWriteItems', 4],
    ])
    expect(await contactsOf(company)).toMatchObject([{ personId: person, role: 'buyer', name: expect.stringContaining('person') }])
    expect((await crm.call('GET', `/customers/${person}/employers`)).body['items']).toMatchObject([
      { companyId: company, title: 'Head of purchasing', name: expect.stringContaining('company') },
    ])
    expect((await crm.call('GET', `/contacts/${made.body['id']}`)).body).toEqual(made.body)
  })

  test('named again is the same one, changed; told the same, nothing is written', async () => {
    const [company, person] = [await file('company'), await file('person')]
    const first = await add(company, { personId: person, role: 'user', title: 'Engineer' })
    const second = await add(company, { personId: person, role: 'decision_maker' })
    expect(second).toMatchObject({ status: 200, body: { id: first.body['id'], role: 'decision_maker', version: 2 } })
    expect(second.body['title']).toBeUndefined()
    crm.spent.length = 0
    expect((await add(company, { personId: person, role: 'decision_maker' })).body).toEqual(second.body)
    expect(crm.spent.map((one) => one.call)).toEqual(['BatchGetItem'])
  })

  test('is refused where companies and persons are mixed up or missing', async () => {
    const [company, person] = [await file('company'), await file('person')]
    expect((await add(person, { personId: person, role: 'user' })).body['code']).toBe('contact.not_a_company')
    expect((await add(company, { personId: company, role: 'user' })).body['code']).toBe('contact.not_a_person')
    expect((await add(company, { personId: 'cus_00000000000000000000', role: 'user' })).body['code']).toBe('contact.unknown_person')
    expect((await add('cus_00000000000000000000', { personId: person, role: 'user' })).status).toBe(404)
    expect((await add(company, { personId: person, role: 'boss' })).status).toBe(400)
    expect((await add(company, { personId: person, role: 'user' }, 'viewer')).status).toBe(403)
    expect(await contactsOf(company)).toEqual([])
  })

  test('is primary alone, however many are made so at once', async () => {
    const company = await file('company')
    const people = await Promise.all(Array.from({ length: 8 }, () => file('person')))
    const replies = await Promise.all(people.map((personId) => add(company, { personId, role: 'user', primary: true })))
    expect(replies.map((one) => one.status)).toEqual(people.map(() => 201))
    const primaries = (await contactsOf(company)).filter((one: { primary: boolean }) => one.primary)
    expect(primaries).toHaveLength(1)
    const gone = await crm.call('DELETE', `/contacts/${primaries[0].id}`, { ifMatch: primaries[0].version })
    expect(gone.status, JSON.stringify(gone.body)).toBe(204)
    expect((await contactsOf(company)).filter((one: { primary: boolean }) => one.primary)).toEqual([])
    expect((await add(company, { personId: people[0], role: 'buyer', primary: true })).body['primary']).toBe(true)
  })

  test('is changed and ended with If-Match, on both sides, and comes back under its id', async () => {
    const [company, person] = [await file('company'), await file('person')]
    const { body } = await add(company, { personId: person, role: 'user', title: 'Engineer', primary: true })
    const path = `/contacts/${body['id']}`
    expect((await crm.call('PATCH', path, { body: { role: 'buyer' } })).status).toBe(428)
    expect((await crm.call('PATCH', path, { body: { role: 'buyer' }, ifMatch: 9 })).status).toBe(412)
    const changed = await crm.call('PATCH', path, { body: { title: null, primary: false }, ifMatch: 1 })
    expect(changed, JSON.stringify(changed.body)).toMatchObject({ status: 200, body: { role: 'user', primary: false, version: 2 } })
    expect((await crm.call('GET', `/customers/${person}/employers`)).body['items'][0].title).toBeUndefined()
    expect((await crm.call('DELETE', path, { ifMatch: 2 })).status).toBe(204)
    expect((await crm.call('GET', path)).status).toBe(404)
    expect((await crm.call('GET', `/customers/${person}/employers`)).body['items']).toEqual([])
    expect(await add(company, { personId: person, role: 'other' })).toMatchObject({ status: 201, body: { id: body['id'], version: 4 } })
  })

  test('shows a name only to who may see its bearer', async () => {
    const [company, person] = [await file('company', 'sales'), await file('person')]
    await add(company, { personId: person, role: 'user' })
    const seen = await crm.call('GET', `/customers/${company}/contacts`, { as: 'sales' })
    expect(seen.body['items']).toMatchObject([{ personId: person }])
    expect(seen.body['items'][0].name).toBeUndefined()
    expect((await crm.call('GET', `/customers/${person}/employers`, { as: 'sales' })).status).toBe(404)
  })
})
