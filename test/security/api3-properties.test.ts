import { beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { entities, routes } from '../../domain/index.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { visitsOf, type Visit } from '../support/walk.ts'
import { parties } from './support/parties.ts'
import { aimed, seeded } from './support/seeded.ts'

let crm: Crm
beforeAll(async () => {
  crm = await startCrm()
  await crm.call('GET', '/workspace')
})

/** What the product alone sets: stamps, keys, what it works out, who acted. */
const STAMPS = [
  'version',
  'createdAt',
  'updatedAt',
  'deletedAt',
  'pk',
  'sk',
  'ev',
  'row',
  'lpk',
  'lsk',
  'opk',
  'osk',
  'dpk',
  'dsk',
  'noun',
  'expires',
]
const WHO = ['actor', 'scope', 'roles_', 'isAdmin', 'byId', 'createdBy', 'tenantId', 'constructor', 'prototype', 'toString']

interface Schema {
  properties?: Record<string, object>
  anyOf?: Schema[]
  oneOf?: Schema[]
}
/** Names of the fields an action's input has, in any of its forms. */
function fieldsOf({ route }: Visit): Set<string> {
  const schema = z.toJSONSchema(route.action.schemas().input, { io: 'input', unrepresentable: 'any' }) as Schema
  const all = [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]
  return new Set(all.flatMap(({ properties = {} }) => Object.keys(properties)))
}

/** Fields of the kinds a route works on that its input does not have: stored ones a caller might try to set. */
function forbidden(visit: Visit): string[] {
  const noun = visit.route.can.split(':')[0]
  const stored = [...entities.values()].filter((one) => one.noun === noun).flatMap((one) => Object.keys(shapeOf(one.fields())))
  const given = fieldsOf(visit)
  return [...new Set([...STAMPS, ...WHO, ...stored])].filter((name) => !given.has(name))
}
const shapeOf = (schema: z.ZodType): Record<string, unknown> => (schema instanceof z.ZodObject ? schema.shape : {})

const withBody = visitsOf(routes).filter(({ body }) => body !== undefined)

/** The body with one more field in the object at a path of it, for each object there is. */
function* grown(value: unknown, path: string[] = []): Generator<{ at: string; body: unknown }> {
  if (Array.isArray(value)) {
    for (const [nth, one] of value.entries())
      for (const { at, body } of grown(one, [...path, String(nth)])) yield { at, body: value.map((old, n) => (n === nth ? body : old)) }
  } else if (typeof value === 'object' && value !== null) {
    if (path.length > 0) yield { at: path.join('.'), body: { ...value, nonsense: 1 } }
    for (const [name, one] of Object.entries(value))
      for (const { at, body } of grown(one, [...path, name])) yield { at, body: { ...value, [name]: body } }
  }
}
/** Fields that are maps of names the caller chooses; each name in them is checked as the field says. */
const MAPS = /(^|\.)(custom|mapping|fixed|cadenceDays|choose|body|properties|benefits|labels|texts|weights|dueDays|grants|params|values)$/

describe('API3 broken object property level authorization', () => {
  test.each(withBody)('$name takes none of the fields that are not the caller’s to set, and names each', async (visit) => {
    const { route, path, body } = visit
    const names = forbidden(visit)
    expect(names.length).toBeGreaterThan(10)
    crm.spent.length = 0
    const more = Object.fromEntries(names.map((name) => [name, 'usr_admin000000000000000']))
    const reply = await crm.call(route.method, path, { body: { ...body, ...more }, ifMatch: 1 })
    expect(reply.status, JSON.stringify(reply.body)).toBe(400)
    const refused = new Set((reply.body['errors'] as { path: string; code: string }[]).map((error) => error.path))
    expect(names.filter((name) => !refused.has(name))).toEqual([])
    expect(crm.spent.filter(({ writeUnits }) => writeUnits > 0)).toEqual([])
  })

  test.each(withBody)('$name takes no unknown field in the objects within its body', async ({ route, path, body }) => {
    for (const { at, body: more } of grown(body)) {
      if (MAPS.test(at)) continue
      const reply = await crm.call(route.method, path, { body: more, ifMatch: 1 })
      const told = `${at}: ${JSON.stringify(reply.body).slice(0, 300)}`
      // Of several operations each is answered for itself.
      const answers =
        reply.status === 207
          ? (reply.body['results'] as { status: number; errors?: unknown }[])
          : [{ status: reply.status, errors: reply.body['errors'] }]
      expect(
        answers.some(({ status, errors }) => status === 400 && JSON.stringify(errors).includes('nonsense')),
        told,
      ).toBe(true)
    }
  })

  test('no answer shows keys, stamps of events, hashes or secrets of what is stored', async () => {
    const here = await startCrm()
    const people = await parties(here)
    const ids = await seeded(here, { ownerId: people.ownerId })
    const hidden = /"(pk|sk|ev|row|lpk|lsk|opk|osk|dpk|dsk|expires|hash|tokenHash|secretHash|secret|password)":/
    let shown = 0
    for (const { name, route, path } of aimed(ids).filter((one) => one.route.method === 'GET')) {
      const { status, body } = await here.call('GET', path).catch(() => ({ status: 0, body: {} }))
      if (status !== 200 || route.type !== undefined) continue
      shown += 1
      expect(JSON.stringify(body), name).not.toMatch(hidden)
    }
    expect(shown).toBeGreaterThan(80)
  }, 120_000)
})
