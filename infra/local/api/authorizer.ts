import { errors, jwtVerify, type JWTPayload } from 'jose'
import type { Issuer } from '../issuer.ts'
import type { Json, JsonObject } from '../json.ts'
import type { RouteSpec } from '../template.ts'
import { gatewayReply, type Reply } from './reply.ts'

/** Either what the function is told of the token, or the gateway's refusal. */
export type Finding = { readonly authorizer: JsonObject } | { readonly refusal: Reply }

/** A claim as HTTP APIs hand it on: everything is a string, a list is `[a b]`, an object stays JSON, null is left out. */
const claimText = (value: unknown): string | undefined => {
  if (value === null || value === undefined) return undefined
  if (Array.isArray(value)) return `[${value.map((item) => claimText(item) ?? '').join(' ')}]`
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean)
}

const claimsOf = (payload: JWTPayload): JsonObject => {
  const claims: Record<string, Json> = {}
  for (const [name, value] of Object.entries(payload)) {
    const claim = claimText(value)
    if (claim !== undefined) claims[name] = claim
  }
  return claims
}

const unauthorized = (description?: string): Finding => {
  const challenge = description === undefined ? 'Bearer' : `Bearer scope="" error="invalid_token" error_description="${description}"`
  return { refusal: gatewayReply(401, 'Unauthorized', { 'www-authenticate': challenge }) }
}

/** `client_id` counts only where there is no `aud`: that is how Cognito's access tokens name their client. */
const hasAudience = (payload: JWTPayload, audience: readonly string[]): boolean => {
  const named = payload.aud ?? payload['client_id']
  return (Array.isArray(named) ? named : [named]).some((name) => typeof name === 'string' && audience.includes(name))
}

const scopesOf = (payload: JWTPayload): string[] => {
  const scope = payload['scope'] ?? payload['scp']
  return typeof scope === 'string' ? scope.split(' ') : Array.isArray(scope) ? scope.map(String) : []
}

/** Verified tokens, so that a client's hundredth request does not pay for a signature check. */
const remembered = 1_000

/**
 * The JWT authorizer of an HTTP API: RS256 only, signature, issuer, times, audience, then the route's scopes. It lets
 * id tokens pass, as the real one does: refusing them is the application's part.
 */
export const createAuthorizer = (issuer: Issuer) => {
  const verified = new Map<string, JWTPayload>()

  const verify = async (token: string, poolId: string): Promise<JWTPayload> => {
    const key = `${poolId} ${token}`
    const before = verified.get(key)
    const now = Date.now() / 1000
    if (before?.exp !== undefined && before.exp > now) return before
    verified.delete(key)
    const options = { algorithms: ['RS256'], issuer: issuer.urlOf(poolId), requiredClaims: ['exp'] }
    const { payload } = await jwtVerify(token, issuer.publicKey, options)
    if ((payload.iat ?? 0) > now) throw new errors.JWTClaimValidationFailed('issued in the future', payload, 'iat')
    if (verified.size >= remembered) verified.clear()
    verified.set(key, payload)
    return payload
  }

  const describe = (thrown: unknown): string | undefined => {
    if (thrown instanceof errors.JWTExpired) return 'the token has expired'
    if (thrown instanceof errors.JWTClaimValidationFailed && thrown.claim === 'iss') return 'the token has an invalid issuer'
    return 'the token is not valid'
  }

  return async (route: RouteSpec, authorization: string | undefined): Promise<Finding | undefined> => {
    if (route.jwt === undefined) return undefined
    const token = /^(?:Bearer )?(\S+)$/i.exec(authorization ?? '')?.[1]
    if (token === undefined) return unauthorized()
    try {
      const payload = await verify(token, route.jwt.poolId)
      if (!hasAudience(payload, route.jwt.audience)) return unauthorized('the token does not have a valid audience')
      const scopes = scopesOf(payload)
      if (route.scopes.length === 0) return { authorizer: { jwt: { claims: claimsOf(payload), scopes: null } } }
      if (!route.scopes.some((scope) => scopes.includes(scope))) return { refusal: gatewayReply(403, 'Forbidden') }
      return { authorizer: { jwt: { claims: claimsOf(payload), scopes } } }
    } catch (thrown) {
      return unauthorized(describe(thrown))
    }
  }
}

export type Authorizer = ReturnType<typeof createAuthorizer>
