import { beforeAll, describe, expect, test } from 'vitest'
import { entities } from '../../domain/index.ts'
import { customer } from '../../domain/customer/customer/index.ts'
import { history } from '../../domain/customer/purchase/index.ts'
import { clock, keepSegments, member, recounted } from '../../domain/data/segment/index.ts'
import { allKinds, inspect, mend, step, type Finding } from '../../domain/data/upkeep/index.ts'
import { placeOf } from '../../domain/kernel/entity.ts'
import type { Change } from '../../domain/kernel/event.ts'
import type { Item, Key, Query } from '../../domain/kernel/table/table.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { runJob, settle } from '../support/stream.ts'

let crm: Crm
let made = 0
beforeAll(async () => {
  crm = await startCrm()
})

const post = async (path: string, body: object) => {
  const answer = await crm.call('POST', path, { as: 'admin', body })
  if (answer.status > 299) throw new Error(JSON.stringify(answer.body))
  return answer.body
}

/** A customer with something of everything that is summed. */
async function furnished(): Promise<string> {
  const number = ++made
  const { id } = await post('/customers', { name: `Ada ${number}`, emails: [{ address: `f${number}@example.com` }] })
  for (const day of [1, 9, 20])
    await post(`/customers/${id}/purchases`, {
      orderId: { system: 'shop', id: `o-${number}-${day}` },
      at: `2026-11-${String(day).padStart(2, '0')}T10:00:00Z`,
      amount: { amount: 900 + day, currency: 'USD' },
    })
  await post(`/customers/${id}/costs`, { kind: 'compensation', amount: { amount: 700, currency: 'USD' }, reason: 'Late' })
  await post(`/customers/${id}/tickets`, { subject: 'Broken', channel: 'email', body: 'It broke.' })
  return id
}

async function findings(): Promise<Finding[]> {
  const found: Finding[] = []
  let after: Item | undefined
  do {
    const read = await step(crm.table, 7, after)
    for (const piece of read.pieces) found.push(...(await inspect(crm.table, allKinds(), piece, crm.clock.now)))
    after = read.after
  } while (after)
  return found
}

/** The rows by which search finds a record. */
async function rowsOf(id: string): Promise<(Item & Key)[]> {
  const { items } = await crm.table.scan({ limit: 10_000 })
  return items.map((item) => ({ ...item, ...keyOf(item) })).filter(({ pk, sk }) => pk.startsWith('find#') && sk.endsWith(`#${id}`))
}
const keyOf = (item: Item | undefined): Key => ({ pk: String(item?.['pk']), sk: String(item?.['sk']) })

const fileKey = (id: string): Key => placeOf(customer, id)
const historyKey = (id: string): Key => placeOf(history, history.id('', id))

test('every kind of record is known to what goes over all of them', () => {
  expect([...allKinds().keys()].sort()).toEqual([...entities.keys()].sort())
})

