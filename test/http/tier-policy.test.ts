import { beforeEach, describe, expect, test } from 'vitest'
import { daysLater } from '../../domain/kernel/clock.ts'
import { invoke } from '../../domain/kernel/invoke.ts'
import { review } from '../../domain/insight/tier/index.ts'
import { startCrm, type Crm, type Reply } from '../support/crm.ts'
import { replay, runJob, settle } from '../support/stream.ts'

const START = '2026-03-10T09:00:00.000Z'
let crm: Crm
let orders = 0
beforeEach(async () => {
  crm = await startCrm({ now: START })
})

const usd = (dollars: number) => ({ amount: dollars * 100, currency: 'USD' })
const rule = (name: string, line: number, keep: number) => ({ name, labels: { en: name }, line: usd(line), keepLine: usd(keep) })
const base = { holdDays: 365, warnDays: 60 }
/** Like the product's own tiers up to gold, with other lines. */
const three = (jade: [number, number], gold: [number, number]) => ({
  ...base,
  tiers: [
    rule('crystal', 0, 0),
    rule('jade', ...jade),
    rule('gold', ...gold),
    rule('platinum', 1_000, 800),
    rule('diamond', 3_000, 2_400),
    rule('black-gold', 10_000, 8_000),
  ],
})

async function draft(policy: object): Promise<Reply['body']> {
  const { body, status } = await crm.call('POST', '/tier-policies', { body: policy })
  expect(status, JSON.stringify(body)).toBe(201)
  return body
}

/** A customer who spends so many dollars now. */
async function member(dollars: number): Promise<string> {
  const { body } = await crm.call('POST', '/customers', { body: { name: `Member ${++orders}` } })
  if (dollars > 0) await buys(body['id'], dollars)
  return body['id']
}
async function buys(id: string, dollars: number): Promise<void> {
  const sale = { orderId: { id: `p${++orders}` }, at: crm.clock.now, amount: usd(dollars) }
  expect((await crm.call('POST', `/customers/${id}/purchases`, { body: sale })).status).toBe(201)
}
const tierOf = async (id: string): Promise<string> => (await crm.call('GET', `/customers/${id}/tier`)).body['tier']
const types = async () => (await settle(crm)).published.map(({ type }) => type).filter((type) => type.startsWith('tier'))

describe('a bad tier policy', () => {
  test('is refused with everything that is wrong with it, as a draft and as a change of one', async () => {
    const wrong = await crm.call('POST', '/tier-policies', {
      body: { ...base, tiers: [rule('a', 100, 90), rule('b', 80, 10), rule('a', 300, 400)] },
    })
    expect(wrong.status).toBe(400)
    expect(wrong.body['errors'].map(({ path, code }: { path: string; code: string }) => `${path} ${code}`).sort()).toEqual([
      'tiers.1.keepLine easier_than_lower',
      'tiers.1.line not_rising',
      'tiers.2.keepLine above_line',
      'tiers.2.labels repeated',
      'tiers.2.name repeated',
    ])
    const foreign = { ...rule('a', 0, 0), line: { amount: 0, currency: 'CNY' } }
    expect((await crm.call('POST', '/tier-policies', { body: { ...base, tiers: [foreign] } })).body['errors'][0].code).toBe(
      'not_the_workspaces',
    )
    const { id } = await draft(three([100, 80], [300, 240]))
    const patched = await crm.call('PATCH', `/tier-policies/${id}`, { ifMatch: 1, body: { tiers: [rule('a', 100, 200)] } })
    expect(patched.status).toBe(400)
    expect((await crm.call('PATCH', `/tier-policies/${id}`, { ifMatch: 1, body: { holdDays: 90 } })).body).toMatchObject({
      holdDays: 90,
      version: 2,
    })
    expect((await crm.call('POST', '/tier-policies', { as: 'sales', body: three([100, 80], [300, 240]) })).status).toBe(403)
  })

  test('that leaves out a tier with members is not published, nor does it take effect when somebody got there meanwhile', async () => {
    const id = await member(320)
    await settle(crm)
    const without = { ...base, tiers: [rule('crystal', 0, 0), rule('jade', 100, 80)] }
    const { id: bad } = await draft(without)
    expect((await crm.call('POST', `/tier-policies/${bad}/publish`, { body: {} })).body).toMatchObject({
      code: 'tier.in_use',
      tier: 'gold',
    })
    expect(await tierOf(id)).toBe('gold')
    const gone = { ...base, tiers: three([100, 80], [300, 240]).tiers.slice(0, 5) }
    const { id: later } = await draft(gone)
    expect((await crm.call('POST', `/tier-policies/${later}/publish`, { body: { effectiveAt: daysLater(START, 10) } })).body['state']).toBe(
      'published',
    )
    await member(12_000)
    await settle(crm)
    crm.clock.now = daysLater(START, 10)
    await runJob(crm, 'tiers')
    expect((await crm.call('GET', `/tier-policies/${later}`)).body).toMatchObject({
      state: 'blocked',
      blockedBecause: 'Customers still have Black gold, which it leaves out.',
    })
    expect((await crm.call('GET', '/tier-policy')).body).toMatchObject({ version: 0 })
    expect(await types()).toEqual(['tier_policy.blocked'])
  })
})

