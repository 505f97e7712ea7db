import { beforeAll, describe, expect, test } from 'vitest'
import { startCrm, type Crm } from '../support/crm.ts'

const DEFAULT = 'pip_00000000000000000000'
const stage = (name: string, more: object = {}) => ({ name, label: name, probability: 0.5, requiredFields: [], ...more })

let crm: Crm
let customerId: string
beforeAll(async () => {
  crm = await startCrm()
  customerId = (await crm.call('POST', '/customers', { body: { name: 'Loom & Co' } })).body['id']
})

async function define(name: string, stages: object[] = [stage('one'), stage('two')]): Promise<string> {
  const { status, body } = await crm.call('POST', '/pipelines', { body: { name, stages } })
  expect(status, JSON.stringify(body)).toBe(201)
  return body['id']
}
const openDeal = (body: object) => crm.call('POST', `/customers/${customerId}/deals`, { body: { name: 'Deal', ...body } })

describe('a pipeline', () => {
  test('is there before anyone has defined one, and can be changed in place', async () => {
    const shown = await crm.call('GET', `/pipelines/${DEFAULT}`)
    expect(shown.status).toBe(200)
    expect(shown.headers['etag']).toBe('"0"')
    const changed = await crm.call('PATCH', `/pipelines/${DEFAULT}`, { body: { name: 'Our sales' }, ifMatch: 0 })
    expect(changed.status, JSON.stringify(changed.body)).toBe(200)
    expect(changed.body).toMatchObject({ id: DEFAULT, name: 'Our sales', version: 1, stages: shown.body['stages'] })
    const again = await crm.call('PATCH', `/pipelines/${DEFAULT}`, { body: { name: 'Mine' }, ifMatch: 0 })
    expect(again.status).toBe(412)
    expect((await crm.call('GET', '/pipelines')).body['items'].filter((one: { id: string }) => one.id === DEFAULT)).toHaveLength(1)
    const bin = await crm.call('DELETE', `/pipelines/${DEFAULT}`, { ifMatch: 1 })
    expect([bin.status, bin.body['code']]).toEqual([409, 'pipeline.is_default'])
  })

  test('is defined once under an idempotency key', async () => {
    const body = { name: 'Renewals', stages: [stage('notice')] }
    const first = await crm.call('POST', '/pipelines', { body, key: 'pip-1' })
    const again = await crm.call('POST', '/pipelines', { body, key: 'pip-1' })
    expect([first.status, again.status, again.headers['idempotent-replayed']]).toEqual([201, 201, 'true'])
    expect(again.body).toEqual(first.body)
  })

  test('names every fault of its stages at once', async () => {
    const bad = [
      stage('One'),
      stage('two', { probability: 1.2 }),
      stage('three', { requiredFields: ['colour'] }),
      stage('four', { staleDays: 0 }),
    ]
    const { status, body } = await crm.call('POST', '/pipelines', { body: { name: 'x', stages: bad } })
    expect(status).toBe(400)
    const paths = new Set(body['errors'].map((one: { path: string }) => one.path))
    expect(paths).toEqual(new Set(['stages.0.name', 'stages.1.probability', 'stages.2.requiredFields.0', 'stages.3.staleDays']))
    const twice = await crm.call('POST', '/pipelines', { body: { name: 'x', stages: [stage('one'), stage('one')] } })
    expect([twice.status, twice.body['code']]).toEqual([400, 'pipeline.stage_twice'])
  })

  test('keeps the stages that open deals are in, and is not deleted under them', async () => {
    const id = await define('Projects', [stage('one'), stage('two'), stage('three')])
    const deal = await openDeal({ pipelineId: id, stage: 'two' })
    expect(deal.status, JSON.stringify(deal.body)).toBe(201)
    const refused = await crm.call('PATCH', `/pipelines/${id}`, { body: { stages: [stage('three')] }, ifMatch: 1 })
    expect([refused.status, refused.body['code'], refused.body['stages']]).toEqual([409, 'pipeline.stage_in_use', ['two']])
    expect((await crm.call('DELETE', `/pipelines/${id}`, { ifMatch: 1 })).body['code']).toBe('pipeline.in_use')
    const fine = await crm.call('PATCH', `/pipelines/${id}`, { body: { stages: [stage('two'), stage('four')] }, ifMatch: 1 })
    expect(fine.status).toBe(200)
    await crm.call('POST', `/deals/${deal.body['id']}/lose`, { body: { reason: 'price' } })
    expect((await crm.call('DELETE', `/pipelines/${id}`, { ifMatch: 2 })).status).toBe(204)
    expect((await openDeal({ pipelineId: id })).status).toBe(400)
    expect((await crm.call('GET', `/pipelines/${id}`)).status).toBe(404)
    expect((await crm.call('POST', `/pipelines/${id}/restore`)).status).toBe(200)
    expect((await crm.call('POST', `/pipelines/${id}/restore`)).body['code']).toBe('pipeline.not_deleted')
  })

  test('costs one query of one row for each stage that goes', async () => {
    const id = await define('Cheap', [stage('one'), stage('two')])
    crm.spent.length = 0
    await crm.call('PATCH', `/pipelines/${id}`, { body: { stages: [stage('two')] }, ifMatch: 1 })
    expect(crm.spent.map((one) => one.call)).toEqual(['GetItem', 'Query', 'PutItem'])
  })

  test('is listed by name in pages, with only the fields asked for', async () => {
    const names: string[] = []
    let path = '/pipelines?limit=2&fields=name'
    for (;;) {
      const { status, body } = await crm.call('GET', path)
      expect(status).toBe(200)
      expect(Object.keys(body['items'][0]).sort()).toEqual(['id', 'name'])
      names.push(...body['items'].map((one: { name: string }) => one.name))
      if (!body['nextCursor']) break
      path = `/pipelines?limit=2&fields=name&cursor=${body['nextCursor']}`
    }
    expect(names).toEqual([...names].sort())
    expect(new Set(names).size).toBe(names.length)
    expect(names).toContain('Our sales')
    expect((await crm.call('GET', '/pipelines?cursor=abc.def')).status).toBe(400)
  })

  test('is read by sales and viewers, changed by managers and admins', async () => {
    const id = await define('Guarded')
    for (const as of ['sales', 'viewer', 'manager', 'integration'])
      expect((await crm.call('GET', `/pipelines/${id}`, { as })).status).toBe(200)
    expect((await crm.call('GET', `/pipelines/${id}`, { as: 'service' })).status).toBe(403)
    for (const as of ['sales', 'viewer', 'service', 'integration']) {
      expect((await crm.call('PATCH', `/pipelines/${id}`, { as, body: { name: 'No' }, ifMatch: 1 })).status).toBe(403)
    }
    expect((await crm.call('PATCH', `/pipelines/${id}`, { as: 'manager', body: { name: 'Yes' }, ifMatch: 1 })).status).toBe(200)
  })
})
