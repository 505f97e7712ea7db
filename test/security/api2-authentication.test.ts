import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type JWTPayload } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAuthorizer, type Authorizer } from '../../infra/local/api/authorizer.ts'
import { openIssuer, type Issuer } from '../../infra/local/issuer.ts'
import { openState, type State } from '../../infra/local/state.ts'
import { startCrm, type Crm } from '../support/crm.ts'

const [pool, app] = ['eu-west-1_pool', 'app'] as const
const claims = { token_use: 'access', client_id: app, username: 'usr_sales000000000000000', 'cognito:groups': ['sales'] }
const route = { key: 'GET /v1/customers', functionArn: 'arn', scopes: [], jwt: { poolId: pool, audience: [app] } }
const now = (): number => Math.floor(Date.now() / 1000)

let folder = ''
let state: State
let issuer: Issuer
let authorize: Authorizer
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crm-token-'))
  state = openState(folder)
  issuer = await openIssuer(state, 'http://127.0.0.1:4000')
  authorize = createAuthorizer(issuer)
})
afterAll(() => {
  state.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The status a token meets at the door. */
async function door(token: string | undefined): Promise<number> {
  const finding = await authorize(route, token === undefined ? undefined : `Bearer ${token}`)
  return finding && 'refusal' in finding ? finding.refusal.status : 200
}
const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const whole = (more: JWTPayload = {}): JWTPayload => ({ ...claims, iss: issuer.urlOf(pool), iat: now(), exp: now() + 3600, ...more })
/** A token as the issuer signs it, its own times and all replaced. */
async function signedByIssuer(payload: JWTPayload): Promise<string> {
  const kept = state.get('issuer', 'key')
  const { importJWK } = await import('jose')
  const key = await importJWK({ ...(kept as object), kty: 'RSA' }, 'RS256')
  return new SignJWT(payload).setProtectedHeader({ alg: 'RS256' }).sign(key)
}

describe('API2 broken authentication: a token', () => {
  test('of the issuer, for this application, of this hour, is let through', async () => {
    expect(await door(await issuer.sign(pool, claims, 3600))).toBe(200)
    expect(await door(await signedByIssuer(whole()))).toBe(200)
  })

  test('that is none, not a token, or changed after it was signed is refused', async () => {
    const good = await issuer.sign(pool, claims, 3600)
    const [header = '', , signature = ''] = good.split('.')
    const changed = `${header}.${encoded(whole({ 'cognito:groups': ['admin'] }))}.${signature}`
    for (const token of [undefined, '', 'x', '..', `${good}x`, good.slice(0, -10), changed]) expect(await door(token)).toBe(401)
  })

  test('with no algorithm, or one keyed with what is public, is refused', async () => {
    for (const alg of ['none', 'None', 'NONE', '']) expect(await door(`${encoded({ alg, typ: 'JWT' })}.${encoded(whole())}.`)).toBe(401)
    const spelled = [await exportSPKI(issuer.publicKey), JSON.stringify(await exportJWK(issuer.publicKey)), JSON.stringify(issuer.jwks())]
    for (const secret of spelled) {
      const token = await new SignJWT(whole()).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret))
      expect(await door(token)).toBe(401)
    }
  })

  test('signed with another key is refused, also when it brings the key along or names where to find it', async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256')
    const jwk = await exportJWK(publicKey)
    const headers = [
      { alg: 'RS256' },
      { alg: 'RS256', jwk },
      { alg: 'RS256', jku: 'https://example.com/keys' },
      { alg: 'RS256', kid: '../../../dev/null' },
    ]
    for (const header of headers) expect(await door(await new SignJWT(whole()).setProtectedHeader(header).sign(privateKey))).toBe(401)
    for (const alg of ['RS384', 'PS256', 'ES256']) {
      const pair = await generateKeyPair(alg)
      expect(await door(await new SignJWT(whole()).setProtectedHeader({ alg }).sign(pair.privateKey))).toBe(401)
    }
  })

  test('of another pool, for another application, or with none named is refused', async () => {
    expect(await door(await issuer.sign('eu-west-1_other', claims, 3600))).toBe(401)
    expect(await door(await issuer.sign(pool, { ...claims, client_id: 'another' }, 3600))).toBe(401)
    const { client_id: _, ...nameless } = claims
    expect(await door(await issuer.sign(pool, nameless, 3600))).toBe(401)
    // `aud` decides where there is one: a client_id beside it does not.
    expect(await door(await signedByIssuer(whole({ aud: 'another' })))).toBe(401)
    expect(await door(await signedByIssuer(whole({ iss: `${issuer.urlOf(pool)}/` })))).toBe(401)
  })

  test('that has ended, is not yet valid, is of the future, or never ends is refused, to the second', async () => {
    expect(await door(await signedByIssuer(whole({ exp: now() - 1 })))).toBe(401)
    expect(await door(await signedByIssuer(whole({ nbf: now() + 60 })))).toBe(401)
    expect(await door(await signedByIssuer(whole({ iat: now() + 60 })))).toBe(401)
    const { exp: _, ...endless } = whole()
    expect(await door(await signedByIssuer(endless))).toBe(401)
    expect(await door(await signedByIssuer(whole({ exp: now() + 3 })))).toBe(200)
  })

  test('once let through is not let through after it has ended', async () => {
    const short = await signedByIssuer(whole({ exp: now() + 1 }))
    expect(await door(short)).toBe(200)
    await new Promise((done) => setTimeout(done, 1_100))
    expect(await door(short)).toBe(401)
  })
})

