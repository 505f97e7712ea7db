import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Json, JsonObject } from '../json.ts'
import { account } from '../template/physical.ts'

/** What the HTTP API knows of a request when it calls a function. */
export interface Received {
  readonly method: string
  /** As sent, still encoded. */
  readonly path: string
  readonly query: string
  readonly rawHeaders: readonly string[]
  readonly sourceIp: string
  readonly body: Buffer
  readonly routeKey: string
  readonly parameters: Readonly<Record<string, string>> | undefined
  /** The JWT authorizer's finding; absent on open routes. */
  readonly authorizer: JsonObject | undefined
  readonly apiId: string
  readonly stage: string
  readonly port: string
  readonly trace: string
  readonly atMs: number
  readonly requestId: string
}

const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (value: number): string => String(value).padStart(2, '0')

/** `12/Mar/2020:19:03:58 +0000` */
const logTime = (atMs: number): string => {
  const time = new Date(atMs)
  const date = `${two(time.getUTCDate())}/${monthNames[time.getUTCMonth()]}/${time.getUTCFullYear()}`
  return `${date}:${two(time.getUTCHours())}:${two(time.getUTCMinutes())}:${two(time.getUTCSeconds())} +0000`
}

/** Belong to the connection, not to the request. */
const dropped = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'te', 'cookie', 'content-length'])

/** Lower-case names, repeated ones joined with commas; cookies go into a field of their own. */
const headersOf = (received: Received): { readonly headers: Record<string, string>; readonly cookies: string[] } => {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>
  const cookies: string[] = []
  const { rawHeaders } = received
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase()
    const value = rawHeaders[i + 1] ?? ''
    if (name === 'cookie') cookies.push(...value.split(/;\s*/))
    if (dropped.has(name)) continue
    const before = headers[name]
    headers[name] = before === undefined ? value : `${before},${value}`
  }
  headers['content-length'] = String(received.body.length)
  headers['x-amzn-trace-id'] = received.trace.split(';')[0] ?? ''
  headers['x-forwarded-for'] =
    headers['x-forwarded-for'] === undefined ? received.sourceIp : `${headers['x-forwarded-for']}, ${received.sourceIp}`
  headers['x-forwarded-port'] = received.port
  headers['x-forwarded-proto'] = 'http'
  return { headers, cookies }
}

const queryOf = (query: string): Record<string, string> => {
  const values: Record<string, string> = Object.create(null) as Record<string, string>
  for (const [name, value] of new URLSearchParams(query)) {
    const before = values[name]
    values[name] = before === undefined ? value : `${before},${value}`
  }
  return values
}

/** Types that arrive as text; every other body arrives as base64, a form's too. */
const textual = /^(?:text\/|application\/(?:json|xml|javascript)\b|application\/[\w.-]+\+(?:json|xml)\b)/i

const bodyOf = (body: Buffer, contentType: string | undefined): JsonObject => {
  if (body.length === 0) return { isBase64Encoded: false }
  const plain = contentType !== undefined && textual.test(contentType)
  return { body: body.toString(plain ? 'utf8' : 'base64'), isBase64Encoded: !plain }
}

const decoded = (parameters: Received['parameters']): JsonObject =>
  parameters === undefined
    ? {}
    : { pathParameters: Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, decodeURIComponent(value)])) }

export const newRequestId = (): string => `${randomUUID().replaceAll('-', '').slice(0, 15)}=`

/**
 * A request as a function receives it: payload format 2.0. The path arrives decoded, as HTTP APIs send it.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export const eventOf = (received: Received): Json => {
  const { headers, cookies } = headersOf(received)
  const rawPath = (received.stage === '$default' ? '' : `/${received.stage}`) + decodeURIComponent(received.path)
  const host = headers['host'] ?? ''
  return {
    version: '2.0',
    routeKey: received.routeKey,
    rawPath,
    rawQueryString: received.query,
    ...(cookies.length > 0 ? { cookies } : {}),
    headers,
    ...(received.query === '' ? {} : { queryStringParameters: queryOf(received.query) }),
    requestContext: {
      accountId: account,
      apiId: received.apiId,
      ...(received.authorizer === undefined ? {} : { authorizer: received.authorizer }),
      domainName: host,
      domainPrefix: host.split('.')[0] ?? '',
      http: {
        method: received.method,
        path: rawPath,
        protocol: 'HTTP/1.1',
        sourceIp: received.sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: received.requestId,
      routeKey: received.routeKey,
      stage: received.stage,
      time: logTime(received.atMs),
      timeEpoch: received.atMs,
    },
    ...decoded(received.parameters),
    ...bodyOf(received.body, headers['content-type']),
  }
}

/** Past this the connection is cut: nobody sends that by mistake. */
const patience = 10

/**
 * A request's body, or undefined when it is longer than `limit` bytes. The rest of a long one is read and thrown away:
 * a client that is still sending would see a broken connection instead of the answer.
 */
export const readBody = async (request: IncomingMessage, limit: number): Promise<Buffer | undefined> => {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    length += (chunk as Buffer).length
    if (length <= limit) chunks.push(chunk as Buffer)
    else if (length > limit * patience) break
  }
  if (length > limit) return undefined
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
}
