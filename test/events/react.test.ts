import * as z from 'zod'
import { beforeEach, describe, expect, test } from 'vitest'
import { action } from '../../domain/kernel/action.ts'
import type { Ctx } from '../../domain/kernel/context.ts'
import { event, happenedSchema, on, type Reaction } from '../../domain/kernel/event.ts'
import { missing } from '../../domain/kernel/fault.ts'
import { cloudEvent } from '../../domain/kernel/cloud-event.ts'
import { eventPattern, reactHandler } from '../../events/reacting.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { messageOf, type Message } from '../support/delivery.ts'
import { newRecords, replay, runJob, settle, surroundings } from '../support/stream.ts'
import { tell } from '../../events/stream.ts'
import { customerNo, follow, kinds, plan, visit, visitDone, visitPlanned, visits } from './visit.ts'

let crm: Crm
beforeEach(async () => void (crm = await startCrm()))
const invocation = { getRemainingTimeInMillis: () => 60_000 }

/** A reaction that does what the test says. */
const reaction = (name: string, run: (ctx: Ctx, id: string) => Promise<void>): Reaction =>
  on(
    visitPlanned,
    action(
      name,
      () => ({ input: happenedSchema(), output: z.object({}) }),
      async (ctx, { id }) => (await run(ctx, id), {}),
    ),
  )

/** One message of the bus, as the queue gives it. */
async function planned(n = 1): Promise<Message> {
  await plan(crm.ctx(), customerNo(n), '2026-11-22T08:00:00.000Z')
  const [told] = tell(kinds, await newRecords(crm)).told
  if (!told?.event) throw new Error('nothing was told')
  const message = cloudEvent(told.event, told.sequence)
  return messageOf({ Source: 'crm', DetailType: message.type, Detail: JSON.stringify(message), Time: new Date(message.time) })
}

const ran: string[] = []
beforeEach(() => void (ran.length = 0))
const good = (name: string) => reaction(name, async (ctx, id) => void ran.push(`${ctx.actor.id} ${id}`))

describe('reacting', () => {
  test('runs every reaction to the type as the product itself, under a request that is the same on every delivery', async () => {
    const requests: string[] = []
    const note = reaction(
      'visit.tell',
      async (ctx) => void requests.push(`${ctx.request.id} ${ctx.request.action} ${ctx.actor.kind} ${ctx.scope}`),
    )
    const handler = reactHandler({ edge: surroundings(crm), reactions: [note, on(visitDone, note.action)] })
    const message = await planned()
    await handler({ Records: [message] }, invocation)
    await handler({ Records: [{ ...message, messageId: 'another' }] }, invocation)
    expect(requests).toHaveLength(2)
    expect(requests[0]).toBe(requests[1])
    expect(requests[0]).toMatch(/^vis_\w{40}\.1\/visit\.tell visit\.tell system all$/)
  })

  test('skips no reaction because of another, and reports the message of the one that failed', async () => {
    const bad = reaction('visit.break', () => Promise.reject(new Error('broken')))
    const failures: string[] = []
    const handler = reactHandler({ edge: surroundings(crm, failures), reactions: [good('a.first'), bad, good('a.last')] })
    const message = await planned()
    const answer = await handler({ Records: [message] }, invocation)
    expect(answer.batchItemFailures).toEqual([{ itemIdentifier: message.messageId }])
    expect(ran.map((one) => one.split(' ')[0])).toEqual(['reaction:a.first', 'reaction:a.last'])
    expect(failures[0]).toContain('"reaction":"visit.break"')
  })

  test('reports only the messages that failed', async () => {
    const [one, two] = [await planned(1), await planned(2)]
    const bad = reaction('visit.break', (_, id) => (two.body.includes(id) ? Promise.reject(new Error('broken')) : Promise.resolve()))
    const handler = reactHandler({ edge: surroundings(crm), reactions: [bad] })
    const broken = { messageId: 'broken', body: '{"detail":{"data":{}}}' }
    const garbage = { messageId: 'garbage', body: 'not json' }
    const { batchItemFailures } = await handler({ Records: [one, broken, two, garbage] }, invocation)
    expect(batchItemFailures.map((failure) => failure.itemIdentifier).toSorted()).toEqual(['broken', 'garbage', two.messageId].toSorted())
  })

  test('begins at least one message, and gives back what there is no time for', async () => {
    const handler = reactHandler({ edge: surroundings(crm), reactions: [good('a.first')] })
    const messages = [await planned(1), await planned(2), await planned(3)]
    const answer = await handler({ Records: messages }, { getRemainingTimeInMillis: () => 9_999 })
    expect(answer.batchItemFailures).toEqual(messages.slice(1).map(({ messageId }) => ({ itemIdentifier: messageId })))
    expect(ran).toHaveLength(1)
  })

  test('ignores events nobody reacts to', async () => {
    const handler = reactHandler({ edge: surroundings(crm), reactions: [] })
    expect(await handler({ Records: [await planned()] }, invocation)).toEqual({ batchItemFailures: [] })
  })

  test('is done with an event whose record has been deleted meanwhile', async () => {
    const lost = reaction('visit.look', () => Promise.reject(missing('visit', 'vis_x')))
    const handler = reactHandler({ edge: surroundings(crm), reactions: [lost, good('a.last')] })
    expect(await handler({ Records: [await planned()] }, invocation)).toEqual({ batchItemFailures: [] })
    expect(ran).toHaveLength(1)
  })
})

