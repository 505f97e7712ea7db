import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import type { CorsSpec } from '../template.ts'

/** An origin may be named with a wildcard for its host: `https://*` and `http://*` too. */
const allowedOrigin = (cors: CorsSpec, origin: string): string | undefined => {
  if (cors.origins.includes('*')) return '*'
  const allowed = cors.origins.some((pattern) => pattern === origin || (pattern.endsWith('//*') && origin.startsWith(pattern.slice(0, -1))))
  return allowed ? origin : undefined
}

/** The headers that let a page of another origin read an answer; they replace those the function may have set. */
export const corsHeaders = (cors: CorsSpec | undefined, origin: string | undefined): OutgoingHttpHeaders => {
  const allowed = cors === undefined || origin === undefined ? undefined : allowedOrigin(cors, origin)
  if (cors === undefined || allowed === undefined) return {}
  return {
    'access-control-allow-origin': allowed,
    ...(cors.credentials ? { 'access-control-allow-credentials': 'true' } : {}),
    ...(cors.exposed.length > 0 ? { 'access-control-expose-headers': cors.exposed.join(',') } : {}),
    ...(allowed === '*' ? {} : { vary: 'origin' }),
  }
}

/** The headers of the answer to a browser's question before the request; undefined when it is none. */
export const preflight = (cors: CorsSpec | undefined, method: string, headers: IncomingHttpHeaders): OutgoingHttpHeaders | undefined => {
  const { origin, 'access-control-request-method': wanted } = headers
  if (cors === undefined || method !== 'OPTIONS' || origin === undefined || wanted === undefined) return undefined
  const allowed = corsHeaders(cors, origin)
  if (Object.keys(allowed).length === 0) return {}
  return {
    ...allowed,
    'access-control-allow-methods': cors.methods.join(','),
    'access-control-allow-headers': cors.headers.join(','),
    ...(cors.maxAgeSeconds === undefined ? {} : { 'access-control-max-age': String(cors.maxAgeSeconds) }),
  }
}
