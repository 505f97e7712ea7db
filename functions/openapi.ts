import type { Module } from '../domain/kernel/module.ts'
import { SIGN_IN_PLACE } from './docs.ts'
import { VERSION_PREFIX } from './http.ts'
import { SCOPE_PREFIX } from './actor.ts'
import type { JsonSchema } from './openapi/json-schema.ts'
import { operationOf, type Share } from './openapi/operation.ts'
import { outerResponses, problemSchema, type KindOfCode, type Known } from './openapi/refusals.ts'

export interface OpenApiFacts {
  /** Of the product. */
  version: string
  /** The kind each fault code is thrown with. */
  kindOf: KindOfCode
  /** Roles of machine clients, with what each may do. */
  machineRoles: Readonly<Record<string, string>>
}

/** An OpenAPI 3.1 document: plain data, made once when the stack is. */
export interface OpenApi {
  openapi: '3.1.0'
  info: JsonSchema
  servers: JsonSchema[]
  tags: JsonSchema[]
  paths: Record<string, Record<string, JsonSchema>>
  components: Record<string, JsonSchema>
  security: JsonSchema[]
}

/** The description of the whole API, from nothing but the declarations of its modules. */
export function openApi(modules: readonly Module[], facts: OpenApiFacts): OpenApi {
  const [schemas, responses] = [sharing('schemas'), sharing('responses')]
  const share = { schema: schemas.share, response: responses.share }
  const known = { kindOf: facts.kindOf, kindWith: kindsIn(modules) }
  const paths: OpenApi['paths'] = {}
  for (const route of modules.flatMap((one) => one.routes)) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route, known, share) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'CRM', version: facts.version, description: preface, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: VERSION_PREFIX, description: 'This deployment' }],
    tags: modules.filter(({ routes }) => routes.length > 0).map(({ noun }) => ({ name: noun })),
    paths,
    components: {
      schemas: { Problem: problemSchema, ...schemas.shared },
      responses: { ...outerResponses, ...responses.shared },
      parameters,
      headers,
      securitySchemes: securitySchemes(facts.machineRoles),
    },
    security: [{ token: [] }, { machine: [] }],
  }
}

/** Kinds of record by what their ids begin with. */
export function kindsIn(modules: readonly Module[]): Known['kindWith'] {
  const kinds = new Map(modules.flatMap(({ entities }) => entities.map((kind) => [kind.prefix, kind] as const)))
  return (prefix) => kinds.get(prefix)
}

/** Parts by name. The same part twice is one; another under a taken name gets a number. */
function sharing(place: 'schemas' | 'responses'): { share: Share; shared: Record<string, JsonSchema> } {
  const shared: Record<string, JsonSchema> = {}
  const share: Share = (wanted, part) => {
    const text = JSON.stringify(part)
    for (let nth = 1; ; nth++) {
      const name = nth === 1 ? wanted : `${wanted}_${nth}`
      const there = shared[name]
      if (there && JSON.stringify(there) !== text) continue
      shared[name] = part
      return { $ref: `#/components/${place}/${name}` }
    }
  }
  return { share, shared }
}

const preface = `Everything the CRM can do. JSON, UTC times, money as \`{ "amount": minor units, "currency": "CNY" }\`.

**Signing in.** Send \`Authorization: Bearer\` with an access token: of a person, from the hosted sign-in, or of a machine, by client credentials.
Each operation names the permission it needs.

**Errors** are \`application/problem+json\` (RFC 9457) with a \`code\` from the list each operation gives.

**Changing** a record needs \`If-Match\` with the \`ETag\` you read. **Creating** is safe to repeat with an \`Idempotency-Key\`.

**Budgets**: every answer says in \`RateLimit\` how many requests are left to you. Beyond them comes a 429 with \`Retry-After\`.

**Lists** come in pages: follow \`nextCursor\`, or the \`Link\` header. Unknown fields and filters are refused, never ignored.`

const header = (description: string, schema: JsonSchema = { type: 'string' }): JsonSchema => ({ description, schema })

const headers: Record<string, JsonSchema> = {
  ETag: header('Version of the record, to send back in `If-Match`'),
  Link: header('The next page: `</v1/…?cursor=…>; rel="next"`'),
  Location: header('Where the new record is'),
  IdempotentReplayed: header('`true` when this key was answered before and this is that answer'),
  RateLimit: header('What is left: `"person";r=299;t=10`, 299 requests, and the window ends in 10 seconds'),
  RateLimitPolicy: header('The budgets: `"person";q=300;w=10`, 300 requests in any 10 seconds'),
  RetryAfter: header('Seconds to wait', { type: 'integer' }),
}

const parameters: Record<string, JsonSchema> = {
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    required: true,
    description: 'The ETag you read',
    schema: { type: 'string', pattern: '^"\\d{1,15}"$' },
    example: '"1"',
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    required: false,
    description: 'The ETag you have: 304 when it is still so',
    schema: { type: 'string' },
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description: 'A text of your own. The same key with the same body, within a day, is carried out once and answered alike.',
    schema: { type: 'string', pattern: '^"?[!-~]{1,255}"?$' },
  },
}

function securitySchemes(machineRoles: Readonly<Record<string, string>>): JsonSchema {
  const scopes = Object.fromEntries(Object.entries(machineRoles).map(([role, text]) => [SCOPE_PREFIX + role, text]))
  return {
    token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An access token' },
    machine: { type: 'oauth2', flows: { clientCredentials: { tokenUrl: `${SIGN_IN_PLACE}/oauth2/token`, scopes } } },
  }
}
