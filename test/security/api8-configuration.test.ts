import { beforeAll, describe, expect, test } from 'vitest'
import { routes } from '../../domain/index.ts'
import { configOf, stageNames } from '../../infra/config.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { visitsOf } from '../support/walk.ts'

let crm: Crm
beforeAll(async () => {
  crm = await startCrm()
  await crm.call('GET', '/workspace')
})

const GUARDS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'strict-transport-security': 'max-age=31536000',
  'referrer-policy': 'no-referrer',
}

describe('API8 security misconfiguration', () => {
  test.each(visitsOf(routes))('$name guards every answer, good or bad, and lets no store keep it', async ({ route, path, body }) => {
    const changes = route.method === 'PATCH' || route.method === 'DELETE'
    const answers = [
      await crm.call(route.method, path, { ...(body && { body }), ...(changes && { ifMatch: 1 }) }).catch(() => undefined),
      await crm.call(route.method, path, { as: 'usr_00000000000000000001:nobody' }),
      await crm.call(route.method, `${path}?nonsense=1`, { ...(body && { body: '{' }) }),
    ]
    for (const answer of answers) {
      // A calendar is text, which this test's caller does not read as JSON.
      if (!answer) continue
      expect(answer.headers).toMatchObject(GUARDS)
      expect(answer.headers['cache-control']).toMatch(/no-store|private/)
      // What has no body has no type.
      const types = answer.status === 204 ? /^$/ : /^(application\/(json|problem\+json)|text\/calendar; charset=utf-8)/
      expect(answer.headers['content-type'] ?? '').toMatch(types)
      expect(Object.keys(answer.headers).filter((name) => /^(server|x-powered-by|set-cookie|access-control-.*)$/.test(name))).toEqual([])
      expect(JSON.stringify(answer.body)).not.toMatch(
        /node_modules|\.ts:\d|\bat [A-Za-z.]+ \(|dynamodb|ConditionalCheck|TransactionCanceled/i,
      )
    }
  })

  test('no web page elsewhere may call the API unless a stage names it, and none by a pattern', () => {
    expect(configOf('prod').api.origins).toEqual([])
    for (const stage of stageNames)
      for (const origin of configOf(stage).api.origins) expect(origin).toMatch(/^https?:\/\/[a-z0-9.-]+(:\d+)?$/)
  })

  test('a body in another form than JSON is refused, whatever it says it is', async () => {
    for (const type of [
      'text/xml',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/plain',
      'application/xml',
    ]) {
      const { status, body } = await crm.call('POST', '/customers', { body: '{"name":"X"}', headers: { 'content-type': type } })
      expect([status, body['code']], type).toEqual([415, 'body.unsupported_type'])
    }
    const headers = {
      'x-http-method-override': 'DELETE',
      'x-original-url': '/v1/users',
      'x-forwarded-user': 'admin',
      'x-user-id': 'usr_admin',
    }
    expect((await crm.call('GET', '/users', { as: 'usr_00000000000000000001:nobody', headers })).status).toBe(403)
  })
})
