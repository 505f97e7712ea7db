import { beforeEach, describe, expect, test } from 'vitest'
import { keepSegments } from '../../domain/data/segment/index.ts'
import { daysLater, later } from '../../domain/kernel/clock.ts'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'
import { replay, runJob, settle } from '../support/stream.ts'

const START = '2026-06-10T09:00:00.000Z'
let crm: Crm
let orders = 0
beforeEach(async () => {
  crm = await startCrm({ now: START })
})

const usd = (dollars: number) => ({ amount: dollars * 100, currency: 'USD' })
async function person(name: string, more: object = {}): Promise<string> {
  const { body, status } = await crm.call('POST', '/customers', { body: { name, ...more } })
  expect(status, JSON.stringify(body)).toBe(201)
  return body['id']
}
async function buys(id: string, dollars: number, at = crm.clock.now, skus: string[] = []): Promise<void> {
  const items = skus.map((sku) => ({ sku, quantity: 1 }))
  const sale = { orderId: { id: `s${++orders}` }, at, amount: usd(dollars), ...(items.length > 0 && { items }) }
  const { status, body } = await crm.call('POST', `/customers/${id}/purchases`, { body: sale })
  expect(status, JSON.stringify(body)).toBe(201)
}
async function segment(name: string, rule?: object): Promise<string> {
  const { body, status } = await crm.call('POST', '/segments', { body: { name, ...(rule && { rule }) } })
  expect(status, JSON.stringify(body)).toBe(201)
  return body['id']
}
/** Lets a walk begin and go to its end: the instances that knew the segments before have forgotten them by then. */
async function walk(): Promise<string[]> {
  const moves: string[] = []
  for (let rounds = 0; rounds < 3; rounds++) {
    crm.clock.now = later(crm.clock.now, 66_000)
    crm.forget()
    await runJob(crm, 'segments')
    moves.push(...(await told()))
  }
  return moves
}
/** What segments told since the last time, `entered name` or `left name`. */
async function told(): Promise<string[]> {
  const { published } = await settle(crm)
  const moves = published.filter(({ type }) => type === 'segment.entered' || type === 'segment.left')
  return moves.map(({ type, data }) => `${type.slice(8)} ${data.customerId}`).sort()
}
const show = async (id: string): Promise<Reply['body']> => (await crm.call('GET', `/segments/${id}`)).body
const namesIn = async (id: string): Promise<string[]> =>
  (await crm.call('GET', `/segments/${id}/members`)).body['items'].map((one: { name: string }) => one.name).sort()
const change = (id: string, version: number, body: object) => crm.call('PATCH', `/segments/${id}`, { body, ifMatch: version })

const quiet = { field: 'purchases.last', op: 'longer_ago', days: 60 }

