import { beforeAll, describe, expect, test } from 'vitest'
import { invoke } from '../../domain/kernel/invoke.ts'
import { age } from '../../domain/sales/deal/index.ts'
import { startCrm, type Asking, type Crm } from '../support/crm.ts'

let crm: Crm
let customerId: string
beforeAll(async () => {
  crm = await startCrm()
  await crm.call('PATCH', '/workspace', { body: { currency: 'CNY' }, ifMatch: 0 })
  customerId = (await crm.call('POST', '/customers', { body: { name: 'Loom & Co' } })).body['id']
})

const START = '2026-11-22T09:00:00.000Z'
const days = (n: number) => new Date(Date.parse(START) + n * 86_400_000).toISOString()

async function open(body: object = {}, asking: Asking = {}, customer = customerId) {
  const answer = await crm.call('POST', `/customers/${customer}/deals`, { body: { name: 'Loom line 2', ...body }, ...asking })
  expect(answer.status, JSON.stringify(answer.body)).toBe(201)
  return answer.body
}
const post = (id: string, verb: string, body: object = {}, asking: Asking = {}) =>
  crm.call('POST', `/deals/${id}/${verb}`, { body, ...asking })
const rows = async (query: string, as = 'admin') => {
  const answer = await crm.call('GET', `/deals${query}`, { as })
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  return answer.body['items'] as { id: string; name: string; stage: string; expectedClose?: string }[]
}

describe('a deal is opened', () => {
  test('in the first stage, valued by its lines to the minor unit, owned by who opened it', async () => {
    const lines = [
      { name: 'Loom', quantity: 2, unitAmount: 1_250_000, discountPercent: 5 },
      { sku: 'TH-1', name: 'Thread', quantity: 0.5, unitAmount: 333 },
    ]
    const deal = await open({ lines, buyingRoles: [{ customerId, role: 'approver' }] })
    expect(deal['lines'].map((one: { amount: number }) => one.amount)).toEqual([2_375_000, 167])
    expect(deal).toMatchObject({
      customerId,
      state: 'open',
      stage: 'qualification',
      probability: 0.1,
      value: { amount: 2_375_167, currency: 'CNY' },
      weighted: { amount: 237_517, currency: 'CNY' },
      ownerId: 'usr_admin000000000000000',
      version: 1,
    })
    expect(deal['stageLog']).toEqual([{ pipelineId: 'pip_00000000000000000000', stage: 'qualification', enteredAt: START }])
  })

  test('with one write, two with an idempotency key, and once under it', async () => {
    await open()
    crm.spent.length = 0
    await open()
    expect(crm.spent.map((one) => one.call)).toEqual(['GetItem', 'PutItem'])
    const first = await open({}, { key: 'deal-1' })
    const again = await crm.call('POST', `/customers/${customerId}/deals`, { body: { name: 'Loom line 2' }, key: 'deal-1' })
    expect(again.headers['idempotent-replayed']).toBe('true')
    expect(again.body).toEqual(first)
    expect((await crm.call('POST', `/customers/${customerId}/deals`, { body: { name: 'Another' }, key: 'deal-1' })).status).toBe(422)
  })

  test('not with a bad input, all faults named at once', async () => {
    const body = {
      name: '',
      value: { amount: -1, currency: 'cny' },
      probability: 0.33333,
      expectedClose: '2027-02-30',
      colour: 'red',
      lines: [{ name: 'Loom', quantity: 0, unitAmount: 1.5, discountPercent: 101 }],
    }
    const { status, body: problem } = await crm.call('POST', `/customers/${customerId}/deals`, { body })
    expect(status).toBe(400)
    expect(new Set(problem['errors'].map((one: { path: string }) => one.path))).toEqual(
      new Set([
        'colour',
        'expectedClose',
        'lines.0.discountPercent',
        'lines.0.quantity',
        'lines.0.unitAmount',
        'name',
        'probability',
        'value.amount',
        'value.currency',
      ]),
    )
  })

  test.each([
    [{ value: { amount: 1, currency: 'CNY' }, lines: [{ name: 'x', quantity: 1, unitAmount: 1 }] }, 'deal.value_computed'],
    [{ value: { amount: 1, currency: 'CNY' }, currency: 'EUR' }, 'deal.currency_differs'],
    [{ lines: [{ name: 'x', quantity: 1_000_000, unitAmount: 1e12 }] }, 'deal.value_too_large'],
    [{ pipelineId: 'pip_99999999999999999999' }, 'pipeline.unknown'],
    [{ stage: 'nowhere' }, 'stage.unknown'],
    [{ ownerId: 'usr_99999999999999999999' }, 'user.unknown'],
    [{ stage: 'proposal' }, 'deal.fields_missing'],
  ])('not with %j', async (body, code) => {
    const answer = await crm.call('POST', `/customers/${customerId}/deals`, { body: { name: 'No', ...body } })
    expect([answer.status, answer.body['code']]).toEqual([400, code])
  })

  test('not for a customer that is not there, nor with a stranger in the decision', async () => {
    const stranger = 'cus_99999999999999999999'
    expect((await crm.call('POST', `/customers/${stranger}/deals`, { body: { name: 'No' } })).status).toBe(404)
    const answer = await crm.call('POST', `/customers/${customerId}/deals`, {
      body: { name: 'No', buyingRoles: [{ customerId: stranger, role: 'user' }] },
    })
    expect(answer.body['errors']).toMatchObject([{ path: 'buyingRoles.0.customerId', code: 'customer.unknown' }])
    const { body: gone } = await crm.call('POST', '/customers', { body: { name: 'Gone' } })
    await crm.call('DELETE', `/customers/${gone['id']}`, { ifMatch: 1 })
    const late = await crm.call('POST', `/customers/${customerId}/deals`, {
      body: {
        name: 'No',
        buyingRoles: [
          { customerId, role: 'buyer' },
          { customerId: gone['id'], role: 'user' },
        ],
      },
    })
    expect(late.body['errors']).toMatchObject([{ path: 'buyingRoles.1.customerId', code: 'customer.unknown' }])
  })

  test('by a machine client it belongs to the customer’s account manager', async () => {
    const mine = await crm.call('POST', '/customers', { as: 'sales', body: { name: 'Mine' } })
    const deal = await open({}, { as: 'integration' }, mine.body['id'])
    expect(deal['ownerId']).toBe('usr_sales000000000000000')
  })
})