describe('a published tier policy', () => {
  test('takes effect on its date, once, however many run at once, and promotes who reaches a line by it at once', async () => {
    const [small, jade, gold] = [await member(60), await member(150), await member(350)]
    await settle(crm)
    expect(await Promise.all([small, jade, gold].map(tierOf))).toEqual(['crystal', 'jade', 'gold'])
    const { id } = await draft({ ...three([50, 40], [120, 100]), note: 'Lower lines' })
    const effectiveAt = daysLater(START, 20)
    const published = await crm.call('POST', `/tier-policies/${id}/publish`, { body: { effectiveAt } })
    expect(published.body, JSON.stringify(published.body)).toMatchObject({ state: 'published', effectiveAt })
    crm.clock.now = daysLater(effectiveAt, -1)
    await runJob(crm, 'tiers')
    expect(await tierOf(small)).toBe('crystal')
    crm.clock.now = effectiveAt
    await settle(crm)
    const runs = await Promise.all(Array.from({ length: 5 }, () => invoke(review, crm.ctx(), { id, at: effectiveAt })))
    expect(runs.filter(({ output }) => output.outcome === 'in_force')).toHaveLength(1)
    await Promise.all([runJob(crm, 'tiers'), runJob(crm, 'tiers')])
    expect(await Promise.all([small, jade, gold].map(tierOf))).toEqual(['jade', 'gold', 'gold'])
    const told = await types()
    expect(told.sort()).toEqual(['tier.promoted', 'tier.promoted', 'tier_policy.took_effect'])
    expect((await crm.call('GET', '/tier-policy')).body).toMatchObject({ version: 1, policyId: id, since: effectiveAt })
    await replay(crm)
    await runJob(crm, 'tiers')
    expect(await types()).toEqual([])
    await buys(small, 70)
    await settle(crm)
    expect(await tierOf(small)).toBe('gold')
  })

  test('is let be by a run that read it as waiting while another brought it into force', async () => {
    const { id } = await draft(three([50, 40], [120, 100]))
    const effectiveAt = daysLater(START, 20)
    expect((await crm.call('POST', `/tier-policies/${id}/publish`, { body: { effectiveAt } })).status).toBe(200)
    crm.clock.now = effectiveAt
    let first: (() => Promise<unknown>) | undefined = () => invoke(review, crm.ctx(), { id, at: effectiveAt })
    const overtaken = {
      ...crm.table,
      async get(...asked: Parameters<typeof crm.table.get>) {
        const item = await crm.table.get(...asked)
        const other = item?.['id'] === id ? first : undefined
        if (other) first = undefined
        await other?.()
        return item
      },
    }
    expect((await invoke(review, { ...crm.ctx(), table: overtaken }, { id, at: effectiveAt })).output).toEqual({ outcome: 'not_due' })
    expect((await crm.call('GET', '/tier-policy')).body).toMatchObject({ policyId: id })
  })

  test('drops nobody before their tier expires, and then by its own lines', async () => {
    const id = await member(350)
    await settle(crm)
    const { id: policy } = await draft(three([300, 250], [900, 700]))
    expect((await crm.call('POST', `/tier-policies/${policy}/publish`, { body: {} })).body).toMatchObject({
      state: 'active',
      activeAt: START,
    })
    await runJob(crm, 'tiers')
    await settle(crm)
    expect(await tierOf(id)).toBe('gold')
    crm.clock.now = '2027-06-01T09:00:00.000Z'
    await buys(id, 300)
    await settle(crm)
    crm.clock.now = '2027-11-15T00:00:00.000Z'
    await runJob(crm, 'tiers')
    expect((await crm.call('GET', `/customers/${id}/tier`)).body['atRisk']).toMatchObject({ toStay: usd(400) })
    crm.clock.now = '2028-01-01T01:00:00.000Z'
    await runJob(crm, 'tiers')
    expect(await tierOf(id)).toBe('jade')
  })

  test('keeps its history: the one before retires, drafts and dates to come are listed', async () => {
    const first = await draft(three([100, 80], [300, 240]))
    crm.clock.now = daysLater(START, 0.1)
    const second = await draft(three([120, 90], [300, 240]))
    crm.clock.now = daysLater(START, 0.2)
    const third = await draft(three([130, 90], [300, 240]))
    await crm.call('POST', `/tier-policies/${first['id']}/publish`, { body: {} })
    crm.clock.now = daysLater(START, 1)
    await crm.call('POST', `/tier-policies/${second['id']}/publish`, { body: {} })
    await crm.call('POST', `/tier-policies/${third['id']}/publish`, { body: { effectiveAt: daysLater(START, 30) } })
    const { body } = await crm.call('GET', '/tier-policies', { as: 'viewer' })
    expect(body['items'].map((one: { id: string; state: string }) => [one.id, one.state])).toEqual([
      [third['id'], 'published'],
      [second['id'], 'active'],
      [first['id'], 'retired'],
    ])
    expect((await crm.call('GET', `/tier-policies/${first['id']}`)).body).toMatchObject({
      state: 'retired',
      activeAt: daysLater(START, 0.2),
      retiredAt: daysLater(START, 1),
    })
    expect((await crm.call('GET', '/tier-policies?state=active')).body['items']).toHaveLength(1)
    expect((await crm.call('PATCH', `/tier-policies/${second['id']}`, { ifMatch: 2, body: { holdDays: 1 } })).body['code']).toBe(
      'tier_policy.not_a_draft',
    )
    expect((await crm.call('POST', `/tier-policies/${first['id']}/publish`, { body: {} })).body['code']).toBe('tier_policy.not_a_draft')
    expect((await crm.call('POST', `/tier-policies/${third['id']}/publish`, { body: { effectiveAt: START } })).body['code']).toBe(
      'effective_at.past',
    )
    const moved = await crm.call('POST', `/tier-policies/${third['id']}/publish`, { body: { effectiveAt: daysLater(START, 60) } })
    expect(moved.body).toMatchObject({ effectiveAt: daysLater(START, 60), version: 3 })
  })

  test('that puts a tier below the lowest has the members of that one keep it from then on', async () => {
    const id = await member(20)
    await settle(crm)
    expect((await crm.call('GET', `/customers/${id}/tier`)).body).not.toHaveProperty('validUntil')
    const { tiers } = three([100, 80], [300, 240])
    const below = { ...base, tiers: [rule('bronze', 0, 0), rule('crystal', 50, 40), ...tiers.slice(1)] }
    const { id: policy } = await draft(below)
    await crm.call('POST', `/tier-policies/${policy}/publish`, { body: {} })
    await runJob(crm, 'tiers')
    await settle(crm)
    expect((await crm.call('GET', `/customers/${id}/tier`)).body).toMatchObject({ tier: 'crystal', validUntil: '2027-12-31' })
    crm.clock.now = '2028-01-01T01:00:00.000Z'
    await runJob(crm, 'tiers')
    await runJob(crm, 'tiers')
    expect(await tierOf(id)).toBe('bronze')
  })
})

