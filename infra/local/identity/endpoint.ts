import { timingSafeEqual } from 'node:crypto'
import { messageOf } from '../complaint.ts'
import type { Issuer } from '../issuer.ts'
import type { Json } from '../json.ts'
import type { ClientSpec, PoolSpec } from '../template.ts'
import { type Tokens, validSeconds } from './token.ts'

export interface Answer {
  readonly status: number
  readonly body: Json
}

const refuse = (error: string, description?: string): Answer => ({
  status: 400,
  body: { error, ...(description === undefined ? {} : { error_description: description }) },
})

const equal = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/** The client's id and secret: in the Authorization header or in the form. */
const credentials = (authorization: string, form: URLSearchParams): { readonly id: string; readonly secret: string } => {
  const basic = /^Basic (.+)$/i.exec(authorization)?.[1]
  if (basic === undefined) return { id: form.get('client_id') ?? '', secret: form.get('client_secret') ?? '' }
  const [id = '', ...secret] = Buffer.from(basic, 'base64').toString().split(':')
  return { id, secret: secret.join(':') }
}

/**
 * The token endpoint: `client_credentials` for machines as in Cognito, and `password` with a username and no password,
 * which exists only here: whoever can reach 127.0.0.1 may be any demo user.
 */
export const tokenEndpoint = (pools: readonly PoolSpec[], tokens: Tokens) => {
  const everyClient = pools.flatMap((pool) => pool.clients.map((client) => ({ pool, client })))
  const granted = async (pool: PoolSpec, client: ClientSpec, form: URLSearchParams): Promise<Answer> => {
    const answer = (access_token: string): Answer => ({
      status: 200,
      body: { access_token, expires_in: validSeconds, token_type: 'Bearer' },
    })
    if (form.get('grant_type') === 'password') return answer(await tokens.user(pool, client, form.get('username') ?? ''))
    if (!client.machine) return refuse('unauthorized_client')
    const scopes =
      form
        .get('scope')
        ?.split(' ')
        .filter((scope) => scope !== '') ?? client.scopes
    if (scopes.some((scope) => !client.scopes.includes(scope))) return refuse('invalid_scope')
    return answer(await tokens.machine(pool, client, scopes))
  }
  return async (authorization: string, form: URLSearchParams): Promise<Answer> => {
    const grant = form.get('grant_type') ?? ''
    if (grant !== 'client_credentials' && grant !== 'password') return refuse('unsupported_grant_type')
    const { id, secret } = credentials(authorization, form)
    const found = everyClient.find(({ client }) => (grant === 'password' && id === '' ? !client.machine : client.id === id))
    if (found === undefined) return refuse('invalid_client')
    if (grant === 'client_credentials' && !equal(secret, found.client.secret ?? '')) return refuse('invalid_client')
    try {
      return await granted(found.pool, found.client, form)
    } catch (thrown) {
      return refuse('invalid_grant', messageOf(thrown))
    }
  }
}

export type TokenEndpoint = ReturnType<typeof tokenEndpoint>

/** Discovery document and key set of a pool, by the path after `/_local/issuer/`. */
export const issuerDocument = (issuer: Issuer, path: string): Json | undefined => {
  const [poolId = '', ...rest] = path.split('/')
  if (rest.join('/') === '.well-known/openid-configuration') return issuer.discovery(poolId)
  return rest.join('/') === '.well-known/jwks.json' ? issuer.jwks() : undefined
}
