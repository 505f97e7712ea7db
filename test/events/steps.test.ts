import * as z from 'zod'
import { expect, test } from 'vitest'
import { action } from '../../domain/kernel/action.ts'
import { create, alter, commit } from '../../domain/kernel/commit.ts'
import { entity } from '../../domain/kernel/entity.ts'
import { dueSchema, event, every } from '../../domain/kernel/event.ts'
import { find } from '../../domain/kernel/record.ts'
import { invoke } from '../../domain/kernel/invoke.ts'
import { startCrm } from '../support/crm.ts'
import { runJob } from '../support/stream.ts'
import { customerNo, finish, note, plan, plant, visit } from './visit.ts'

const NOW = '2026-11-22T09:00:00.000Z'
const PAST = '2026-11-22T08:00:00.000Z'

/** A visit of several rounds: each run is one of them, and leaves the visit due. */
const inRounds = (rounds: number) =>
  action(
    'visit.step',
    () => ({ input: dueSchema(), output: z.object({}) }),
    async (ctx, due) => {
      const before = await find(ctx, visit, due.id)
      if (before.round < rounds) await note(ctx, due.id, `round ${before.round}`)
      else await finish.run(ctx, due)
      return {}
    },
  )

test('work that comes in steps goes on at once, to its end, and then costs no run more than it takes to see so', async () => {
  const crm = await startCrm({ now: NOW })
  await plant(crm, 3, () => PAST)
  const steps = every('rate(1 hour)', { kind: 'due', name: 'visits', each: inRounds(5), again: true }, '')
  expect(await runJob(crm, 'visits', { schedules: [steps] })).toMatchObject({ seen: 15, done: 15, runs: 6 })
  expect(await runJob(crm, 'visits', { schedules: [steps] })).toMatchObject({ seen: 0, runs: 1 })
})

test('other work is looked at once a run', async () => {
  const crm = await startCrm({ now: NOW })
  await plan(crm.ctx(), customerNo(1), PAST)
  const once = every('rate(1 hour)', { kind: 'due', name: 'visits', each: inRounds(5) }, '')
  expect(await runJob(crm, 'visits', { schedules: [once] })).toMatchObject({ seen: 1, runs: 1 })
})

test('what is found due and not changed, as where the index is late, is looked at less and less often and then left to the clock', async () => {
  const crm = await startCrm({ now: NOW })
  await plant(crm, 3, () => PAST)
  const idle = action(
    'visit.look',
    () => ({ input: dueSchema(), output: z.object({}) }),
    async (ctx, { id }) => {
      await find(ctx, visit, id)
      return {}
    },
  )
  const job = every('rate(1 hour)', { kind: 'due', name: 'visits', each: idle, again: true }, '')
  const paused: number[] = []
  expect(await runJob(crm, 'visits', { schedules: [job], paused })).toMatchObject({ seen: 18, done: 18, runs: 6 })
  expect(paused).toEqual([1, 2, 4, 8, 16])
})

test('a run that is handed over goes on at once when any part of it changed something', async () => {
  const crm = await startCrm({ now: NOW })
  const [busy] = await Promise.all([plan(crm.ctx(), customerNo(1), PAST), plan(crm.ctx(), customerNo(2), NOW)])
  const once = action(
    'visit.once',
    () => ({ input: dueSchema(), output: z.object({}) }),
    async (ctx, { id }) => {
      if (id === busy.id && (await find(ctx, visit, id)).round === 1) await note(ctx, id, 'been there')
      return {}
    },
  )
  const job = every('rate(1 hour)', { kind: 'due', name: 'visits', each: once, again: true }, '')
  const paused: number[] = []
  // Time for one of the two in each run: what the first part changed, the second knows of.
  const invocation = { getRemainingTimeInMillis: () => 1_000 }
  expect(await runJob(crm, 'visits', { schedules: [job], invocation, paused })).toMatchObject({ runs: 2 + 2 + 2 * 5 })
  expect(paused).toEqual([1, 2, 4, 8, 16])
})

test('a step that only fails does not go round in circles', async () => {
  const crm = await startCrm({ now: NOW })
  await plan(crm.ctx(), customerNo(1), PAST)
  const broken = action(
    'visit.break',
    () => ({ input: dueSchema(), output: z.object({}) }),
    () => Promise.reject(new Error('broken')),
  )
  const job = every('rate(1 hour)', { kind: 'due', name: 'visits', each: broken, again: true }, '')
  expect(await runJob(crm, 'visits', { schedules: [job], failing: true })).toMatchObject({ seen: 1, failed: 1, runs: 1 })
})

test('nor does one that writes and then fails', async () => {
  const crm = await startCrm({ now: NOW })
  await plan(crm.ctx(), customerNo(1), PAST)
  const broken = action(
    'visit.break',
    () => ({ input: dueSchema(), output: z.object({}) }),
    async (ctx, { id }) => {
      await note(ctx, id, 'been there')
      throw new Error('broken')
    },
  )
  const job = every('rate(1 hour)', { kind: 'due', name: 'visits', each: broken, again: true }, '')
  expect(await runJob(crm, 'visits', { schedules: [job], failing: true })).toMatchObject({ seen: 1, failed: 1, runs: 1 })
})

test('a record of which there is one is made once by ten at once: the others look at it and change it', async () => {
  const crm = await startCrm({ now: NOW })
  const mood = entity({ noun: 'mood', prefix: 'moo', home: 'customer', single: true, fields: () => z.object({ count: z.int() }) })
  const customer = customerNo(1)
  const felt = event('mood.felt', 'A mood was felt')
  const feel = action(
    'mood.feel',
    () => ({ input: z.strictObject({}), output: z.object({ count: z.int() }) }),
    async (ctx) => {
      const known = await find(ctx, mood, mood.id('', customer)).catch(() => undefined)
      const { record, change } = known
        ? alter(ctx, mood, known, { count: known.count + 1 }, felt)
        : create(ctx, mood, { count: 1 }, felt, { customer, own: '' })
      return commit(ctx, [change], record)
    },
  )
  const counts = await Promise.all(Array.from({ length: 10 }, async () => (await invoke(feel, crm.ctx(), {})).output.count))
  expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, n) => n + 1))
})
