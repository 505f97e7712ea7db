import { createServer as createPlainServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { httpReceiver, type ReceiverFacts } from '../../events/receiver.ts'
import { selfSigned } from '../support/certificate.ts'

/** This machine at two addresses: one stands for the public internet, the other for what must not be called. */
const PUBLIC = '127.0.0.2'
const PRIVATE = '127.0.0.1'
const { key, cert } = selfSigned(['hooks.example.com'])

const calls: { host: string; path: string; body: string; headers: NodeJS.Dict<string | string[]> }[] = []
const servers: Server[] = []
let port = 0

const answers: Record<string, (response: ServerResponse) => void> = {
  '/fine': (response) => response.writeHead(204).end(),
  '/fails': (response) => response.writeHead(500).end('no'),
  '/moved': (response) => response.writeHead(302, { location: `http://${PRIVATE}:${port}/inside` }).end(),
  '/gone': (response) => response.writeHead(410).end(),
  '/busy': (response) => response.writeHead(429, { 'retry-after': '120' }).end(),
  '/away': (response) => response.writeHead(503, { 'retry-after': new Date(Date.now() + 90_000).toUTCString() }).end(),
  '/odd': (response) => response.writeHead(503, { 'retry-after': 'soon' }).end(),
  '/later': (response) => response.writeHead(200, { 'retry-after': '120' }).end(),
  '/hangs': () => {},
  '/drops': (response) => void response.socket?.destroy(),
  '/slow': (response) => void response.writeHead(200).write('a'),
  '/huge': (response) => {
    response.writeHead(200)
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(64 * 1024)));
    }
    response.on('drain', more)
    more()
  },
  '/head': (response) => response.writeHead(200, { 'x-long': 'a'.repeat(100_000) }).end(),
  '/inside': (response) => response.writeHead(200).end(),
}

const listener: RequestListener = (request, response) => {
  let body = ''
  request.on('data', (chunk: Buffer) => (body += chunk.toString()))
  request.on('end', () => {
    const path = request.url ?? ''
    calls.push({ host: request.socket.localAddress ?? '', path, body, headers: request.headers })
    answers[path]?.(response)
  })
}

const listen = (server: Server, host: string, at = 0): Promise<number> =>
  new Promise((resolve, reject) => {
    servers.push(server)
    server.once('error', reject)
    server.listen(at, host, () => resolve((server.address() as AddressInfo).port))
  })

beforeAll(async () => {
  port = await listen(createServer({ key, cert }, listener), PUBLIC)
  await listen(createServer({ key, cert }, listener), PRIVATE, port)
})
afterAll(() => servers.forEach((server) => (server.closeAllConnections(), server.close())))

const leadingTo = (...addresses: string[]) => ({
  resolve: async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
})
const usual: ReceiverFacts = { ca: cert, allows: (address) => address === PUBLIC, timeoutMs: 10_000, ...leadingTo(PUBLIC) }
const at = (path: string) => `https://hooks.example.com:${port}${path}`
async function post(path: string, facts: ReceiverFacts = {}) {
  calls.length = 0
  return httpReceiver({ ...usual, ...facts }).post(at(path), { 'webhook-id': 'one', 'content-type': 'application/json' }, '{"a":"ä"}')
}