describe('a simulation of a tier policy', () => {
  test('tells who moves from where to where, when, and the revenue touched, and changes nothing', async () => {
    const spends = [0, 20, 60, 60, 150, 350, 500, 1_500]
    const ids = []
    for (const dollars of spends) ids.push(await member(dollars))
    await settle(crm)
    crm.clock.now = daysLater(START, 380)
    await buys(String(ids[6]), 500)
    await settle(crm)
    const { id } = await draft(three([50, 50], [400, 360]))
    const asked = await crm.call('POST', `/tier-policies/${id}/simulate`, { body: {} })
    expect(asked.status, JSON.stringify(asked.body)).toBe(202)
    expect(asked.body).toMatchObject({ state: 'running', looked: 0 })
    expect((await crm.call('POST', `/tier-policies/${id}/simulate`, { body: {} })).body).toEqual(asked.body)
    const before = await Promise.all(ids.map(tierOf))
    await runJob(crm, 'tiers')
    const { body } = await crm.call('GET', `/tier-policies/${id}/simulation`, { as: 'viewer' })
    // A year later only the one who bought again has any spend: the others go as they would anyway.
    expect(body, JSON.stringify(body)).toMatchObject({ state: 'done', looked: 8, moved: 0, estimated: 0 })
    crm.clock.now = START
    await crm.call('PATCH', `/tier-policies/${id}`, { ifMatch: 1, body: { note: 'Again' } })
    await crm.call('POST', `/tier-policies/${id}/simulate`, { body: {} })
    await Promise.all([runJob(crm, 'tiers'), runJob(crm, 'tiers')])
    const again = (await crm.call('GET', `/tier-policies/${id}/simulation`)).body
    expect(again).toMatchObject({ state: 'done', looked: 8, policyVersion: 2 })
    expect(again['moves']).toEqual(
      expect.arrayContaining([
        {
          from: 'crystal',
          to: 'jade',
          when: 'at_once',
          customers: 2,
          revenueMinor: 12_000,
          sample: [String(ids[2]), String(ids[3])].toSorted((a, b) => (a < b ? -1 : 1)),
        },
        { from: 'gold', to: 'jade', when: 'at_expiry', customers: 1, revenueMinor: 35_000, sample: [ids[5]] },
      ]),
    )
    expect(again).toMatchObject({ moved: 3, revenueMinor: 47_000 })
    expect(await Promise.all(ids.map(tierOf))).toEqual(before)
    expect((await types()).filter((type) => type !== 'tier_policy.simulated')).toEqual(['tier_policy.drafted', 'tier_policy.changed'])
    expect((await crm.call('GET', `/tier-policies/${(await draft(three([1, 1], [2, 2])))['id']}/simulation`)).status).toBe(404)
  })
})
