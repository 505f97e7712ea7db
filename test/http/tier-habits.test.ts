import { beforeEach, describe, expect, test } from 'vitest'
import { daysLater } from '../../domain/kernel/clock.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { runJob, settle } from '../support/stream.ts'

const START = '2026-03-10T09:00:00.000Z'
let crm: Crm
let orders = 0
beforeEach(async () => {
  crm = await startCrm({ now: START })
})

const usd = (dollars: number) => ({ amount: dollars * 100, currency: 'USD' })
const rule = (name: string, line: number, keep: number, asked: object = {}) => ({
  name,
  labels: { en: name },
  line: usd(line),
  keepLine: usd(keep),
  ...asked,
})
/** Like the product's own tiers, where gold and above ask for purchases and platinum and above for loyalty too. */
const habitual = {
  holdDays: 365,
  warnDays: 60,
  tiers: [
    rule('crystal', 0, 0),
    rule('jade', 100, 80),
    rule('gold', 300, 240, { fewestPurchases: 3, keepPurchases: 2 }),
    rule('platinum', 1_000, 800, { fewestPurchases: 4, keepPurchases: 3, loyalDays: 100 }),
    rule('diamond', 3_000, 2_400, { fewestPurchases: 4, keepPurchases: 3, loyalDays: 100 }),
    rule('black-gold', 10_000, 8_000, { fewestPurchases: 4, keepPurchases: 3, loyalDays: 100 }),
  ],
}

async function publish(policy: object): Promise<string> {
  const drafted = await crm.call('POST', '/tier-policies', { body: policy })
  expect(drafted.status, JSON.stringify(drafted.body)).toBe(201)
  const { body, status } = await crm.call('POST', `/tier-policies/${drafted.body['id']}/publish`, { body: {} })
  expect(status, JSON.stringify(body)).toBe(200)
  await runJob(crm, 'tiers')
  return drafted.body['id']
}

async function customer(): Promise<string> {
  return (await crm.call('POST', '/customers', { body: { name: `Member ${++orders}` } })).body['id']
}

async function buys(id: string, dollars: number): Promise<string> {
  const sale = { orderId: { id: `h${++orders}` }, at: crm.clock.now, amount: usd(dollars) }
  const { body, status } = await crm.call('POST', `/customers/${id}/purchases`, { body: sale })
  expect(status, JSON.stringify(body)).toBe(201)
  await settle(crm)
  return body['id']
}

const standing = async (id: string) => (await crm.call('GET', `/customers/${id}/tier`)).body

/** Goes to a moment and does all that is due then. */
async function goTo(now: string): Promise<void> {
  crm.clock.now = now
  for (let runs = 0; runs < 5 && (await runJob(crm, 'tiers')).seen > 0; runs++) await settle(crm)
}

describe('a tier that asks for purchases beside spend', () => {
  test('is reached by the purchase that makes them enough, and says what is missing until then', async () => {
    await publish(habitual)
    const id = await customer()
    await buys(id, 500)
    const jade = await standing(id)
    expect(jade).toMatchObject({ tier: 'jade', next: { tier: 'gold', missing: usd(0), missingPurchases: 2 } })
    expect(jade['words']).toContain('$0.00 more within 365 days, in 2 purchases more, reaches gold.')
    await buys(id, 5)
    expect((await standing(id))['tier']).toBe('jade')
    await buys(id, 5)
    const gold = await standing(id)
    expect(gold).toMatchObject({ tier: 'gold' })
    expect(gold['changes'].at(-1).words).toContain('its line is $300.00, with at least 3 purchases.')
  })

  test('does not count a purchase that was returned whole', async () => {
    await publish(habitual)
    const id = await customer()
    await buys(id, 500)
    const returned = await buys(id, 50)
    expect((await crm.call('POST', `/purchases/${returned}/returns`, { body: { returnId: 'whole' } })).status).toBeLessThan(300)
    await buys(id, 5)
    expect(await standing(id)).toMatchObject({ tier: 'jade', next: { missingPurchases: 1 } })
  })

  test('is warned of with the purchases to stay, and dropped without them though the spend is enough', async () => {
    await publish(habitual)
    const id = await customer()
    for (let n = 0; n < 3; n++) await buys(id, 200)
    expect((await standing(id))['validUntil']).toBe('2027-12-31')
    crm.clock.now = '2027-06-01T09:00:00.000Z'
    await buys(id, 700)
    await goTo('2027-11-02T09:00:00.000Z')
    const warned = await standing(id)
    expect(warned['atRisk']).toMatchObject({ toStay: usd(0), purchasesToStay: 1 })
    expect(warned['words']).toContain('$0.00 and 1 purchases more by 2027-12-31 would keep it.')
    await goTo('2028-01-01T09:00:00.000Z')
    const dropped = await standing(id)
    expect(dropped['tier']).toBe('jade')
    expect(dropped['changes'].at(-1).words).toContain('$240.00 with 2 purchases (there were 1) would have kept it')
  })
})