describe('a deal is changed', () => {
  test('and its value and weight follow', async () => {
    const deal = await open({ value: { amount: 1_000, currency: 'CNY' } })
    const judged = await crm.call('PATCH', `/deals/${deal['id']}`, { body: { probability: 0.1234, nextStep: 'Call' }, ifMatch: 1 })
    expect(judged.body).toMatchObject({ probability: 0.1234, weighted: { amount: 123 }, nextStep: 'Call', version: 2 })
    const lined = await crm.call('PATCH', `/deals/${deal['id']}`, {
      body: { lines: [{ name: 'x', quantity: 3, unitAmount: 999 }] },
      ifMatch: 2,
    })
    expect(lined.body).toMatchObject({ value: { amount: 2_997, currency: 'CNY' }, weighted: { amount: 370 } })
    const bare = await crm.call('PATCH', `/deals/${deal['id']}`, { body: { lines: [], probability: null, nextStep: null }, ifMatch: 3 })
    expect(bare.body).toMatchObject({ lines: [], probability: 0.1 })
    for (const gone of ['value', 'weighted', 'nextStep', 'probabilitySet']) expect(bare.body).not.toHaveProperty(gone)
  })

  test('by one of two who read the same version; the other learns what differs', async () => {
    const deal = await open({ source: 'fair' })
    expect((await crm.call('PATCH', `/deals/${deal['id']}`, { body: { source: 'web' }, ifMatch: 1 })).status).toBe(200)
    const late = await crm.call('PATCH', `/deals/${deal['id']}`, { body: { source: 'mail' }, ifMatch: 1 })
    expect(late.status).toBe(412)
    expect(late.body['conflicts']).toMatchObject([{ field: 'source', yours: 'mail', theirs: 'web' }])
    expect((await crm.call('PATCH', `/deals/${deal['id']}`, { body: { source: 'x' } })).status).toBe(428)
    expect((await crm.call('PATCH', `/deals/${deal['id']}`, { body: {}, ifMatch: 2 })).status).toBe(400)
    expect((await crm.call('PATCH', `/deals/${deal['id']}`, { body: { stage: 'needs' }, ifMatch: 2 })).status).toBe(400)
  })

  test('to the bin and back, never while closed', async () => {
    const deal = await open()
    expect((await crm.call('DELETE', `/deals/${deal['id']}`, { ifMatch: 9 })).status).toBe(412)
    expect((await crm.call('DELETE', `/deals/${deal['id']}`, { ifMatch: 1 })).status).toBe(204)
    expect((await crm.call('GET', `/deals/${deal['id']}`)).status).toBe(404)
    expect((await rows('?deleted=true')).map((one) => one.id)).toContain(deal['id'])
    expect((await rows('')).map((one) => one.id)).not.toContain(deal['id'])
    expect(
      (await crm.call('GET', `/customers/${customerId}/deals?limit=100`)).body['items'].map((one: { id: string }) => one.id),
    ).not.toContain(deal['id'])
    expect((await post(deal['id'], 'restore')).status).toBe(200)
    expect((await post(deal['id'], 'restore')).body['code']).toBe('deal.not_deleted')
  })
})

