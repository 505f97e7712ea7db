import { beforeAll, describe, expect, test } from 'vitest'
import fc from '../support/property.ts'
import { Fault } from '../../domain/kernel/fault.ts'
import { objectIn } from '../../functions/body.ts'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'
import { settle } from '../support/stream.ts'

let crm: Crm
beforeAll(async () => {
  crm = await startCrm()
})

const issuesIn = (reply: Reply): { path: string; code: string; message: string }[] => reply.body['errors']
const refusalOf = (body: string): unknown => {
  try {
    return objectIn(body)
  } catch (error) {
    return error instanceof Fault ? error.facts.errors?.map(({ path, code }) => `${path} ${code}`) : error
  }
}

describe('a refusal says what is allowed', () => {
  test('an unknown filter is answered with those the list has, and not with what the path says', async () => {
    const reply = await crm.call('GET', '/customers/cus_00000000000000000000/deals?colour=red')
    expect(reply.status).toBe(400)
    expect(issuesIn(reply)).toEqual([
      { path: 'colour', code: 'unknown_field', message: 'There is no such field. There are: limit, cursor, fields.' },
    ])
  })

  test('an unknown field inside a list is answered with the fields of that very object', async () => {
    const reply = await crm.call('POST', '/customers', { body: { name: 'Ada', emails: [{ address: 'ada@example.com', main: true }] } })
    expect(issuesIn(reply)).toEqual([
      { path: 'emails.0.main', code: 'unknown_field', message: 'There is no such field. There are: address, label, primary.' },
    ])
  })

  test('fields a list does not show are all named', async () => {
    const reply = await crm.call('GET', '/customers?fields=name,height,weight')
    expect(issuesIn(reply)[0]?.message).toMatch(/^A customer list has no height, weight; it has id, kind, name, /)
  })

  test('what is missing is called so, whatever type it was to have', async () => {
    expect(issuesIn(await crm.call('POST', '/customers', { body: {} }))).toContainEqual({
      path: 'name',
      code: 'invalid_type',
      message: 'This is needed.',
    })
    expect(issuesIn(await crm.call('GET', '/customers?limit=many'))).toEqual([
      { path: 'limit', code: 'invalid_type', message: 'This is to be a number.' },
    ])
  })
})

