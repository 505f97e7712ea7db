import { randomUUID } from 'node:crypto'
import { marshall } from '@aws-sdk/util-dynamodb'
import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import { tableClient } from '../../domain/kernel/table/client.ts'
import { dynamoTable } from '../../domain/kernel/table/table.ts'
import { routes } from '../../domain/index.ts'
import { httpHandler } from '../../functions/http.ts'
import type { HttpEvent } from '../../functions/request.ts'
import { eventFor } from '../support/http-event.ts'
import { plainHandler } from './plain.ts'
import { stubTransport } from './stub-transport.ts'

/** Warm CPU of one request, ours as a ratio to the plain handler's, measured in turn in one process. */
export interface CpuRatio {
  name: string
  ratio: number
  oursMicros: number
  plainMicros: number
}

const ROUNDS = 9
const CALLS = 600

const id = `cus_${'0'.repeat(20)}`
const file = {
  kind: 'person', name: 'Ada Lovelace', givenName: 'Ada', familyName: 'Lovelace', emails: [{ address: 'ada@example.com', primary: true }],
  phones: [], messaging: [], externalIds: [], addresses: [{ city: 'London', country: 'GB', primary: true }], birthday: '1815-12-10',
  occupation: 'Analyst', source: 'referral', preferredChannel: 'email', language: 'en', country: 'GB', interests: ['engines', 'poetry'], tags: ['vip'], custom: {},
}
const now = new Date().toISOString()
const stored = {
  ...file, pk: `customer#${'0'.repeat(20)}`, sk: '!customer', noun: 'customer', id, version: 1, lifecycle: 'lead', lifecycleSince: now, createdAt: now, updatedAt: now,
  ev: { type: 'customer.created', actor: 'usr_admin000000000000000', action: 'customer.create', request: 'r', at: now },
  lpk: 'customer#name#0', lsk: `ada lovelace#${id}`, row: { id, kind: 'person', name: file.name, lifecycle: 'lead', emails: file.emails },
}
const found = JSON.stringify({ Item: marshall(stored) })
const answer = (operation: string, request: string): string => (operation === 'GetItem' && request.includes('!customer') ? found : '{}')
const credentials = async () => ({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' })

export function handlers() {
  const requestHandler = stubTransport(answer) as unknown as NonNullable<DynamoDBClientConfig['requestHandler']>
  const table = dynamoTable(tableClient({ region: 'eu-west-1', credentials, requestHandler }), 'crm')
  const ours = httpHandler(routes, () => ({ table, now: () => new Date().toISOString() }))
  const plain = plainHandler({ region: 'eu-west-1', credentials, requestHandler }, 'crm')
  return { ours: (event: HttpEvent) => ours(event, {} as never), plain: (event: HttpEvent) => plain(event) }
}

export const requests: readonly { name: string; event: () => HttpEvent }[] = [
  { name: 'GET one', event: () => eventFor(routes, 'GET', `/customers/${id}`, { as: 'admin' }) },
  { name: 'POST one', event: () => eventFor(routes, 'POST', '/customers', { as: 'admin', body: { ...file, emails: [] } }) },
]

/** Medians over rounds in which both take turns; process CPU time, not wall time. */
export async function measureCpu(): Promise<CpuRatio[]> {
  const { ours, plain } = handlers()
  const results: CpuRatio[] = []
  for (const request of requests) {
    const events = Array.from({ length: CALLS }, () => ({ ...request.event(), requestContext: { ...request.event().requestContext, requestId: randomUUID() } }))
    const pairs: { ours: number; plain: number }[] = []
    for (let round = 0; round < ROUNDS + 2; round++) {
      const mine = await micros(ours, events)
      const theirs = await micros(plain, events)
      if (round >= 2) pairs.push({ ours: mine, plain: theirs })
    }
    results.push({
      name: request.name,
      ratio: median(pairs.map((pair) => pair.ours / pair.plain)),
      oursMicros: median(pairs.map((pair) => pair.ours)),
      plainMicros: median(pairs.map((pair) => pair.plain)),
    })
  }
  return results
}

async function micros(handler: (event: HttpEvent) => Promise<{ statusCode: number }>, events: readonly HttpEvent[]): Promise<number> {
  const began = process.cpuUsage()
  for (const event of events) {
    const { statusCode } = await handler(event)
    if (statusCode >= 300) throw new Error(`${event.routeKey} answered ${statusCode}`)
  }
  const { user, system } = process.cpuUsage(began)
  return (user + system) / events.length
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}