describe('a segment by a rule', () => {
  test('finds whom it is true of, then follows what happens and what time brings, telling each once', async () => {
    const [ada, bob] = [await person('Ada', { country: 'US' }), await person('Bob', { country: 'CN' })]
    await buys(ada, 10, daysLater(START, -59))
    await buys(bob, 10, daysLater(START, -61))
    const id = await segment('Quiet', quiet)
    expect(await show(id)).toMatchObject({ state: 'building', members: 0, words: 'last purchase 60 days ago or longer', kind: 'rule' })
    expect(await walk()).toEqual([`entered ${bob}`])
    expect(await show(id)).toMatchObject({ state: 'ready', members: 1 })
    expect((await show(id))['progress']).toBeUndefined()

    // Time alone.
    crm.clock.now = '2026-06-10T23:59:00.000Z'
    await runJob(crm, 'segments')
    expect(await told()).toEqual([])
    crm.clock.now = '2026-06-11T00:00:30.000Z'
    await runJob(crm, 'segments')
    expect(await told()).toEqual([`entered ${ada}`])
    expect(await namesIn(id)).toEqual(['Ada', 'Bob'])

    // What happens.
    await buys(bob, 5)
    expect(await told()).toEqual([`left ${bob}`])
    expect(await show(id)).toMatchObject({ members: 1 })
    await replay(crm)
    await replay(crm)
    expect(await show(id)).toMatchObject({ members: 1 })
    expect((await crm.call('GET', `/customers/${ada}/segments`)).body['items']).toMatchObject([{ segmentId: id, name: 'Quiet' }])
    expect((await crm.call('GET', `/customers/${bob}/segments`)).body['items']).toEqual([])

    // The file goes to the bin and comes back.
    const file = await crm.call('GET', `/customers/${ada}`)
    await crm.call('DELETE', `/customers/${ada}`, { ifMatch: file.body['version'] })
    expect(await told()).toEqual([`left ${ada}`])
    await crm.call('POST', `/customers/${ada}/restore`, {})
    expect(await told()).toEqual([`entered ${ada}`])

    // And Bob again, 60 days on: his clock was set by the purchase.
    crm.clock.now = '2026-08-10T00:00:30.000Z'
    await runJob(crm, 'segments')
    expect(await told()).toEqual([`entered ${bob}`])
    expect(await show(id)).toMatchObject({ members: 2 })
  })

  test('takes in who is new as they come, and lets go of them when their window is over', async () => {
    const id = await segment('New', {
      all: [{ field: 'createdAt', op: 'within_last', days: 30 }, { not: { field: 'country', op: 'is_set' } }],
    })
    await walk()
    const eve = await person('Eve')
    const sam = await person('Sam', { country: 'US' })
    expect(await told()).toEqual([`entered ${eve}`])
    const { body } = await crm.call('GET', `/customers/${sam}`)
    await crm.call('PATCH', `/customers/${sam}`, { body: { country: null }, ifMatch: body['version'] })
    expect(await told()).toEqual([`entered ${sam}`])
    expect(await namesIn(id)).toEqual(['Eve', 'Sam'])
    crm.clock.now = '2026-07-10T00:01:00.000Z'
    await runJob(crm, 'segments')
    expect(await told()).toEqual([`left ${eve}`, `left ${sam}`].sort())
    expect(await show(id)).toMatchObject({ members: 0 })
  })

  test('counts purchases, spend and products within a window, contacts, tickets, and birthdays to come', async () => {
    const ada = await person('Ada', { birthday: '1990-06-20', tags: ['vip'] })
    const bob = await person('Bob', { birthday: '1990-12-20' })
    await buys(ada, 50, daysLater(START, -10), ['TEA'])
    await buys(ada, 60, daysLater(START, -80), ['CUP'])
    await buys(bob, 500, daysLater(START, -300), ['TEA'])
    await crm.call('POST', `/customers/${ada}/interactions`, {
      body: { kind: 'call', outcome: 'talked', occurredAt: daysLater(START, -3) },
    })
    await crm.call('POST', `/customers/${bob}/tickets`, { body: { subject: 'Help', body: 'Please', channel: 'email' } })
    const preview = async (rule: object): Promise<string[]> =>
      (await crm.call('POST', '/segments/preview', { body: { rule } })).body['items'].map((one: { name: string }) => one.name)
    expect(await preview({ field: 'purchases.count', op: 'at_least', value: 2, withinDays: 90 })).toEqual(['Ada'])
    expect(await preview({ field: 'purchases.net', op: 'between', value: [usd(100), usd(200)], withinDays: 90 })).toEqual(['Ada'])
    expect(await preview({ field: 'purchases.net', op: 'at_least', value: usd(500) })).toEqual(['Bob'])
    expect(await preview({ field: 'purchases.count', op: 'at_least', value: 1, withinDays: 90, sku: 'TEA' })).toEqual(['Ada'])
    expect(await preview({ field: 'interactions.last', op: 'within_last', days: 7 })).toEqual(['Ada'])
    expect(await preview({ field: 'interactions.count', op: 'at_most', value: 0, withinDays: 3 })).toEqual(['Ada', 'Bob'])
    expect(await preview({ field: 'tickets.open', op: 'at_least', value: 1 })).toEqual(['Bob'])
    expect(await preview({ field: 'birthday', op: 'anniversary_within', days: 14 })).toEqual(['Ada'])
    expect(await preview({ field: 'tags', op: 'has', value: 'VIP' })).toEqual(['Ada'])
    expect(await preview({ field: 'value.pAlive', op: 'more_than', value: 0 })).toEqual(['Ada', 'Bob'])
    expect(await preview({ field: 'value.clv12m', op: 'at_least', value: usd(0) })).toEqual(['Ada', 'Bob'])
    await settle(crm)
    crm.forget()
    for (const [field, where] of [
      ['rfm.recency', 'rfm'],
      ['rfm.monetary', 'rfm'],
    ] as const) {
      const scores = (await crm.call('GET', `/customers/${ada}/${where}`)).body['scores']
      const value = scores[field.split('.')[1] ?? '']
      expect(
        await preview({
          all: [
            { field, op: 'is', value },
            { field: 'name', op: 'is', value: 'ada' },
          ],
        }),
      ).toEqual(['Ada'])
    }
    const { strategy } = (await crm.call('GET', `/customers/${bob}/pyramid`)).body
    expect(
      await preview({
        all: [
          { field: 'pyramid.strategy', op: 'is', value: strategy },
          { field: 'name', op: 'is', value: 'bob' },
        ],
      }),
    ).toEqual(['Bob'])
    expect(await preview({ field: 'tier', op: 'one_of', value: ['gold', 'platinum'] })).toEqual(['Bob'])
  })

  test('with another rule keeps its members until everybody was looked at, then moves only those it differs for', async () => {
    const ids = [
      await person('Ada', { country: 'US' }),
      await person('Bob', { country: 'US', tags: ['x'] }),
      await person('Cy', { tags: ['x'] }),
    ]
    const [ada, , cy] = ids
    const id = await segment('Some', { field: 'country', op: 'is', value: 'us' })
    await walk()
    expect(await namesIn(id)).toEqual(['Ada', 'Bob'])
    const before = await show(id)
    const changed = await change(id, before['version'], { rule: { field: 'tags', op: 'has', value: 'x' } })
    expect(changed.body).toMatchObject({ state: 'building', members: 2, words: 'tags include “x”' })
    crm.clock.now = later(crm.clock.now, 66_000)
    crm.forget()
    await runJob(crm, 'segments')
    expect(await told()).toEqual([])
    expect(await show(id)).toMatchObject({ state: 'building', members: 2, progress: { looked: 3, phase: 'settle' } })
    expect(await namesIn(id)).toEqual(['Ada', 'Bob'])
    // Someone changes while it is being settled.
    const dan = await person('Dan', { tags: ['x'] })
    expect(await walk()).toEqual([`entered ${cy}`, `entered ${dan}`, `left ${ada}`].sort())
    expect(await namesIn(id)).toEqual(['Bob', 'Cy', 'Dan'])
    expect(await show(id)).toMatchObject({ state: 'ready', members: 3 })
    expect((await change(id, before['version'], { name: 'Other' })).status).toBe(412)
    expect((await change(id, (await show(id))['version'], { name: 'Other' })).body).toMatchObject({ name: 'Other', state: 'ready' })
  })

  test('says why someone is in it or not, with what each clause saw and when it changes', async () => {
    const ada = await person('Ada', { country: 'US' })
    await buys(ada, 10, '2026-05-01T08:00:00Z')
    const id = await segment('Why', {
      all: [quiet, { any: [{ field: 'country', op: 'is', value: 'CN' }, { not: { field: 'hasEmail', op: 'is', value: true } }] }],
    })
    await walk()
    const why = await crm.call('GET', `/segments/${id}/members/${ada}`)
    expect(why.body).toMatchObject({
      member: false,
      holds: false,
      changesAt: '2026-06-30T00:00:00.000Z',
      rule: {
        joint: 'all',
        words: '1 of 2 do not hold; all must.',
        parts: [
          { words: 'last purchase 60 days ago or longer', holds: false, saw: '2026-05-01' },
          {
            joint: 'any',
            holds: true,
            parts: [
              { saw: 'US', holds: false },
              { joint: 'not', holds: true, parts: [{ saw: 'no' }] },
            ],
          },
        ],
      },
    })
    crm.clock.now = '2026-06-30T00:00:01.000Z'
    await runJob(crm, 'segments')
    expect(await told()).toEqual([`entered ${ada}`])
    expect((await crm.call('GET', `/segments/${id}/members/${ada}`)).body).toMatchObject({ member: true, holds: true })
    expect((await crm.call('GET', `/segments/${id}/members/${ada}`, { as: 'sales' })).status).toBe(404)
    expect((await crm.call('GET', `/segments/${id}/members`, { as: 'sales' })).body['items']).toEqual([])
  })

  test('speaks of days as the workspace’s clocks show them, also after these are changed', async () => {
    const ada = await person('Ada')
    await buys(ada, 10, '2026-04-12T18:00:00.000Z')
    const id = await segment('Quiet', quiet)
    expect(await walk()).toEqual([])
    const { body } = await crm.call('GET', '/workspace')
    const zone = await crm.call('PATCH', '/workspace', { body: { timeZone: 'Pacific/Honolulu' }, ifMatch: body['version'] })
    expect(zone.status, JSON.stringify(zone.body)).toBe(200)
    crm.clock.now = '2026-06-11T01:00:00.000Z'
    await settle(crm)
    expect(await walk()).toEqual([])
    crm.clock.now = '2026-06-11T10:01:00.000Z'
    await runJob(crm, 'segments')
    expect(await told()).toEqual([`entered ${ada}`])
    expect(await namesIn(id)).toEqual(['Ada'])
  })

  test('that is deleted is gone at once, and its members leave', async () => {
    const ada = await person('Ada')
    const id = await segment('All', { field: 'kind', op: 'is', value: 'person' })
    expect(await walk()).toEqual([`entered ${ada}`])
    const { version } = await show(id)
    expect((await crm.call('DELETE', `/segments/${id}`, { ifMatch: version })).status).toBe(204)
    expect((await crm.call('GET', `/segments/${id}`)).status).toBe(404)
    expect((await crm.call('GET', '/segments')).body['items']).toEqual([])
    expect(await walk()).toEqual([`left ${ada}`])
    expect((await crm.call('GET', `/customers/${ada}/segments`)).body['items']).toEqual([])
    await person('New')
    expect(await told()).toEqual([])
  })
})