test('a chain of consequences settles, and telling everything again adds nothing to it', async () => {
  const lists = { entities: kinds, reactions: [on(visitDone, follow)] }
  await plan(crm.ctx(), customerNo(1), '2026-11-22T08:00:00.000Z')
  await settle(crm, lists)
  expect(await runJob(crm, 'visits', { schedules: [visits] })).toMatchObject({ seen: 1, done: 1, failed: 0 })
  const { published, reacted } = await settle(crm, lists)
  expect(published.map(({ type }) => type)).toEqual(['visit.done'])
  expect(reacted).toEqual(['visit.follow'])
  const all = async () => (await crm.table.query({ pk: `customer#${customerNo(1).slice(4)}`, begins: '', limit: 100 })).items
  const before = await all()
  expect(before.filter((item) => item['noun'] === visit.noun && item['ev'])).toHaveLength(2)
  await replay(crm, lists)
  expect(await all()).toEqual(before)
})

describe('the rule of the bus', () => {
  test('names each type once', () => {
    const pattern = eventPattern([good('a.b'), good('c.d'), on(visitDone, follow)])
    expect(pattern).toEqual({ source: ['crm'], 'detail-type': ['visit.done', 'visit.planned'] })
  })
  test('lets everything through when its types no longer fit a pattern', () => {
    const many = Array.from({ length: 200 }, (_, n) => on(event(`a_long_noun_${n}.changed`, ''), follow))
    expect(eventPattern(many)).toEqual({ source: ['crm'] })
  })
})

describe('settling', () => {
  test('tells which reaction failed for good, and why', async () => {
    await plan(crm.ctx(), customerNo(1), '2026-11-22T08:00:00.000Z')
    const bad = reaction('visit.break', () => Promise.reject(new Error('the cup is broken')))
    await expect(settle(crm, { entities: kinds, reactions: [bad] })).rejects.toThrow(/dead letter[^]*visit\.break[^]*the cup is broken/)
  })

  test('lets pass what succeeds when it is tried again', async () => {
    await plan(crm.ctx(), customerNo(1), '2026-11-22T08:00:00.000Z')
    let tries = 0
    const flaky = reaction('visit.try', () => (tries++ === 0 ? Promise.reject(new Error('once')) : Promise.resolve()))
    const { failures, reacted } = await settle(crm, { entities: kinds, reactions: [flaky] })
    expect(tries).toBe(2)
    expect(failures.length).toBeGreaterThan(0)
    expect(reacted).toEqual(['visit.try'])
  })
})
