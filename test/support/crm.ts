import { randomUUID } from 'node:crypto'
import { tableClient } from '../../domain/kernel/table/client.ts'
import { dynamoTable, type Spent, type Table } from '../../domain/kernel/table/table.ts'
import type { Route } from '../../domain/kernel/route.ts'
import { systemActor, type Actor } from '../../domain/kernel/permission.ts'
import { newMemo, type Ctx } from '../../domain/kernel/context.ts'
import { randomBytes } from 'node:crypto'
import { catalogue } from '../../functions/catalogue.ts'
import { httpHandler } from '../../functions/http.ts'
import { routes as allRoutes } from '../../domain/index.ts'
import { createTable, engineClient } from './table.ts'
import { engineEndpoint } from './engine-endpoint.ts'
import { memoryFiles, type MemoryFiles } from './files.ts'
import { eventFor } from './http-event.ts'
import { mustBeDescribed } from './described.ts'

export interface Reply {
  status: number
  headers: Record<string, string>
  // A test reads what it expects and fails where it is not.
  body: Record<string, any>
}

/** How a test speaks to the product: as someone, with or without the usual headers. */
export interface Asking {
  as?: string
  body?: unknown
  ifMatch?: number | string
  key?: string
  headers?: Record<string, string>
}

/** The product in this process, over a table of its own on a real engine, with a clock the test sets. */
export interface Crm {
  table: Table
  /** The product's bucket, in memory. */
  files: MemoryFiles
  /** Where the table is, for reading its stream. */
  place: { endpoint: string; name: string }
  spent: Spent[]
  clock: { now: string }
  /** `call('POST', '/customers', { as: 'admin', body })`; `as` is a built-in role, or `usr_…:role`. */
  call(method: string, path: string, asking?: Asking): Promise<Reply>
  /** A context for calling actions as the product itself does. */
  ctx(action?: string, actor?: Actor): Ctx
  /** Forgets what a warm instance remembers. */
  forget(): void
}

export async function startCrm(
  how: { routes?: readonly Route[]; now?: string; through?: (table: Table, spent: Spent[]) => Table } = {},
): Promise<Crm> {
  const routes = how.routes ?? allRoutes
  const endpoint = engineEndpoint()
  const name = `crm-${randomUUID()}`
  await createTable(engineClient(endpoint), name)
  const spent: Spent[] = []
  const credentials = async () => ({ accessKeyId: 'local', secretAccessKey: 'local' })
  const engine = dynamoTable(tableClient({ region: 'local', endpoint, credentials }), name, (cost) => void spent.push(cost))
  const table = how.through?.(engine, spent) ?? engine
  const clock = { now: how.now ?? '2026-11-22T09:00:00.000Z' }
  const memo = newMemo()
  let kept = memo
  const files = memoryFiles()
  const edge = {
    table,
    files,
    now: () => clock.now,
    get memo() {
      return kept
    },
  }
  let handler = httpHandler(routes, () => edge)
  return {
    table,
    files,
    place: { endpoint, name },
    spent,
    clock,
    async call(method, path, asking = {}) {
      const event = eventFor(routes, method, path, asking)
      const answer = await handler(event, {} as never)
      mustBeDescribed(event.routeKey, answer)
      const text = answer.body === '' ? '{}' : answer.body
      return { status: answer.statusCode, headers: answer.headers, body: JSON.parse(text) }
    },
    ctx: (action = 'test', actor = systemActor('test')) => ({
      actor,
      scope: 'all',
      now: clock.now,
      random: randomBytes,
      table,
      files,
      memo: kept,
      log: { info: () => {}, warn: () => {}, error: () => {} },
      catalogue,
      request: { id: randomUUID(), action },
    }),
    forget() {
      kept = newMemo()
      handler = httpHandler(routes, () => edge)
    },
  }
}
