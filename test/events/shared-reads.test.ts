import { expect, test } from 'vitest'
import type { Item, Table } from '../../domain/kernel/table/table.ts'
import { sharedReads } from '../../events/shared-reads.ts'

/** A table in memory that counts what reaches it. */
function counting(): { table: Table; calls: string[] } {
  const items = new Map<string, Item>([['customer#1|!customer', { pk: 'customer#1', sk: '!customer', n: 1 }]])
  const calls: string[] = []
  const table: Table = {
    get: async ({ pk, sk }) => {
      calls.push(`get ${pk}`)
      return items.get(`${pk}|${sk}`)
    },
    getAll: async (keys) => keys.map(({ pk, sk }) => items.get(`${pk}|${sk}`)),
    query: async ({ pk, index }) => {
      calls.push(`query ${index ?? 'base'} ${pk}`)
      return { items: [...items.values()].filter((item) => item['pk'] === pk) }
    },
    write: async (write) => {
      calls.push('write')
      if ('put' in write) items.set(`${String(write.put['pk'])}|${String(write.put['sk'])}`, write.put)
      return { ok: true }
    },
    writeAll: async () => ({ ok: false, refused: [] }),
    writeEach: async () => {},
    scan: async () => ({ items: [] }),
  }
  return { table, calls }
}

const head = { pk: 'customer#1', begins: '!', limit: 20 }
const key = { pk: 'customer#1', sk: '!customer' }

test('the same read, also at the same moment, reaches the table once', async () => {
  const { table, calls } = counting()
  const shared = sharedReads(table)
  const answers = await Promise.all([shared.query(head), shared.query(head), shared.query({ ...head })])
  expect(answers.map(({ items }) => items.length)).toEqual([1, 1, 1])
  await Promise.all([shared.get(key), shared.get(key), shared.get(key, { eventual: true })])
  expect(calls).toEqual(['query base customer#1', 'get customer#1', 'get customer#1'])
})

test('what was put is in what was read of its partition, without another read', async () => {
  const { table, calls } = counting()
  const shared = sharedReads(table)
  await shared.query(head)
  await shared.get(key)
  await shared.write({ put: { ...key, n: 2, gone: undefined } })
  await shared.write({ put: { pk: 'customer#1', sk: '!alpha' } })
  await shared.write({ put: { pk: 'customer#1', sk: 'log#1' } })
  expect((await shared.query(head)).items).toStrictEqual([
    { pk: 'customer#1', sk: '!alpha' },
    { ...key, n: 2 },
  ])
  expect(await shared.get(key)).toStrictEqual({ ...key, n: 2 })
  expect(calls).toEqual(['query base customer#1', 'get customer#1', 'write', 'write', 'write'])
})

test('a page that may have moved is read again, and so is what was changed in part or deleted; nothing else is', async () => {
  const { table, calls } = counting()
  const shared = sharedReads(table)
  const full = { ...head, limit: 1 }
  const look = () => Promise.all([shared.query(full), shared.query({ ...head, pk: 'customer#2' }), shared.get(key)])
  await look()
  await shared.write({ put: { pk: 'customer#1', sk: '!alpha' } })
  await look()
  await shared.write({ update: key, add: { n: 1 } })
  await look()
  await shared.writeEach([{ delete: key }])
  await look()
  const reads = ['query base customer#1', 'get customer#1']
  expect(calls).toEqual([reads[0], 'query base customer#2', reads[1], 'write', reads[0], 'write', ...reads, ...reads])
})

test('who was overtaken looks anew: a refused transaction forgets too', async () => {
  const { table, calls } = counting()
  const shared = sharedReads(table)
  await shared.get(key)
  await shared.writeAll([{ check: { pk: 'customer#2', sk: 'x' }, if: { present: true } }, { delete: key }])
  await shared.get(key)
  expect(calls).toEqual(['get customer#1', 'get customer#1'])
})

test('what an index says is read each time, and a read that failed is tried again', async () => {
  const { table, calls } = counting()
  const shared = sharedReads(table)
  await shared.query({ index: 'due', pk: 'due#warnings#0', limit: 1 })
  await shared.query({ index: 'due', pk: 'due#warnings#0', limit: 1 })
  expect(calls).toEqual(['query due due#warnings#0', 'query due due#warnings#0'])
  let tries = 0
  const failing = sharedReads({
    ...table,
    get: async () => {
      if (tries++ === 0) throw new Error('not now')
      return undefined
    },
  })
  await expect(failing.get(key)).rejects.toThrow('not now')
  expect(await failing.get(key)).toBeUndefined()
})
