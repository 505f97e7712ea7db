import { SignJWT, generateKeyPair } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { list, object, parse, text } from '../../../infra/local/json.ts'
import { synthesisMs } from './fixture/assembly.ts'
import { type Run, startRun } from './fixture/run.ts'

let run: Run
beforeAll(async () => {
  run = await startRun()
}, synthesisMs)
afterAll(() => run.end())

const json = async (response: Response) => object(parse(await response.text()))
const decode = (token: string) => object(parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()))

test('a function sees what the gateway sends and the environment the stack gives, no more', async () => {
  const answer = await json(await run.request('GET', '/v1/echo/a%20b?x=1&x=2', { headers: { 'x-one': 'yes' } }))
  const [event, env] = [object(answer['event']), object(answer['env'])]
  expect(event).toMatchObject({
    version: '2.0',
    routeKey: 'ANY /v1/echo/{id}',
    pathParameters: { id: 'a b' },
    queryStringParameters: { x: '1,2' },
  })
  expect(object(object(object(event['requestContext'])['authorizer'])['jwt'])).toMatchObject({
    claims: { username: 'usr_sales', 'cognito:groups': '[sales]', token_use: 'access' },
    scopes: null,
  })
  expect(env).toMatchObject({ TABLE: run.local.specification.tables[0]?.name, AWS_REGION: 'us-east-1', _HANDLER: 'index.handler' })
  expect(env).not.toHaveProperty('HOME')
  expect(object(answer['context'])).toMatchObject({ name: expect.stringContaining('Api') as string })
})

test('routes that exist nowhere, and paths that cannot be decoded, never reach a function', async () => {
  const missing = await run.request('GET', '/v1/nowhere')
  expect([missing.status, await missing.json()]).toEqual([404, { message: 'Not Found' }])
  expect((await run.request('GET', '/v1/echo/%E0%A4%A')).status).toBe(400)
})

test('a body over 10 MB is refused with 413', async () => {
  const answer = await run.request('POST', '/v1/notes', { body: Buffer.alloc(10 * 1024 * 1024 + 1) })
  expect([answer.status, await answer.json()]).toEqual([413, { message: 'Request Entity Too Large' }])
})

