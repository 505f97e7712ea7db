import { beforeEach, describe, expect, test } from 'vitest'
import type { CloudEvent } from '../../domain/kernel/cloud-event.ts'
import { entities } from '../../domain/index.ts'
import { append, logged, START, stretch, type FeedEntry } from '../../domain/data/event/index.ts'
import { newMemo } from '../../domain/kernel/context.ts'
import type { Table } from '../../domain/kernel/table/table.ts'
import { projectHandler } from '../../events/project.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { deliver, unhurried } from '../support/delivery.ts'
import { newRecords, replay, settle, surroundings } from '../support/stream.ts'

let crm: Crm
beforeEach(async () => void (crm = await startCrm()))

const open = async (name: string, more: object = {}, as = 'admin') => {
  const { body, status } = await crm.call('POST', '/customers', { as, body: { name, ...more } })
  expect(status, JSON.stringify(body)).toBe(201)
  return String(body['id'])
}
const units = () => crm.spent.reduce((sum, one) => sum + one.readUnits + one.writeUnits, 0)

interface Fed {
  items: CloudEvent[]
  after: string
  more: boolean
}
async function feed(query = '', as = 'admin'): Promise<Fed> {
  const { body, status } = await crm.call('GET', `/events${query}`, { as })
  expect(status, JSON.stringify(body)).toBe(200)
  return body as unknown as Fed
}

/** Follows the feed from a place until it is dry. */
async function drain(after?: string, limit = 7): Promise<Fed> {
  const items: CloudEvent[] = []
  for (let at = after; ; ) {
    const page = await feed(`?limit=${limit}${at === undefined ? '' : `&after=${at}`}`)
    items.push(...page.items)
    at = page.after
    if (!page.more) return { items, after: at, more: false }
  }
}

