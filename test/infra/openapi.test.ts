import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { modules, routes } from '../../domain/index.ts'
import { action } from '../../domain/kernel/action.ts'
import { module } from '../../domain/kernel/module.ts'
import { route } from '../../domain/kernel/route.ts'
import { docsFiles, docsHandler, publicPaths } from '../../functions/docs.ts'
import { openApi, type OpenApi } from '../../functions/openapi.ts'
import type { HttpEvent } from '../../functions/request.ts'
import { document, writeDocs } from '../../infra/docs-page.ts'
import { faultKinds } from '../../infra/fault-kinds.ts'

interface Operation {
  operationId: string
  summary: string
  tags: string[]
  'x-permission': string
  parameters: { name?: string; in?: string; $ref?: string; required?: boolean }[]
  requestBody?: { required: boolean; content: { 'application/json': { schema: object; example?: unknown } } }
  responses: Record<string, { $ref?: string; description?: string; headers?: object }>
}

const api: OpenApi = JSON.parse(JSON.stringify(document()))
const operationAt = (doc: OpenApi, method: string, path: string): Operation =>
  doc.paths[path]?.[method.toLowerCase()] as unknown as Operation
const named = routes.map((one) => [`${one.method} ${one.path}`, one] as const)

describe('the description of the API', () => {
  test('is valid OpenAPI 3.1', async () => {
    const outcome = await new Validator().validate({ ...api })
    expect(outcome.errors ?? []).toEqual([])
    expect(outcome.valid).toBe(true)
  })

  test('every reference in it leads somewhere', () => {
    const targets = [...JSON.stringify(api).matchAll(/"\$ref":"#\/components\/(\w+)\/([^"]+)"/g)]
    expect(targets.filter(([, kind = '', name = '']) => !Object.hasOwn(api.components[kind] ?? {}, name))).toEqual([])
  })

  test('has every route and nothing else, each under a name of its own', () => {
    const described = Object.entries(api.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(described.sort()).toEqual(named.map(([name]) => name).sort())
    expect(new Set(routes.map(({ action: does }) => does.name)).size).toBe(routes.length)
  })

  test.each(named)('%s says what it does, who may, and how it refuses', (_, { method, path, can, action: does, public: open }) => {
    const operation = operationAt(api, method, path)
    const who = open ? { security: [] } : { 'x-permission': can }
    expect(operation).toMatchObject({ operationId: does.name, ...who, tags: [can.split(':')[0]] })
    expect(operation.summary.length).toBeGreaterThan(4)
    expect(Object.keys(operation.responses)).toEqual(
      expect.arrayContaining(['400', ...(open ? [] : ['401', '403']), '429', '500', '503', ...(path.includes('{') ? ['404'] : [])]),
    )
    expect(operation.requestBody?.content['application/json'] ?? { example: 'no body' }).toHaveProperty('example')
  })

  test.each(named.filter(([, { example }]) => example))(
    'the example of %s is one the product takes',
    (_, { path, action: does, example }) => {
      const inPath = new Set([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))
      const issues = does.schemas().input.safeParse({ ...example }).error?.issues ?? []
      expect(issues.filter((issue) => !inPath.has(String(issue.path[0])))).toEqual([])
    },
  )

  test('what the path names is not asked for again in the body', () => {
    for (const [, { method, path }] of named) {
      const schema = operationAt(api, method, path).requestBody?.content['application/json'].schema as { properties?: object } | undefined
      const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '')
      expect(names.filter((name) => Object.hasOwn(schema?.properties ?? {}, name))).toEqual([])
    }
  })

  test('changing names the version, creating may name a key, reading may name what is had', () => {
    const headerOf: Record<string, string> = { PATCH: 'IfMatch', DELETE: 'IfMatch', POST: 'IdempotencyKey', GET: 'IfNoneMatch' }
    for (const [, { method, path }] of named) {
      const refs = operationAt(api, method, path).parameters.flatMap(({ $ref }) => $ref?.split('/').at(-1) ?? [])
      expect(refs).toEqual(headerOf[method] ? [headerOf[method]] : [])
    }
  })

  test('every fault a route declares is one that something throws', () => {
    const kindOf = faultKinds()
    expect(
      routes.flatMap(({ method, path, faults = [] }) =>
        faults.filter((code) => kindOf(code).length === 0).map((code) => `${method} ${path} ${code}`),
      ),
    ).toEqual([])
  })

  test('answers do not promise to have no other fields', () => {
    for (const [name, schema] of Object.entries(api.components['schemas'] ?? {}))
      expect(`${name} ${JSON.stringify(schema)}`).not.toContain('"additionalProperties":false')
  })

  test('people send a token, machines get theirs by client credentials', () => {
    expect(api.security).toEqual([{ token: [] }, { machine: [] }])
    expect(api.components['securitySchemes']).toMatchObject({
      token: { type: 'http', scheme: 'bearer' },
      machine: { flows: { clientCredentials: { scopes: { 'crm/integration': expect.any(String) } } } },
    })
  })
})

