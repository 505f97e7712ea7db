import { createHash } from 'node:crypto'
import { fault, type Issue } from '../domain/kernel/fault.ts'
import type { Route } from '../domain/kernel/route.ts'
import { objectIn } from './body.ts'

/** The parts of an API Gateway payload 2.0 event that the product reads. */
export interface HttpEvent {
  routeKey: string
  rawPath: string
  rawQueryString: string
  headers: Record<string, string | undefined>
  pathParameters?: Record<string, string | undefined>
  body?: string
  isBase64Encoded?: boolean
  requestContext: {
    requestId: string
    http: { method: string; path: string; sourceIp?: string }
    authorizer?: { jwt?: { claims?: Record<string, unknown> } }
  }
}

/** Largest body the product takes. Bytes. */
export const BODY_LIMIT = 256 * 1024

/** The one flat input of an action: path names the target, the query or the body says the rest. @throws Fault `invalid` */
export function inputOf(route: Route, event: HttpEvent): { input: Record<string, unknown>; body: string } {
  const body = route.method === 'GET' || route.method === 'DELETE' ? '' : bodyOf(event)
  const rest =
    route.method === 'GET' || route.method === 'DELETE' ? queryOf(event.rawQueryString) : { ...objectIn(body), ...refuseQuery(event) }
  const path = event.pathParameters ?? {}
  const both = Object.keys(path).find((name) => name in rest)
  if (both !== undefined) throw invalidInput([{ path: both, code: 'unknown_field', message: 'The path says this already.' }])
  return { input: { ...rest, ...path }, body }
}

function bodyOf(event: HttpEvent): string {
  const type = event.headers['content-type'] ?? 'application/json'
  if (event.body && !/^application\/(json|[a-z.-]+\+json)(;|$)/i.test(type)) {
    throw fault('unsupported', 'body.unsupported_type', 'Send application/json.')
  }
  const raw = event.body ?? ''
  const text = event.isBase64Encoded ? Buffer.from(raw, 'base64').toString('utf8') : raw
  if (Buffer.byteLength(text) > BODY_LIMIT) throw fault('tooLarge', 'body.too_large', `A body may have ${BODY_LIMIT} bytes.`)
  return text
}

function refuseQuery(event: HttpEvent): Record<string, never> {
  const names = Object.keys(queryOf(event.rawQueryString))
  if (names.length === 0) return {}
  throw invalidInput(names.map((path) => ({ path, code: 'unknown_field', message: 'This goes in the body.' })))
}

/** The query by name. A name given twice is an error: API Gateway would join the two with a comma. */
function queryOf(raw: string): Record<string, string> {
  const query: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(raw)) {
    if (Object.hasOwn(query, name)) throw invalidInput([{ path: name, code: 'repeated', message: 'Given more than once.' }])
    query[name] = value
  }
  return query
}

function invalidInput(errors: Issue[]) {
  return fault('invalid', 'input.invalid', 'The input is not valid.', { errors })
}

/** The version in If-Match. @throws Fault `preconditionRequired` where a change needs one, `invalid` when it is not ours */
export function ifMatchOf(route: Route, event: HttpEvent): number | undefined {
  const header = event.headers['if-match']
  if (header === undefined) {
    if (route.method !== 'PATCH' && route.method !== 'DELETE') return undefined
    throw fault('preconditionRequired', 'if_match.missing', 'Send If-Match with the ETag you read, for example If-Match: "3".')
  }
  const version = /^"(\d{1,15})"$/.exec(header.trim())?.[1]
  if (version === undefined) throw fault('invalid', 'if_match.invalid', 'If-Match takes one strong ETag, for example "3".')
  return Number(version)
}

/** The idempotency key of a POST with the hash of what it was sent with. @throws Fault `invalid` */
export function idempotencyOf(route: Route, event: HttpEvent, body: string): { key: string; hash: string } | undefined {
  const header = event.headers['idempotency-key']
  if (header === undefined || route.method !== 'POST') return undefined
  const key = header.trim().replace(/^"(.*)"$/, '$1')
  if (!/^[\x21-\x7e]{1,255}$/.test(key))
    throw fault('invalid', 'idempotency.key_invalid', 'An Idempotency-Key has 1 to 255 visible ASCII characters.')
  const hash = createHash('sha256').update(`${event.rawPath}\n${body}`).digest('base64url')
  return { key, hash }
}
