import { randomUUID } from 'node:crypto'
import { calculateJwkThumbprint, type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose'
import type { Json, JsonObject } from './json.ts'
import type { State } from './state.ts'

/** Signs the tokens of every user pool of the stack; the keys stay in the data folder, so tokens outlive a restart. */
export interface Issuer {
  /** The issuer's address, the `iss` of a pool's tokens. */
  urlOf(poolId: string): string
  /** Signs claims as they are; `iat`, `exp`, `jti` and `iss` are added. @param seconds how long it is valid */
  sign(poolId: string, claims: JsonObject, seconds: number): Promise<string>
  discovery(poolId: string): Json
  jwks(): Json
  /** The public key to check signatures with. */
  readonly publicKey: CryptoKey
}

interface Keys {
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
  readonly publicJwk: JWK
  readonly keyId: string
}

const algorithm = 'RS256'

const asKey = async (jwk: JWK): Promise<CryptoKey> => {
  const key = await importJWK(jwk, algorithm)
  if (key instanceof Uint8Array) throw new Error('A signing key in the data folder is not an RSA key.')
  return key
}

const publicPart = ({ kty, n, e }: JWK): JWK => ({ kty, n, e }) as JWK

const loadKeys = async (state: State): Promise<Keys> => {
  let privateJwk = state.get('issuer', 'key') as JWK | undefined
  if (privateJwk === undefined) {
    const pair = await generateKeyPair(algorithm, { extractable: true })
    privateJwk = await exportJWK(pair.privateKey)
    state.set('issuer', 'key', { ...privateJwk } as JsonObject)
  }
  const publicJwk = publicPart(privateJwk)
  const keyId = await calculateJwkThumbprint(publicJwk)
  return { privateKey: await asKey(privateJwk), publicKey: await asKey(publicJwk), publicJwk, keyId }
}

/** @param origin the address of the API, under which the issuer is served */
export const openIssuer = async (state: State, origin: string): Promise<Issuer> => {
  const { privateKey, publicKey, publicJwk, keyId } = await loadKeys(state)
  const urlOf = (poolId: string): string => `${origin}/_local/issuer/${poolId}`
  return {
    urlOf,
    publicKey,
    jwks: () => ({ keys: [{ ...publicJwk, alg: algorithm, use: 'sig', kid: keyId } as JsonObject] }),
    discovery: (poolId) => ({
      issuer: urlOf(poolId),
      jwks_uri: `${urlOf(poolId)}/.well-known/jwks.json`,
      token_endpoint: `${origin}/oauth2/token`,
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      grant_types_supported: ['client_credentials', 'password'],
      response_types_supported: ['token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: [algorithm],
    }),
    sign: (poolId, claims, seconds) => {
      const now = Math.floor(Date.now() / 1000)
      const payload: JWTPayload = { ...claims, iss: urlOf(poolId), iat: now, exp: now + seconds, jti: randomUUID() }
      return new SignJWT(payload).setProtectedHeader({ alg: algorithm, kid: keyId, typ: 'JWT' }).sign(privateKey)
    },
  }
}