describe('a tier that asks for loyalty', () => {
  test('is reached when the days since the first purchase are enough, and not before', async () => {
    await publish(habitual)
    const id = await customer()
    for (let n = 0; n < 4; n++) await buys(id, 400)
    expect(await standing(id)).toMatchObject({ tier: 'gold', next: { tier: 'platinum', missing: usd(0), missingDays: 100 } })
    await goTo(daysLater(START, 99))
    expect((await standing(id))['tier']).toBe('gold')
    await goTo(daysLater(START, 100))
    expect(await standing(id)).toMatchObject({ tier: 'platinum' })
  })
})

describe('a policy that asks for habits', () => {
  test('is refused when a tier asks for less than the one before, or more to stay than to come', async () => {
    const tiers = [
      rule('a', 0, 0, { fewestPurchases: 2, loyalDays: 10, keepPurchases: 1 }),
      rule('b', 100, 90, { fewestPurchases: 1, keepPurchases: 3 }),
    ]
    const { status, body } = await crm.call('POST', '/tier-policies', { body: { holdDays: 30, warnDays: 10, tiers } })
    expect(status).toBe(400)
    expect(body['errors'].map(({ path, code }: { path: string; code: string }) => `${path} ${code}`).sort()).toEqual([
      'tiers.1.fewestPurchases easier_than_lower',
      'tiers.1.keepPurchases above_line',
      'tiers.1.loyalDays easier_than_lower',
    ])
  })

  test('is simulated by the purchases of each customer: who buys seldom would drop, who buys often would not', async () => {
    const [often, seldom] = [await customer(), await customer()]
    for (let n = 0; n < 4; n++) await buys(often, 100)
    await buys(seldom, 400)
    expect([(await standing(often))['tier'], (await standing(seldom))['tier']]).toEqual(['gold', 'gold'])
    const { body } = await crm.call('POST', '/tier-policies', { body: habitual })
    await crm.call('POST', `/tier-policies/${body['id']}/simulate`, { body: {} })
    for (let runs = 0; runs < 5; runs++) await runJob(crm, 'tiers')
    const { body: simulated } = await crm.call('GET', `/tier-policies/${body['id']}/simulation`)
    expect(simulated).toMatchObject({ state: 'done', moved: 1, revenueMinor: 40_000 })
    expect(simulated['moves']).toEqual([
      { from: 'gold', to: 'jade', when: 'at_expiry', customers: 1, revenueMinor: 40_000, sample: [seldom] },
    ])
  })

  test('that asks for less promotes those it lets in at once', async () => {
    await publish(habitual)
    const id = await customer()
    await buys(id, 500)
    expect((await standing(id))['tier']).toBe('jade')
    const easier = habitual.tiers.map((tier) => (tier.name === 'gold' ? { ...tier, fewestPurchases: 1, keepPurchases: 1 } : tier))
    await publish({ ...habitual, tiers: easier })
    for (let runs = 0; runs < 3; runs++) await runJob(crm, 'tiers')
    expect((await standing(id))['tier']).toBe('gold')
  })
})
