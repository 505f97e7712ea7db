import { beforeAll, expect, test } from 'vitest'
import { keepSearchable } from '../../domain/data/search/index.ts'
import type { Item, Table } from '../../domain/kernel/table/table.ts'
import { tell } from '../../events/stream.ts'
import { catalogue } from '../../functions/catalogue.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { newRecords, replay, runJob, settle } from '../support/stream.ts'

let crm: Crm
beforeAll(async () => {
  crm = await startCrm()
})

async function call(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object, ifMatch?: number) {
  const answer = await crm.call(method, path, { as: 'admin', ...(body && { body }), ...(ifMatch !== undefined && { ifMatch }) })
  expect(answer.status, `${method} ${path} ${JSON.stringify(answer.body)}`).toBeLessThan(300)
  return answer.body
}

function buy(id: string, amount: number) {
  const order = { orderId: { system: 'shop', id: `o${amount}` }, at: crm.clock.now, amount: { amount, currency: 'USD' } }
  return call('POST', `/customers/${id}/purchases`, order)
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

/** Erases a customer, nobody being told of anything, until the erasure is done. */
async function eraseToTheEnd(id: string): Promise<void> {
  const { token } = (await call('POST', `/customers/${id}/erase`, {})) as { token: string }
  const { erasureId } = (await call('POST', `/customers/${id}/erase`, { token, reason: 'request' })) as { erasureId: string }
  for (let hours = 1; hours <= 3; hours++) {
    crm.clock.now = new Date(Date.parse(crm.clock.now) + 3_600_000).toISOString()
    await runJob(crm, 'erasures')
  }
  expect((await crm.call('GET', `/erasures/${erasureId}`, { as: 'admin' })).body['state']).toBe('done')
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

test('what is told of someone only after their erasure is done makes nothing of them again', async () => {
  const { id } = (await call('POST', '/customers', { name: 'Mary', birthday: '1990-12-26' })) as { id: string }
  const pk = `customer#${id.slice(4)}`
  await buy(id, 4_000)
  await settle(crm)
  // From here on nobody is told of anything until the erasure is done.
  await call('POST', `/customers/${id}/interactions`, { kind: 'visit', subject: 'Tea', outcome: 'interested', durationMinutes: 60 })
  const ticket = (await call('POST', `/customers/${id}/tickets`, { subject: 'Late', body: 'Where is it?', channel: 'phone' })) as {
    id: string
  }
  await call('POST', `/tickets/${ticket.id}/resolve`, { resolution: 'Found' })
  await buy(id, 90_000)
  await call('DELETE', `/customers/${id}`, undefined, 2)
  await eraseToTheEnd(id)
  const records = async () => {
    const { items } = await crm.table.query({ pk, limit: 200 })
    return items.filter(({ ev }) => ev !== undefined).map(({ sk, version, erasedAt }) => ({ sk, version, erasedAt }))
  }
  const erased = await records()
  expect(erased.filter(({ erasedAt }) => erasedAt === undefined)).toEqual([])
  expect((await settle(crm)).reacted.length).toBeGreaterThan(5)
  expect(await records()).toEqual(erased)
})

test('rows of search that a run left which broke off go, though what was changed since is told only after the erasure is done', async () => {
  const { id } = (await call('POST', '/customers', { name: 'Augusta' })) as { id: string }
  await settle(crm)
  const note = (await call('POST', `/customers/${id}/interactions`, { kind: 'note', body: 'Spindles' })) as { id: string }
  const failing: Table = { ...crm.table, write: () => Promise.reject(new Error('the function was stopped')) }
  const { told } = tell(catalogue().kinds, await newRecords(crm))
  await expect(keepSearchable.project({ ...crm.ctx(), table: failing }, told)).rejects.toThrow('stopped')
  expect(await keptOf(note.id)).toHaveLength(1)
  await call('PATCH', `/interactions/${note.id}`, { body: 'Looms' }, 1)
  await call('DELETE', `/customers/${id}`, undefined, 1)
  await eraseToTheEnd(id)
  await replay(crm)
  expect(await keptOf(note.id)).toEqual([])
})