describe('a receiver', () => {
  test('gets the headers and the body as they are, at the address its name leads to', async () => {
    const { status, error } = await post('/fine')
    expect({ status, error }).toEqual({ status: 204, error: undefined })
    expect(calls).toMatchObject([
      { host: PUBLIC, path: '/fine', body: '{"a":"ä"}', headers: { 'webhook-id': 'one', host: `hooks.example.com:${port}` } },
    ])
  })

  test.each([
    ['/fails', { status: 500 }],
    ['/gone', { status: 410 }],
    ['/busy', { status: 429, retryAfter: 120 }],
    ['/odd', { status: 503 }],
    ['/later', { status: 200 }],
    ['/drops', { error: 'connection' }],
    ['/head', { error: 'connection' }],
  ])('that answers %s is taken for %j', async (path, expected) => {
    const { ms: _, ...answered } = await post(path)
    expect(answered).toEqual(expected)
  })

  test('that hangs is left after its time', async () => {
    const { error, ms } = await post('/hangs', { timeoutMs: 500 })
    expect(error).toBe('timeout')
    expect(ms).toBeGreaterThanOrEqual(490)
  })

  test('may say until when it is to be left alone', async () => {
    const { retryAfter = 0 } = await post('/away')
    expect(retryAfter).toBeGreaterThan(80)
    expect(retryAfter).toBeLessThanOrEqual(90)
  })

  test('that sends elsewhere is not followed', async () => {
    expect(await post('/moved')).toMatchObject({ status: 302 })
    expect(calls.map(({ path }) => path)).toEqual(['/moved'])
  })

  test.each(['/slow', '/huge'])('that goes on answering for ever (%s) is cut off: its head was what counts', async (path) => {
    const began = performance.now()
    expect(await post(path, { timeoutMs: 15_000 })).toMatchObject({ status: 200 })
    expect(performance.now() - began).toBeLessThan(12_000)
  })

  test('that is not there, or has no valid certificate, or no name, is an error with its cause', async () => {
    expect(await httpReceiver(usual).post('https://hooks.example.com:1/', {}, '')).toMatchObject({ error: 'connection' })
    expect(await httpReceiver({ ...usual, ca: selfSigned(['hooks.example.com']).cert }).post(at('/fine'), {}, '')).toMatchObject({
      error: 'tls',
    })
    expect(await httpReceiver(usual).post(`https://other.example.com:${port}/fine`, {}, '')).toMatchObject({ error: 'tls' })
    const nameless = { resolve: () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })) }
    expect(await post('/fine', nameless)).toMatchObject({ error: 'dns' })
    expect(await post('/fine', leadingTo())).toMatchObject({ error: 'dns' })
    expect(await post('/fine', { resolve: () => new Promise(() => {}), timeoutMs: 200 })).toMatchObject({ error: 'timeout' })
  })
})

describe('only public addresses are called', () => {
  test('a name that leads to a private address is not called, nor one that leads to both', async () => {
    expect(await post('/fine', leadingTo(PRIVATE))).toMatchObject({ error: 'address_not_public' })
    expect(await post('/fine', leadingTo(PUBLIC, PRIVATE))).toMatchObject({ error: 'address_not_public' })
    expect(calls).toEqual([])
  })

  test('a name that leads elsewhere the second time is asked once a call, and the call goes where it led then', async () => {
    let asked = 0
    const rebinding = async () => [{ address: asked++ === 0 ? PUBLIC : PRIVATE, family: 4 }]
    expect(await post('/fine', { resolve: rebinding })).toMatchObject({ status: 204 })
    expect(asked).toBe(1)
    expect(calls.map(({ host }) => host)).toEqual([PUBLIC])
    expect(await post('/fine', { resolve: rebinding })).toMatchObject({ error: 'address_not_public' })
    expect(calls).toEqual([])
  })

  test('this machine is not called unless that is said', async () => {
    const plain = createPlainServer((_, response) => response.writeHead(200).end())
    const there = `http://127.0.0.1:${await listen(plain, PRIVATE)}/`
    expect(await httpReceiver().post(there, {}, '')).toMatchObject({ error: 'address_not_public' })
    expect(await httpReceiver().post(`https://[::ffff:127.0.0.1]:${port}/fine`, {}, '')).toMatchObject({ error: 'address_not_public' })
    expect(await httpReceiver({ loopback: true }).post(there, {}, '')).toMatchObject({ status: 200 })
    expect(await httpReceiver({ loopback: true }).post('http://169.254.169.254/latest/meta-data', {}, '')).toMatchObject({
      error: 'address_not_public',
    })
  })
})
