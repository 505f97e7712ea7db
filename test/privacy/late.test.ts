import { beforeAll, expect, test } from 'vitest'
import type { Item } from '../../domain/kernel/table/table.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { settle } from '../support/stream.ts'

let crm: Crm
beforeAll(async () => {
  crm = await startCrm()
})

async function call(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object, ifMatch?: number) {
  const answer = await crm.call(method, path, { as: 'admin', ...(body && { body }), ...(ifMatch !== undefined && { ifMatch }) })
  expect(answer.status, `${method} ${path} ${JSON.stringify(answer.body)}`).toBeLessThan(300)
  return answer.body
}

/** What projections keep of a customer: lines of lists, blocks, the index. */
async function keptOf(id: string): Promise<string[]> {
  const kept: string[] = []
  for (let after: Item | undefined; ; ) {
    const { items, last } = await crm.table.scan({ limit: 1_000, ...(after && { after }) })
    for (const { pk, sk } of items)
      if (/^(find|block)#/.test(String(pk)) ? String(sk).endsWith(id) : sk === 'completeness' && String(pk).endsWith(id.slice(4)))
        kept.push(`${String(pk).split('#')[0]} ${String(sk)}`)
    if (!last) return kept
    after = last
  }
}

test('of who is renamed, binned and erased before anything has followed from it, nothing is kept', async () => {
  const { id } = (await call('POST', '/customers', { name: 'Ada Byron', emails: [{ address: 'ada@example.com' }] })) as { id: string }
  await settle(crm)
  const before = await keptOf(id)
  expect(before.filter((one) => one.startsWith('block')).length).toBeGreaterThan(1)
  expect(before.filter((one) => one.includes('completeness'))).toHaveLength(1)
  await call('PATCH', `/customers/${id}`, { name: 'Ada Lovelace', birthday: '1815-12-10' }, 1)
  await call('DELETE', `/customers/${id}`, undefined, 2)
  const { token } = (await call('POST', `/customers/${id}/erase`, {})) as { token: string }
  await call('POST', `/customers/${id}/erase`, { token, reason: 'request' })
  // What is known of the erasures is half a minute old at most.
  crm.clock.now = '2026-11-22T09:01:00.000Z'
  await settle(crm)
  expect(await keptOf(id)).toEqual([])
})

test('who is in the bin before the first reaction came gets no timer of a greeting', async () => {
  const { id } = (await call('POST', '/customers', { name: 'Charles', birthday: '1991-12-26' })) as { id: string }
  await call('DELETE', `/customers/${id}`, undefined, 1)
  await settle(crm)
  const { items } = await crm.table.query({ pk: `customer#${id.slice(4)}`, begins: '!', limit: 20 })
  expect(items.map(({ sk }) => sk)).toEqual(['!customer'])
})