describe('a deal goes through its stages', () => {
  test('when it has what the stage needs; every missing field is named', async () => {
    const deal = await open()
    const refused = await post(deal['id'], 'stage', { stage: 'commitment' })
    expect([refused.status, refused.body['code'], refused.body['missing']]).toEqual([
      409,
      'deal.fields_missing',
      ['value', 'expectedClose', 'nextStep'],
    ])
    await crm.call('PATCH', `/deals/${deal['id']}`, {
      body: { value: { amount: 10_000, currency: 'CNY' }, expectedClose: '2027-01-31' },
      ifMatch: 1,
    })
    crm.clock.now = days(3)
    const moved = await post(deal['id'], 'stage', { stage: 'proposal' })
    crm.clock.now = START
    expect(moved.body).toMatchObject({ stage: 'proposal', probability: 0.5, weighted: { amount: 5_000 }, version: 3 })
    expect(moved.body['stageLog']).toMatchObject([
      { stage: 'qualification', enteredAt: START, leftAt: days(3) },
      { stage: 'proposal', enteredAt: days(3) },
    ])
    const same = await post(deal['id'], 'stage', { stage: 'proposal' })
    expect([same.status, same.body['version']]).toEqual([200, 3])
    expect((await post(deal['id'], 'stage', { stage: 'nowhere' })).body['code']).toBe('stage.unknown')
  })

  test('keeping the probability someone judged', async () => {
    const deal = await open({ probability: 0.8 })
    expect((await post(deal['id'], 'stage', { stage: 'needs' })).body['probability']).toBe(0.8)
  })

  test('into another pipeline', async () => {
    const stages = [{ name: 'start', label: 'Start', probability: 0.3, requiredFields: ['custom.region'] }]
    const { body: other } = await crm.call('POST', '/pipelines', { body: { name: 'Other', stages } })
    const deal = await open({ custom: { region: 'south' } })
    const moved = await post(deal['id'], 'stage', { stage: 'start', pipelineId: other['id'] })
    expect(moved.body).toMatchObject({ pipelineId: other['id'], stage: 'start', probability: 0.3 })
    expect((await post((await open())['id'], 'stage', { stage: 'start', pipelineId: other['id'] })).body['missing']).toEqual([
      'custom.region',
    ])
  })

  test('and is marked stale once, when it has stayed too long', async () => {
    const due = async (id: string, at: string) => {
      crm.clock.now = at
      await invoke(age, crm.ctx('deal.age'), { id, at })
      const { body } = await crm.call('GET', `/deals/${id}`)
      crm.clock.now = START
      return body
    }
    const deal = await open()
    expect(deal['staleCheckAt']).toBe(days(30))
    crm.clock.now = days(10)
    await post(deal['id'], 'stage', { stage: 'needs' })
    const looked = await due(deal['id'], days(30))
    expect(looked).toMatchObject({ staleCheckAt: days(40), version: 3 })
    expect(looked).not.toHaveProperty('staleSince')
    const early = await due(deal['id'], days(39))
    expect(early['version']).toBe(3)
    const stale = await due(deal['id'], days(41))
    expect(stale).toMatchObject({ staleSince: days(40), version: 4 })
    expect(stale).not.toHaveProperty('staleCheckAt')
    expect((await due(deal['id'], days(50)))['version']).toBe(4)
    const moved = await post(deal['id'], 'stage', { stage: 'qualification' })
    expect(moved.body).not.toHaveProperty('staleSince')
    expect(moved.body).toHaveProperty('staleCheckAt')
  })
})

