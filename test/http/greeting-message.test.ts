import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'
import { runJob, settle } from '../support/stream.ts'

const START = '2026-11-18T09:00:00.000Z'
let crm: Crm
let made = 0
beforeAll(async () => {
  crm = await startCrm({ now: START })
  const rule = { occasion: 'birthday', daysAhead: 2, as: 'message' }
  const policy = { occasions: [rule], leapDay: 'february_28' }
  expect((await crm.call('POST', '/greeting-policy', { body: policy })).status).toBe(200)
})
beforeEach(() => {
  crm.clock.now = START
  crm.forget()
})

const address = (): string => `person${++made}@example.com`
async function person(emails: readonly string[]): Promise<string> {
  const file = { kind: 'person', name: `Person ${++made}`, birthday: '1980-11-20', emails: emails.map((one) => ({ address: one })) }
  const { body, status } = await crm.call('POST', '/customers', { body: file })
  expect(status, JSON.stringify(body)).toBe(201)
  const said = { purpose: 'greeting', channels: ['email'], decision: 'given', how: 'form', textVersion: '1' }
  expect((await crm.call('POST', `/customers/${body['id']}/consents`, { body: said })).status).toBe(200)
  return body['id']
}

/** The messages that were written for customers since. */
async function written(now = START): Promise<Map<string, string>> {
  await settle(crm)
  crm.clock.now = now
  await runJob(crm, 'greetings')
  const { published } = await settle(crm)
  const told = published.filter(({ type }) => type === 'wish.written')
  return new Map(told.map(({ data }) => [String(data.customerId), String(data.recordId)]))
}
const look = (id: string): Promise<Reply> => crm.call('GET', `/greeting-messages/${id}`)
const tell = (id: string, body: object): Promise<Reply> => crm.call('POST', `/greeting-messages/${id}/outcome`, { body })
const idsIn = async (state: string): Promise<string[]> =>
  (await crm.call('GET', `/greeting-messages?state=${state}&limit=100`)).body['items'].map(({ id }: { id: string }) => id)

describe('a greeting message', () => {
  test('waits until its day is over and no longer, also where nobody tells what came of it', async () => {
    const id = await person([address()])
    const wish = (await written()).get(id) ?? ''
    expect(await idsIn('ready')).toEqual([wish])
    crm.clock.now = '2026-11-20T23:59:00.000Z'
    expect((await look(wish)).body).toMatchObject({ allowed: true })
    crm.clock.now = '2026-11-21T00:00:00.000Z'
    expect((await look(wish)).body).toMatchObject({ allowed: false, because: 'its day has passed' })
    expect([await idsIn('ready'), await idsIn('expired')]).toEqual([[], [wish]])
    expect((await tell(wish, { outcome: 'not_sent', note: 'The mailer was down' })).status).toBe(200)
    expect([await idsIn('expired'), await idsIn('not_sent')]).toEqual([[], [wish]])
  })

  test('goes to whom the file was merged into, and only once to one person', async () => {
    const [a, b] = [address(), address()]
    const [kept, gone] = [await person([a]), await person([b])]
    const wishes = await written()
    expect([wishes.has(kept), wishes.has(gone)]).toEqual([true, true])
    const merged = await crm.call('POST', `/customers/${kept}/merge`, { body: { absorb: gone, choose: {} } })
    expect(merged.status, JSON.stringify(merged.body)).toBe(200)
    crm.forget()
    expect((await look(wishes.get(kept) ?? '')).body).toMatchObject({ allowed: true, to: a })
    const second = (await look(wishes.get(gone) ?? '')).body
    expect(second).toMatchObject({ allowed: false, because: `the file was merged into ${kept}, who has this greeting of their own` })
  })

  test('is not sent where the address is gone, and is told of in the time in which it can have been sent', async () => {
    const id = await person([address()])
    const wish = (await written()).get(id) ?? ''
    const { body: file } = await crm.call('GET', `/customers/${id}`)
    const change = { body: { emails: [] }, ifMatch: file['version'] }
    expect((await crm.call('PATCH', `/customers/${id}`, change)).status).toBe(200)
    expect((await look(wish)).body).toMatchObject({ allowed: false, because: 'the customer has nothing to be reached at by email' })
    expect((await tell(wish, { outcome: 'sent', at: '2026-11-18T08:00:00Z' })).body).toMatchObject({ errors: [{ code: 'too_early' }] })
    expect((await tell(wish, { outcome: 'sent', at: '2026-11-18T10:00:00Z' })).body).toMatchObject({ errors: [{ code: 'in_the_future' }] })
    // The sender's clock may be a little ahead.
    expect((await tell(wish, { outcome: 'sent', at: '2026-11-18T09:03:00Z' })).body).toMatchObject({
      outcomeAt: '2026-11-18T09:03:00.000Z',
    })
  })

  test('of a customer in the bin is nobody’s to send, and goes out when they are back in time', async () => {
    const id = await person([address()])
    const wish = (await written()).get(id) ?? ''
    const { body: file } = await crm.call('GET', `/customers/${id}`)
    await crm.call('DELETE', `/customers/${id}`, { ifMatch: file['version'] })
    expect((await look(wish)).body).toMatchObject({ status: 404, code: 'customer.not_found' })
    await crm.call('POST', `/customers/${id}/restore`)
    expect((await look(wish)).body).toMatchObject({ allowed: true })
  })
})
