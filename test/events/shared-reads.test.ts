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
  const actionOf = sharedReads(table)
  const answers = await Promise.all([actionOf().query(head), actionOf().query(head), actionOf().query({ ...head })])
  expect(answers.map(({ items }) => items.length)).toEqual([1, 1, 1])
  await Promise.all([actionOf().get(key), actionOf().get(key), actionOf().get(key, { eventual: true })])
  expect(calls).toEqual(['query base customer#1', 'get customer#1', 'get customer#1'])
})

test('what was put is in what was read of its partition, without another read', async () => {
  const { table, calls } = counting()
  const actionOf = sharedReads(table)
  await actionOf().query(head)
  await actionOf().get(key)
  await actionOf().write({ put: { ...key, n: 2, gone: undefined } })
  await actionOf().write({ put: { pk: 'customer#1', sk: '!alpha' } })
  await actionOf().write({ put: { pk: 'customer#1', sk: 'log#1' } })
  expect((await actionOf().query(head)).items).toStrictEqual([
    { pk: 'customer#1', sk: '!alpha' },
    { ...key, n: 2 },
  ])
  expect(await actionOf().get(key)).toStrictEqual({ ...key, n: 2 })
  expect(calls).toEqual(['query base customer#1', 'get customer#1', 'write', 'write', 'write'])
})

test('a page that may have moved is read again, and so is what was changed in part or deleted; nothing else is', async () => {
  const { table, calls } = counting()
  const actionOf = sharedReads(table)
  const full = { ...head, limit: 1 }
  const look = () => Promise.all([actionOf().query(full), actionOf().query({ ...head, pk: 'customer#2' }), actionOf().get(key)])
  await look()
  await actionOf().write({ put: { pk: 'customer#1', sk: '!alpha' } })
  await look()
  await actionOf().write({ update: key, add: { n: 1 } })
  await look()
  await actionOf().writeEach([{ delete: key }])
  await look()
  const reads = ['query base customer#1', 'get customer#1']
  expect(calls).toEqual([reads[0], 'query base customer#2', reads[1], 'write', reads[0], 'write', ...reads, ...reads])
})

test('who was overtaken looks anew: a refused transaction forgets too', async () => {
  const { table, calls } = counting()
  const actionOf = sharedReads(table)
  await actionOf().get(key)
  await actionOf().writeAll([{ check: { pk: 'customer#2', sk: 'x' }, if: { present: true } }, { delete: key }])
  await actionOf().get(key)
  expect(calls).toEqual(['get customer#1', 'get customer#1'])
})

test('what an index says is read each time, and a read that failed is tried again', async () => {
  const { table, calls } = counting()
  const actionOf = sharedReads(table)
  await actionOf().query({ index: 'due', pk: 'due#warnings#0', limit: 1 })
  await actionOf().query({ index: 'due', pk: 'due#warnings#0', limit: 1 })
  expect(calls).toEqual(['query due due#warnings#0', 'query due due#warnings#0'])
  let tries = 0
  const failing = sharedReads({
    ...table,
    get: async () => {
      if (tries++ === 0) throw new Error('not now')
      return undefined
    },
  })()
  await expect(failing.get(key)).rejects.toThrow('not now')
  expect(await failing.get(key)).toBeUndefined()
})

test('what one action sees never goes back: beside a record read anew, a range that was read before it is read anew too', async () => {
  const { table, calls } = counting()
  const actionOf = sharedReads(table)
  const range = { pk: 'customer#1', from: 'purchase#1', to: 'purchase#9', limit: 20 }
  const inOrder = async (action: Table) => {
    await action.query(head)
    await action.query(range)
  }
  await inOrder(actionOf())
  await inOrder(actionOf())
  expect(calls).toHaveLength(2)
  await actionOf().write({ update: key, add: { n: 1 } })
  calls.length = 0
  await inOrder(actionOf())
  expect(calls).toEqual(['query base customer#1', 'query base customer#1'])
  await inOrder(actionOf())
  expect(calls).toHaveLength(2)
})

test('a put by one action does not make the others read the ranges beside it again', async () => {
  const { table, calls } = counting()
  const actionOf = sharedReads(table)
  const range = { pk: 'customer#1', from: 'purchase#1', to: 'purchase#9', limit: 20 }
  for (const n of [1, 2, 3]) {
    const action = actionOf()
    await action.query(head)
    await action.query(range)
    await action.write({ put: { ...key, n } })
  }
  expect(calls.filter((call) => call.startsWith('query'))).toHaveLength(2)
})
