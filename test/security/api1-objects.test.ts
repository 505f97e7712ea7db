import { beforeAll, describe, expect, test } from 'vitest'
import { entities, routes } from '../../domain/index.ts'
import { startCrm, type Asking, type Crm, type Reply } from '../support/crm.ts'
import { parties, type Parties } from './support/parties.ts'
import { scopeIn } from './support/predicted.ts'
import { aimed, seeded, type Aimed } from './support/seeded.ts'

/** Kinds that belong to a customer, by prefix: whose they are is whose the customer is. */
const owned = new Set(
  [...entities.values()].filter(({ home, noun }) => home === 'customer' || noun === 'customer').map(({ prefix }) => prefix),
)
/** Kinds that nothing but the clock or a file makes; walk.test.ts asks for those that are not there. */
const NOT_MADE_HERE = ['con', 'war', 'gst', 'msg', 'mrg', 'dup', 'acr', 'wis']

let crm: Crm
let people: Parties
let targets: Aimed[]
let ids: Map<string, string>
beforeAll(async () => {
  crm = await startCrm()
  people = await parties(crm)
  ids = await seeded(crm, { ownerId: people.ownerId })
  targets = aimed(ids).filter(({ aims }) => aims.some((prefix) => owned.has(prefix) && ids.has(prefix)))
}, 120_000)

function ask({ route, path, body }: Aimed, as: string, more: Asking = {}): Promise<Reply> {
  const changes = route.method === 'PATCH' || route.method === 'DELETE'
  return crm.call(route.method, path, { as, ...(body && { body }), ...(changes && { ifMatch: 1 }), ...more })
}
const roleOf = (as: string): string => as.split(':')[1] ?? as

describe('API1 broken object level authorization', () => {
  test('there is a record of nearly every kind to ask for, and a route for each', () => {
    const reached = new Set(targets.flatMap(({ aims }) => aims))
    const kinds = new Set(routes.flatMap(({ path }) => [...path.matchAll(/^\/([a-z-]+)\/\{id\}/g)].map(([, name]) => name)))
    expect(targets.length).toBeGreaterThan(80)
    expect(kinds.size).toBeGreaterThan(25)
    for (const prefix of ['cus', 'int', 'pur', 'dea', 'tic', 'tas', 'ser', 'cst', 'rat', 'rfr', 'rdm', 'clm', 'pte'])
      expect(reached).toContain(prefix)
    const missed = aimed(ids).flatMap(({ aims }) => aims.filter((prefix) => owned.has(prefix) && !ids.has(prefix)))
    expect([...new Set(missed)].filter((prefix) => !NOT_MADE_HERE.includes(prefix))).toEqual([])
  })

  test('another team’s account manager and manager learn nothing of a record, and change nothing, by any of its routes', async () => {
    for (const as of [people.stranger, people.otherLead]) {
      for (const one of targets) {
        const scope = scopeIn(roleOf(as), one.route)
        if (scope === 'all') continue
        crm.spent.length = 0
        const reply = await ask(one, as)
        const told = `${one.name} as ${roleOf(as)}: ${reply.status} ${JSON.stringify(reply.body).slice(0, 300)}`
        // A request that lacks something is refused before anything is looked for, whoever sends it.
        const lacking = one.route.method === 'GET' && (await ask(one, 'admin')).status === 400
        const allowed = scope === undefined ? [403] : lacking ? [400] : [404]
        expect(reply.body['code'] === 'merge.same_customer' || allowed.includes(reply.status), told).toBe(true)
        if (scope !== undefined) expect(JSON.stringify(reply.body), told).not.toMatch(/Kept Apart|apart@example/)
      }
    }
  }, 120_000)

  test('who may see a record is exactly who the role and the team say', async () => {
    const readers = [
      { as: people.owner, owns: true, ofTeam: true },
      { as: people.teammate, owns: false, ofTeam: true },
      { as: people.lead, owns: false, ofTeam: true },
      { as: people.stranger, owns: false, ofTeam: false },
      { as: people.otherLead, owns: false, ofTeam: false },
      { as: people.service, owns: false, ofTeam: false },
      { as: people.viewer, owns: false, ofTeam: false },
      { as: 'integration', owns: false, ofTeam: false },
    ]
    const wrong: string[] = []
    let seen = 0
    for (const one of targets.filter(({ route }) => route.method === 'GET')) {
      const asAdmin = await ask(one, 'admin')
      if (asAdmin.status !== 200) continue
      for (const { as, owns, ofTeam } of readers) {
        const scope = scopeIn(roleOf(as), one.route)
        const sees = scope === 'all' || (scope === 'team' && ofTeam) || (scope === 'own' && owns)
        const expected = scope === undefined ? 403 : sees ? 200 : 404
        const { status } = await ask(one, as)
        if (status === 200) seen += 1
        if (status !== expected)
          wrong.push(`${one.name} as ${roleOf(as)} (${owns ? 'owner' : ofTeam ? 'team' : 'stranger'}): ${status}, not ${expected}`)
      }
    }
    expect(wrong).toEqual([])
    expect(seen).toBeGreaterThan(100)
  }, 120_000)

  test('a body that names another’s customer does not get around it', async () => {
    const id = ids.get('cus')
    const other = await crm.call('POST', '/customers', {
      as: people.stranger,
      body: { name: 'Mine', ownerId: people.stranger.split(':')[0] },
    })
    const own = String(other.body['id'])
    const tries: [string, string, object][] = [
      ['POST', `/customers/${own}/merge`, { absorb: id }],
      ['POST', `/customers/${own}/contacts`, { personId: id, role: 'user' }],
      ['POST', '/bulk', { operations: [{ method: 'GET', path: `/customers/${id}` }] }],
      ['POST', '/bulk', { operations: [{ method: 'PATCH', path: `/customers/${id}`, ifMatch: '"1"', body: { name: 'Taken over' } }] }],
    ]
    for (const [method, path, body] of tries) {
      const reply = await crm.call(method, path, { as: people.stranger, body })
      expect([207, 400, 403, 404, 409], `${path}: ${JSON.stringify(reply.body)}`).toContain(reply.status)
      expect(JSON.stringify(reply.body)).not.toMatch(/Kept Apart|apart@example|Taken over/)
      const { results = [] } = reply.body as { results?: { status: number }[] }
      for (const result of results) expect(result.status, JSON.stringify(reply.body)).toBeGreaterThanOrEqual(400)
    }
    expect((await crm.call('GET', `/customers/${id}`)).body['name']).toBe('Kept Apart')
  })
})
