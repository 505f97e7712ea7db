import fc from '../support/property.ts'
import { beforeAll, describe, expect, test } from 'vitest'
import { newPolicy, permits, withEntry, type Entry } from '../../domain/customer/consent/consent.ts'
import { mayContact } from '../../domain/customer/consent/index.ts'
import { commit } from '../../domain/kernel/commit.ts'
import { startCrm, type Crm } from '../support/crm.ts'

let crm: Crm
let made = 0
beforeAll(async () => {
  crm = await startCrm()
})

async function newCustomer(): Promise<string> {
  const { body } = await crm.call('POST', '/customers', {
    as: 'admin',
    body: { name: 'Ada', emails: [{ address: `c${++made}@example.com` }] },
  })
  return body['id']
}
const say = (id: string, body: object, as = 'admin') =>
  crm.call('POST', `/customers/${id}/consents`, { as, body: { purpose: 'marketing', channels: ['email'], how: 'form', ...body } })
const yes = { decision: 'given', textVersion: '1' }
const no = { decision: 'withdrawn' }
const allowed = async (id: string, purpose = 'marketing', channel = 'email') => {
  const { body } = await crm.call('GET', `/customers/${id}/consents`, { as: 'viewer' })
  return body['items'].find((one: { purpose: string; channel: string }) => one.purpose === purpose && one.channel === channel)
}

describe('consent', () => {
  test('is no until it is given, and names its proof', async () => {
    const id = await newCustomer()
    expect(await allowed(id)).toMatchObject({ allowed: false, because: 'no consent' })
    expect(await allowed(id, 'service')).toMatchObject({ allowed: true, basis: 'contract' })
    await say(id, { ...yes, evidence: 'IP 203.0.113.9' })
    const given = await allowed(id)
    expect(given).toMatchObject({ allowed: true, textVersion: '1', decision: 'given' })
    expect(await allowed(id, 'marketing', 'sms')).toMatchObject({ allowed: false })
    const { body } = await crm.call('GET', `/customers/${id}/consents/history`, { as: 'viewer' })
    expect(body['items']).toMatchObject([{ id: given.entryId, how: 'form', evidence: 'IP 203.0.113.9', byId: 'usr_admin000000000000000' }])
  })

  test('is withdrawn by a later no, not by what was said before', async () => {
    const id = await newCustomer()
    await say(id, { ...yes, at: '2026-11-20T10:00:00Z' })
    await say(id, { ...no, at: '2026-11-19T10:00:00Z' })
    expect(await allowed(id)).toMatchObject({ allowed: true })
    await say(id, { ...no, at: '2026-11-20T10:00:00Z' })
    expect(await allowed(id)).toMatchObject({ allowed: false, because: 'consent withdrawn on 2026-11-20' })
    const { body } = await crm.call('GET', `/customers/${id}/consents/history`, { as: 'viewer' })
    expect(body['items']).toHaveLength(3)
  })

  test('refuses a yes without the words, foreign purposes, channels, texts and the future, and writes nothing', async () => {
    const id = await newCustomer()
    const refusals = [
      [{ decision: 'given' }, 'consent.text_missing'],
      [{ ...yes, textVersion: '9' }, 'consent.text_unknown'],
      [{ ...yes, purpose: 'spam' }, 'consent.purpose_unknown'],
      [{ ...yes, at: '2027-01-01T00:00:00Z' }, 'consent.in_future'],
    ] as const
    for (const [body, code] of refusals) expect((await say(id, body)).body).toMatchObject({ status: 400, code })
    expect((await crm.call('GET', `/customers/${id}/consents/history`, { as: 'viewer' })).body['items']).toEqual([])
    expect((await say(id, yes, 'viewer')).status).toBe(403)
  })

  test('keeps the words of a version for ever', async () => {
    const [service, greeting, marketing] = newPolicy.purposes
    const changed = { ...marketing, texts: [{ version: '1', text: 'Anything at all.' }] }
    const set = (one: unknown) => crm.call('POST', '/consent-policy', { as: 'admin', body: { purposes: [service, greeting, one] } })
    expect((await set(changed)).body).toMatchObject({ status: 409, code: 'consent_policy.text_fixed' })
    expect((await set({ ...marketing, texts: [...(marketing?.texts ?? []), { version: '2', text: 'New words.' }] })).status).toBe(200)
  })

  test('costs one unit to ask, and its guard refuses the message of who withdrew meanwhile', async () => {
    const id = await newCustomer()
    await say(id, yes)
    await mayContact(crm.ctx(), id, 'marketing', 'email')
    crm.spent.length = 0
    const permit = await mayContact(crm.ctx(), id, 'marketing', 'email')
    expect(permit.allowed).toBe(true)
    expect(crm.spent.reduce((sum, one) => sum + one.readUnits, 0)).toBe(1)
    await say(id, no)
    const message = { put: { pk: 'test', sk: id } }
    await expect(commit(crm.ctx(), [], undefined, [message, permit.guard])).rejects.toThrow('changed meanwhile')
    expect(await crm.table.get({ pk: 'test', sk: id })).toBeUndefined()
  })
})

test('whatever the order in which it is told, the latest word stands, and of two at once the no', () => {
  const entry = fc.record({
    at: fc.integer({ min: 1, max: 5 }).map((day) => `2026-01-0${day}T00:00:00.000Z`),
    decision: fc.constantFrom('given' as const, 'withdrawn' as const),
  })
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 8 }), fc.infiniteStream(fc.nat()), (said, order) => {
      const full = (one: (typeof said)[number]): Entry => ({ purpose: 'marketing', channel: 'email', how: 'form', byId: 'x', ...one })
      const shuffled = said.map((one) => ({ one, by: order.next().value })).sort((a, b) => a.by - b.by)
      const standings = shuffled.reduce((all, { one }, at) => withEntry(all, full(one), String(at)), {})
      const last = said
        .map(({ at }) => at)
        .sort()
        .at(-1)
      const wanted = said.filter(({ at }) => at === last).every(({ decision }) => decision === 'given')
      expect(permits(newPolicy, standings, 'marketing', 'email').allowed).toBe(wanted)
    }),
  )
})
