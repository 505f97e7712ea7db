import * as z from 'zod'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { action } from '../../domain/kernel/action.ts'
import type { Ctx } from '../../domain/kernel/context.ts'
import { dueSchema, every, type Schedule } from '../../domain/kernel/event.ts'
import { shards } from '../../domain/kernel/table/shape.ts'
import type { Table } from '../../domain/kernel/table/table.ts'
import { PAGE, sweepHandler } from '../../events/sweeping.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { countsUnits } from '../support/engine-endpoint.ts'
import { runJob, settle, surroundings } from '../support/stream.ts'
import { customerNo, finish, kinds, plan, plant, visits } from './visit.ts'

const NOW = '2026-11-22T09:00:00.000Z'
const PAST = '2026-11-22T08:00:00.000Z'
const FUTURE = '2027-11-22T09:00:00.000Z'
const schedules = [visits]

/** A job over the same index that does what the test says. */
const job = (each: (ctx: Ctx, id: string, at: string) => Promise<unknown>): Schedule[] => [
  every(
    'rate(1 hour)',
    {
      kind: 'due',
      name: 'visits',
      each: action(
        'visit.try',
        () => ({ input: dueSchema(), output: z.object({}) }),
        async (ctx, { id, at }) => (await each(ctx, id, at), {}),
      ),
    },
    '',
  ),
]

describe('among 10,000 customers', () => {
  let crm: Crm
  beforeAll(async () => {
    crm = await startCrm({ now: NOW })
    await plant(crm, 10_000, (n) => (n < 20 ? '2026-11-22T10:00:00.000Z' : n < 220 ? '2026-11-22T11:00:00.000Z' : FUTURE))
  }, 60_000)
  beforeEach(() => void (crm.spent.length = 0))

  test.runIf(countsUnits)('nothing due costs one query of half a unit a shard', async () => {
    expect(await runJob(crm, 'visits', { schedules })).toEqual({ job: 'visits', seen: 0, done: 0, failed: 0, runs: 1 })
    expect(crm.spent).toEqual(Array.from({ length: shards.due }, () => ({ call: 'Query', readUnits: 0.5, writeUnits: 0 })))
  })

  test('due work costs what it is, whatever else is there', async () => {
    const reads = { 20: 0, 200: 0 }
    for (const [due, hour] of [
      [20, '10'],
      [200, '11'],
    ] as const) {
      crm.spent.length = 0
      crm.clock.now = `2026-11-22T${hour}:00:00.000Z`
      expect(await runJob(crm, 'visits', { schedules })).toMatchObject({ seen: due, done: due })
      reads[due] = crm.spent.filter(({ call }) => call === 'Query').reduce((sum, one) => sum + one.readUnits, 0)
      expect(crm.spent.filter(({ call }) => call === 'GetItem')).toHaveLength(due)
      expect(crm.spent.filter(({ call }) => call === 'PutItem')).toHaveLength(due)
      expect(crm.spent.reduce((sum, one) => sum + one.readUnits, 0)).toBeLessThanOrEqual(due * 1.1 + 0.5 * shards.due)
    }
    expect(reads[200]).toBeLessThanOrEqual((200 / PAGE) * 2 + shards.due)
    expect(await runJob(crm, 'visits', { schedules })).toMatchObject({ seen: 0 })
  })
})

