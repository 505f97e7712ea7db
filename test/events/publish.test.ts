import { beforeAll, describe, expect, test } from 'vitest'
import type { Bus, BusEntry } from '../../events/bus.ts'
import type { CloudEvent } from '../../domain/kernel/cloud-event.ts'
import { LIMITS, parcels } from '../../events/parcel.ts'
import { publish, publishHandler } from '../../events/publish.ts'
import type { StreamRecord } from '../../events/stream.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { deliver, memoryBus } from '../support/delivery.ts'
import { newRecords } from '../support/stream.ts'
import { customerNo, kinds, note, plan } from './visit.ts'

let crm: Crm
let records: StreamRecord[]
const ids: string[] = []
beforeAll(async () => {
  crm = await startCrm()
  for (let n = 0; n < 12; n++) ids.push((await plan(crm.ctx(), customerNo(n), '2027-01-01T00:00:00.000Z')).id)
  await note(crm.ctx(), ids[0] ?? '', 'quiet')
  records = await newRecords(crm)
})

const subjects = (entries: readonly BusEntry[]): string[] => entries.map(({ Detail }) => (JSON.parse(Detail) as CloudEvent).subject)

describe('publishing', () => {
  test('puts CloudEvents on the bus, ten at most a call, quiet events not at all', async () => {
    const bus = memoryBus()
    const calls: number[] = []
    const counting: Bus = { put: (entries) => (calls.push(entries.length), bus.put(entries)) }
    expect(await publish(counting, kinds, records)).toBeUndefined()
    expect(calls).toEqual([10, 2])
    expect(subjects(bus.taken)).toEqual(ids)
    const [first] = bus.taken
    expect(first).toMatchObject({ Source: 'crm', DetailType: 'visit.planned', Time: new Date(crm.clock.now) })
    const told = JSON.parse(first?.Detail ?? '') as CloudEvent
    expect(told).toMatchObject({
      specversion: '1.0',
      id: `${ids[0]}.1`,
      source: 'crm',
      type: 'visit.planned',
      time: crm.clock.now,
      subject: ids[0],
      datacontenttype: 'application/json',
      data: { recordId: ids[0], version: 1, customerId: customerNo(0) },
    })
    expect(told.sequence).toMatch(/^\d{40}$/)
    const sequences = bus.taken.map(({ Detail }) => (JSON.parse(Detail) as CloudEvent).sequence)
    expect(sequences).toEqual([...sequences].sort())
  })

  test('offers again only what the bus did not take', async () => {
    const bus = memoryBus()
    const offered: number[] = []
    const flaky: Bus = {
      put: async (entries) => {
        offered.push(entries.length)
        const refuse = offered.length === 1 ? 3 : -1
        await bus.put(entries.filter((_, at) => at !== refuse))
        return entries.map((_, at) => (at === refuse ? 'ThrottlingException' : undefined))
      },
    }
    expect(await publish(flaky, kinds, records)).toBeUndefined()
    expect(offered).toEqual([10, 1, 2])
    expect(subjects(bus.taken).toSorted()).toEqual(ids.toSorted())
  })

  test('reports the record of an event that the bus never takes, and loses no other', async () => {
    const bus = memoryBus()
    const refuses = (entry: BusEntry) => subjects([entry])[0] === ids[5]
    const strict: Bus = {
      put: async (entries) => {
        await bus.put(entries.filter((entry) => !refuses(entry)))
        return entries.map((entry) => (refuses(entry) ? 'InternalFailure' : undefined))
      },
    }
    const handler = publishHandler({ entities: kinds, bus: () => strict, log: crm.ctx().log })
    const answer = await handler({ Records: records }, { getRemainingTimeInMillis: () => 0 })
    expect(answer.batchItemFailures).toEqual([{ itemIdentifier: records[5]?.dynamodb?.SequenceNumber }])
    const lost = await deliver(handler, records, { tries: 1 })
    expect(lost).toEqual([records[5]])
    expect(new Set(subjects(bus.taken))).toEqual(new Set(ids.filter((id) => id !== ids[5])))
  })

  test('stops where the bus is away, with everything from there on to come again', async () => {
    const away: Bus = { put: () => Promise.reject(new Error('no network')) }
    expect(await publish(away, kinds, records)).toMatchObject({ at: 0 })
  })

  test('cuts calls by size too', () => {
    const entry = (Detail: string) => ({ at: 0, entry: { Source: 'crm', DetailType: 'a', Detail, Time: new Date(0) } })
    const half = entry('x'.repeat(LIMITS.bytes / 2))
    expect([...parcels([half, half, half, entry(''), entry('')])].map((one) => one.length)).toEqual([1, 1, 3])
  })
})
