import { randomUUID } from 'node:crypto'
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { entities } from '../../domain/index.ts'
import { dynamoTable } from '../../domain/kernel/table/table.ts'
import { drill, type Restorer } from '../../infra/upkeep/drill.ts'
import { erasedAgain } from '../../infra/upkeep/erasures.ts'
import { checkedExport, exportTo, importFrom } from '../../infra/upkeep/house.ts'
import type { Target } from '../../infra/upkeep/target.ts'
import { walk } from '../../infra/upkeep/walk.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { runJob, settle } from '../support/stream.ts'
import { createTable, dropTable, engineClient } from '../support/table.ts'

const folder = mkdtempSync(join(tmpdir(), 'crm-backup-'))
let crm: Crm
const ids: string[] = []
const now = '2026-11-22T12:00:00.000Z'

beforeAll(async () => {
  crm = await startCrm()
  const post = async (path: string, body: object) => (await crm.call('POST', path, { as: 'admin', body, key: randomUUID() })).body
  for (let number = 0; number < 9; number++) {
    const { id } = await post('/customers', { name: `Ada ${number} 王`, emails: [{ address: `a${number}@example.com` }] })
    ids.push(id)
    const order = { orderId: { system: 'shop', id: `o-${number}` }, at: '2026-11-01T10:00:00Z', amount: { amount: 905, currency: 'USD' } }
    await post(`/customers/${id}/purchases`, order)
    await post(`/customers/${id}/tickets`, { subject: 'Broken', channel: 'email', body: 'Line one\nline two' })
  }
  await crm.files.write(`file/${ids[0]?.slice(4)}/photo.png`, Buffer.from([1, 2, 3]), 'image/png')
  await settle(crm)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const targetOf = (place: Crm['place'], files: Crm['files']): Target => {
  const client = engineClient(place.endpoint)
  let units = 0
  const table = dynamoTable(client, place.name, (cost) => (units += cost.readUnits + cost.writeUnits))
  return { table, name: place.name, client, files, units: () => units, close: async () => client.destroy() }
}
const quiet = { rate: 40_000, say: () => {} }

describe('a workspace that moves', () => {
  test('is whole in another table: no drift, the same ids, the same answers', async () => {
    const there = join(folder, 'move')
    const made = await exportTo(targetOf(crm.place, crm.files), there, now, quiet)
    expect(made).toMatchObject({ kinds: { customer: 9, purchase: 9, history: 9, ticket: 9 } })
    expect(readFileSync(join(there, 'items-00001.ndjson'), 'utf8')).not.toContain('idem#')
    const other = await startCrm({ now: crm.clock.now })
    const into = targetOf(other.place, other.files)
    await importFrom(into, there, { ...quiet, again: false })
    expect(await walk(into, { ...quiet, repair: false, now: () => now })).toMatchObject({ found: {}, left: 0 })
    const paths = [
      '/customers?limit=100',
      '/tickets?state=new',
      '/overview',
      ...ids.flatMap((id) => [`/customers/${id}`, `/customers/${id}/overview`, `/customers/${id}/purchases`]),
    ]
    for (const path of paths) {
      const [before, after] = [await crm.call('GET', path, { as: 'admin' }), await other.call('GET', path, { as: 'admin' })]
      expect({ path, status: after.status, body: without(after.body) }).toEqual({ path, status: before.status, body: without(before.body) })
    }
    expect([...other.files.kept.keys()]).toEqual([`file/${ids[0]?.slice(4)}/photo.png`])
    const body = { name: 'Ada again', emails: [{ address: 'a3@example.com' }] }
    expect((await other.call('POST', '/customers', { as: 'admin', body })).body).toMatchObject({ status: 409, existingId: ids[3] })
  })

  test('does not bring back who was erased after the export: the register of the bucket it moves into says who', async () => {
    const source = await startCrm({ now: '2026-11-22T09:00:00.000Z' })
    const post = async (path: string, body: object) => (await source.call('POST', path, { as: 'admin', body })).body
    const { id } = await post('/customers', { name: 'Erika Mustermann', emails: [{ address: 'erika@example.com' }] })
    const { id: other } = await post('/customers', { name: 'Stays Here' })
    await settle(source)
    const there = join(folder, 'before-erasure')
    await exportTo(targetOf(source.place, source.files), there, now, quiet)
    const { token } = await post(`/customers/${id}/erase`, {})
    await post(`/customers/${id}/erase`, { token, reason: 'request' })
    await runJob(source, 'erasures')
    expect([...source.files.kept.keys()]).toEqual([`register/erased/${id}.json`])
    // The table is lost; the bucket is not.
    const fresh = await startCrm({ now })
    const into = targetOf(fresh.place, source.files)
    await importFrom(into, there, { ...quiet, again: false })
    expect((await fresh.call('GET', `/customers/${id}`, { as: 'admin' })).status).toBe(200)
    const said: string[] = []
    await erasedAgain(
      into,
      'import',
      () => now,
      (line) => void said.push(line),
    )
    expect(said).toEqual(['1 erasures in the register, 1 done again'])
    expect((await fresh.call('GET', `/customers/${id}`, { as: 'admin' })).status).toBe(410)
    expect((await fresh.call('GET', `/customers/${other}`, { as: 'admin' })).status).toBe(200)
    const { items } = await fresh.table.scan({ limit: 10_000 })
    expect(items.filter((item) => /erika|mustermann/i.test(JSON.stringify(item)))).toEqual([])
    expect(items.filter(({ pk, sk }) => String(pk).startsWith('block#') && sk === id)).toEqual([])
    expect(await walk(into, { ...quiet, repair: false, now: () => now })).toMatchObject({ found: {}, left: 0 })
  })

  test('is refused where anything is there, and gone on with when it was cut off', async () => {
    const there = join(folder, 'move')
    const other = await startCrm()
    const into = targetOf(other.place, other.files)
    await other.table.write({ put: { pk: 'x', sk: 'x' } })
    await expect(importFrom(into, there, { ...quiet, again: false })).rejects.toThrow('is not empty')
    await importFrom(into, there, { ...quiet, again: true })
    await importFrom(into, there, { ...quiet, again: true })
    expect(await walk(into, { ...quiet, repair: false, now: () => now })).toMatchObject({ found: {}, left: 0 })
  })

  test('is not imported at all when a part is not as it was written', async () => {
    const there = join(folder, 'spoilt')
    await exportTo(targetOf(crm.place, crm.files), there, now, quiet)
    expect(checkedExport(there).format).toBe(1)
    appendFileSync(join(there, 'items-00001.ndjson'), ' ')
    const other = await startCrm()
    await expect(importFrom(targetOf(other.place, other.files), there, { ...quiet, again: false })).rejects.toThrow(
      'is not as it was written',
    )
    expect((await other.table.scan({ limit: 1 })).items).toEqual([])
    await expect(exportTo(targetOf(crm.place, crm.files), there, now, quiet)).rejects.toThrow('holds an export already')
  })

  test('leaves no kind of record behind', () => {
    const { kinds } = checkedExport(join(folder, 'move'))
    expect(Object.keys(kinds).filter((noun) => noun !== '-' && !entities.has(noun))).toEqual([])
  })
})

/** Answers without what names the moment or is sealed by a table's own secret. */
const without = (body: object) =>
  JSON.parse(JSON.stringify(body, (key, value) => (['nextCursor', 'requestId'].includes(key) ? undefined : value)))

describe('a drill', () => {
  /** A restore that copies, over the same engine. @param spoil what is wrong with the copy */
  function restorer(spoil?: (target: Target) => Promise<unknown>): { aws: Restorer; calls: string[] } {
    const calls: string[] = []
    const client = engineClient(crm.place.endpoint)
    const tables = new Map<string, number>()
    return {
      calls,
      aws: {
        latest: async () => '2026-11-22T11:55:00.000Z',
        async restore(from, to) {
          calls.push(`restore ${to}`)
          await createTable(client, to)
          const [source, copy] = [from, to].map((name) => targetOf({ ...crm.place, name }, crm.files))
          const { items = [] } = (await source?.table.scan({ limit: 10_000 })) ?? {}
          for (const item of items) await copy?.table.write({ put: item })
          if (copy) await spoil?.(copy)
          tables.set(to, 0)
        },
        async describe(name) {
          const looks = tables.get(name)
          if (looks === undefined) return undefined
          tables.set(name, looks + 1)
          return { status: looks < 2 ? 'CREATING' : 'ACTIVE', items: 0, bytes: 0 }
        },
        open: async (name) => targetOf({ ...crm.place, name }, crm.files),
        async remove(name) {
          calls.push(`remove ${name}`)
          await dropTable(client, name)
        },
      },
    }
  }
  const facts = (copy: string) => ({ table: crm.place.name, copy, ...quiet, now: () => now, wait: async () => {} })

  test('of a backup that is good says so, and removes the copy', async () => {
    const { aws, calls } = restorer()
    expect(await drill(aws, facts('copy-good'))).toMatchObject({
      good: true,
      restoredTo: '2026-11-22T11:55:00.000Z',
      found: {},
      kinds: { customer: 9 },
    })
    expect(calls).toEqual(['restore copy-good', 'remove copy-good'])
  })

  test('of a torn one says what is wrong, and removes the copy all the same', async () => {
    const { aws, calls } = restorer((copy) => copy.table.write({ delete: { pk: 'unique#email:a1@example.com', sk: 'unique' } }))
    expect(await drill(aws, facts('copy-torn'))).toMatchObject({ good: false, found: { I3: 1 }, why: ['fsck found {"I3":1}'] })
    expect(calls.at(-1)).toBe('remove copy-torn')
  })

  test('removes the copy when it fails itself, and does not begin beside an earlier one', async () => {
    const { aws, calls } = restorer()
    const broken = {
      ...aws,
      open: async () => {
        throw new Error('the link broke')
      },
    }
    await expect(drill(broken, facts('copy-x'))).rejects.toThrow('the link broke')
    expect(calls).toEqual(['restore copy-x', 'remove copy-x'])
    const busy = { ...aws, describe: async () => ({ status: 'ACTIVE', items: 0, bytes: 0 }) }
    expect(await drill(busy, facts('copy-y'))).toMatchObject({ good: false, why: [expect.stringContaining('there already')] })
  })
})