describe('a static segment', () => {
  test('is filled and emptied by hand, once however often it is said', async () => {
    const [ada, bob, mine] = [
      await person('Ada'),
      await person('Bob'),
      await person('Mine', { ownerId: 'usr_manager0000000000000' }).catch(() => ''),
    ]
    const id = await segment('Guests')
    const put = (body: object, as = 'admin') => crm.call('POST', `/segments/${id}/members`, { body, as })
    const nobody = `cus_${'0'.repeat(20)}`
    const first = await put({ add: [ada, bob, nobody] })
    expect(first).toMatchObject({
      status: 200,
      body: { added: 2, unchanged: 0, members: 2, refused: [{ customerId: nobody, code: 'customer.not_found' }] },
    })
    expect((await put({ add: [ada] })).body).toMatchObject({ added: 0, unchanged: 1, members: 2 })
    expect(await told()).toEqual([`entered ${ada}`, `entered ${bob}`].sort())
    expect((await put({ add: [bob], remove: [ada] })).body).toMatchObject({ removed: 1, unchanged: 1, members: 1 })
    expect((await put({ add: [ada], remove: [ada] })).status).toBe(400)
    expect((await put({ add: [ada] }, 'viewer')).status).toBe(403)
    expect(await told()).toEqual([`left ${ada}`])
    const file = await crm.call('GET', `/customers/${bob}`)
    await crm.call('DELETE', `/customers/${bob}`, { ifMatch: file.body['version'] })
    expect(await told()).toEqual([`left ${bob}`])
    await crm.call('POST', `/customers/${bob}/restore`, {})
    expect(await told()).toEqual([`entered ${bob}`])
    expect(await namesIn(id)).toEqual(['Bob'])
    expect((await change(id, 1, { rule: quiet })).body['code']).toBe('segment.is_static')
    const ruled = await segment('Ruled', quiet)
    expect((await crm.call('POST', `/segments/${ruled}/members`, { body: { add: [ada] } })).body['code']).toBe('segment.not_static')
    expect(mine).toBeDefined()
  })

  test('takes the same customers from many at once and counts each once', async () => {
    const ids = await Promise.all(Array.from({ length: 12 }, (_, at) => person(`P${at}`)))
    const id = await segment('Rush')
    await Promise.all(ids.flatMap((one) => [1, 2, 3].map(() => crm.call('POST', `/segments/${id}/members`, { body: { add: [one] } }))))
    expect(await show(id)).toMatchObject({ members: 12 })
    expect((await told()).length).toBe(12)
  })
})

