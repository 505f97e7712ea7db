import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { afterEach, expect, test, vi } from 'vitest'
import { createAuthorizer } from '../../../infra/local/api/authorizer.ts'
import type { Issuer } from '../../../infra/local/issuer.ts'
import { object } from '../../../infra/local/json.ts'
import type { RouteSpec } from '../../../infra/local/template.ts'

const issuerUrl = 'http://127.0.0.1:4000/_local/issuer/pool'
afterEach(() => void vi.useRealTimers())

const { privateKey, publicKey } = await generateKeyPair('RS256')
const authorize = createAuthorizer({ publicKey, urlOf: () => issuerUrl } as unknown as Issuer)
const route: RouteSpec = { key: 'GET /v1/x', functionArn: '', jwt: { poolId: 'pool', audience: ['client'] }, scopes: [] }

const now = Math.floor(Date.now() / 1000)
const claims = { sub: 's', client_id: 'client', token_use: 'access', iss: issuerUrl, iat: now, exp: now + 60 }
const sign = (changes: Record<string, unknown> = {}, alg = 'RS256') =>
  new SignJWT({ ...claims, ...changes }).setProtectedHeader({ alg }).sign(privateKey)
const finding = async (token: string) => {
  const found = await authorize(route, `Bearer ${token}`)
  return found !== undefined && 'refusal' in found ? found.refusal.status : 'passes'
}

test('a token of the right client, issuer and time passes', async () => expect(await finding(await sign())).toBe('passes'))

test.each([
  ['expired', { exp: now - 1 }],
  ['without an end', { exp: undefined }],
  ['not valid yet', { nbf: now + 60 }],
  ['issued in the future', { iat: now + 60 }],
  ['of another issuer', { iss: 'https://cognito-idp.us-east-1.amazonaws.com/pool' }],
  ['of another client', { client_id: 'other' }],
  ['with an audience that is not this client, whatever client_id says', { aud: 'other' }],
])('a token %s is refused', async (_, changes) => expect(await finding(await sign(changes))).toBe(401))

test('a token that is not signed, or signed otherwise, is refused', async () => {
  expect(await finding(new UnsecuredJWT(claims).encode())).toBe(401)
  const symmetric = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode('x'.repeat(32)))
  expect(await finding(symmetric)).toBe(401)
})

test('a token that passed once is refused once it has expired', async () => {
  const token = await sign()
  expect(await finding(token)).toBe('passes')
  vi.setSystemTime(Date.now() + 61_000)
  expect(await finding(token)).toBe(401)
})

test('an id token passes, since its audience is the client: refusing it is the application’s part', async () => {
  expect(await finding(await sign({ token_use: 'id', client_id: undefined, aud: 'client' }))).toBe('passes')
})

test('claims become strings as an HTTP API makes them', async () => {
  const token = await sign({ 'cognito:groups': ['admin', 'sales'], flag: true, nothing: null, deep: { a: 1 } })
  const found = await authorize(route, `Bearer ${token}`)
  expect(found).toHaveProperty('authorizer')
  const jwt = object(object(found !== undefined && 'authorizer' in found ? found.authorizer : {})['jwt'])
  expect(jwt['claims']).toMatchObject({ 'cognito:groups': '[admin sales]', flag: 'true', deep: '{"a":1}', exp: String(now + 60) })
  expect(jwt['claims']).not.toHaveProperty('nothing')
})
