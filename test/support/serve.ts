import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Crm } from './crm.ts'

/** What a request met on the way, instead of or before the product; answers itself when it returns true. */
export type Trouble = (request: { method: string; path: string; nth: number }, response: ServerResponse) => boolean

export interface Served {
  url: string
  /** Every request: method, path with query, who, and the headers that matter. */
  seen: { method: string; path: string; as: string; key?: string; ifMatch?: string }[]
  /** Met by each request before the product. */
  trouble?: Trouble
  /** Cuts the connection after the product has done its work. */
  loses?: (nth: number) => boolean
  stop(): Promise<void>
}

/** The product behind real HTTP on this machine. The bearer token says who asks: `admin`, `sales`, `usr_…:role`. */
export async function serve(crm: Crm): Promise<Served> {
  const served: Served = {
    url: '',
    seen: [],
    stop: () => new Promise((resolve) => (server.closeAllConnections(), server.close(() => resolve()))),
  }
  const server = createServer((request, response) => void answer(crm, served, request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  served.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return served
}

async function answer(crm: Crm, served: Served, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const { method = '', url = '', headers } = request
  if (url.startsWith('/files/')) return fileOf(crm, request, Buffer.concat(chunks), response)
  const as = (headers.authorization ?? '').replace('Bearer ', '')
  const [key, ifMatch] = [headers['idempotency-key'], headers['if-match']]
  served.seen.push({ method, path: url, as, ...(typeof key === 'string' && { key }), ...(ifMatch !== undefined && { ifMatch }) })
  const nth = served.seen.length
  if (served.trouble?.({ method, path: url, nth }, response)) return
  const body = Buffer.concat(chunks).toString()
  const reply = await crm.call(method, url.replace('/v1', ''), {
    as,
    ...(body && { body }),
    ...(typeof key === 'string' && { key }),
    ...(ifMatch !== undefined && { ifMatch }),
  })
  if (served.loses?.(nth)) {
    response.destroy()
    return
  }
  response.writeHead(reply.status, reply.headers)
  response.end(reply.status === 204 || reply.status === 304 ? '' : JSON.stringify(reply.body).replaceAll(FILES, `${served.url}/files/`))
}

/** Where links to files in memory lead; here they lead to this server. */
const FILES = 'https://files.test/'

function fileOf(crm: Crm, { method, url = '' }: IncomingMessage, body: Buffer, response: ServerResponse): void {
  const link = url.replace('/files/', FILES)
  if (method === 'PUT') crm.files.put(link, body)
  response.end(method === 'PUT' ? '' : crm.files.get(link))
}
