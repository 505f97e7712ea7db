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

/** What the slow action came to after its answer, and what it waits for. */
let ended: Promise<unknown> = Promise.resolve()
let gate: Promise<void> = Promise.resolve()
let tries = 0
const slow = action(
  'customer.slow',
  () => ({ input: z.strictObject({ id: z.string() }), output: z.object({}) }),
  (ctx, { id: of }) => {
    const work = (async () => {
      const before = await find(ctx, customer, of)
      await gate
      await commit(ctx, [alter(ctx, customer, before, { notes: 'after the wait' }, customerChanged).change])
      return {}
    })()
    ended = work.catch((error: unknown) => error)
    return work
  },
)
const busy = action(
  'customer.busy',
  () => ({ input: z.strictObject({ id: z.string() }), output: z.object({}) }),
  (_, { id: of }) => {
    tries += 1
    return Promise.reject(new Stale(of))
  },
)
const facts = { can: 'customer:write', summary: 'For this test' }
const routes: readonly Route[] = [route('POST /customers/{id}/slow', slow, facts), route('POST /customers/{id}/busy', busy, facts)]

/** A request to an instance that Lambda ends after `ms`. */
async function within(ms: number, path: string, body: object = {}) {
  const handler = httpHandler(routes, () => ({ table: crm.table, now: () => crm.clock.now }))
  const until = performance.now() + ms
  const invocation = { getRemainingTimeInMillis: () => Math.max(0, until - performance.now()) }
  const answer = await handler(eventFor(routes, 'POST', path, { body, key: 'k' }), invocation as never)
  return { status: answer.statusCode, headers: answer.headers, body: JSON.parse(answer.body) }
}
const notes = async (): Promise<unknown> => (await crm.call('GET', `/customers/${id}`)).body['notes']

describe('a request that takes too long', () => {
  test('is answered 503 while its work still goes on, and writes nothing after that', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    gate = promise
    const { status, headers, body } = await within(700, `/customers/${id}/slow`)
    expect([status, body.code, headers['retry-after']]).toEqual([503, 'request.out_of_time', '1'])
    resolve()
    expect(await ended).toMatchObject({ code: 'request.out_of_time' })
    expect(await notes()).toBeUndefined()
  })

  test('is done when there is time for it', async () => {
    expect((await within(60_000, `/customers/${id}/slow`)).status).toBe(200)
    expect(await notes()).toBe('after the wait')
  })

  test('is not tried again and again where records change under it, when little time is left', async () => {
    const { status, body } = await within(2_400, `/customers/${id}/busy`)
    expect([status, body.code, tries]).toEqual([503, 'record.busy', 1])
  })
})