describe('a look at the whole table', () => {
  test('finds nothing in what the product wrote, however its pages fall', async () => {
    for (let at = 0; at < 3; at++) await furnished()
    await settle(crm)
    // The log counts as late only some time after a change.
    crm.clock.now = '2026-11-22T10:00:00.000Z'
    expect(await findings()).toEqual([])
  })

  test('finds each thing that is wrong, once, and puts it right', async () => {
    const id = await furnished()
    await settle(crm)
    crm.clock.now = '2026-11-22T11:00:00.000Z'
    const file = await crm.table.get(fileKey(id))
    const email = `unique#email:f${made}@example.com`
    const [row] = await rowsOf(id)
    const ghost = { pk: 'find#n#zz', sk: `zztop${row?.sk.slice(row.sk.indexOf('#'))}` }
    const costs = { pk: fileKey(id).pk, sk: '!costs' }
    const tampering: [string[], Key, Item | undefined][] = [
      [['I8'], keyOf(row), undefined],
      [['I8'], keyOf(row), { o: 'usr_another' }],
      [['I8'], ghost, { t: 'Zztop' }],
      [['I8'], { pk: fileKey(id).pk, sk: 'find#!customer' }, undefined],
      [['I5', 'I7'], costs, { earlier: { service: 5 } }],
      [['I5'], historyKey(id), { version: 1 }],
      [['I7'], costs, undefined],
      [['I7'], historyKey(id), undefined],
      [['I8'], fileKey(id), { lsk: 'elsewhere' }],
      [['I8'], fileKey(id), { 'row.name': 'Someone else' }],
      [['I3'], { pk: email, sk: 'unique' }, undefined],
      [['I5'], { pk: fileKey(id).pk, sk: 'log#!customer#00000001' }, undefined],
      [['I5', 'I7'], historyKey(id), { net: 1 }],
      [['I3'], { pk: 'unique#email:nobody@example.com', sk: 'unique' }, { id }],
      [['I5'], fileKey(id), { language: 'fr' }],
    ]
    for (const [invariants, key, set] of tampering) {
      await crm.table.write(set ? { update: key, set } : { delete: key })
      const found = await findings()
      expect(
        found.map((one) => one.invariant),
        JSON.stringify([key, found]),
      ).toEqual(invariants)
      expect(JSON.stringify(found.map(({ words }) => words))).not.toContain('example.com')
      for (const one of found) expect(await mend(crm.ctx(), allKinds(), one)).toBe(one.mend !== undefined)
      await settle(crm)
      expect(await findings()).toEqual([])
    }
    expect(await crm.table.get(fileKey(id))).toMatchObject({ lsk: file?.['lsk'], row: file?.['row'], language: 'fr' })
    expect((await crm.table.get(historyKey(id)))?.['net']).toBe(2730)
  })

  test('says nothing of what has just changed: log and search follow a moment later', async () => {
    const { id } = await post('/customers', { name: 'Just Opened' })
    expect(await findings()).toEqual([])
    await settle(crm)
    const changed = await crm.call('PATCH', `/customers/${id}`, { as: 'admin', ifMatch: 1, body: { name: 'Just Renamed' } })
    expect([changed.status, await findings()]).toEqual([200, []])
    await settle(crm)
  })

  test('names what is gone from the table by hand, and leaves it to a person', async () => {
    const id = await furnished()
    await settle(crm)
    crm.clock.now = '2026-11-22T11:20:00.000Z'
    const { items } = await crm.table.query({ pk: fileKey(id).pk, begins: 'purchase#', limit: 1 })
    const [taken] = items
    await crm.table.write({ delete: keyOf(taken) })
    const found = await findings()
    expect(found.flatMap(({ id: of, invariant }) => (of === taken?.['id'] ? invariant : [])).sort()).toEqual(['I3', 'I5', 'I8'])
    await crm.table.write({ put: { ...taken } })
    await settle(crm)
    expect(await findings()).toEqual([])
  })

  test('finds what is still kept beside the file of somebody erased', async () => {
    const { id } = await post('/customers', { name: 'Gone Tomorrow' })
    await settle(crm)
    const { pk } = fileKey(id)
    const [beside] = (await crm.table.query({ pk, begins: 'completeness', limit: 1 })).items
    expect(JSON.stringify(beside)).toContain('Gone Tomorrow')
    const { token } = await post(`/customers/${id}/erase`, {})
    await post(`/customers/${id}/erase`, { token, reason: 'request' })
    await runJob(crm, 'erasures')
    await settle(crm)
    await crm.table.write({ put: { ...beside } })
    const found = await findings()
    expect(found).toMatchObject([{ invariant: 'I12', id }])
    for (const one of found) expect(await mend(crm.ctx(), allKinds(), one)).toBe(true)
    expect(await findings()).toEqual([])
  })

  test('names a unique value that is held for nothing there could be, and leaves it to a person', async () => {
    await crm.table.write({ put: { pk: 'unique#email:none@example.com', sk: 'unique', id: 'zzz_nothing' } })
    const found = await findings()
    expect(found).toMatchObject([{ invariant: 'I3', id: 'zzz_nothing' }])
    expect(await mend(crm.ctx(), allKinds(), found[0] as Finding)).toBe(false)
    await crm.table.write({ delete: { pk: 'unique#email:none@example.com', sk: 'unique' } })
  })

  test('holds segments against their members: counters by counting, standings, and the next look at the rules', async () => {
    const rule = { field: 'occupation', op: 'is', value: 'weaver' }
    const { id: segmentId } = await post('/segments', { name: 'Weavers', rule })
    await runJob(crm, 'segments')
    const ids: string[] = []
    for (const name of ['One', 'Two', 'Three']) ids.push((await post('/customers', { name, occupation: 'weaver' })).id)
    await settle(crm)
    crm.clock.now = '2026-11-22T11:30:00.000Z'
    const counted = async () => (await crm.call('GET', `/segments/${segmentId}`, { as: 'admin' })).body['members']
    const listed = async () => (await crm.call('GET', `/segments/${segmentId}/members`, { as: 'admin' })).body['items'].length
    expect([await counted(), await listed(), await findings()]).toEqual([3, 3, []])
    const counter = { pk: `segmentcount#${String(segmentId).slice(4)}`, sk: '0' }
    const [first = ''] = ids
    const clockKey = placeOf(clock, clock.id('', first))
    const memberKey = placeOf(member, member.id(String(segmentId).slice(4), first))
    // Somebody comes while the list is read: the counter is of another moment, and tells nothing.
    const add = (members: number) => crm.table.write({ update: counter, add: { members } })
    const busy = {
      ...crm.table,
      query: async (query: Query) => {
        if (query.index === 'list') await add(1)
        return crm.table.query(query)
      },
    }
    expect(await recounted(busy, String(segmentId))).toBeUndefined()
    expect(await recounted(crm.table, String(segmentId))).toMatchObject({ more: 1 })
    await add(-1)
    const tampering: [string[], () => Promise<unknown>][] = [
      [['I7'], () => crm.table.write({ update: counter, add: { members: 5 } })],
      [['I5', 'I8'], () => crm.table.write({ update: clockKey, set: { standings: {} } })],
      [['I5', 'I7', 'I8'], () => crm.table.write({ delete: memberKey })],
    ]
    for (const [invariants, tamper] of tampering) {
      await tamper()
      const found = await findings()
      expect(found.map(({ invariant }) => invariant).sort()).toEqual([...invariants].sort())
      for (let rounds = 0; rounds < 3; rounds++) for (const one of await findings()) await mend(crm.ctx(), allKinds(), one)
      await settle(crm)
      // What rebuild tells the projection of every record: what is true by the rule comes back with its events.
      await keepSegments.project(crm.ctx(), [{ after: await crm.table.get(fileKey(first)) } as Change])
      await settle(crm)
      // Who is made a member again is told as version 1 once more, of which the log has an entry.
      for (const one of await findings()) expect(await mend(crm.ctx(), allKinds(), one)).toBe(true)
      await settle(crm)
      expect([await findings(), await counted(), await listed()]).toEqual([[], 3, 3])
    }
  })

  test('by the clock goes step by step to the end, counts what it found, and begins again next time', async () => {
    const id = await furnished()
    await settle(crm)
    crm.clock.now = '2026-11-22T12:00:00.000Z'
    await crm.table.write({ update: historyKey(id), set: { gross: 5 } })
    const stateOf = async () => crm.table.get(placeOf({ noun: 'inspection', home: 'workspace' }, `isp_${'0'.repeat(20)}`))
    await runJob(crm, 'inspection')
    await expect(runJob(crm, 'inspections')).rejects.toThrow('drift found')
    expect(await stateOf()).toMatchObject({ state: 'done', found: { I5: 1, I7: 1 } })
    crm.clock.now = '2026-11-22T13:00:00.000Z'
    await runJob(crm, 'inspection')
    await runJob(crm, 'inspections', { failing: true })
    expect(await stateOf()).toMatchObject({ state: 'done', startedAt: crm.clock.now, found: { I5: 1, I7: 1 } })
  })

  test('takes a change under way for nothing: what looks wrong is read again', async () => {
    const id = await furnished()
    await settle(crm)
    const read = await step(crm.table, 100_000)
    const old = read.pieces.find(({ pk }) => pk === fileKey(id).pk)
    await crm.call('POST', `/customers/${id}/purchases`, {
      as: 'admin',
      body: { orderId: { system: 'shop', id: `late-${made}` }, at: '2026-11-21T10:00:00Z', amount: { amount: 5, currency: 'USD' } },
    })
    const torn = {
      ...old,
      pk: fileKey(id).pk,
      whole: true,
      beside: [],
      items: (old?.items ?? []).filter((item) => item['noun'] !== 'history'),
    }
    expect(await inspect(crm.table, allKinds(), torn, crm.clock.now)).toEqual([])
  })
})
