import { userIdOf } from '../../support/http-event.ts'
import type { Cloud } from '../cloud/cloud.ts'
import { Random } from '../random.ts'
import type { Person } from './client.ts'
import type { Desk, Office } from './desk.ts'

/** Who works here: two teams that sell, one that serves, people who only look, the shop, and who runs it all. */

export const admin: Person = person('admin', userIdOf('admin'), 'admin')
export const shop: Person = { name: 'shop', id: 'shop', claims: { token_use: 'access', client_id: 'shop', scope: 'crm/integration' } }

function person(name: string, id: string, role: string): Person {
  return { name, id, claims: { token_use: 'access', client_id: 'app', username: id, 'cognito:groups': `[${role}]` } }
}

const staff = [
  ['Nina', 'sales', 0],
  ['Noel', 'sales', 0],
  ['Mona', 'manager', 0],
  ['Sara', 'sales', 1],
  ['Theo', 'sales', 1],
  ['Vera', 'service', undefined],
  ['Wim', 'viewer', undefined],
] as const

/** Share of runs in which purchases earn points, since each then costs a reaction more, and the programme. */
const REWARDED = 1 / 4
const programme = {
  active: true,
  startsOn: '2026-01-01',
  points: 1,
  per: { amount: 100, currency: 'USD' },
  rounding: 'down',
  tiers: [{ tier: 'gold', percent: 150 }],
  channels: [{ channel: 'web', percent: 110 }],
  skus: [],
  expiryMonths: 4,
  referral: { windowDays: 90, valueDays: 365, referrerPoints: 500, referredPoints: 200 },
}

/** Roles of those whom no directory knows. */
export const fixedRoles: ReadonlyMap<string, string> = new Map([
  [admin.id, 'admin'],
  [shop.id, 'integration'],
])

/** Forms the teams and takes the people on, before anything goes wrong. */
export async function setUp(desk: Desk, office: Office, cloud: Cloud, timeZone?: string): Promise<void> {
  office.people.set('admin', admin)
  office.people.set('shop', shop)
  if (timeZone !== undefined) {
    const before = await desk.ask('admin', 'GET /workspace')
    await desk.ask('admin', 'PATCH /workspace', {}, { body: { timeZone }, ifMatch: Number(before?.body['version'] ?? 0) })
  }
  for (const name of ['North', 'South']) {
    const reply = await desk.ask('admin', 'POST /teams', {}, { body: { name } })
    office.teams.push(String(reply?.body['id']))
  }
  for (const [name, role, team] of staff) {
    const teamId = team === undefined ? undefined : office.teams[team]
    const reply = await desk.ask(
      'admin',
      'POST /users',
      {},
      { body: { name, email: `${name.toLowerCase()}@example.com`, roles: [role], ...(teamId !== undefined && { teamId }) } },
    )
    if (reply?.status !== 201) throw new Error(`${name} could not be taken on: ${JSON.stringify(reply?.body)}`)
    office.people.set(name, person(name, String(reply.body['id']), role))
  }
  if (new Random(cloud.seed, 'points').chance(REWARDED)) await desk.ask('admin', 'POST /points-programme', {}, { body: programme })
  const hooks = cloud.hooked ? [['*'], ['purchase.*', 'deal.won']] : []
  for (const [nth, types] of hooks.entries())
    await desk.ask('admin', 'POST /webhooks', {}, { body: { url: `https://shop${nth}.example.com/hook`, types } })
  // Whoever asked before the people were known has forgotten by then.
  await cloud.world.run(cloud.world.now + 120_000)
}
