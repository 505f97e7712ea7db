import { parse } from 'csv-parse/sync'
import { beforeEach, describe, expect, test } from 'vitest'
import { customer, customerCreated } from '../../domain/customer/customer/index.ts'
import { create } from '../../domain/kernel/commit.ts'
import { itemOf } from '../../domain/kernel/place.ts'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'
import { runJob } from '../support/stream.ts'
import { upload, work } from '../support/transfer.ts'

let crm: Crm
beforeEach(async () => {
  crm = await startCrm()
})

/** Begins an export and lets the schedule do it. */
async function exported(body: object, as = 'admin'): Promise<Reply['body']> {
  const made = await crm.call('POST', '/exports', { as, body })
  expect(made.status, JSON.stringify(made.body)).toBe(201)
  await runJob(crm, 'exports')
  return (await crm.call('GET', `/exports/${made.body['id']}`, { as })).body
}

function textOf(done: Reply['body'], name: string): string {
  const file = done['files'].find((one: { name: string }) => one.name === name)
  return Buffer.from(crm.files.get(file.url)).toString()
}
const rowsOf = (text: string): string[][] => parse(text, { bom: true })

/** Customers written beside the API: name and notes of each. */
async function plant(rows: string[][]): Promise<void> {
  const ctx = crm.ctx()
  const stamp = { type: 'planted', actor: 'test', action: 'test', request: 'test', write: 1, at: ctx.now, quiet: true as const }
  const lists = { emails: [], phones: [], messaging: [], externalIds: [], addresses: [], interests: [], tags: [], custom: {} }
  const writes = rows.map(([name = '', notes = '']) => {
    const file = { kind: 'person' as const, name, notes, ...lists, lifecycle: 'lead' as const, lifecycleSince: ctx.now }
    return { put: itemOf(customer, create(ctx, customer, file, customerCreated).record, stamp) }
  })
  await crm.table.writeAll(writes)
}

