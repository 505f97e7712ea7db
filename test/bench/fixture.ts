import { marshall } from '@aws-sdk/util-dynamodb'
import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import type { HttpEvent } from '../../functions/request.ts'
import { stubTransport } from './stub-transport.ts'

/** What both contenders work on: one stored customer, a table that answers in this process, and the requests. */

export const id = `cus_${'0'.repeat(20)}`
export const file = {
  kind: 'person',
  name: 'Ada Lovelace',
  givenName: 'Ada',
  familyName: 'Lovelace',
  emails: [{ address: 'ada@example.com', primary: true }],
  phones: [],
  messaging: [],
  externalIds: [],
  addresses: [{ city: 'London', country: 'GB', primary: true }],
  birthday: '1815-12-10',
  occupation: 'Analyst',
  source: 'referral',
  preferredChannel: 'email',
  language: 'en',
  country: 'GB',
  interests: ['engines', 'poetry'],
  tags: ['vip'],
  custom: {},
}
const now = new Date().toISOString()
const stored = {
  ...file,
  pk: `customer#${'0'.repeat(20)}`,
  sk: '!customer',
  noun: 'customer',
  id,
  version: 1,
  lifecycle: 'lead',
  lifecycleSince: now,
  createdAt: now,
  updatedAt: now,
  ev: { type: 'customer.created', actor: 'usr_admin000000000000000', action: 'customer.create', request: 'r', at: now },
  lpk: 'customer#name#0',
  lsk: `ada lovelace#${id}`,
  row: { id, kind: 'person', name: file.name, lifecycle: 'lead', emails: file.emails },
}
const found = JSON.stringify({ Item: marshall(stored) })
const answer = (operation: string, request: string): string => (operation === 'GetItem' && request.includes('!customer') ? found : '{}')
export const credentials = async () => ({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' })

export const transport = () => stubTransport(answer) as unknown as NonNullable<DynamoDBClientConfig['requestHandler']>

export type Handler = (event: HttpEvent) => Promise<{ statusCode: number }>

const claims = { token_use: 'access', client_id: 'app', username: 'usr_admin000000000000000', 'cognito:groups': '[admin]' }

function request(method: string, path: string, more: Partial<HttpEvent>): HttpEvent {
  const requestContext = { requestId: 'r', http: { method, path }, authorizer: { jwt: { claims } } }
  return {
    routeKey: `${method} /v1${path}`,
    rawPath: `/v1${path}`,
    rawQueryString: '',
    headers: { 'content-type': 'application/json' },
    requestContext,
    ...more,
  }
}

export const requests: readonly { name: string; event: HttpEvent }[] = [
  { name: 'GET one', event: request('GET', '/customers/{id}', { pathParameters: { id } }) },
  { name: 'POST one', event: request('POST', '/customers', { body: JSON.stringify({ ...file, emails: [] }) }) },
]
