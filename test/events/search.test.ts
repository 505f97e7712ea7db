import fc from '../support/property.ts'
import { describe, expect, test } from 'vitest'
import { docOf } from '../../domain/data/search/document.ts'
import { keepSearchable } from '../../domain/data/search/index.ts'
import { readingOf } from '../../domain/data/search/pinyin.ts'
import { rowOf } from '../../domain/data/search/row.ts'
import { tokensOf } from '../../domain/data/search/token.ts'
import type { Change } from '../../domain/kernel/event.ts'
import type { Item, Table } from '../../domain/kernel/table/table.ts'
import { tell } from '../../events/stream.ts'
import { catalogue } from '../../functions/catalogue.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { userIdOf } from '../support/http-event.ts'
import { newRecords } from '../support/stream.ts'

async function itemsOf(crm: Crm): Promise<Item[]> {
  const { items, last } = await crm.table.scan({ limit: 5_000 })
  expect(last).toBeUndefined()
  return items
}

const nameOf = ({ pk, sk }: Item): string => `${String(pk)} ${String(sk)}`
const isToken = (item: Item): boolean => String(item['pk']).startsWith('find#')
const asText = (items: readonly Item[]): string[] => items.map((item) => JSON.stringify(item, Object.keys(item).sort())).sort()

/** The token rows that there should be, from the records as they stand. */
async function due(items: readonly Item[]): Promise<Item[]> {
  const byKey = new Map(items.map((item) => [nameOf(item), item]))
  const rows: Item[] = []
  for (const item of items.filter((one) => one['ev'])) {
    const { pk, sk } = item
    const ticketKey = String(sk).slice('message#'.length, 'message#'.length + 20)
    const doc = docOf(item, byKey.get(nameOf({ pk, sk: '!customer' })), byKey.get(nameOf({ pk, sk: `ticket#${ticketKey}` })))
    if (!doc) continue
    const { tokens, common } = tokensOf(doc, await readingOf(doc.names[0] ?? ''))
    rows.push(...tokens.map((token) => rowOf(token, doc.id, common)))
  }
  return rows
}

async function changesOf(crm: Crm): Promise<Change[]> {
  return tell(catalogue().kinds, await newRecords(crm)).told
}

/** A life of two customers: named, renamed, given away, deleted, restored, with what belongs to them. */
async function live(crm: Crm, after: () => Promise<void> = async () => {}): Promise<void> {
  const send = async (method: string, path: string, body?: object): Promise<Record<string, unknown>> => {
    const ifMatch = method === 'PATCH' || method === 'DELETE' ? { ifMatch: Number((await crm.call('GET', path)).body['version']) } : {}
    const reply = await crm.call(method, path, { ...(body && { body }), ...ifMatch })
    expect(reply.status, `${method} ${path} ${JSON.stringify(reply.body)}`).toBeLessThan(300)
    await after()
    return reply.body
  }
  const ada = `/customers/${String((await send('POST', '/customers', { name: 'Ada Lovelace', emails: [{ address: 'ada@example.com' }] }))['id'])}`
  const wang = `/customers/${String((await send('POST', '/customers', { name: '王小明' }))['id'])}`
  const ticket = `/tickets/${String((await send('POST', `${ada}/tickets`, { subject: 'Loom stops', body: 'Burnt rubber', channel: 'email' }))['id'])}`
  const note = `/interactions/${String((await send('POST', `${wang}/interactions`, { kind: 'note', body: '客户要求退款' }))['id'])}`
  await send('POST', `${ada}/purchases`, { orderId: { id: 'A-1001' }, at: '2026-11-01T00:00:00Z', amount: { amount: 1, currency: 'USD' } })
  await send('PATCH', ada, { name: 'Ada King', phones: [{ number: '+442079460001' }] })
  await send('POST', `${wang}/assign`, { ownerId: userIdOf('admin') })
  await send('DELETE', wang)
  await send('PATCH', ticket, { subject: 'Loom stops at night' })
  await send('POST', `${wang}/restore`)
  await send('PATCH', note, { body: '已经退款' })
  await send('DELETE', ticket)
  await send('PATCH', wang, { name: '王大明' })
  await send('POST', `${ada}/assign`, { ownerId: userIdOf('admin') })
}

