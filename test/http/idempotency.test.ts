import { beforeAll, describe, expect, test } from 'vitest'
import { startCrm, type Crm } from '../support/crm.ts'

let crm: Crm
beforeAll(async () => {
  crm = await startCrm()
})

describe('a POST with an idempotency key', () => {
  test('sent twenty times at once takes effect once and answers the same each time', async () => {
    const asking = { body: { name: 'Once', emails: [{ address: 'once@example.com' }] }, key: 'burst' }
    const replies = await Promise.all(Array.from({ length: 20 }, () => crm.call('POST', '/customers', asking)))
    expect(new Set(replies.map((reply) => reply.status))).toEqual(new Set([201]))
    expect(new Set(replies.map((reply) => JSON.stringify(reply.body))).size).toBe(1)
    expect(replies.filter((reply) => reply.headers['idempotent-replayed'] !== 'true')).toHaveLength(1)
  })

  test('answers a refusal again as it was, even when it would succeed by now', async () => {
    const taken = { name: 'Taken', emails: [{ address: 'taken@example.com' }] }
    const first = await crm.call('POST', '/customers', { body: taken })
    const refused = await crm.call('POST', '/customers', { body: { ...taken, name: 'Second' }, key: 'refused' })
    expect(refused.status).toBe(409)
    await crm.call('DELETE', `/customers/${first.body['id']}`, { ifMatch: 1 })
    const again = await crm.call('POST', '/customers', { body: { ...taken, name: 'Second' }, key: 'refused' })
    expect(again.status).toBe(409)
    expect(again.headers['idempotent-replayed']).toBe('true')
    expect(again.body).toMatchObject({ code: refused.body['code'], existingId: first.body['id'] })
  })

  test('keeps one key per caller, quoted or not, and refuses it for another request', async () => {
    const one = await crm.call('POST', '/customers', { as: 'admin', body: { name: 'Mine' }, key: 'shared' })
    const other = await crm.call('POST', '/customers', { as: 'integration', body: { name: 'Mine' }, key: 'shared' })
    expect(other.body['id']).not.toBe(one.body['id'])
    const quoted = await crm.call('POST', '/customers', { as: 'admin', body: { name: 'Mine' }, key: '"shared"' })
    expect(quoted.body['id']).toBe(one.body['id'])
    const reused = await crm.call('POST', '/customers', { as: 'admin', body: { name: 'Yours' }, key: 'shared' })
    expect(reused.status).toBe(422)
    for (const key of ['', 'x'.repeat(256), 'naïve', 'two words']) {
      expect((await crm.call('POST', '/customers', { body: { name: 'Bad key' }, key })).status).toBe(400)
    }
  })

  test('keeps a long answer whole', async () => {
    const body = { name: 'Long', notes: 'word '.repeat(700), interests: Array.from({ length: 30 }, (_, at) => `interest ${at}`) }
    const first = await crm.call('POST', '/customers', { body, key: 'long' })
    const again = await crm.call('POST', '/customers', { body, key: 'long' })
    expect(again.headers['idempotent-replayed']).toBe('true')
    expect(again.body).toEqual(first.body)
  })
})