describe('the feed', () => {
  test('tells what was published, in the same order and words, and goes on from where it ended', async () => {
    const id = await open('Ada', { emails: [{ address: 'ada@example.com' }] })
    await crm.call('PATCH', `/customers/${id}`, { body: { occupation: 'Analyst' }, ifMatch: 1 })
    const first = await settle(crm)
    const whole = await drain()
    expect(whole.items).toEqual(first.published)
    expect(whole.items.map(({ type }) => type)).toEqual(['customer.created', 'customer.changed'])
    expect(JSON.stringify(whole.items)).not.toContain('ada@example.com')
    expect(await drain(whole.after)).toMatchObject({ items: [], after: whole.after })
    await open('Grace')
    const second = await settle(crm)
    expect((await drain(whole.after, 1)).items).toEqual(second.published)
  })

  test('begins at its beginning, at its end, or at a time', async () => {
    await open('Ada')
    await settle(crm)
    const { after } = await feed('?after=end')
    crm.clock.now = '2026-11-22T10:00:00.000Z'
    await open('Grace')
    await settle(crm)
    expect((await feed(`?after=${after}`)).items).toHaveLength(1)
    expect((await feed('?after=2026-11-22T09:30:00.000Z')).items).toHaveLength(1)
    expect((await feed('?after=2026-11-22T08:00:00.000Z')).items).toHaveLength(2)
    expect((await feed('?after=2026-11-22T11:00:00.000Z')).items).toHaveLength(0)
    expect((await feed()).items).toHaveLength(2)
  })

  test('filters by type, and says which there are', async () => {
    const id = await open('Ada')
    await crm.call('POST', `/customers/${id}/deals`, { body: { name: 'Loom' } })
    await settle(crm)
    expect((await feed('?type=deal.*')).items.map(({ type }) => type)).toEqual(['deal.opened'])
    expect((await feed('?type=customer.created,deal.opened&limit=1')).more).toBe(true)
    const unknown = await crm.call('GET', '/events?type=deal.lots')
    expect(unknown).toMatchObject({ status: 400, body: { code: 'event.type_unknown' } })
    expect(unknown.body['errors'][0].message).toContain('deal.won')
    expect((await crm.call('GET', '/events?type=nonsense')).status).toBe(400)
    expect((await crm.call('GET', '/events?after=yesterday')).status).toBe(400)
    expect((await crm.call('GET', '/events?color=red')).status).toBe(400)
  })

  test('is for admins, managers and integrations', async () => {
    for (const as of ['manager', 'integration']) expect((await crm.call('GET', '/events', { as })).status).toBe(200)
    for (const as of ['sales', 'service', 'viewer']) expect((await crm.call('GET', '/events', { as })).status).toBe(403)
  })

  test('costs two writes of a unit an event and one a batch; to ask in vain costs one unit', async () => {
    for (let nth = 0; nth < 10; nth++) await open(`Customer ${nth}`)
    const records = await newRecords(crm)
    crm.spent.length = 0
    const handler = projectHandler({ edge: surroundings(crm), entities, projections: [] })
    await deliver(handler, records)
    // Ten log items and their places in the list index, one page, and a look for the last page by a function that just started.
    expect(crm.spent.reduce((sum, one) => sum + one.writeUnits, 0)).toBe(10 * 2 + 1)
    expect(crm.spent.reduce((sum, one) => sum + one.readUnits, 0)).toBeLessThanOrEqual(1.5)
    const { after } = await drain()
    crm.spent.length = 0
    await feed(`?after=${after}`)
    expect(units()).toBeLessThanOrEqual(1)
    crm.spent.length = 0
    await feed('?limit=10')
    expect(crm.spent.reduce((sum, one) => sum + one.readUnits, 0)).toBeLessThanOrEqual(1 + 10 * 0.5)
  })

  test('names each event once, however often its batch comes', async () => {
    for (let nth = 0; nth < 3; nth++) await open(`Customer ${nth}`)
    await settle(crm)
    const before = await drain()
    await replay(crm)
    await replay(crm)
    expect(await drain()).toEqual(before)
  })

  test('misses nothing when a function dies between the log and the page', async () => {
    await open('Ada')
    await open('Grace')
    const records = await newRecords(crm)
    let dies = true
    const table: Table = {
      ...crm.table,
      write: (write, how) => {
        if (dies && 'put' in write && write.put['pk'] === 'feed') return Promise.reject(new Error('killed'))
        return crm.table.write(write, how)
      },
    }
    const handler = projectHandler({ edge: () => ({ ...surroundings(crm)(), table }), entities, projections: [] })
    await expect(handler({ Records: records }, unhurried)).rejects.toThrow('halt')
    expect((await drain()).items).toEqual([])
    dies = false
    await deliver(handler, records)
    expect((await drain()).items.map(({ type }) => type)).toEqual(['customer.created', 'customer.created'])
  })

  test('has no gap and no double for who reads along while many write', async () => {
    const WRITERS = 5
    const PAGES = 8
    const written: FeedEntry[][] = []
    const writer = async (name: number) => {
      const store = { table: crm.table, memo: newMemo(), now: crm.clock.now }
      for (let page = 0; page < PAGES; page++) {
        const entries = [0, 1, 2].map((nth) => ({ type: 'a.b', pk: `w${name}`, sk: `${page}.${nth}` }))
        await append(store, entries)
        written.push(entries)
      }
    }
    let place = START
    const read: string[] = []
    let writing = true
    const follow = async () => {
      for (let last = false; ; last = !writing) {
        const piece = await stretch(crm.table, place, 4, () => true)
        read.push(...piece.entries.map(({ pk, sk }) => `${pk} ${sk}`))
        place = piece.place
        if (last && !piece.more) return
      }
    }
    const following = follow()
    await Promise.all(Array.from({ length: WRITERS }, (_, name) => writer(name)))
    writing = false
    await following
    expect(read).toHaveLength(WRITERS * PAGES * 3)
    expect(new Set(read)).toEqual(new Set(written.flat().map(({ pk, sk }) => `${pk} ${sk}`)))
    for (let name = 0; name < WRITERS; name++) {
      const own = read.filter((one) => one.startsWith(`w${name} `))
      expect(own).toEqual([...own].sort())
    }
  })

  test('leaves out a log item that is gone', async () => {
    expect(await logged(crm.table, [{ pk: 'customer#nobody', sk: 'log#!customer#00000001' }])).toEqual([])
  })
})

