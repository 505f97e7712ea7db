import { beforeEach, describe, expect, test } from 'vitest'
import type { Projection } from '../../domain/kernel/event.ts'
import { logPrefix } from '../../domain/kernel/place.ts'
import { placeOf } from '../../domain/kernel/entity.ts'
import type { Item, Table } from '../../domain/kernel/table/table.ts'
import { projectHandler } from '../../events/project.ts'
import { streamFilters, type StreamRecord } from '../../events/stream.ts'
import { matches } from '../../infra/local/bus/pattern.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { deliver } from '../support/delivery.ts'
import { readStream } from '../support/stream-reader.ts'
import { newRecords, replay, settle, surroundings } from '../support/stream.ts'
import { customerNo, kinds, note, plan, visit } from './visit.ts'

const later = '2027-01-01T00:00:00.000Z'
let crm: Crm
beforeEach(async () => void (crm = await startCrm()))

async function logOf(id: string, table: Table = crm.table): Promise<Item[]> {
  const place = placeOf(visit, id)
  return (await table.query({ pk: place.pk, begins: logPrefix(place), limit: 100 })).items
}

async function partition(customer: string): Promise<Item[]> {
  return (await crm.table.query({ pk: placeOf(visit, customer).pk, begins: '', limit: 500 })).items
}

const handlerOver = (table: Table, projections: readonly Projection[] = []) =>
  projectHandler({ edge: () => ({ ...surroundings(crm)(), table }), entities: kinds, projections })

/** The table, but its writes fail when told so. */
const failing = (when: (item: Item) => boolean): Table => ({
  ...crm.table,
  write: (write, how) => ('put' in write && when(write.put) ? Promise.reject(new Error('the table is away')) : crm.table.write(write, how)),
  writeEach: (writes) =>
    writes.some((write) => 'put' in write && when(write.put))
      ? Promise.reject(new Error('the table is away'))
      : crm.table.writeEach(writes),
})

describe('the log', () => {
  test('has an item a version beside its record, with no personal values', async () => {
    const { id } = await plan(crm.ctx('visit.plan'), customerNo(1), later)
    await note(crm.ctx('visit.note'), id, 'Ada was ill')
    await settle(crm, { entities: kinds })
    const log = await logOf(id)
    expect(log).toMatchObject([
      { id: `${id}.1`, version: 1, type: 'visit.planned', action: 'visit.plan', actor: 'test', noun: 'visit', recordId: id },
      {
        id: `${id}.2`,
        version: 2,
        type: 'visit.noted',
        action: 'visit.note',
        customerId: customerNo(1),
        changed: { remark: 'private', round: { from: 1, to: 2 } },
      },
    ])
    expect(JSON.stringify(log)).not.toContain('ill')
  })

  test('costs a unit an event, one for its place in the customer’s list, one a batch for the feed, and no read when warm', async () => {
    await plan(crm.ctx(), customerNo(1), later)
    await settle(crm, { entities: kinds })
    await plan(crm.ctx(), customerNo(1), later)
    crm.spent.length = 0
    await settle(crm, { entities: kinds })
    expect(crm.spent).toEqual([2, 1].map((writeUnits) => ({ call: 'PutItem', readUnits: 0, writeUnits })))
  })

  test('stays as it is however often everything is told again', async () => {
    const { id } = await plan(crm.ctx(), customerNo(1), later)
    await note(crm.ctx(), id, 'a')
    await settle(crm, { entities: kinds })
    const before = await partition(customerNo(1))
    await replay(crm, { entities: kinds })
    await replay(crm, { entities: kinds })
    expect(await partition(customerNo(1))).toEqual(before)
    expect(before).toHaveLength(3)
  })

  test('does not tell of sentinels, idempotency records, the log itself, upkeep, or writes that change nothing', async () => {
    const { body } = await crm.call('POST', '/customers', { body: { name: 'Ada', emails: [{ address: 'ada@example.com' }] }, key: 'k' })
    const place = { pk: `customer#${String(body['id']).slice(4)}`, sk: '!customer' }
    await settle(crm)
    await crm.table.write({ update: place, set: { name: 'Ada' } })
    await crm.table.write({ update: place, set: { lsk: 'ada#moved' } })
    await crm.table.write({ put: { pk: 'statistics', sk: 'cell', count: 1 } })
    const { published } = await settle(crm)
    expect(published).toEqual([])
    expect((await crm.table.query({ pk: place.pk, begins: 'log#', limit: 10 })).items).toMatchObject([{ type: 'customer.created' }])
  })

  test('tells of a kind this code does not know yet, with nothing of its values', async () => {
    const { id } = await plan(crm.ctx(), customerNo(1), later)
    await settle(crm, { entities: new Map() })
    expect(await logOf(id)).toMatchObject([{ type: 'visit.planned', changed: { state: 'private', dueAt: 'private' } }])
  })
})

