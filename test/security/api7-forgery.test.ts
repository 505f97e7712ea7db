import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { httpReceiver } from '../../events/receiver.ts'
import { startCrm, type Crm } from '../support/crm.ts'

const root = resolve(import.meta.dirname, '../..')
let crm: Crm
let called = 0
const server = createServer((_, response) => {
  called += 1
  response.end('inside')
})
let port = 0
beforeAll(async () => {
  crm = await startCrm()
  await crm.call('GET', '/workspace')
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  port = (server.address() as AddressInfo).port
})
afterAll(() => new Promise((done) => server.close(done)))

/** Places inside a company's net, a machine or a cloud, in the spellings in which they are asked for. */
const INSIDE = [
  '127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '0.0.0.0',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[64:ff9b::7f00:1]',
  '[2002:7f00:1::]',
  '10.0.0.8',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '169.254.169.254',
  '[fd00:ec2::254]',
  '[fe80::1]',
  '224.0.0.1',
  '255.255.255.255',
  'localhost',
  'localhost.',
  'app.localhost',
]

describe('API7 server side request forgery', () => {
  test.each(INSIDE)('a webhook to %s is refused when it is made, or never called', async (host) => {
    const url = `https://${host}/latest/meta-data/`
    const { status, body } = await crm.call('POST', '/webhooks', { body: { url, types: ['deal.won'] } })
    const answered = status === 201 ? await httpReceiver().post(url, {}, '{}') : { error: String(body['code']) }
    expect(answered).not.toHaveProperty('status')
    if (status !== 201) expect(status).toBe(400)
  })

  test.each([
    'http://shop.example.com/',
    'file:///etc/passwd',
    'gopher://shop.example.com/',
    'ftp://shop.example.com/',
    'https://user:secret@shop.example.com/',
    'javascript:alert(1)',
    '//shop.example.com',
    '',
  ])('a webhook to %j is refused', async (url) => {
    expect((await crm.call('POST', '/webhooks', { body: { url, types: ['deal.won'] } })).status).toBe(400)
  })

  test('a public name that leads inside is not called, not even when one of its addresses is public', async () => {
    for (const addresses of [['127.0.0.1'], ['93.184.216.34', '127.0.0.1'], ['::1'], ['169.254.169.254']]) {
      const resolved = async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
      const answer = await httpReceiver({ resolve: resolved }).post(`https://shop.example.com:${port}/`, {}, '{}')
      expect(answer).toMatchObject({ error: 'address_not_public' })
    }
    expect(called).toBe(0)
  })

  test('nothing but the sender of webhooks opens a connection to an address that someone gave', () => {
    const openers = ['domain', 'functions', 'events'].flatMap((top) =>
      readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .map((file) => join(root, top, file))
        .filter((file) =>
          /\bfetch\(|'node:(https?|http2|net|tls|dgram|dns)(\/[a-z]+)?'|'undici'|WebSocket/.test(readFileSync(file, 'utf8')),
        ),
    )
    // The client runs at the caller's, not on Lambda.
    const ours = openers.map((file) => relative(root, file)).filter((file) => !file.startsWith('functions/client/'))
    expect(ours).toEqual(['events/receiver.ts'])
  })
})
