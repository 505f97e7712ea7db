import fc from '../../support/property.ts'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { cloudEvent } from '../../../domain/kernel/cloud-event.ts'
import { isPublic } from '../../../domain/data/webhook/index.ts'
import {
  afterFailure,
  DELAYS,
  messageOf,
  mustBeCallable,
  newSecret,
  nextAttempt,
  signature,
  validSecrets,
} from '../../../domain/data/webhook/webhook.ts'

const now = '2026-11-22T09:00:00.000Z'
const secondsAfter = (instant = '') => (Date.parse(instant) - Date.parse(now)) / 1000
const told = cloudEvent(
  {
    id: 'dea_00000000000000000001.3',
    type: 'deal.won',
    at: now,
    actor: 'usr_a',
    action: 'deal.win',
    request: 'r',
    noun: 'deal',
    recordId: 'dea_00000000000000000001',
    version: 3,
    changed: { reason: { to: 'Preis, Qualität 質量' } },
  },
  '17',
)

describe('a message', () => {
  test('is signed as the standard’s own example says', () => {
    // Standard Webhooks 1.0, "Symmetric: Verifying webhooks", and the reference libraries' tests.
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
    const made = signature(secret, 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330, '{"test": 2432232314}')
    expect(made).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  })

  test('verifies with the reference library, with either of two secrets, and with no other', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array({ minLength: 32, maxLength: 32 }), (one, other) => {
        const [first, second] = [newSecret(() => one), newSecret(() => other)]
        const { headers, body } = messageOf(told, [first, second], new Date().toISOString())
        for (const secret of [first, second]) expect(new Webhook(secret).verify(body, { ...headers })).toMatchObject({ type: 'deal.won' })
        const stranger = newSecret(() => new Uint8Array(32).fill(7))
        if (stranger !== first && stranger !== second)
          expect(() => new Webhook(stranger).verify(body, { ...headers })).toThrow('No matching signature')
        expect(() => new Webhook(first).verify(body.replace('deal.won', 'deal.lost'), { ...headers })).toThrow('No matching signature')
      }),
      { numRuns: 25 },
    )
  })

  test('has what both standards ask for: a CloudEvent with type, timestamp and data, and an id without dots', () => {
    const { headers, body } = messageOf(told, ['whsec_AAAA'], now)
    expect(headers).toMatchObject({
      'webhook-id': 'dea_00000000000000000001_3',
      'webhook-timestamp': '1795338000',
      'content-type': 'application/json',
    })
    expect(JSON.parse(body)).toEqual({ ...told, timestamp: now })
  })

  test('is signed with the secret before for as long as that counts', () => {
    const secrets = { current: 'whsec_b', previous: 'whsec_a', previousUntil: '2026-11-23T09:00:00.000Z' }
    expect(validSecrets(secrets, now)).toEqual(['whsec_b', 'whsec_a'])
    expect(validSecrets(secrets, '2026-11-23T09:00:00.000Z')).toEqual(['whsec_b'])
    expect(validSecrets({ current: 'whsec_b' }, now)).toEqual(['whsec_b'])
  })
})

describe('the next attempt', () => {
  test('comes by the standard’s schedule, up to a tenth later, and not before the pause asked for', () => {
    expect(DELAYS).toEqual([5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400])
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 0, max: 200_000 }),
        (made, chance, pause) => {
          const wait = secondsAfter(nextAttempt(made, now, chance, pause))
          const delay = DELAYS[made - 1] ?? 0
          expect(wait).toBeGreaterThanOrEqual(Math.max(delay, Math.min(pause, 86_400)) - 0.001)
          expect(wait).toBeLessThanOrEqual(Math.max(delay * 1.1, Math.min(pause, 86_400)) + 0.001)
        },
      ),
    )
  })

  test('is the tenth at most', () => {
    expect(nextAttempt(9, now, 0)).toBeDefined()
    expect(nextAttempt(10, now, 0)).toBeUndefined()
  })

  test('a receiver that fails five times is left alone for half a minute, then longer, a quarter of an hour at most', () => {
    let circuit = afterFailure(undefined, now)
    const rests: number[] = []
    for (let nth = 0; nth < 14; nth++) {
      rests.push(circuit.openUntil ? secondsAfter(circuit.openUntil) : 0)
      circuit = afterFailure(circuit, now)
    }
    expect(rests).toEqual([0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900, 900, 900])
    expect(secondsAfter(afterFailure(undefined, now, 77).openUntil)).toBe(77)
  })
})

describe('a receiver’s address', () => {
  test.each(['93.184.216.34', '2606:2800:220:1:248:1893:25c8:1946', '::ffff:93.184.216.34'])('%s is public', (address) => {
    expect(isPublic(address)).toBe(true)
  })

  const inner = [
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '224.0.0.1',
    '192.0.2.1',
    '198.18.0.1',
    '203.0.113.5',
    '240.0.0.1',
    '192.88.99.1',
    '::1',
    '::',
    'fe80::1',
    'fc00::1',
    'fd00:ec2::254',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '::7f00:1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '2002:7f00:1::1',
    '2001::1',
    '2001:db8::1',
    'fec0::1',
    '100::1',
    '4000::1',
    'nonsense',
    '',
  ]
  test.each(inner)('%s is not', (address) => {
    expect(isPublic(address)).toBe(false)
  })

  test.each([
    ['http://hooks.example.com/', 'webhook.url_not_https'],
    ['ftp://hooks.example.com/', 'webhook.url_not_https'],
    ['https://user:pass@hooks.example.com/', 'webhook.url_credentials'],
    ['https://hooks.example.com/#part', 'webhook.url_fragment'],
    ['https://localhost/', 'webhook.url_not_public'],
    ['https://localhost./', 'webhook.url_not_public'],
    ['https://intranet/', 'webhook.url_not_public'],
    ['https://127.0.0.1/', 'webhook.url_not_public'],
    ['https://0x7f.1/', 'webhook.url_not_public'],
    ['https://2130706433/', 'webhook.url_not_public'],
    ['https://[::1]/', 'webhook.url_not_public'],
    ['https://169.254.169.254/latest', 'webhook.url_not_public'],
    ['http://127.0.0.1:8080/', 'webhook.url_not_https'],
  ])('%s is refused: %s', (url, code) => {
    expect(() => mustBeCallable(url, false)).toThrow(expect.objectContaining({ code }))
  })

  test('this machine is taken only where that is said, and nothing else private with it', () => {
    for (const url of ['http://127.0.0.1:8080/', 'http://localhost:8080/', 'https://[::1]/'])
      expect(() => mustBeCallable(url, true)).not.toThrow()
    for (const url of ['http://10.0.0.1/', 'http://hooks.example.com/', 'https://10.0.0.1/'])
      expect(() => mustBeCallable(url, true)).toThrow('called')
  })
})
