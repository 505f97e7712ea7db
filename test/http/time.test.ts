import { setTimeout as wait } from 'node:timers/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { action } from '../../domain/kernel/action.ts'
import { alter, commit, Stale } from '../../domain/kernel/commit.ts'
import { find } from '../../domain/kernel/record.ts'
import { route, type Route } from '../../domain/kernel/route.ts'
import { customer, customerChanged } from '../../domain/customer/customer/index.ts'
import { httpHandler } from '../../functions/http.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { eventFor } from '../support/http-event.ts'

let crm: Crm
let id = ''
beforeAll(async () => {
  crm = await startCrm()
  id = String((await crm.call('POST', '/customers', { body: { name: 'Slow' } })).body['id'])
})

/** What the slow action came to after its answer. */
let ended: Promise<unknown> = Promise.resolve()
const slow = action(
  'customer.slow',
  () => ({ input: z.strictObject({ id: z.string(), ms: z.int() }), output: z.object({}) }),
  (ctx, { id: of, ms }) => {
    const work = (async () => {
      const before = await find(ctx, customer, of)
      await wait(ms)
      await commit(ctx, [alter(ctx, customer, before, { notes: `after ${ms}` }, customerChanged).change])
      return {}
    })()
    ended = work.catch((error: unknown) => error)
    return work
  },
)
const busy = action(
  'customer.busy',
  () => ({ input: z.strictObject({ id: z.string() }), output: z.object({}) }),
  (_, { id: of }) => Promise.reject(new Stale(of)),
)
const facts = { can: 'customer:write', summary: 'For this test' }
const routes: readonly Route[] = [route('POST /customers/{id}/slow', slow, facts), route('POST /customers/{id}/busy', busy, facts)]

/** A request to an instance that Lambda ends after `ms`. */
async function within(ms: number, path: string, body: object = {}) {
  const handler = httpHandler(routes, () => ({ table: crm.table, now: () => crm.clock.now }))
  const until = performance.now() + ms
  const invocation = { getRemainingTimeInMillis: () => Math.max(0, until - performance.now()) }
  const began = performance.now()
  const answer = await handler(eventFor(routes, 'POST', path, { body, key: 'k' }), invocation as never)
  return { status: answer.statusCode, headers: answer.headers, body: JSON.parse(answer.body), took: performance.now() - began, ms }
}
const notes = async (): Promise<unknown> => (await crm.call('GET', `/customers/${id}`)).body['notes']

describe('a request that takes too long', () => {
  test('is answered 503 before Lambda ends the process, and writes nothing after that', async () => {
    const { status, headers, body, took, ms } = await within(700, `/customers/${id}/slow`, { ms: 400 })
    expect([status, body.code, headers['retry-after']]).toEqual([503, 'request.out_of_time', '1'])
    expect(took).toBeLessThan(ms)
    expect(await ended).toMatchObject({ code: 'request.out_of_time' })
    expect(await notes()).toBeUndefined()
  })

  test('is done when there is time for it', async () => {
    expect((await within(5_000, `/customers/${id}/slow`, { ms: 5 })).status).toBe(200)
    expect(await notes()).toBe('after 5')
  })

  test('is not tried again and again where records change under it, when little time is left', async () => {
    const { status, body, took } = await within(3_000, `/customers/${id}/busy`)
    expect([status, body.code]).toEqual([503, 'record.busy'])
    expect(took).toBeLessThan(1_500)
  })
})