describe('a body that readers would read differently', () => {
  test.each([
    ['{"name":"a","name":"b"}', ['name repeated']],
    ['{"name":"a","n\\u0061me":"b"}', ['name repeated']],
    ['{"emails":[{"address":"x"},{"address":"y","label":"a,{:\\"","label":"b"}]}', ['emails.1.label repeated']],
    ['{"a":{"b":{"c":1,"c":2},"b":1}}', ['a.b.c repeated', 'a.b repeated']],
    ['{"custom":{"__proto__":{"admin":true}}}', ['custom.__proto__ unknown_field']],
    ['{"custom":{"\\u005f_proto__":1}}', ['custom.__proto__ unknown_field']],
  ])('%s is refused with the place', (body, issues) => {
    expect(refusalOf(body)).toEqual(issues)
  })

  test('any object that is written once is read as it is, whatever its texts hold', () => {
    const texts = fc.oneof(fc.string(), fc.constantFrom('a:b', '"', '\\', '{"a":1}', ',', '[', '__proto__ '))
    const values = fc.letrec((tie) => ({
      any: fc.oneof({ maxDepth: 4 }, texts, fc.integer(), fc.boolean(), fc.constant(null), tie('list'), tie('object')),
      list: fc.array(tie('any'), { maxLength: 4 }),
      object: fc.dictionary(
        texts.filter((name) => name !== '__proto__'),
        tie('any'),
        { maxKeys: 4 },
      ),
    }))
    fc.assert(
      fc.property(values.object, fc.constantFrom(undefined, 2), (value, indent) => {
        expect(objectIn(JSON.stringify(value, null, indent))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  test('any field written twice is found', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.jsonValue({ maxDepth: 2 }),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), fc.integer()),
        (name, value, rest) => {
          const field = `${JSON.stringify(name)}:${JSON.stringify(value)}`
          const others = Object.entries(rest).filter(([other]) => other !== name)
          const body = `{${[field, ...others.map(([other, n]) => `${JSON.stringify(other)}:${n}`), field].join(',')}}`
          const refusal = refusalOf(body)
          expect(refusal).toBeInstanceOf(Array)
          expect(refusal).toContain(`${name} repeated`)
        },
      ),
    )
  })
})

describe('an id that names nobody', () => {
  test.each(['', ' ', 'usr_nobody'])('%j makes nobody responsible, wherever it is given', async (nobody) => {
    const made = async (path: string, body: object) => {
      const reply = await crm.call('POST', path, { body })
      expect(reply.status, JSON.stringify(reply.body)).toBe(201)
      return String(reply.body['id'])
    }
    const cus = await made('/customers', { name: 'Owned' })
    const tas = await made(`/customers/${cus}/tasks`, { title: 'Call', dueAt: '2026-12-01T09:00:00Z' })
    const dea = await made(`/customers/${cus}/deals`, { name: 'Loom', expectedClose: '2027-03-31' })
    const ser = await made(`/customers/${cus}/task-series`, { title: 'Visit', every: { n: 3, unit: 'months' }, start: '2026-12-01' })
    const tic = await made(`/customers/${cus}/tickets`, { subject: 'Belt', body: 'It stops.', channel: 'phone' })
    const tea = await made('/teams', { name: `South ${nobody.length}` })
    const tries: [string, string, object][] = [
      ['PATCH', `/tasks/${tas}`, { ownerId: nobody }],
      ['PATCH', `/deals/${dea}`, { ownerId: nobody }],
      ['PATCH', `/task-series/${ser}`, { ownerId: nobody }],
      ['PATCH', `/teams/${tea}`, { leadId: nobody }],
      ['POST', `/tickets/${tic}/assign`, { assigneeId: nobody }],
      ['POST', `/customers/${cus}/assign`, { ownerId: nobody }],
      ['POST', `/customers/${cus}/tasks`, { title: 'Call', dueAt: '2026-12-01T09:00:00Z', ownerId: nobody }],
      ['POST', `/customers/${cus}/deals`, { name: 'Loom', expectedClose: '2027-03-31', ownerId: nobody }],
    ]
    for (const [method, path, body] of tries) {
      const { status, body: answer } = await crm.call(method, path, { body, ...(method === 'PATCH' && { ifMatch: 1 }) })
      expect(`${method} ${path} ${status} ${String(answer['code'])}`).toBe(`${method} ${path} 400 user.unknown`)
    }
  })
})

describe('a change that comes too late', () => {
  test('is told its own, their and the original value of each field that differs, of one nobody else touched too', async () => {
    const made = await crm.call('POST', '/pipelines', {
      body: { name: 'Renewals', stages: [{ name: 'notice', label: 'Notice', probability: 0.5, requiredFields: [], staleDays: 20 }] },
    })
    expect(made.status, JSON.stringify(made.body)).toBe(201)
    const path = `/pipelines/${made.body['id']}`
    const stages = made.body['stages']
    await crm.call('PATCH', path, { body: { name: 'Renewals 2027' }, ifMatch: 1 })
    await settle(crm)
    const late = await crm.call('PATCH', path, { body: { name: 'Retention', stages: [{ ...stages[0], label: 'Given' }] }, ifMatch: 1 })
    expect(late.status).toBe(412)
    expect(late.body['conflicts']).toEqual([
      { field: 'name', yours: 'Retention', theirs: 'Renewals 2027', original: 'Renewals' },
      { field: 'stages', yours: [{ ...stages[0], label: 'Given' }], theirs: stages, original: stages },
    ])
  })

  test('is told no original that the log keeps private, and none of a version that was never there', async () => {
    const { body } = await crm.call('POST', '/customers', { body: { name: 'Ada Byron', tags: ['new'] } })
    const path = `/customers/${body['id']}`
    await crm.call('PATCH', path, { body: { name: 'Ada Lovelace' }, ifMatch: 1 })
    await settle(crm)
    const late = await crm.call('PATCH', path, { body: { name: 'Ada King', tags: ['vip'] }, ifMatch: 1 })
    expect(late.body['conflicts']).toEqual([
      { field: 'name', yours: 'Ada King', theirs: 'Ada Lovelace' },
      { field: 'tags', yours: ['vip'], theirs: ['new'], original: ['new'] },
    ])
    const never = await crm.call('PATCH', path, { body: { tags: ['vip'] }, ifMatch: 7 })
    expect(never.status).toBe(412)
    expect(never.body['conflicts']).toEqual([{ field: 'tags', yours: ['vip'], theirs: ['new'] }])
  })
})
