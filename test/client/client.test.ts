import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { routes } from '../../domain/index.ts'
import { typeOf } from '../../functions/client/declaration.ts'
import type { AnyClient, Method } from '../../functions/client/client.ts'
import type { ClientFacts, Page, Paged, Problem } from '../../functions/client/types.ts'
import { buildClient } from '../../infra/client.ts'
import { startCrm, type Crm } from '../support/crm.ts'
import { serve, type Served } from '../support/serve.ts'
import { settle } from '../support/stream.ts'

const root = resolve(import.meta.dirname, '../..')
const out = mkdtempSync(join(tmpdir(), 'crm-client-'))
type Row = Record<string, unknown> & { id: string }
type Client = AnyClient & Record<string, Record<string, Method>>
let built: { createCrm: (facts: ClientFacts) => Client; CrmProblem: new () => Error & Problem; CrmUnreachable: new () => Error }
let sizes: ReturnType<typeof buildClient>

beforeAll(async () => {
  sizes = buildClient(out)
  built = (await import(pathToFileURL(join(out, 'index.js')).href)) as typeof built
})
afterAll(() => rmSync(out, { recursive: true, force: true }))

let crm: Crm
let served: Served
beforeEach(async () => {
  crm = await startCrm()
  served = await serve(crm)
  return () => served.stop()
})
const client = (more: Partial<ClientFacts> = {}) => built.createCrm({ url: served.url, token: 'admin', ...more })
const ada = { name: 'Ada Lovelace' }
const failing = (statuses: number[], headers: Record<string, string> = {}) => {
  served.trouble = ({ nth }, response) => {
    const status = statuses[nth - 1]
    if (status === undefined) return false
    response.writeHead(status, headers).end('{"message":"no"}')
    return true
  }
}

