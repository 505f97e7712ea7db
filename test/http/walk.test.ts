import fc from '../support/property.ts'
import { beforeAll, describe, expect, test } from 'vitest'
import { routes } from '../../domain/index.ts'
import { httpHandler } from '../../functions/http.ts'
import { BODY_LIMIT } from '../../functions/request.ts'
import { startCrm, type Asking, type Crm, type Reply } from '../support/crm.ts'
import { eventFor } from '../support/http-event.ts'
import { visitsOf, type Visit } from '../support/walk.ts'

let crm: Crm
beforeAll(async () => {
  crm = await startCrm()
  await crm.call('GET', '/workspace')
})

const visits = visitsOf(routes)
const guarded = visits.filter(({ route }) => !route.public)
const changing = visits.filter(({ route }) => route.method === 'PATCH' || route.method === 'DELETE')
const withBody = visits.filter(({ body }) => body !== undefined)

function visit({ route, path, body }: Visit, asking: Asking = {}): Promise<Reply> {
  const ifMatch = route.method === 'PATCH' || route.method === 'DELETE' ? { ifMatch: 1 } : {}
  return crm.call(route.method, path, { ...(body && { body }), ...ifMatch, ...asking })
}

/** Runs a call and expects that it wrote nothing. */
async function writingNothing(call: () => Promise<Reply>): Promise<Reply> {
  crm.spent.length = 0
  const reply = await call()
  expect(crm.spent.reduce((sum, one) => sum + one.writeUnits, 0)).toBe(0)
  return reply
}

function expectProblem(reply: Reply, status: number): void {
  expect(reply.status, JSON.stringify(reply.body)).toBe(status)
  expect(reply.headers['content-type']).toBe('application/problem+json')
  expect(reply.body).toMatchObject({
    status,
    code: expect.stringMatching(/^[a-z_]+(\.[a-z_]+)?$/),
    requestId: expect.any(String),
    title: expect.any(String),
    detail: expect.any(String),
  })
}

/** The answer to a request whose token carries these claims. */
async function withClaims({ route, path, body }: Visit, claims: Record<string, unknown> | undefined): Promise<number> {
  const handler = httpHandler(routes, () => ({ table: crm.table, now: () => crm.clock.now }))
  const event = eventFor(routes, route.method, path, { ...(body && { body }), ifMatch: 1 })
  const { authorizer: _, ...requestContext } = event.requestContext
  const answer = await handler(
    { ...event, requestContext: { ...requestContext, ...(claims && { authorizer: { jwt: { claims } } }) } },
    {} as never,
  )
  return answer.statusCode
}

describe('every route', () => {
  test.each(guarded)('$name refuses who brings no token, an id token, or a token that names nobody', async (one) => {
    expect(await withClaims(one, undefined)).toBe(401)
    expect(await withClaims(one, { token_use: 'id', username: 'usr_admin000000000000000', 'cognito:groups': '[admin]' })).toBe(401)
    expect(await withClaims(one, { token_use: 'access' })).toBe(401)
  })

  test.each(guarded)('$name refuses a person or machine without a role that grants it', async (one) => {
    expectProblem(await writingNothing(() => visit(one, { as: 'usr_00000000000000000001:nobody' })), 403)
    expect(await withClaims(one, { token_use: 'access', client_id: 'shop', scope: 'other/admin openid' })).toBe(403)
  })

  test('those that ask for no token are these, and each gives nothing to who has no key', async () => {
    const open = visits.filter(({ route }) => route.public)
    expect(open.map(({ name }) => name)).toEqual(['GET /calendar/{file}'])
    for (const one of open) expect(await withClaims(one, undefined)).toBe(404)
  })

  test.each(visits)('$name refuses an unknown field by name', async (one) => {
    const asking = one.body ? { body: { ...one.body, nonsense: 1 } } : {}
    const path = one.body ? one.path : `${one.path}?nonsense=1`
    const reply = await writingNothing(() => visit({ ...one, path }, asking))
    expectProblem(reply, 400)
    expect(reply.body['errors'].map((error: { path: string }) => error.path)).toContain('nonsense')
  })

  test.each(visits.filter(({ path }) => path.includes('ZZZZ')))(
    '$name knows nothing of a record that is not there or is another team’s',
    async (one) => {
      const admin = await writingNothing(() => visit(one))
      expect([404, 400, 200], JSON.stringify(admin.body)).toContain(admin.status)
      const says = admin.status === 200 ? admin.body['items'] : admin.headers['content-type']
      expect(says).toEqual(admin.status === 200 ? [] : 'application/problem+json')
    },
  )

  test.each(changing)('$name asks for If-Match', async (one) => {
    expectProblem(await writingNothing(() => crm.call(one.route.method, one.path, { ...(one.body && { body: one.body }) })), 428)
    expectProblem(await writingNothing(() => visit(one, { ifMatch: 'W/"1"' })), 400)
  })

  test.each(withBody)('$name refuses a body that is too large, not JSON or not an object', async (one) => {
    expectProblem(await writingNothing(() => visit(one, { body: JSON.stringify({ name: 'x'.repeat(BODY_LIMIT) }) })), 413)
    for (const body of ['{', '[]', '"text"', '12', 'null']) expectProblem(await writingNothing(() => visit(one, { body })), 400)
    expectProblem(await writingNothing(() => visit(one, { body: '{"__proto__":{"admin":true}}' })), 400)
  })

  test.each(withBody)('$name answers anything at all with a clear refusal, never with a failure of ours', async (one) => {
    const keys = fc.constantFrom(...Object.keys(one.body ?? {}), 'name', 'id', 'amount', 'at', 'emails', 'version', 'ownerId')
    const nasty = fc.oneof(
      fc.anything({ maxDepth: 2 }),
      fc.constantFrom(
        '\u0000',
        '\uD800',
        '‮مرحبا',
        '👩‍👩‍👧‍👦',
        '2026-02-30',
        '9'.repeat(400),
        -1,
        1e308,
        {},
        [],
        [[]],
        'x'.repeat(20_000),
        'eyJhbGciOiJub25lIn0.e30.',
      ),
    )
    await fc.assert(
      fc.asyncProperty(fc.dictionary(keys, nasty, { maxKeys: 6 }), async (mess) => {
        const reply = await visit(one, { body: { ...one.body, ...mess } })
        expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(500)
      }),
      { numRuns: 12 },
    )
  })

  test.each(visits.filter(({ route }) => route.method === 'GET'))(
    '$name answers any query with a clear refusal, never with a failure of ours',
    async (one) => {
      const keys = fc.constantFrom('limit', 'cursor', 'fields', 'name', 'ownerId', 'state', 'from', 'to', 'deleted')
      await fc.assert(
        fc.asyncProperty(
          fc.dictionary(keys, fc.oneof(fc.string(), fc.constantFrom('-1', '1e9', 'true', 'a.b', '%00', '\uFFFD')), { maxKeys: 3 }),
          async (mess) => {
            const reply = await visit({ ...one, path: `${one.path}?${new URLSearchParams(mess).toString()}` })
            expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(500)
          },
        ),
        { numRuns: 10 },
      )
    },
  )
})