describe('token rows follow the records', () => {
  test('told in order, in any order, twice, in any batches: the same rows, those of the records as they stand', async () => {
    const crm = await startCrm()
    await live(crm)
    const changes = await changesOf(crm)
    const rows = asText(await due(await itemsOf(crm)))
    expect(rows.length).toBeGreaterThan(20)
    const tellings = fc.record({
      order: fc.shuffledSubarray([...changes.keys()], { minLength: changes.length }),
      again: fc.array(fc.nat(changes.length - 1), { maxLength: 10 }),
      size: fc.integer({ min: 1, max: 12 }),
    })
    const apart = async ({ order, again, size }: { order: number[]; again: number[]; size: number }): Promise<void> => {
      const told = [...order, ...again].flatMap((at) => changes[at] ?? [])
      for (let from = 0; from < told.length; from += size) await keepSearchable.project(crm.ctx(), told.slice(from, from + size))
      expect(asText((await itemsOf(crm)).filter(isToken))).toEqual(rows)
    }
    await apart({ order: [...changes.keys()], again: [], size: 100 })
    await fc.assert(fc.asyncProperty(tellings, apart), { numRuns: 8 })
  })

  test('as they do when the records change while they are being kept, and early changes come late', async () => {
    const crm = await startCrm()
    const late: Change[] = []
    await live(crm, async () => {
      const [first, ...others] = await changesOf(crm)
      if (first) late.push(first)
      await keepSearchable.project(crm.ctx(), others)
      if (late.length > 3) await keepSearchable.project(crm.ctx(), late.splice(0, 1))
    })
    await keepSearchable.project(crm.ctx(), late.reverse())
    const items = await itemsOf(crm)
    expect(asText(items.filter(isToken))).toEqual(asText(await due(items)))
  })

  test('told again they cost no write, and what is not searchable no read either', async () => {
    const crm = await startCrm()
    const id = String((await crm.call('POST', '/customers', { body: { name: 'Ada Lovelace' } })).body['id'])
    await crm.call('POST', `/customers/${id}/interactions`, { body: { kind: 'note', body: 'Spindles' } })
    const changes = await changesOf(crm)
    await keepSearchable.project(crm.ctx(), changes)
    crm.spent.length = 0
    await keepSearchable.project(crm.ctx(), changes)
    expect(crm.spent.reduce((sum, one) => sum + one.writeUnits, 0)).toBe(0)
    await crm.call('PATCH', `/customers/${id}`, { body: { occupation: 'Analyst' }, ifMatch: 1 })
    const plain = await changesOf(crm)
    expect(plain.length).toBe(1)
    crm.spent.length = 0
    await keepSearchable.project(crm.ctx(), plain)
    expect(crm.spent).toEqual([])
  })

  test('when another run keeps a later change meanwhile, the later one stays', async () => {
    const crm = await startCrm()
    const id = String((await crm.call('POST', '/customers', { body: { name: 'Ada Lovelace' } })).body['id'])
    const first = await changesOf(crm)
    let meanwhile: (() => Promise<void>) | undefined = async () => {
      meanwhile = undefined
      await crm.call('PATCH', `/customers/${id}`, { body: { name: 'Ada King', emails: [{ address: 'ada@king.example' }] }, ifMatch: 1 })
      await crm.call('POST', `/customers/${id}/assign`, { body: { ownerId: userIdOf('admin') } })
      await keepSearchable.project(crm.ctx(), await changesOf(crm))
    }
    const slow: Table = {
      ...crm.table,
      writeEach: async (writes) => {
        await meanwhile?.()
        await crm.table.writeEach(writes)
      },
    }
    await keepSearchable.project({ ...crm.ctx(), table: slow }, first)
    expect(meanwhile).toBeUndefined()
    const items = await itemsOf(crm)
    expect(asText(items.filter(isToken))).toEqual(asText(await due(items)))
  })

  test('a run that broke off is made good when the batch comes again', async () => {
    const crm = await startCrm()
    await live(crm)
    const changes = await changesOf(crm)
    let left = 3
    const failing: Table = {
      ...crm.table,
      write: async (write, how) => {
        if (--left <= 0) throw new Error('the function was stopped')
        return crm.table.write(write, how)
      },
    }
    await expect(keepSearchable.project({ ...crm.ctx(), table: failing }, changes)).rejects.toThrow('stopped')
    await keepSearchable.project(crm.ctx(), changes)
    const items = await itemsOf(crm)
    expect(asText(items.filter(isToken))).toEqual(asText(await due(items)))
  })

  test('what a run wrote that broke off goes when the next change is told, though the record was another when it was made good', async () => {
    const crm = await startCrm()
    const id = String((await crm.call('POST', '/customers', { body: { name: 'Ada Lovelace' } })).body['id'])
    const first = await changesOf(crm)
    const failing: Table = { ...crm.table, write: () => Promise.reject(new Error('the function was stopped')) }
    await expect(keepSearchable.project({ ...crm.ctx(), table: failing }, first)).rejects.toThrow('stopped')
    await crm.call('PATCH', `/customers/${id}`, { body: { name: 'Grace Hopper' }, ifMatch: 1 })
    const second = await changesOf(crm)
    await keepSearchable.project(crm.ctx(), first)
    await keepSearchable.project(crm.ctx(), second)
    const items = await itemsOf(crm)
    expect(asText(items.filter(isToken))).toEqual(asText(await due(items)))
    crm.spent.length = 0
    await keepSearchable.project(crm.ctx(), second)
    expect(crm.spent.reduce((sum, one) => sum + one.writeUnits, 0)).toBe(0)
  })

  test('so does what it wrote of a deal whose customer went to the bin, or to somebody else, before it was made good', async () => {
    const crm = await startCrm()
    const id = String((await crm.call('POST', '/customers', { body: { name: 'Ada Lovelace' } })).body['id'])
    await keepSearchable.project(crm.ctx(), await changesOf(crm))
    const failing: Table = { ...crm.table, write: () => Promise.reject(new Error('the function was stopped')) }
    const opened = async (name: string) => {
      await crm.call('POST', `/customers/${id}/deals`, { body: { name } })
      const changes = await changesOf(crm)
      await expect(keepSearchable.project({ ...crm.ctx(), table: failing }, changes)).rejects.toThrow('stopped')
      return changes
    }
    const settled = async () => {
      const items = await itemsOf(crm)
      expect(asText(items.filter(isToken))).toEqual(asText(await due(items)))
    }
    const first = await opened('Analytical engine')
    const given = await crm.call('POST', `/customers/${id}/assign`, { body: { ownerId: userIdOf('admin') }, ifMatch: 1 })
    expect(given.status, JSON.stringify(given.body)).toBe(200)
    const assigned = await changesOf(crm)
    await keepSearchable.project(crm.ctx(), first)
    await keepSearchable.project(crm.ctx(), assigned)
    await settled()
    const second = await opened('Difference engine')
    await crm.call('DELETE', `/customers/${id}`, { ifMatch: 2 })
    const deleted = await changesOf(crm)
    await keepSearchable.project(crm.ctx(), second)
    await keepSearchable.project(crm.ctx(), deleted)
    await settled()
  })

  test('what it wrote over rows that stay is put right, though the record was again what it had been when it was made good', async () => {
    const crm = await startCrm()
    const id = String((await crm.call('POST', '/customers', { body: { name: 'Ada Lovelace' } })).body['id'])
    await crm.call('POST', `/customers/${id}/deals`, { body: { name: 'Analytical engine' } })
    await keepSearchable.project(crm.ctx(), await changesOf(crm))
    const give = async (ownerId: string | null, ifMatch: number) => {
      const { status, body } = await crm.call('POST', `/customers/${id}/assign`, { body: { ownerId }, ifMatch })
      expect(status, JSON.stringify(body)).toBe(200)
      return changesOf(crm)
    }
    const owner = (await crm.call('GET', `/customers/${id}`)).body['ownerId'] ?? null
    const there = await give(userIdOf('admin'), 1)
    const failing: Table = { ...crm.table, write: () => Promise.reject(new Error('the function was stopped')) }
    await expect(keepSearchable.project({ ...crm.ctx(), table: failing }, there)).rejects.toThrow('stopped')
    const back = await give(owner, 2)
    await keepSearchable.project(crm.ctx(), there)
    await keepSearchable.project(crm.ctx(), back)
    const items = await itemsOf(crm)
    expect(asText(items.filter(isToken))).toEqual(asText(await due(items)))
  })

  test('a record that is gone from the table takes its rows along', async () => {
    const crm = await startCrm()
    const id = String((await crm.call('POST', '/customers', { body: { name: 'Ada Lovelace' } })).body['id'])
    await keepSearchable.project(crm.ctx(), await changesOf(crm))
    await crm.table.write({ delete: { pk: `customer#${id.slice(4)}`, sk: '!customer' } })
    await keepSearchable.project(crm.ctx(), await changesOf(crm))
    expect((await itemsOf(crm)).filter((item) => isToken(item) || String(item['sk']).startsWith('find#'))).toEqual([])
  })
})