describe('a deal ends', () => {
  test('won, is locked with the moment, and opens again where it was', async () => {
    const deal = await open({ value: { amount: 500, currency: 'CNY' } })
    const won = await post(deal['id'], 'win', { reason: 'Shortest delivery', closedAt: '2026-11-20T10:00:00Z' }, { key: 'win-1' })
    expect(won.body).toMatchObject({
      state: 'won',
      probability: 1,
      weighted: { amount: 500 },
      closedAt: '2026-11-20T10:00:00.000Z',
      wonReason: 'Shortest delivery',
    })
    expect(
      (await post(deal['id'], 'win', { reason: 'Shortest delivery', closedAt: '2026-11-20T10:00:00Z' }, { key: 'win-1' })).headers[
        'idempotent-replayed'
      ],
    ).toBe('true')
    const locked = [
      await post(deal['id'], 'win', { reason: 'again' }),
      await post(deal['id'], 'lose', { reason: 'price' }),
      await post(deal['id'], 'stage', { stage: 'needs' }),
      await crm.call('PATCH', `/deals/${deal['id']}`, { body: { source: 'x' }, ifMatch: 2 }),
      await crm.call('DELETE', `/deals/${deal['id']}`, { ifMatch: 2 }),
    ]
    for (const one of locked)
      expect(one).toMatchObject({ status: 409, body: { code: 'deal.already_closed', state: 'won', closedAt: '2026-11-20T10:00:00.000Z' } })
    const back = await post(deal['id'], 'reopen')
    expect(back.body).toMatchObject({ state: 'open', stage: 'qualification', probability: 0.1, weighted: { amount: 50 } })
    for (const gone of ['closedAt', 'wonReason']) expect(back.body).not.toHaveProperty(gone)
    expect((await post(deal['id'], 'reopen')).body['code']).toBe('deal.not_closed')
  })

  test('lost, for a reason from the list', async () => {
    const deal = await open()
    expect((await post(deal['id'], 'lose', { reason: 'bad mood' })).status).toBe(400)
    expect((await post(deal['id'], 'lose', { reason: 'price', closedAt: '2026-12-01T00:00:00Z' })).body['code']).toBe(
      'deal.closed_in_future',
    )
    const lost = await post(deal['id'], 'lose', { reason: 'price', note: '8 % above' })
    expect(lost.body).toMatchObject({ state: 'lost', probability: 0, lostReason: 'price', lostNote: '8 % above', closedAt: START })
    expect((await rows('?state=lost')).map((one) => one.id)).toContain(deal['id'])
  })
})