test('headers, cookies and binary bodies of a function arrive as it gave them', async () => {
  const note = await run.request('POST', '/v1/notes', {
    body: JSON.stringify({ id: 'quiet', kind: 'quiet' }),
    headers: { 'content-type': 'application/json' },
  })
  expect(note.status).toBe(201)
  expect(note.headers.get('etag')).toBe('"1"')
  expect(note.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  const image = await run.request('GET', '/v1/files/deep/path', { token: '' })
  expect(new Uint8Array(await image.arrayBuffer())).toEqual(new Uint8Array([1, 2, 3]))
})

test.each(['throw', 'crash', 'malformed', 'hang'])(
  'a function that ends in "%s" answers 500 without detail, and works again',
  async (kind) => {
    const answer = await run.request('POST', `/v1/fault/${kind}`)
    expect([answer.status, await answer.json()]).toEqual([500, { message: 'Internal Server Error' }])
    expect((await run.request('GET', '/v1/docs')).status).toBe(200)
  },
)

test('a page of an allowed origin may call, another may not', async () => {
  const ask = (origin: string) => run.request('OPTIONS', '/v1/notes', { headers: { origin, 'access-control-request-method': 'POST' } })
  const allowed = await ask('https://console.example')
  expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([204, 'https://console.example'])
  expect(allowed.headers.get('access-control-max-age')).toBe('3600')
  expect((await ask('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull()
  const simple = await run.request('GET', '/v1/docs', { headers: { origin: 'https://console.example' } })
  expect(simple.headers.get('access-control-allow-origin')).toBe('https://console.example')
})

const status = async (token: string) => {
  const answer = await run.request('GET', '/v1/echo/1', { token })
  return [answer.status, ...(answer.status === 200 ? [] : [await answer.json()])]
}
const unauthorized = [401, { message: 'Unauthorized' }]

/** A token as the local issuer would sign it, but with another key or other claims. */
const forged = async (claims: Record<string, unknown>, header: { alg: string } = { alg: 'RS256' }) => {
  const { privateKey } = await generateKeyPair('RS256')
  const good = decode(await run.local.token('sales'))
  return new SignJWT({ ...good, ...claims }).setProtectedHeader(header).sign(privateKey)
}

test('the authorizer refuses no token, nonsense, another key, and alg none', async () => {
  const good = await run.local.token('sales')
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${good.split('.')[1]}.`
  for (const token of ['', 'nonsense', await forged({}), none, `${good.slice(0, -4)}AAAA`])
    expect(await status(token)).toEqual(unauthorized)
  expect((await status(good))[0]).toBe(200)
})

test('a route with scopes wants one of them', async () => {
  const answer = (token: string) => run.request('GET', '/v1/machine', { token })
  const refused = await answer(await run.local.token('sales'))
  expect([refused.status, await refused.json()]).toEqual([403, { message: 'Forbidden' }])
  const allowed = await json(await answer(await run.local.token('integration')))
  const { claims, scopes } = object(object(object(object(object(allowed['event'])['requestContext'])['authorizer'])['jwt']))
  expect(scopes).toEqual(['crm/integration'])
  expect(claims).toMatchObject({ token_use: 'access', scope: 'crm/integration' })
  for (const claim of ['username', 'cognito:groups']) expect(claims).not.toHaveProperty(claim)
})

const tokenRequest = (form: Record<string, string>) =>
  fetch(`${run.local.url}/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) })

test('a machine gets a token for its id and secret, a demo user for the name alone', async () => {
  const client = run.local.specification.pools[0]?.clients.find(({ machine }) => machine)
  const credentials = { grant_type: 'client_credentials', client_id: client?.id ?? '', client_secret: client?.secret ?? '' }
  const answer = await json(await tokenRequest(credentials))
  expect((await status(text(answer['access_token'])))[0]).toBe(200)
  expect((await tokenRequest({ ...credentials, client_secret: 'wrong' })).status).toBe(400)
  expect((await tokenRequest({ ...credentials, scope: 'crm/other' })).status).toBe(400)
  const person = await json(await tokenRequest({ grant_type: 'password', username: 'usr_admin' }))
  expect(decode(text(person['access_token']))).toMatchObject({ username: 'usr_admin', 'cognito:groups': ['admin'] })
  expect((await tokenRequest({ grant_type: 'password', username: 'usr_nobody' })).status).toBe(400)
})

test('discovery and key set are where OpenID clients look', async () => {
  const discovery = await json(await fetch(`${run.local.issuer}/.well-known/openid-configuration`))
  expect(discovery['issuer']).toBe(run.local.issuer)
  const keys = await json(await fetch(text(discovery['jwks_uri'])))
  expect(list(keys['keys'])).toHaveLength(1)
  expect(object(list(keys['keys'])[0])).not.toHaveProperty('d')
})

test('schedules are listed and can be run at once over HTTP', async () => {
  const schedules = list(parse(await (await fetch(`${run.local.url}/_local/schedules`)).text())).map(object)
  expect(schedules.map((each) => each['name'])).toContain('sweep-hourly')
  const started = await fetch(`${run.local.url}/_local/schedules/sweep-hourly/run`, { method: 'POST' })
  expect(started.status).toBe(202)
  await run.soon('sweep', 'sweep')
  expect((await fetch(`${run.local.url}/_local/schedules/none/run`, { method: 'POST' })).status).toBe(404)
})

test('an expired item leaves the table', async () => {
  await run.note('old', 'quiet', { ttl: 1_000_000_000 })
  await run.local.expire()
  expect(await run.item('old', 'note')).toBeUndefined()
})
