import type { IncomingMessage, ServerResponse } from 'node:http'
import { newTrace } from '../function/pool.ts'
import type { Functions } from '../function/registry.ts'
import type { ApiSpec } from '../template.ts'
import type { Authorizer } from './authorizer.ts'
import { corsHeaders, preflight } from './cors.ts'
import { eventOf, newRequestId, readBody } from './event.ts'
import { gatewayReply, type Reply, replyOf } from './reply.ts'
import { createRouter } from './route.ts'

/** HTTP API's limit on a body; Lambda's on an event, base64 and headers included. */
const limits = { bodyBytes: 10 * 1024 * 1024, eventBytes: 6_291_556, timeoutMs: 30_000 }

export interface GatewayOptions {
  readonly api: ApiSpec
  readonly functions: Functions
  readonly authorize: Authorizer
  readonly port: () => number
}

const decodable = (path: string): boolean => {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}

/** The integration's own time-out, which is shorter than a function's may be. */
const within = <T>(work: Promise<T>, ms: number): Promise<T | undefined> => {
  const { promise, resolve } = Promise.withResolvers<T | undefined>()
  const timer = setTimeout(() => resolve(undefined), ms)
  work.then(resolve, () => resolve(undefined)).finally(() => clearTimeout(timer))
  return promise
}

/** Serves one HTTP API of the template: request in, function called, answer out. */
export const createGateway = ({ api, functions, authorize, port }: GatewayOptions) => {
  const find = createRouter(api.routes, (route) => route.key)

  const answer = async (request: IncomingMessage, method: string, path: string, query: string): Promise<Reply> => {
    const asked = preflight(api.cors, method, request.headers)
    if (asked !== undefined) return { status: 204, headers: asked, body: '' }
    const match = find(method, path)
    if (match === undefined) return gatewayReply(404, 'Not Found')
    if (!decodable(path)) return gatewayReply(400, 'Bad Request')
    const finding = await authorize(match.route, request.headers.authorization)
    if (finding !== undefined && 'refusal' in finding) return finding.refusal
    const body = await readBody(request, limits.bodyBytes)
    if (body === undefined) return gatewayReply(413, 'Request Entity Too Large', { connection: 'close' })
    const trace = newTrace()
    const event = JSON.stringify(
      eventOf({
        method,
        path,
        query,
        rawHeaders: request.rawHeaders,
        sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
        body,
        routeKey: match.route.key,
        parameters: match.parameters,
        authorizer: finding?.authorizer,
        apiId: api.id,
        stage: api.stage,
        port: String(port()),
        trace,
        atMs: Date.now(),
        requestId: newRequestId(),
      }),
    )
    if (event.length > limits.eventBytes) return gatewayReply(413, 'Request Entity Too Large')
    const outcome = await within(functions.find(match.route.functionArn).invoke(event, trace), limits.timeoutMs)
    return outcome === undefined ? gatewayReply(503, 'Service Unavailable') : replyOf(outcome)
  }

  return async (request: IncomingMessage, response: ServerResponse, path: string, query: string): Promise<void> => {
    const reply = await answer(request, request.method ?? 'GET', path, query)
    const headers = { ...reply.headers, ...corsHeaders(api.cors, request.headers.origin), 'apigw-requestid': newRequestId() }
    response.writeHead(reply.status, { ...headers, ...(reply.status === 204 ? {} : { 'content-length': Buffer.byteLength(reply.body) }) })
    response.end(request.method === 'HEAD' || reply.status === 204 ? undefined : reply.body)
  }
}

export type Gateway = ReturnType<typeof createGateway>
