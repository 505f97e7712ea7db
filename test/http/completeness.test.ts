import { beforeAll, describe, expect, test } from 'vitest'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'
import { replay, runJob, settle } from '../support/stream.ts'

let crm: Crm
beforeAll(async () => {
  crm = await startCrm()
})

const call = (method: string, path: string, body?: Record<string, unknown>, as = 'admin') =>
  crm.call(method, path, { as, ...(body && { body }) })
async function good(reply: Promise<Reply>, status = 200): Promise<Reply['body']> {
  const { status: is, body } = await reply
  expect(is, JSON.stringify(body)).toBe(status)
  return body
}
const open = (body: Record<string, unknown>, as = 'admin') => good(call('POST', '/customers', body, as), 201)
const change = (id: string, version: number, body: Record<string, unknown>) =>
  good(crm.call('PATCH', `/customers/${id}`, { as: 'admin', ifMatch: version, body }))
const toFix = async (query = '', as = 'admin') => (await good(call('GET', `/customers/to-fix${query}`, undefined, as)))['items']

/** Everything that counts for a person by the product's own weights, but an account manager. */
const whole = (n: number) => ({
  name: `Whole ${n}`,
  givenName: 'Whole',
  familyName: String(n),
  emails: [{ address: `whole${n}@mail.internal` }],
  phones: [{ number: `+4420794600${String(n).padStart(2, '0')}` }],
  addresses: [{ street: '1 High St', country: 'GB' }],
  birthday: '1980-01-01',
  language: 'en',
  preferredChannel: 'email',
  country: 'GB',
  source: 'fair',
})

describe('how complete a file is', () => {
  test('is the share of weights that is there, and says what is missing by what it counts', async () => {
    const { id } = await open({ name: 'Half', emails: [{ address: 'half@mail.internal' }], birthday: '1980-01-01' })
    const shown = await good(call('GET', `/customers/${id}/completeness`))
    expect(shown).toMatchObject({ customerId: id, score: 30, toFix: true, line: 60, invalid: [] })
    expect(shown['missing']).toEqual([
      'phones',
      'addresses',
      'ownerId',
      'country',
      'familyName',
      'givenName',
      'language',
      'preferredChannel',
      'source',
    ])
    const done = await open(whole(1))
    expect(await good(call('GET', `/customers/${done['id']}/completeness`))).toMatchObject({
      score: 90,
      missing: ['ownerId'],
      toFix: false,
    })
  })

  test('names values that cannot be right', async () => {
    const { id } = await open({
      ...whole(2),
      name: 'Test',
      birthday: '2027-01-01',
      phones: [{ number: '+442000000000' }],
      emails: [{ address: 'x@none.com' }],
    })
    const { invalid, toFix: listed } = await good(call('GET', `/customers/${id}/completeness`))
    expect(invalid.map((one: { field: string }) => one.field)).toEqual(['name', 'birthday', 'emails', 'phones'])
    expect(listed).toBe(true)
  })
})

describe('the list of files to mend', () => {
  test('has the least complete first, follows the files, and writes nothing where nothing changes', async () => {
    const bare = await open({ name: 'Bare' })
    const some = await open({ name: 'Some', emails: [{ address: 'some@mail.internal' }] })
    const done = await open(whole(3))
    await settle(crm)
    const ids = async () => (await toFix()).map((one: { customerId: string }) => one.customerId)
    const all = await ids()
    expect(all).toContain(bare['id'])
    expect(all.indexOf(bare['id'])).toBeLessThan(all.indexOf(some['id']))
    expect(all).not.toContain(done['id'])

    const itemOf = () => crm.table.get({ pk: `customer#${String(some['id']).slice(4)}`, sk: 'completeness' })
    const before = await itemOf()
    await change(some['id'], 1, { notes: 'Says nothing of what counts' })
    crm.spent.length = 0
    await settle(crm)
    expect(await itemOf()).toEqual(before)
    await change(some['id'], 2, { ...whole(4), emails: [{ address: 'some@mail.internal' }], phones: [{ number: '+442079460099' }] })
    await settle(crm)
    await replay(crm)
    expect(await ids()).not.toContain(some['id'])
    expect(await itemOf()).toBeUndefined()
    await good(crm.call('DELETE', `/customers/${bare['id']}`, { as: 'admin', ifMatch: 1 }), 204)
    await settle(crm)
    expect(await ids()).not.toContain(bare['id'])
  })

  test('is everybody’s, an account manager’s, or one’s own', async () => {
    const mine = await open({ name: 'Mine' }, 'sales')
    await settle(crm)
    expect((await toFix('', 'sales')).map((one: { customerId: string }) => one.customerId)).toEqual([mine['id']])
    expect(await toFix('?ownerId=usr_sales000000000000000')).toMatchObject([
      { customerId: mine['id'], name: 'Mine', ownerId: 'usr_sales000000000000000' },
    ])
    expect((await call('GET', '/customers/to-fix?ownerId=usr_other000000000000000', undefined, 'sales')).status).toBe(403)
  })

  test('goes by the workspace’s own weights and line, from the next scan on for files that do not change', async () => {
    const one = await open({ ...whole(5), industry: undefined })
    await settle(crm)
    const { version } = await good(call('GET', '/workspace'))
    const completeness = { weights: { notes: 30, emails: 10 }, line: 50 }
    await good(crm.call('PATCH', '/workspace', { as: 'admin', ifMatch: version, body: { completeness } }))
    crm.forget()
    expect(await good(call('GET', `/customers/${one['id']}/completeness`))).toMatchObject({ score: 25, missing: ['notes'], line: 50 })
    await good(call('POST', '/duplicates/scan', {}))
    crm.forget()
    await runJob(crm, 'duplicates')
    expect((await toFix('?limit=100')).map((row: { customerId: string }) => row.customerId)).toContain(one['id'])
  })
})