describe('a preview', () => {
  test('looks at a hundred customers at a time and counts all of them in the background', async () => {
    for (let at = 0; at < 130; at++) await person(`P${String(at).padStart(3, '0')}`, at % 2 ? { country: 'US' } : {})
    const rule = { field: 'country', op: 'is', value: 'US' }
    const ask = async (more: object = {}) => (await crm.call('POST', '/segments/preview', { body: { rule, limit: 5, ...more } })).body
    const first = await ask({ count: true })
    expect(first).toMatchObject({ looked: 100, matched: 50, words: 'country is “US”', count: { state: 'counting', looked: 0, matched: 0 } })
    expect(first['items']).toHaveLength(5)
    expect(await ask({ cursor: first['nextCursor'] })).toMatchObject({ looked: 30, matched: 15 })
    await runJob(crm, 'segments')
    expect((await ask({ count: true }))['count']).toMatchObject({ state: 'done', looked: 130, matched: 65 })
    const refused = await crm.call('POST', '/segments/preview', { body: { rule: { field: 'nope', op: 'is', value: 1 } } })
    expect(refused).toMatchObject({ status: 400, body: { code: 'segment.rule_invalid', errors: [{ path: 'rule.field' }] } })
    expect((await crm.call('POST', '/segments/preview', { body: { rule, count: true }, as: 'sales' })).status).toBe(403)
    expect((await crm.call('POST', '/segments/preview', { body: { rule }, as: 'sales' })).body).toMatchObject({ looked: 0 })
  })
})