describe('an export of customers', () => {
  test('is a CSV of the columns chosen that no spreadsheet runs as a formula', async () => {
    const evil = ['=HYPERLINK("http://x")', '+1+1', '-2', '@SUM(A1)']
    for (const name of evil) await crm.call('POST', '/customers', { body: { name } })
    await crm.call('POST', '/customers', {
      body: { name: 'Quote " and, comma', emails: [{ address: 'a@example.com' }, { address: 'b@example.com' }], notes: 'two\nlines' },
    })
    const done = await exported({ what: 'customers', columns: ['name', 'emails', 'notes'] })
    expect(done).toMatchObject({ state: 'done', files: [{ name: 'customers.csv', rows: 5 }] })
    const text = textOf(done, 'customers.csv')
    expect(text.startsWith('\uFEFFname,emails,notes\r\n')).toBe(true)
    const rows = rowsOf(text)
    expect(rows.map(([name]) => name)).toEqual(['name', "'+1+1", "'-2", '\'=HYPERLINK("http://x")', "'@SUM(A1)", 'Quote " and, comma'])
    expect(rows.at(-1)).toEqual(['Quote " and, comma', 'a@example.com; b@example.com', 'two\nlines'])
  })

  test('comes back by an import as it was, formulas as plain text', async () => {
    await crm.call('POST', '/customers', { body: { name: '=1+1', phones: [{ number: '+442079460000' }], tags: ['a', 'b'] } })
    const text = textOf(await exported({ what: 'customers', columns: ['name', 'phones', 'tags'] }), 'customers.csv')
    const other = await startCrm()
    const id = await upload(other, text)
    await work(other, id, 'run', { mapping: { name: 'name', phones: 'phone', tags: 'tags' } })
    const { body } = await other.call('GET', '/customers')
    expect(body['items']).toEqual([expect.objectContaining({ name: '=1+1', phones: [{ number: '+442079460000' }], tags: ['a', 'b'] })])
  })

  test('of those named, of an account manager, of a segment', async () => {
    const carol = await crm.call('POST', '/users', { body: { name: 'Carol', email: 'carol@example.com', roles: ['sales'] } })
    const manager = String(carol.body['id'])
    const made = await Promise.all(
      ['Ann', 'Bob', 'Cid'].map((name) => crm.call('POST', '/customers', { body: { name, ...(name === 'Cid' && { ownerId: manager }) } })),
    )
    const ids = made.map(({ body }) => String(body['id']))
    const column = async (body: object) =>
      rowsOf(textOf(await exported({ what: 'customers', columns: ['name'], ...body }), 'customers.csv'))
        .flat()
        .slice(1)
    expect(await column({ customerIds: [ids[1], ids[0], ids[1]] })).toEqual(['Bob', 'Ann'])
    expect(await column({ ownerId: manager })).toEqual(['Cid'])
    const segment = await crm.call('POST', '/segments', { body: { name: 'Chosen' } })
    expect(segment.status, JSON.stringify(segment.body)).toBe(201)
    await crm.call('POST', `/segments/${segment.body['id']}/members`, { body: { add: [ids[0], ids[2]] } })
    expect((await column({ segmentId: segment.body['id'] })).sort()).toEqual(['Ann', 'Cid'])
    expect((await crm.call('POST', '/exports', { body: { what: 'customers', ownerId: manager, customerIds: ids } })).body['code']).toBe(
      'export.one_way',
    )
    expect((await crm.call('POST', '/exports', { body: { what: 'customers', columns: ['salary'] } })).body['code']).toBe('column.unknown')
  })

  test('in many parts, cut off on the way, is one file with every customer once', async () => {
    const notes = 'n'.repeat(3_900)
    const lines = Array.from({ length: 3_000 }, (_, n) => `P${String(n).padStart(5, '0')},${notes}`)
    for (let from = 0; from < lines.length; from += 50) await plant(lines.slice(from, from + 50).map((line) => line.split(',')))
    const { body } = await crm.call('POST', '/exports', { body: { what: 'customers', columns: ['name', 'notes'] } })
    const real = { ...crm.files }
    let calls = 0
    const mayFail =
      <A extends unknown[], R>(call: (...all: A) => Promise<R>) =>
      async (...all: A): Promise<R> => {
        const done = await call(...all)
        if (++calls % 3 === 0) throw new Error('the process ends, its success unlearnt')
        return done
      }
    Object.assign(crm.files, {
      part: mayFail((key: string, upload: string, number: number, bytes: Uint8Array) => real.part(key, upload, number, bytes)),
      write: mayFail((key: string, bytes: Uint8Array | string, type: string) => real.write(key, bytes, type)),
    })
    for (let tries = 0; tries < 20; tries++) await runJob(crm, 'exports', { failing: true })
    Object.assign(crm.files, real)
    const done = (await crm.call('GET', `/exports/${body['id']}`)).body
    expect(done).toMatchObject({ state: 'done', files: [{ rows: 3_000 }] })
    const names = rowsOf(textOf(done, 'customers.csv')).map(([name]) => name)
    expect(names).toEqual(['name', ...lines.map((line) => line.slice(0, 6))])
    expect([...crm.files.kept.keys()]).toEqual([`export/${body['id']}/customers.csv`])
  }, 240_000)
})

