import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { codeOf, Complaint, messageOf } from '../complaint.ts'
import { type Control, isControl } from './control.ts'
import { readBody } from './event.ts'
import type { Gateway } from './gateway.ts'
import { gatewayReply } from './reply.ts'

/** The one address a person sees: the API, and the local run's own paths beside it. */
export interface ApiServer {
  readonly url: string
  readonly port: number
  /** Until this is called every request is answered 503. */
  serve(gateway: Gateway | undefined, control: Control): void
  readonly active: () => number
  /** Lets the requests at hand finish, then closes. */
  stop(): Promise<void>
}

const listen = async (server: Server, port: number): Promise<number> => {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(port, '127.0.0.1', resolve)
  try {
    await promise
  } catch (thrown) {
    const code = codeOf(thrown)
    if (code === 'EADDRINUSE') throw new Complaint(`Port ${port} is in use: stop what uses it, or choose another with --port N.`)
    if (code === 'EACCES') throw new Complaint(`Port ${port} needs more rights: choose one above 1023 with --port N.`)
    throw thrown
  }
  return (server.address() as AddressInfo).port
}

const longestControlBody = 65_536

/** API Gateway's limit on all headers together. */
const maxHeaderSize = 10_240

export const startApiServer = async (port: number, log: (line: string) => void): Promise<ApiServer> => {
  let serving: { readonly gateway: Gateway | undefined; readonly control: Control } | undefined
  let active = 0

  const send = (response: ServerResponse, status: number, body: string): void => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(body)
  }

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = request.url ?? '/'
    const mark = url.indexOf('?')
    const [path, query] = mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)]
    if (serving === undefined) return send(response, 503, gatewayReply(503, 'Service Unavailable').body.toString())
    if (serving.gateway !== undefined && !isControl(path)) return serving.gateway(request, response, path, query)
    const body = (await readBody(request, longestControlBody))?.toString() ?? ''
    const answer = await serving.control(request.method ?? 'GET', path, request.headers.authorization ?? '', body)
    send(response, answer.status, JSON.stringify(answer.body))
  }

  const server = createServer({ maxHeaderSize, keepAliveTimeout: 65_000 }, (request, response) => {
    active += 1
    handle(request, response)
      .catch((thrown: unknown) => {
        log(`${request.method} ${request.url}: ${messageOf(thrown)}`)
        if (response.headersSent) response.destroy()
        else send(response, 500, gatewayReply(500, 'Internal Server Error').body.toString())
      })
      .finally(() => (active -= 1))
  })
  const taken = await listen(server, port)
  return {
    url: `http://127.0.0.1:${taken}`,
    port: taken,
    serve: (gateway, control) => (serving = { gateway, control }),
    active: () => active,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
        setTimeout(() => server.closeAllConnections(), 2_000).unref()
      }),
  }
}
