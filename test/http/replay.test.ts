import { beforeEach, describe, expect, test } from 'vitest'
import type { CloudEvent } from '../../domain/kernel/cloud-event.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { settle } from '../support/stream.ts'
import { webhooksOf, type Webhooks } from '../support/webhooks.ts'

let crm: Crm
let hooks: Webhooks
const told: CloudEvent[] = []
const at = (minutes: number) => new Date(Date.parse('2026-11-22T09:00:00.000Z') + minutes * 60_000).toISOString()

beforeEach(async () => {
  crm = await startCrm({ now: at(0) })
  hooks = webhooksOf(crm)
  told.length = 0
  for (let nth = 0; nth < 6; nth++) {
    crm.clock.now = at(nth)
    const { body } = await crm.call('POST', '/customers', { body: { name: `Customer ${nth}` } })
    if (nth % 2 === 0) await crm.call('POST', `/customers/${body['id']}/deals`, { body: { name: 'Loom' } })
    told.push(...(await settle(crm)).published)
  }
})

const start = async (body: object, as = 'admin') => crm.call('POST', '/replays', { as, body })
/** Runs the job as the clock and its own messages would, to its end. */
async function run(id: string): Promise<Record<string, unknown>> {
  for (let rounds = 0; rounds < 10; rounds++) {
    await hooks.at(crm.clock.now, 'replays')
    const { body } = await crm.call('GET', `/replays/${id}`)
    if (body['state'] !== 'running') return body
  }
  throw new Error('it does not end')
}
const onBus = () => hooks.bus.map(({ Detail }) => JSON.parse(Detail) as CloudEvent)

describe('past events', () => {
  test('are told to the bus once more, as they were and in their order', async () => {
    crm.clock.now = at(10)
    const { body, status } = await start({ to: 'bus', from: at(0) })
    expect(status, JSON.stringify(body)).toBe(201)
    expect(await run(body['id'])).toMatchObject({ state: 'done', told: told.length })
    expect(onBus()).toEqual(told)
  })

  test('of a range and of some types only', async () => {
    crm.clock.now = at(10)
    const { body } = await start({ to: 'bus', from: at(2), until: at(5), types: ['deal.*'] })
    expect(await run(body['id'])).toMatchObject({ state: 'done', told: 2 })
    expect(onBus().map(({ type, time }) => [type, time])).toEqual([
      ['deal.opened', at(2)],
      ['deal.opened', at(4)],
    ])
  })

  test('more than one step holds are told to the last', async () => {
    for (let nth = 0; nth < 120; nth++) await crm.call('POST', '/customers', { body: { name: `More ${nth}` } })
    await settle(crm)
    crm.clock.now = at(10)
    const { body } = await start({ to: 'bus', from: at(0) })
    expect(await run(body['id'])).toMatchObject({ state: 'done', told: told.length + 120 })
    expect(new Set(onBus().map(({ id }) => id)).size).toBe(told.length + 120)
  })

  test('reach a webhook that missed them, each once, under the id they had', async () => {
    crm.clock.now = at(10)
    const hook = await crm.call('POST', '/webhooks', { body: { url: 'https://hooks.example.com/', types: ['customer.created'] } })
    const { body } = await start({ to: hook.body['id'], from: at(0), types: ['customer.created'] })
    expect(await run(body['id'])).toMatchObject({ state: 'done', told: 6 })
    await hooks.at(at(11))
    const ids = told.filter(({ type }) => type === 'customer.created').map(({ id }) => id.replace('.', '_'))
    expect(hooks.sent.map(({ headers }) => headers['webhook-id']).sort()).toEqual(ids.sort())
    const again = await start({ to: hook.body['id'], from: at(0), types: ['customer.created'] })
    await run(again.body['id'])
    await hooks.at(at(12))
    expect(hooks.sent).toHaveLength(12)
    expect(new Set(hooks.sent.map(({ headers }) => headers['webhook-id'])).size).toBe(6)
  })

  test('reach webhooks by way of the bus only while it is known whether they were told before; by a replay to one at any age', async () => {
    const hook = await crm.call('POST', '/webhooks', { body: { url: 'https://hooks.example.com/', types: ['customer.created'] } })
    await hooks.carry()
    const created = told.filter(({ type }) => type === 'customer.created')
    hooks.sent.length = 0
    crm.clock.now = at(29 * 24 * 60 + 3)
    await hooks.tell(created)
    const ids = created.map(({ id }) => id.replace('.', '_'))
    expect(hooks.sent.map(({ headers }) => String(headers['webhook-id'])).toSorted()).toEqual(ids.slice(3).toSorted())
    const { body } = await start({ to: hook.body['id'], from: at(0), types: ['customer.created'] })
    await run(body['id'])
    await hooks.at(at(29 * 24 * 60 + 10))
    expect(new Set(hooks.sent.map(({ headers }) => headers['webhook-id']))).toEqual(new Set(ids))
  })

  test('are not told to who is off, nor after it was cancelled, nor by who may not', async () => {
    crm.clock.now = at(10)
    const hook = await crm.call('POST', '/webhooks', { body: { url: 'https://hooks.example.com/', types: ['*'] } })
    const { body: running } = await start({ to: hook.body['id'], from: at(0) })
    await crm.call('PATCH', `/webhooks/${hook.body['id']}`, { body: { state: 'off' }, ifMatch: 1 })
    expect(await run(running['id'])).toMatchObject({ state: 'failed', told: 0 })
    expect(await start({ to: hook.body['id'], from: at(0) })).toMatchObject({ status: 409, body: { code: 'webhook.off' } })
    const { body } = await start({ to: 'bus', from: at(0) })
    expect((await crm.call('POST', `/replays/${body['id']}/cancel`, { body: {} })).body).toMatchObject({ state: 'cancelled' })
    expect((await crm.call('POST', `/replays/${body['id']}/cancel`, { body: {} })).status).toBe(409)
    await hooks.at(at(11), 'replays')
    expect(hooks.bus).toEqual([])
    for (const as of ['manager', 'integration', 'sales']) expect((await start({ to: 'bus', from: at(0) }, as)).status).toBe(403)
    expect(await start({ to: 'bus', from: at(2), until: at(1) })).toMatchObject({ status: 400, body: { code: 'replay.reversed' } })
  })
})