describe('an export of a list', () => {
  test('is what the list shows with these filters, whole records with whose they are, amounts as files have them', async () => {
    const { body: ada } = await crm.call('POST', '/customers', { body: { name: 'Ada' } })
    const id = String(ada['id'])
    const deal = async (name: string, more: object = {}) =>
      (await crm.call('POST', `/customers/${id}/deals`, { body: { name, ...more } })).body
    const won = await deal('=Loom', { value: { amount: 12_990, currency: 'EUR' }, currency: 'EUR', nextStep: 'Call' })
    await deal('Open one')
    await crm.call('POST', `/deals/${won['id']}/win`, { body: { reason: 'Price' } })
    const done = await exported({
      what: 'deals',
      filters: { state: 'won' },
      columns: ['customerName', 'name', 'value', 'currency', 'wonReason'],
    })
    expect(done).toMatchObject({
      state: 'done',
      files: [{ name: 'deals.csv', rows: 1 }],
      chosen: { by: 'filters', filters: { state: 'won' } },
    })
    expect(rowsOf(textOf(done, 'deals.csv'))).toEqual([
      ['customerName', 'name', 'value', 'currency', 'wonReason'],
      ['Ada', "'=Loom", '129.90', 'EUR', 'Price'],
    ])
    await crm.call('POST', `/customers/${id}/tickets`, { body: { subject: 'It broke', body: 'Help', channel: 'email', priority: 'high' } })
    const tickets = rowsOf(textOf(await exported({ what: 'tickets', filters: { state: 'new' } }), 'tickets.csv'))
    expect(tickets[0]).toEqual(expect.arrayContaining(['id', 'customerName', 'subject', 'priority', 'resolvedAt']))
    expect(tickets[1]).toEqual(expect.arrayContaining(['Ada', 'It broke', 'high']))
    await crm.call('POST', `/customers/${id}/tasks`, { body: { title: 'Call her', dueAt: '2026-12-01T09:00:00Z', ownerId: 'usr_admin' } })
    expect(rowsOf(textOf(await exported({ what: 'customers', filters: { deleted: 'true' }, columns: ['name'] }), 'customers.csv'))).toEqual(
      [['name']],
    )
    await crm.call('DELETE', `/customers/${id}`, { ifMatch: 1 })
    expect(rowsOf(textOf(await exported({ what: 'customers', filters: { deleted: 'true' }, columns: ['name'] }), 'customers.csv'))).toEqual(
      [['name'], ['Ada']],
    )
  })

  test('goes over all pages of it', async () => {
    const { body: ada } = await crm.call('POST', '/customers', { body: { name: 'Ada' } })
    const operations = Array.from({ length: 75 }, (_, n) => ({
      method: 'POST',
      path: `/customers/${ada['id']}/deals`,
      body: { name: `D${n}` },
    }))
    for (let times = 0; times < 2; times++) await crm.call('POST', '/bulk', { body: { operations } })
    const rows = rowsOf(textOf(await exported({ what: 'deals', columns: ['id', 'name'] }), 'deals.csv')).slice(1)
    expect([rows.length, new Set(rows.map(([id]) => id)).size]).toEqual([150, 150])
  })

  test('is refused as the list would be, and never shows more than its asker may read', async () => {
    const refused = async (body: object, as = 'admin') => (await crm.call('POST', '/exports', { as, body })).body
    expect(await refused({ what: 'deals', filters: { colour: 'red' } })).toMatchObject({
      status: 400,
      errors: [{ path: 'filters.colour' }],
    })
    expect(await refused({ what: 'deals', filters: { state: 'sold' } })).toMatchObject({ status: 400, errors: [{ path: 'filters.state' }] })
    expect(await refused({ what: 'customers', filters: { name: 'ada' } })).toMatchObject({ code: 'filter.unsupported' })
    expect(await refused({ what: 'deals', ownerId: 'usr_x' })).toMatchObject({ code: 'export.customers_only' })
    expect(await refused({ what: 'deals', columns: ['emails'] })).toMatchObject({ code: 'column.unknown' })
    const grants = { 'deal:read': 'own', 'transfer:export': 'all' }
    await crm.call('POST', '/roles', { body: { name: 'dealer', description: 'Deals', grants } })
    const [mine, others] = [
      await crm.call('POST', '/customers', { body: { name: 'Ada' } }),
      await crm.call('POST', '/customers', { body: { name: 'Bob' } }),
    ]
    const dealer = (await crm.call('POST', '/users', { body: { name: 'Dee', email: 'dee@example.com', roles: ['dealer'] } })).body['id']
    await crm.call('POST', `/customers/${mine.body['id']}/deals`, { body: { name: 'Mine', ownerId: dealer } })
    await crm.call('POST', `/customers/${others.body['id']}/deals`, { body: { name: 'Another’s' } })
    const as = `${dealer}:dealer`
    expect(await refused({ what: 'customers' }, as)).toMatchObject({ status: 403 })
    expect(await refused({ what: 'deals', columns: ['customerName'] }, as)).toMatchObject({ status: 403 })
    const rows = rowsOf(textOf(await exported({ what: 'deals' }, as), 'deals.csv'))
    expect(rows[0]).not.toContain('customerName')
    expect(rows.slice(1).map((row) => row[rows[0]?.indexOf('name') ?? 0])).toEqual(['Mine'])
  })
})