describe('API2 broken authentication: behind the door', () => {
  let crm: Crm
  let id = ''
  beforeAll(async () => {
    crm = await startCrm()
    await crm.call('GET', '/workspace')
    const body = { name: 'Grace Hopper', email: 'grace@example.com', roles: ['manager'] }
    id = String((await crm.call('POST', '/users', { body })).body['id'])
  })
  const ask = async (): Promise<unknown[]> => {
    const { status, body } = await crm.call('GET', '/customers', { as: `${id}:manager` })
    return status === 200 ? [200] : [status, body['code']]
  }
  const later = (seconds: number): void => void (crm.clock.now = new Date(Date.parse(crm.clock.now) + seconds * 1000).toISOString())

  test('who is disabled is out with whatever token they hold, in half a minute at the latest, and back when enabled', async () => {
    expect(await ask()).toEqual([200])
    expect((await crm.call('POST', `/users/${id}/disable`, { body: {} })).status).toBe(200)
    later(31)
    expect(await ask()).toEqual([401, 'user.disabled'])
    await crm.call('POST', `/users/${id}/enable`, { body: {} })
    later(31)
    expect(await ask()).toEqual([200])
  })

  test('a role taken away is gone before the token ends, and so is a person who is deleted', async () => {
    const { version } = (await crm.call('GET', `/users/${id}`)).body
    await crm.call('PATCH', `/users/${id}`, { ifMatch: Number(version), body: { roles: ['viewer'] } })
    later(31)
    expect((await crm.call('POST', '/customers', { as: `${id}:manager`, body: { name: 'X' } })).status).toBe(403)
    await crm.call('DELETE', `/users/${id}`, { ifMatch: Number(version) + 1 })
    later(31)
    expect(await ask()).toEqual([401, 'user.disabled'])
  })

  test('a refusal says how to sign in, and nothing of why beyond its code', async () => {
    await crm.call('POST', `/users/${id}/restore`, { body: {} })
    await crm.call('POST', `/users/${id}/disable`, { body: {} })
    later(31)
    const { headers, body } = await crm.call('GET', '/customers', { as: `${id}:viewer` })
    expect(headers['www-authenticate']).toBe('Bearer')
    expect(Object.keys(body).sort()).toEqual(['code', 'detail', 'requestId', 'status', 'title', 'type'])
  })

  test('a machine’s scopes are its roles, and those of other systems are not', async () => {
    expect((await crm.call('GET', '/customers', { as: 'integration' })).status).toBe(200)
    expect((await crm.call('POST', '/roles', { as: 'integration', body: { name: 'a', description: 'b', grants: {} } })).status).toBe(403)
  })
})