describe('deals are listed', () => {
  test('that ended by the day they ended', async () => {
    const { body: file } = await crm.call('POST', '/customers', { body: { name: 'Past' } })
    const [one, two] = [
      await open({ expectedClose: '2026-11-01' }, {}, file['id']),
      await open({ expectedClose: '2026-12-01' }, {}, file['id']),
    ]
    await post(one['id'], 'win', { reason: 'Price', closedAt: '2026-10-02T00:00:00Z' })
    await post(two['id'], 'win', { reason: 'Price', closedAt: '2026-10-01T00:00:00Z' })
    const won = (await rows('?state=won')).map((deal) => deal.id).filter((id) => [one['id'], two['id']].includes(id))
    expect(won).toEqual([two['id'], one['id']])
  })

  test('by stage and expected close, page after page', async () => {
    const { body: pipe } = await crm.call('POST', '/pipelines', {
      body: { name: 'Listed', stages: ['a', 'b'].map((name) => ({ name, label: name, probability: 0.5, requiredFields: [] })) },
    })
    const dates = ['2027-03-01', '2027-01-01', undefined, '2027-02-01']
    for (const [at, expectedClose] of dates.entries())
      await open({ name: `Deal ${at}`, pipelineId: pipe['id'], stage: at === 3 ? 'b' : 'a', ...(expectedClose && { expectedClose }) })
    expect((await rows(`?pipelineId=${pipe['id']}`)).map((one) => one.name)).toEqual(['Deal 1', 'Deal 0', 'Deal 2', 'Deal 3'])
    expect((await rows(`?pipelineId=${pipe['id']}&stage=b`)).map((one) => one.name)).toEqual(['Deal 3'])
    const first = await crm.call('GET', `/deals?pipelineId=${pipe['id']}&limit=2&fields=name`)
    const rest = await crm.call('GET', `/deals?pipelineId=${pipe['id']}&limit=2&fields=name&cursor=${first.body['nextCursor']}`)
    expect([...first.body['items'], ...rest.body['items']].map((one) => one.name)).toEqual(['Deal 1', 'Deal 0', 'Deal 2', 'Deal 3'])
    expect((await crm.call('GET', `/deals?state=won&cursor=${first.body['nextCursor']}`)).status).toBe(400)
    expect((await crm.call('GET', '/deals?colour=red')).status).toBe(400)
    expect((await crm.call('GET', '/deals?deleted=true&state=won')).body['code']).toBe('filter.unsupported')
  })

  test('of a customer latest first, and of a person by day', async () => {
    const { body: file } = await crm.call('POST', '/customers', { as: 'sales', body: { name: 'Own' } })
    const one = await open({ expectedClose: '2027-05-01' }, { as: 'sales' }, file['id'])
    const two = await open({ expectedClose: '2027-04-01' }, { as: 'sales' }, file['id'])
    const theirs = await crm.call('GET', `/customers/${file['id']}/deals`, { as: 'sales' })
    expect(new Set(theirs.body['items'].map((deal: { id: string }) => deal.id))).toEqual(new Set([one['id'], two['id']]))
    const mine = (await rows('?ownerId=usr_sales000000000000000')).map((deal) => deal.id)
    expect(mine.filter((id) => [one['id'], two['id']].includes(id))).toEqual([two['id'], one['id']])
    const refused = await crm.call('GET', `/deals?ownerId=usr_sales000000000000000&pipelineId=pip_00000000000000000000`)
    expect([refused.status, refused.body['code']]).toEqual([400, 'filter.unsupported'])
    expect(refused.body['errors'][0].message).toContain('state and ownerId')
  })

  test('to sales only as far as their own and their team’s, to service not at all', async () => {
    const other = await open()
    expect(await rows('', 'usr_00000000000000000009:sales')).toEqual([])
    expect((await crm.call('GET', `/deals/${other['id']}`, { as: 'sales' })).status).toBe(404)
    expect((await post(other['id'], 'win', { reason: 'x' }, { as: 'sales' })).status).toBe(404)
    expect((await crm.call('POST', `/customers/${customerId}/deals`, { as: 'sales', body: { name: 'x' } })).status).toBe(404)
    expect((await crm.call('GET', '/deals?ownerId=usr_admin000000000000000', { as: 'sales' })).status).toBe(403)
    expect((await crm.call('GET', `/deals/${other['id']}`, { as: 'service' })).status).toBe(403)
    expect((await crm.call('GET', `/deals/${other['id']}`, { as: 'viewer' })).status).toBe(200)
    expect((await post(other['id'], 'win', { reason: 'x' }, { as: 'viewer' })).status).toBe(403)
  })
})