test('the stream wakes the functions for records alone', async () => {
  const { id } = await plan(crm.ctx(), customerNo(1), later)
  await note(crm.ctx(), id, 'a')
  await crm.table.write({ put: { pk: 'unique#email:a', sk: 'unique', id } })
  await settle(crm, { entities: kinds })
  await crm.table.write({ delete: placeOf(visit, id) })
  await crm.table.write({ delete: { pk: 'unique#email:a', sk: 'unique' } })
  const all = await (await readStream(crm.place)).next()
  const woken = all.filter((record) => streamFilters().some((pattern) => matches(pattern as never, record as never)))
  expect(all).toHaveLength(8)
  expect(woken.map(({ dynamodb }) => (dynamodb?.NewImage ? dynamodb.NewImage['version']?.N : 'removed'))).toEqual(['1', '2', 'removed'])
})

describe('a batch', () => {
  /** Two customers' changes, in turn. */
  async function changes(): Promise<{ ids: string[]; records: StreamRecord[] }> {
    const ids = [(await plan(crm.ctx(), customerNo(1), later)).id, (await plan(crm.ctx(), customerNo(2), later)).id]
    for (const text of ['a', 'b']) for (const id of ids) await note(crm.ctx(), id, text)
    return { ids, records: await newRecords(crm) }
  }

  test('stops at the first record that cannot be logged and begins there again', async () => {
    const { ids, records } = await changes()
    const seen: string[] = []
    const watch: Projection = { name: 'watch', project: async (_, all) => void seen.push(...all.map(({ event }) => event?.id ?? '')) }
    let away = true
    const handler = handlerOver(
      failing((item) => away && item['id'] === `${ids[0]}.2`),
      [watch],
    )
    const answer = await handler({ Records: records }, { getRemainingTimeInMillis: () => 0 })
    expect(answer.batchItemFailures).toEqual([{ itemIdentifier: records[2]?.dynamodb?.SequenceNumber }])
    expect(seen).toEqual([`${ids[0]}.1`, `${ids[1]}.1`])
    away = false
    await handler({ Records: records.slice(2) }, { getRemainingTimeInMillis: () => 0 })
    expect(seen).toEqual([1, 2, 3].flatMap((version) => ids.map((id) => `${id}.${version}`)))
    expect(await logOf(ids[0] ?? '')).toHaveLength(3)
  })

  test('with a record that can never be worked gives up that one alone', async () => {
    const { ids, records } = await changes()
    const poison: StreamRecord = { dynamodb: { SequenceNumber: '000000000000000000009', NewImage: { ev: { M: { type: 7 } } } as never } }
    const batch = [...records.slice(0, 3), poison, ...records.slice(3)]
    const seen: string[] = []
    const watch: Projection = { name: 'watch', project: async (_, all) => void seen.push(...all.map(({ event }) => event?.id ?? '')) }
    const lost = await deliver(handlerOver(crm.table, [watch]), batch)
    expect(lost).toEqual([poison])
    for (const id of ids) {
      expect((await logOf(id)).map((one) => one['version'])).toEqual([1, 2, 3])
      expect(seen.filter((one) => one.startsWith(id))).toEqual([`${id}.1`, `${id}.2`, `${id}.3`])
    }
  })

  test('is projected as a whole, in halves only to find the change that fails; the other projections miss nothing', async () => {
    const { ids, records } = await changes()
    const sizes: number[] = []
    const whole: Projection = { name: 'whole', project: async (_, all) => void sizes.push(all.length) }
    expect(await deliver(handlerOver(crm.table, [whole]), records)).toEqual([])
    expect(sizes).toEqual([6])
    const bad: Projection = {
      name: 'bad',
      project: async (_, all) => {
        if (all.some(({ event }) => event?.id === `${ids[0]}.2`)) throw new Error('cannot')
      },
    }
    const seen = new Set<string>()
    const other: Projection = { name: 'other', project: async (_, all) => all.forEach(({ event }) => seen.add(event?.id ?? '')) }
    const lost = await deliver(handlerOver(crm.table, [bad, other]), records)
    expect(lost.map((one) => one.dynamodb?.SequenceNumber)).toEqual([records[2]?.dynamodb?.SequenceNumber])
    expect(seen.size).toBe(6)
  })

  test('that fails at its first record fails as a whole, so that it is cut in two, and says nothing of the item', async () => {
    const { ids, records } = await changes()
    const handler = handlerOver(failing((item) => item['id'] === `${ids[0]}.1`))
    await expect(handler({ Records: records }, { getRemainingTimeInMillis: () => 0 })).rejects.toThrow(
      /^project came to a halt at the first record/,
    )
  })
})