describe('what it costs', () => {
  const place = (id: string) => ({ pk: `customer#${id.slice(4)}`, sk: '!customer' })
  /** What keeping segments costs when a file changes so. */
  const spending = async (id: string, body: object) => {
    const before = await crm.table.get(place(id))
    await crm.call('PATCH', `/customers/${id}`, { body, ifMatch: Number(before?.['version']) })
    const after = await crm.table.get(place(id))
    crm.spent.length = 0
    await keepSegments.project(crm.ctx(), [{ ...(before && { before }), ...(after && { after }) }])
    const sum = (of: 'readUnits' | 'writeUnits') => crm.spent.reduce((total, one) => total + one[of], 0)
    return { calls: crm.spent.length, reads: sum('readUnits'), writes: sum('writeUnits') }
  }

  test('a change that no segment names is free, one that is named a read, a move a transaction', async () => {
    const ada = await person('Ada', { country: 'CN' })
    await segment('US', { field: 'country', op: 'is', value: 'US' })
    await walk()
    await spending(ada, { occupation: 'Warm' })
    expect(await spending(ada, { occupation: 'Analyst' })).toEqual({ calls: 0, reads: 0, writes: 0 })
    expect(await spending(ada, { country: 'DE' })).toEqual({ calls: 1, reads: 1, writes: 0 })
    // The first time the clock and the member are made; then they are changed.
    expect(await spending(ada, { country: 'US' })).toEqual({ calls: 3, reads: 2, writes: 7 })
    expect(await spending(ada, { country: 'DE' })).toEqual({ calls: 3, reads: 2, writes: 7 })
  })

  test('a rule about time costs no write while nothing but its moment moves later', async () => {
    const ada = await person('Ada')
    await segment('Quiet', quiet)
    await buys(ada, 10)
    await walk()
    const history = { pk: place(ada).pk, sk: '!history' }
    const before = await crm.table.get(history)
    crm.clock.now = daysLater(crm.clock.now, 3)
    await buys(ada, 10)
    const after = await crm.table.get(history)
    await keepSegments.project(crm.ctx(), [])
    crm.spent.length = 0
    await keepSegments.project(crm.ctx(), [{ ...(before && { before }), ...(after && { after }) }])
    expect(crm.spent.map(({ call }) => call).filter((call) => call !== 'Query' && call !== 'GetItem')).toEqual([])
    expect(crm.spent.reduce((total, one) => total + one.readUnits, 0)).toBeLessThanOrEqual(3)
  })
})