describe('made from a small module', () => {
  const input = () =>
    z.union([
      z.strictObject({ id: z.string(), kind: z.literal('a'), size: z.int() }),
      z.strictObject({ id: z.string(), kind: z.literal('b') }),
    ])
  const put = action(
    'thing.put',
    () => ({ input: input(), output: z.object({ id: z.string(), version: z.int() }) }),
    async (_, { id }) => ({ id, version: 1 }),
  )
  const list = action(
    'thing.list',
    () => ({
      input: z.strictObject({ limit: z.coerce.number().default(25), cursor: z.string().optional() }),
      output: z.object({ items: z.array(z.object({ id: z.string() })), nextCursor: z.string().optional() }),
    }),
    async () => ({ items: [] }),
  )
  const thing = module('thing', {
    verbs: ['read', 'write'],
    entities: [],
    events: [],
    routes: [
      route('PUT /things/{id}', put, { can: 'thing:write', summary: 'Put a thing', example: { kind: 'b' }, faults: ['thing.odd'] }),
      route('GET /things', list, { can: 'thing:read', summary: 'All things', example: { limit: 10 } }),
    ],
  })
  const made = openApi([thing], { version: '1', kindOf: (code) => [code === 'thing.odd' ? 'gone' : 'invalid'], machineRoles: {} })

  test('a choice of bodies loses the path’s part in each', () => {
    const schema = operationAt(made, 'PUT', '/things/{id}').requestBody?.content['application/json'].schema
    expect(schema).toMatchObject({ anyOf: [{ required: ['kind', 'size'] }, { required: ['kind'] }] })
    expect(JSON.stringify(schema)).not.toContain('"id"')
  })

  test('a declared fault stands under the status it is thrown with', () => {
    expect(made.components['responses']).toMatchObject({ Refused410: { description: 'Erased: `thing.odd`' } })
  })

  test('a list has its filters in the query and the next page in a header', () => {
    const operation = operationAt(made, 'GET', '/things')
    expect(operation.parameters).toMatchObject([
      { name: 'limit', in: 'query', required: false, example: 10 },
      { name: 'cursor', in: 'query' },
      {},
    ])
    expect(operation.responses['200']?.headers).toEqual({ Link: { $ref: '#/components/headers/Link' } })
  })
})

describe('the public function', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crm-docs-'))
  const handler = docsHandler(() => ({ folder, signIn: 'https://crm.auth.eu-west-1.amazoncognito.com' }))
  const get = (rawPath: string, headers: Record<string, string> = {}) =>
    handler({
      routeKey: '',
      rawPath,
      rawQueryString: '',
      headers,
      requestContext: { requestId: 'r-1', http: { method: 'GET', path: rawPath } },
    } satisfies HttpEvent)
  const textOf = ({ body }: { body: string }) => Buffer.from(body, 'base64').toString()

  beforeAll(() => writeDocs(folder))
  afterAll(() => rmSync(folder, { recursive: true }))

  test('serves every file there is', async () => {
    expect(docsFiles.length).toBe(6)
    for (const path of [
      '/v1/openapi.json',
      '/v1/docs',
      '/v1/docs/page.js',
      '/v1/docs/swagger-ui-bundle.js',
      '/v1/docs/swagger-ui.css',
      '/v1/docs/favicon.png',
    ]) {
      expect((await get(path)).statusCode).toBe(200)
    }
  })

  test('gives the description with this deployment’s sign-in in it', async () => {
    const answer = await get('/v1/openapi.json')
    const served = JSON.parse(textOf(answer)) as OpenApi
    expect(answer.headers['content-type']).toBe('application/json')
    expect(Object.keys(served.paths)).toEqual(Object.keys(api.paths))
    expect(JSON.stringify(served.components['securitySchemes'])).toContain(
      '"tokenUrl":"https://crm.auth.eu-west-1.amazoncognito.com/oauth2/token"',
    )
  })

  test('sends compressed what the browser takes compressed', async () => {
    const answer = await get('/v1/docs/swagger-ui-bundle.js', { 'accept-encoding': 'br, gzip' })
    expect(answer.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(Buffer.from(answer.body, 'base64')).toString()).toContain('SwaggerUIBundle')
    expect(answer.body.length).toBeLessThan(5_000_000)
  })

  test('answers 304 for what the browser has', async () => {
    const { headers } = await get('/v1/docs')
    expect(await get('/v1/docs', { 'if-none-match': headers['etag'] ?? '' })).toMatchObject({ statusCode: 304, body: '' })
  })

  test('the page takes nothing from elsewhere and may not', async () => {
    const answer = await get('/v1/docs')
    expect(textOf(answer)).not.toMatch(/https?:\/\//)
    const policy = answer.headers['content-security-policy'] ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain("connect-src 'self' https://crm.auth.eu-west-1.amazoncognito.com;")
    const script = textOf(await get('/v1/docs/page.js'))
    expect(script).toContain('validatorUrl: null')
  })

  test('is healthy without asking anything', async () => {
    expect(await get('/v1/health')).toMatchObject({ statusCode: 200, body: '{"status":"ok"}' })
  })

  test.each(['/v1/docs/index.html.gz', '/v1/docs/../index.js', '/v1/docs/__proto__', '/v1/docs/constructor'])(
    '%s is a 404 problem',
    async (path) => {
      const answer = await get(path)
      expect(answer.statusCode).toBe(404)
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'file.not_found', requestId: 'r-1' })
    },
  )

  test('the paths it answers are the ones the stack opens', () => {
    expect(publicPaths).toEqual(['/openapi.json', '/docs', '/docs/{file}', '/health'])
  })
})

test('every module of the product is in the description', () => {
  const tags = api.tags.map((tag) => tag['name'])
  expect(tags).toEqual(modules.filter((one) => one.routes.length > 0).map(({ noun }) => noun))
})
