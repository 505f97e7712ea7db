import { beforeAll, describe, expect, test } from 'vitest'
import { entities } from '../../domain/index.ts'
import { customer } from '../../domain/customer/customer/index.ts'
import { history } from '../../domain/customer/purchase/index.ts'
import { clock, keepSegments, member } from '../../domain/data/segment/index.ts'
import { allKinds, inspect, mend, step, type Finding } from '../../domain/data/upkeep/index.ts'
import { placeOf } from '../../domain/kernel/entity.ts'
import type { Change } from '../../domain/kernel/event.ts'
import type { Item, Key } from '../../domain/kernel/table/table.ts'
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
    const tampering: [string[], Key, Item | undefined][] = [
      [['I8'], fileKey(id), { lsk: 'elsewhere' }],
      [['I8'], fileKey(id), { 'row.name': 'Someone else' }],
      [['I3'], { pk: email, sk: 'unique' }, undefined],
      [['I5'], { pk: fileKey(id).pk, sk: 'log#!customer#00000001' }, undefined],
      [['I5', 'I7'], historyKey(id), { net: 1 }],
      [['I3'], { pk: 'unique#email:nobody@example.com', sk: 'unique' }, { id }],
    ]
    for (const [invariants, key, set] of tampering) {
      await crm.table.write(set ? { update: key, set } : { delete: key })
      const found = await findings()
      expect(
        found.map((one) => one.invariant),
        JSON.stringify(key),
      ).toEqual(invariants)
      expect(JSON.stringify(found.map(({ words }) => words))).not.toContain('example.com')
      for (const one of found) expect(await mend(crm.ctx(), allKinds(), one)).toBe(one.mend !== undefined)
      await settle(crm)
      expect(await findings()).toEqual([])
    }
    expect(await crm.table.get(fileKey(id))).toEqual(file)
    expect((await crm.table.get(historyKey(id)))?.['net']).toBe(2730)
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
    const tampering: [string[], () => Promise<unknown>][] = [
      [['I7'], () => crm.table.write({ update: counter, add: { members: 5 } })],
      [['I5', 'I8'], () => crm.table.write({ update: clockKey, set: { standings: {} } })],
      [['I7', 'I8'], () => crm.table.write({ delete: memberKey })],
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