describe('an export of the workspace', () => {
  test('is a file of each kind with every record, and nothing that opens doors', async () => {
    const ada = await crm.call('POST', '/customers', { body: { name: 'Ada' } })
    const id = String(ada.body['id'])
    const binned = await crm.call('POST', '/customers', { body: { name: 'Binned' } })
    await crm.call('DELETE', `/customers/${binned.body['id']}`, { ifMatch: 1 })
    await crm.call('POST', `/customers/${id}/interactions`, { body: { kind: 'note', body: 'Hello' } })
    await crm.call('POST', `/customers/${id}/deals`, { body: { name: 'Loom' } })
    const feed = await crm.call('POST', '/me/calendar')
    const done = await exported({ what: 'workspace' })
    const names = done['files'].map((one: { name: string }) => one.name)
    expect(names).toEqual(expect.arrayContaining(['customer.ndjson', 'customers.csv', 'deal.ndjson', 'interaction.ndjson']))
    const customers = textOf(done, 'customer.ndjson')
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as { name: string; pk?: string })
    expect(customers.map(({ name }) => name).sort()).toEqual(['Ada', 'Binned'])
    expect(customers.every((one) => one.pk === undefined)).toBe(true)
    expect(rowsOf(textOf(done, 'customers.csv'))).toHaveLength(2)
    expect(JSON.parse(textOf(done, 'interaction.ndjson'))).toMatchObject({ body: 'Hello', kind: 'note' })
    expect(feed.status).toBeLessThan(300)
    for (const name of names) expect(textOf(done, name)).not.toMatch(/"[a-z]*(secret|token|hash)[a-z]*":/i)
  })

  test('is for those who may export everything, and each sees their own', async () => {
    expect((await crm.call('POST', '/exports', { as: 'viewer', body: { what: 'customers' } })).status).toBe(403)
    expect((await crm.call('POST', '/exports', { as: 'sales', body: { what: 'workspace' } })).status).toBe(403)
    const { body } = await crm.call('POST', '/exports', { as: 'integration', body: { what: 'workspace' } })
    expect(body['state']).toBe('running')
    expect((await crm.call('POST', `/exports/${body['id']}/cancel`)).body['state']).toBe('cancelled')
    await runJob(crm, 'exports')
    expect(crm.files.kept.size).toBe(0)
    expect((await crm.call('POST', `/exports/${body['id']}/cancel`)).status).toBe(200)
  })

  test('a role of a team exports the team’s customers alone', async () => {
    await crm.call('POST', '/roles', {
      body: { name: 'lead', description: 'Leads', grants: { 'customer:read': 'team', 'transfer:export': 'team' } },
    })
    await crm.call('POST', '/customers', { body: { name: 'Not theirs' } })
    const made = await crm.call('POST', '/exports', { as: 'usr_lena0000000000000000:lead', body: { what: 'customers' } })
    expect(made.status, JSON.stringify(made.body)).toBe(201)
    expect((await crm.call('POST', '/exports', { as: 'usr_lena0000000000000000:lead', body: { what: 'workspace' } })).status).toBe(403)
    await runJob(crm, 'exports')
    const done = await crm.call('GET', `/exports/${made.body['id']}`, { as: 'usr_lena0000000000000000:lead' })
    expect(done.body).toMatchObject({ state: 'done', files: [{ rows: 0 }] })
  })
})