describe('a customer’s events', () => {
  test('come newest first across all records, a page at a time', async () => {
    const id = await open('Ada')
    crm.clock.now = '2026-11-22T09:00:01.000Z'
    const deal = await crm.call('POST', `/customers/${id}/deals`, { body: { name: 'Loom' } })
    crm.clock.now = '2026-11-22T09:00:02.000Z'
    await crm.call('PATCH', `/customers/${id}`, { body: { occupation: 'Analyst' }, ifMatch: 1 })
    await open('Grace')
    await settle(crm)
    const first = await crm.call('GET', `/customers/${id}/events?limit=2`)
    expect(first.body['items'].map(({ type }: CloudEvent) => type)).toEqual(['customer.changed', 'deal.opened'])
    expect(first.body['items'][1]).toMatchObject({ subject: deal.body['id'], data: { customerId: id } })
    const second = await crm.call('GET', `/customers/${id}/events?limit=2&cursor=${first.body['nextCursor']}`)
    expect(second.body['items'].map(({ type }: CloudEvent) => type)).toEqual(['customer.created'])
  })

  test('show only the kinds of record the caller may read, of customers they may see', async () => {
    const id = await open('Ada')
    await crm.call('POST', `/customers/${id}/deals`, { body: { name: 'Loom' } })
    await settle(crm)
    const asService = await crm.call('GET', `/customers/${id}/events`, { as: 'service' })
    expect(asService.body['items'].map(({ type }: CloudEvent) => type)).toEqual(['customer.created'])
    expect((await crm.call('GET', `/customers/${id}/events`, { as: 'sales' })).status).toBe(404)
  })
})

describe('a record’s history', () => {
  test('says who changed what, from what, to what, through which action, newest first', async () => {
    const id = await open('Ada')
    const { body: deal } = await crm.call('POST', `/customers/${id}/deals`, { body: { name: 'Loom' } })
    await crm.call('PATCH', `/deals/${deal['id']}`, { body: { expectedClose: '2027-01-31' }, ifMatch: 1 })
    await crm.call('PATCH', `/deals/${deal['id']}`, { body: { expectedClose: '2027-02-28' }, ifMatch: 2 })
    await settle(crm)
    const { body } = await crm.call('GET', `/records/${deal['id']}/history`)
    expect(body['items'].map(({ version }: { version: number }) => version)).toEqual([3, 2, 1])
    const named = await crm.call('GET', `/records/${deal['id']}/history?field=expectedClose`)
    expect(named.body['items']).toMatchObject([
      {
        version: 3,
        actor: 'usr_admin000000000000000',
        action: 'deal.change',
        changed: { expectedClose: { from: '2027-01-31', to: '2027-02-28' } },
      },
      { version: 2, changed: { expectedClose: { to: '2027-01-31' } } },
    ])
  })

  test('is paged, tells personal fields without values, and is there for kinds without a customer', async () => {
    const id = await open('Ada')
    await crm.call('PATCH', `/customers/${id}`, { body: { name: 'Ada Lovelace' }, ifMatch: 1 })
    await crm.call('PATCH', '/workspace', { body: { name: 'Looms' }, ifMatch: 0 })
    await settle(crm)
    const first = await crm.call('GET', `/records/${id}/history?limit=1`)
    expect(first.body['items']).toMatchObject([{ version: 2, changed: { name: 'private' } }])
    const second = await crm.call('GET', `/records/${id}/history?limit=1&cursor=${first.body['nextCursor']}`)
    expect(second.body['items']).toMatchObject([{ version: 1 }])
    const settings = await crm.call('GET', '/records/wsp_00000000000000000000/history')
    expect(settings.body['items']).toMatchObject([{ type: 'workspace.changed', changed: { name: { to: 'Looms' } } }])
  })

  test('needs the right to the record itself', async () => {
    const mine = await open('Mine', {}, 'sales')
    const other = await open('Other')
    const { body: deal } = await crm.call('POST', `/customers/${mine}/deals`, { body: { name: 'Loom' } })
    await settle(crm)
    const status = async (id: string, as: string) => (await crm.call('GET', `/records/${id}/history`, { as })).status
    expect(await status(mine, 'sales')).toBe(200)
    expect(await status(other, 'sales')).toBe(404)
    expect(await status(mine, 'service')).toBe(200)
    expect(await status(deal['id'], 'service')).toBe(404)
    for (const id of [`xyz_${'0'.repeat(20)}`, `dea_${'0'.repeat(20)}`, `dea_${'0'.repeat(40)}`])
      expect(await status(id, 'admin')).toBe(404)
  })
})