describe('the package', () => {
  test('is one small module for browsers, with every operation and nothing of the server', () => {
    const text = readFileSync(join(out, 'index.js'), 'utf8')
    expect(sizes.client).toBeLessThan(30 * 1024)
    expect(sizes.operations).toBe(routes.length)
    expect(text).not.toMatch(/\bimport\s*[({*'"]|\brequire\(|node:|process\.|Buffer|dynamodb|\bzod\b/i)
  })

  test('has types that fit: a sample compiles in strict mode, for browsers and Node, and its mistakes do not', () => {
    writeFileSync(
      join(out, 'sample.ts'),
      `import { createCrm, CrmProblem, type Customer, type ProblemCode } from './index.js'
const crm = createCrm({ url: 'https://crm.example.com', token: async ({ fresh }) => (fresh ? 'b' : 'a') })
export async function sample(): Promise<string[]> {
  const made: Customer = await crm.customer.create({ name: 'Ada', emails: [{ address: 'ada@example.com' }] }, { idempotencyKey: 'k' })
  await crm.customer.change({ id: made.id, occupation: null }, { ifMatch: made.version })
  const names: string[] = []
  for await (const row of crm.deal.list({ state: 'open', limit: 5 })) names.push(row.id)
  const page = await crm.customer.list()
  names.push(...page.items.map((one) => one.id), page.nextCursor ?? '')
  for await (const { event, after } of crm.follow({ type: 'deal.*' })) names.push(event.type, event.data.recordId, after)
  try { await crm.deal.win({ id: 'dea_1', reason: 'price' }) } catch (error) {
    const code: ProblemCode = 'deal.already_closed'
    if (error instanceof CrmProblem && error.code === code) names.push(error.detail, ...(error.errors ?? []).map((one) => one.path))
  }
  return names
}
// @ts-expect-error a name is needed
void crm.customer.create({})
// @ts-expect-error there is no such field
void crm.customer.create({ name: 'Ada', nam: 'x' })
// @ts-expect-error a change says which version it changes
void crm.customer.change({ id: 'cus_1', name: 'Ada' })
// @ts-expect-error there is no such state
void crm.deal.list({ state: 'opened' })
// @ts-expect-error there is no such code
export const wrong: ProblemCode = 'deal.closed_already'
`,
    )
    const strict = [
      '--noEmit',
      '--strict',
      '--exactOptionalPropertyTypes',
      '--noUncheckedIndexedAccess',
      '--target',
      'es2022',
      '--types',
      '',
    ]
    const check = (lib: string, module: string, resolution: string) =>
      execFileSync(
        process.execPath,
        [
          join(root, 'node_modules/typescript/bin/tsc'),
          ...strict,
          '--lib',
          lib,
          '--module',
          module,
          '--moduleResolution',
          resolution,
          join(out, 'sample.ts'),
        ],
        { cwd: out, encoding: 'utf8', stdio: 'pipe' },
      )
    expect(check('es2022,dom,dom.asynciterable', 'esnext', 'bundler')).toBe('')
    expect(check('es2022,dom', 'nodenext', 'nodenext')).toBe('')
  }, 120_000)

  test.each([
    [{ type: 'string', pattern: '^a$' }, 'string'],
    [{ type: ['integer', 'null'] }, '(number | null)'],
    [{ enum: ['a', 1, null] }, '"a" | 1 | null'],
    [{ type: 'array', items: { enum: ['a', 'b'] } }, '("a" | "b")[]'],
    [{ type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }] }, '[string, number]'],
    [{ type: 'object', additionalProperties: { type: 'boolean' } }, 'Record<string, boolean>'],
    [{ type: 'object', properties: { 'a-b': {}, c: { const: 3 } }, required: ['c'] }, '{ "a-b"?: unknown; c: 3 }'],
    [{ anyOf: [{ $ref: '#/components/schemas/Deal' }, { type: 'null' }] }, '(Deal | null)'],
  ])('writes %j as %s', (schema, text) => expect(typeOf(schema)).toBe(text))
})

describe('a call over HTTP', () => {
  test('creates, reads, changes and removes', async () => {
    const crmClient = client()
    const made = (await crmClient.customer?.['create']?.({ ...ada, emails: [{ address: 'ada@example.com' }] })) as Row
    expect(await crmClient.call('customer.show', { id: made.id })).toMatchObject({ ...ada, version: 1 })
    expect(await crmClient.call('customer.change', { id: made.id, occupation: 'Analyst' }, { ifMatch: 1 })).toMatchObject({ version: 2 })
    expect(await crmClient.call('customer.delete', { id: made.id }, { ifMatch: 2 })).toBeUndefined()
    expect(served.seen.map(({ method, path, ifMatch }) => [method, path.replace(made.id, 'ID'), ifMatch])).toEqual([
      ['POST', '/v1/customers', undefined],
      ['GET', '/v1/customers/ID', undefined],
      ['PATCH', '/v1/customers/ID', '"1"'],
      ['DELETE', '/v1/customers/ID', '"2"'],
    ])
  })

  test('a list is its first page, or all of it', async () => {
    const crmClient = client()
    for (let nth = 0; nth < 7; nth++) await crmClient.call('customer.create', { name: `Customer ${nth}` })
    const list = () => crmClient.call('customer.list', { limit: 3 }) as Paged<Row>
    const first: Page<Row> = await list()
    expect(first.items).toHaveLength(3)
    expect(first.nextCursor).toBeDefined()
    const names: unknown[] = []
    for await (const row of list()) names.push(row['name'])
    expect(names).toEqual(Array.from({ length: 7 }, (_, nth) => `Customer ${nth}`))
    served.seen.length = 0
    for await (const row of list()) if (row['name'] === 'Customer 1') break
    expect(served.seen).toHaveLength(1)
  })

  test('a refusal is an error with all that the product says', async () => {
    const crmClient = client()
    const made = (await crmClient.call('customer.create', { ...ada, emails: [{ address: 'ada@example.com' }] })) as Row
    const twice = await (
      crmClient.call('customer.create', { name: 'A', emails: [{ address: 'ada@example.com' }] }) as Promise<never>
    ).catch((error: unknown) => error)
    expect(twice).toBeInstanceOf(built.CrmProblem)
    expect(twice).toMatchObject({ status: 409, code: 'customer.identity_taken', existingId: made.id, requestId: expect.any(String) })
    const invalid = await (crmClient.call('customer.create', { nam: 'A' }) as Promise<never>).catch((error: unknown) => error)
    expect(invalid).toMatchObject({ status: 400, errors: expect.arrayContaining([expect.objectContaining({ path: 'nam' })]) })
    const stale = crmClient.call('customer.change', { id: made.id, name: 'B' }, { ifMatch: 9 }) as Promise<never>
    await expect(stale).rejects.toMatchObject({ status: 412, currentVersion: 1, conflicts: [expect.objectContaining({ field: 'name' })] })
    expect(served.seen).toHaveLength(4)
  })

  test('what fails for a moment is tried again, with the same key, and is done once', async () => {
    failing([429, 503, 500], { 'retry-after': '0' })
    const made = (await client().call('customer.create', ada)) as Row
    expect(made).toMatchObject(ada)
    expect(served.seen).toHaveLength(4)
    expect(new Set(served.seen.map(({ key }) => key)).size).toBe(1)
    expect(served.seen[0]?.key).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('an answer that was lost on the way is asked for again, and nothing is made twice', async () => {
    served.loses = (nth) => nth === 1
    const made = (await client().call('customer.create', ada)) as Row
    expect(served.seen).toHaveLength(2)
    const { body } = await crm.call('GET', '/customers')
    expect(body['items'].map(({ id }: Row) => id)).toEqual([made.id])
  })

  test('a change whose answer was lost is not sent again', async () => {
    const made = (await client().call('customer.create', ada)) as Row
    served.loses = () => true
    const lost = client().call('customer.change', { id: made.id, name: 'B' }, { ifMatch: 1 }) as Promise<never>
    await expect(lost).rejects.toBeInstanceOf(built.CrmUnreachable)
    expect(served.seen).toHaveLength(2)
  })

  test('what goes on failing ends as its refusal, what goes on missing as unreachable', async () => {
    failing([503, 503, 503, 503], { 'retry-after': '0' })
    await expect(client({ tries: 3 }).call('customer.list')).rejects.toMatchObject({ status: 503, code: 'http.503', detail: 'no' })
    expect(served.seen).toHaveLength(3)
    await served.stop()
    await expect(client({ tries: 2 }).call('customer.list')).rejects.toBeInstanceOf(built.CrmUnreachable)
    served = await serve(crm)
  })

  test('a call that takes too long, or is not wanted any more, ends', async () => {
    served.trouble = () => true
    await expect(client({ tries: 1, timeoutMs: 100 }).call('customer.list')).rejects.toBeInstanceOf(built.CrmUnreachable)
    const stop = new AbortController()
    const waiting = client().call('customer.list', {}, { signal: stop.signal }) as PromiseLike<unknown>
    const ended = Promise.resolve(waiting).catch((error: unknown) => error)
    stop.abort(new Error('enough'))
    expect(await ended).toMatchObject({ message: 'enough' })
  })

  test('a token that is no longer taken is asked for anew, once', async () => {
    const asked: boolean[] = []
    failing([401, 401, 401])
    const token = ({ fresh }: { fresh: boolean }) => (asked.push(fresh), 'admin')
    await expect(client({ token }).call('customer.list')).rejects.toMatchObject({ status: 401 })
    expect(asked).toEqual([false, true])
    served.seen.length = 0
    failing([401])
    await expect(client({ token }).call('customer.list')).resolves.toMatchObject({ items: [] })
  })

  test('nothing is sent for an operation or a path that does not exist', async () => {
    await expect(client().call('customer.nothing')).rejects.toThrow('There is no operation customer.nothing.')
    await expect(client().call('customer.show', {})).rejects.toThrow('customer.show needs id.')
    expect(served.seen).toEqual([])
  })
})

test('events are followed as they come, each with the place to go on from', async () => {
  const stop = new AbortController()
  const seen: string[] = []
  let place = ''
  const crmClient = client()
  const following = (async () => {
    for await (const { event, after } of crmClient.follow({ after: '1.0', type: 'customer.*', everyMs: 20, signal: stop.signal })) {
      seen.push((event as { subject: string }).subject)
      place = after
      if (seen.length === 3) stop.abort(new Error('enough'))
    }
  })().catch((error: unknown) => error)
  const ids: string[] = []
  for (let nth = 0; nth < 3; nth++) {
    ids.push(((await crmClient.call('customer.create', { name: `Customer ${nth}` })) as Row).id)
    await settle(crm)
  }
  expect(await following).toMatchObject({ message: 'enough' })
  expect(seen).toEqual(ids)
  expect(place).toMatch(/^\d+\.\d+$/)
})