describe('a run', () => {
  let crm: Crm
  beforeEach(async () => void (crm = await startCrm({ now: NOW })))
  /** The visits made since last asked, by their events. */
  const done = async () => {
    const { published } = await settle(crm, { entities: kinds, reactions: [] })
    return published.filter(({ type }) => type === 'visit.done').map(({ subject }) => subject)
  }

  test('beside another does each item once', async () => {
    await plant(crm, 120, () => PAST)
    const both = await Promise.all([
      runJob(crm, 'visits', { schedules }),
      runJob(crm, 'visits', { schedules }),
      runJob(crm, 'visits', { schedules }),
    ])
    expect(both.map(({ failed }) => failed)).toEqual([0, 0, 0])
    const subjects = await done()
    expect(subjects).toHaveLength(120)
    expect(new Set(subjects).size).toBe(120)
  })

  test('passes over an item that fails and leaves it for the next', async () => {
    await plant(crm, 60, () => PAST)
    const bad = (await plan(crm.ctx(), customerNo(1_000), '2026-11-22T07:00:00.000Z')).id
    let broken = true
    const each = async (ctx: Ctx, id: string, at: string) => {
      if (broken && id === bad) throw new Error('broken')
      await finish.run(ctx, { id, at })
    }
    const told = `due item failed {"job":"visits","id":"${bad}","at":"2026-11-22T07:00:00.000Z"}`
    await expect(runJob(crm, 'visits', { schedules: job(each) })).rejects.toThrow(told)
    expect(await done()).toHaveLength(60)
    broken = false
    expect(await runJob(crm, 'visits', { schedules: job(each) })).toMatchObject({ seen: 1, done: 1, failed: 0 })
    expect(await done()).toEqual([bad])
  })

  test('short of time hands over to another, which goes on where it stopped', async () => {
    await plant(crm, 230, (n) => `2026-11-22T08:${String(n % 60).padStart(2, '0')}:00.000Z`)
    const seen: string[] = []
    const times = new Map<string, number>()
    const watch = job(async (_, id) => void (seen.push(id), times.set(id, (times.get(id) ?? 0) + 1)))
    let asked = 0
    const invocation = { getRemainingTimeInMillis: () => (++asked % 40 === 0 ? 19_999 : 60_000) }
    const { runs, seen: count } = await runJob(crm, 'visits', { schedules: watch, invocation })
    expect(runs).toBeGreaterThan(4)
    expect(count).toBe(230)
    expect([...times.values()].filter((n) => n !== 1)).toEqual([])
    expect(times.size).toBe(230)
  })

  test('always gets on, even with no time at all', async () => {
    await plant(crm, 5, () => PAST)
    const { runs, done: count } = await runJob(crm, 'visits', { schedules, invocation: { getRemainingTimeInMillis: () => 0 } })
    expect(count).toBe(5)
    expect(runs).toBeLessThanOrEqual(6)
  })

  test('sees a page end in the middle of equal times, and every page of a long shard', async () => {
    await plant(crm, 4 * PAGE + 37, () => PAST)
    expect(await runJob(crm, 'visits', { schedules })).toMatchObject({ seen: 4 * PAGE + 37, done: 4 * PAGE + 37 })
    expect(await done()).toHaveLength(4 * PAGE + 37)
  })

  test('may meet in a late index what is done or gone already', async () => {
    await plant(crm, 3, () => PAST)
    const kept = new Map<string, Awaited<ReturnType<Table['query']>>>()
    const late: Table = {
      ...crm.table,
      query: async (query) => {
        const answer = kept.get(query.pk) ?? (await crm.table.query(query))
        kept.set(query.pk, answer)
        return answer
      },
    }
    const lagging = { ...crm, table: late }
    expect(await runJob(lagging, 'visits', { schedules })).toMatchObject({ seen: 3, done: 3 })
    expect(await runJob(lagging, 'visits', { schedules })).toMatchObject({ seen: 3, done: 3, failed: 0 })
    const [first] = [...kept.values()].flatMap(({ items }) => items)
    await crm.table.write({ delete: { pk: String(first?.['pk']), sk: String(first?.['sk']) } })
    expect(await runJob(lagging, 'visits', { schedules })).toMatchObject({ seen: 3, done: 3, failed: 0 })
    expect(await done()).toHaveLength(3)
  })

  test('handed over to an instance with a slower clock finds nothing due, not an error', async () => {
    const handler = sweepHandler({
      edge: surroundings(crm),
      schedules,
      queue: () => ({ send: () => Promise.reject(new Error('nothing is left')) }),
    })
    const body = JSON.stringify({ job: 'visits', after: { 0: `2026-11-22T09:00:01.000Z#vis_${'x'.repeat(40)}` } })
    crm.spent.length = 0
    const answer = await handler({ Records: [{ messageId: 'm', body }] }, { getRemainingTimeInMillis: () => 60_000 })
    expect(answer).toEqual({ batchItemFailures: [] })
    expect(crm.spent).toEqual([])
  })
})

describe('a message', () => {
  test('of a task by the clock runs it under the same request on every delivery, and comes again when it fails', async () => {
    const crm = await startCrm()
    const requests: string[] = []
    const task = action(
      'model.fit',
      () => ({ input: z.strictObject({}), output: z.object({}) }),
      async (ctx) => {
        requests.push(`${ctx.request.id} ${ctx.actor.id}`)
        if (requests.length === 1) throw new Error('broken')
        return {}
      },
    )
    const daily = [every('cron(0 3 * * ? *)', { kind: 'task', name: 'fit', run: task }, '')]
    const handler = sweepHandler({ edge: surroundings(crm), schedules: daily, queue: () => ({ send: async () => {} }) })
    const message = { messageId: 'm-1', body: '{"job":"fit"}' }
    const invocation = { getRemainingTimeInMillis: () => 60_000 }
    expect(await handler({ Records: [message] }, invocation)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm-1' }] })
    expect(await handler({ Records: [message] }, invocation)).toEqual({ batchItemFailures: [] })
    expect(requests).toEqual(['m-1/fit schedule:fit', 'm-1/fit schedule:fit'])
    const strange = ['{"job":"nobody"}', '{"job":"fit","what":1}', 'no json'].map((body, at) => ({ messageId: String(at), body }))
    const { batchItemFailures } = await handler({ Records: strange }, invocation)
    expect(batchItemFailures).toHaveLength(3)
  })
})
