import { expect, test } from 'vitest'
import { eventOf, type Received } from '../../../infra/local/api/event.ts'
import { object } from '../../../infra/local/json.ts'

const received: Received = {
  method: 'POST',
  path: '/my/path',
  query: 'parameter1=value1&parameter1=value2&parameter2=value',
  rawHeaders: [
    'Header1',
    'value1',
    'Header2',
    'value1',
    'header2',
    'value2',
    'Cookie',
    'cookie1; cookie2',
    'Content-Type',
    'application/json',
    'Host',
    'id.execute-api.us-east-1.amazonaws.com',
    'User-Agent',
    'agent',
  ],
  sourceIp: '192.0.2.1',
  body: Buffer.from('Hello from Lambda'),
  routeKey: '$default',
  parameters: { parameter1: 'value1' },
  authorizer: { jwt: { claims: { claim1: 'value1', claim2: 'value2' }, scopes: ['scope1', 'scope2'] } },
  apiId: 'api-id',
  stage: '$default',
  port: '443',
  trace: 'Root=1-0-0;Parent=0;Sampled=0',
  atMs: 1_583_348_638_390,
  requestId: 'id',
}
const event = (changes: Partial<Received> = {}) => object(eventOf({ ...received, ...changes }))

test('a function receives the event that AWS documents for payload format 2.0', () => {
  expect(event()).toMatchObject({
    version: '2.0',
    routeKey: '$default',
    rawPath: '/my/path',
    rawQueryString: 'parameter1=value1&parameter1=value2&parameter2=value',
    cookies: ['cookie1', 'cookie2'],
    headers: { header1: 'value1', header2: 'value1,value2' },
    queryStringParameters: { parameter1: 'value1,value2', parameter2: 'value' },
    requestContext: {
      accountId: '000000000000',
      apiId: 'api-id',
      authorizer: { jwt: { claims: { claim1: 'value1', claim2: 'value2' }, scopes: ['scope1', 'scope2'] } },
      domainName: 'id.execute-api.us-east-1.amazonaws.com',
      domainPrefix: 'id',
      http: { method: 'POST', path: '/my/path', protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'agent' },
      requestId: 'id',
      routeKey: '$default',
      stage: '$default',
      time: '04/Mar/2020:19:03:58 +0000',
      timeEpoch: 1_583_348_638_390,
    },
    body: 'Hello from Lambda',
    pathParameters: { parameter1: 'value1' },
    isBase64Encoded: false,
  })
})

test('what a request does not have is not in the event', () => {
  const bare = event({ query: '', parameters: undefined, authorizer: undefined, body: Buffer.alloc(0), rawHeaders: [] })
  for (const field of ['cookies', 'queryStringParameters', 'pathParameters', 'body']) expect(bare).not.toHaveProperty(field)
  expect(bare['requestContext']).not.toHaveProperty('authorizer')
  expect(bare['rawQueryString']).toBe('')
})

test('path and path parameters arrive decoded', () => {
  const decoded = event({ path: '/v1/by/%E5%BC%A0%20%2F', parameters: { name: '%E5%BC%A0%20%2F' } })
  expect(decoded['rawPath']).toBe('/v1/by/张 /')
  expect(decoded['pathParameters']).toEqual({ name: '张 /' })
})

test.each([
  ['application/json; charset=utf-8', false],
  ['application/problem+json', false],
  ['text/csv', false],
  ['application/x-www-form-urlencoded', true],
  ['image/png', true],
])('a body of type %s arrives as base64: %s', (type, encoded) => {
  const arrived = event({ rawHeaders: ['content-type', type] })
  expect(arrived['isBase64Encoded']).toBe(encoded)
  expect(arrived['body']).toBe(encoded ? received.body.toString('base64') : received.body.toString())
})
