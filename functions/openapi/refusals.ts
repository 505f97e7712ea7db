import type { Entity } from '../../domain/kernel/entity.ts'
import { kinds, type FaultKind } from '../../domain/kernel/fault.ts'
import type { Route } from '../../domain/kernel/route.ts'
import type { JsonSchema } from './json-schema.ts'

/** The kinds a code is thrown with; none when nothing throws it. */
export type KindOfCode = (code: string) => readonly FaultKind[]

/** Codes every route may answer with. */
const always: readonly string[] = ['input.invalid', 'record.busy', 'records.unavailable', 'request.out_of_time']

/** Codes of every route that asks for a token. */
const signedIn: readonly string[] = ['token.not_access', 'token.nobody', 'user.disabled', 'permission.missing']

/** What the description of a refusal takes from the rest of the product. */
export interface Known {
  kindOf: KindOfCode
  /** The kind of record whose ids begin so; undefined when there is none. */
  kindWith: (prefix: string) => Pick<Entity, 'noun' | 'home'> | undefined
}

/** The codes a caller of a route may meet, by status: a closed list. @param fields of the route's input, by name */
export function refusalsOf(route: Route, fields: ReadonlyMap<string, JsonSchema>, known: Known): Map<number, string[]> {
  const byStatus = new Map<number, string[]>()
  for (const code of new Set([...always, ...(route.public ? [] : signedIn), ...usual(route, fields, known), ...(route.faults ?? [])])) {
    const thrown = known.kindOf(code)
    for (const kind of thrown.length > 0 ? thrown : (['conflict'] as const))
      byStatus.set(kinds[kind], [...(byStatus.get(kinds[kind]) ?? []), code])
  }
  return new Map([...byStatus].sort(([a], [b]) => a - b))
}

/** What follows from the form of a route. */
function usual({ method, path, can }: Route, fields: ReadonlyMap<string, JsonSchema>, { kindWith }: Known): string[] {
  const hasBody = method === 'POST' || method === 'PUT' || method === 'PATCH'
  const asked = [...path.matchAll(/\{(\w+)\}/g)]
    .map(([, name = '']) => prefixIn(fields.get(name)))
    .map((prefix) => prefix && kindWith(prefix))
  const nouns = asked.map((kind) => (kind ? kind.noun : (can.split(':')[0] ?? '')))
  const changed = nouns[0] ?? can.split(':')[0] ?? ''
  const ofCustomer = asked.some((kind) => kind && (kind.noun === 'customer' || kind.home === 'customer'))
  const isKeyed = method === 'POST'
  return [
    ...(hasBody ? ['body.not_json', 'body.not_object', 'body.too_deep', 'body.too_large', 'body.unsupported_type'] : []),
    ...nouns.map((noun) => `${noun}.not_found`),
    ...(ofCustomer || isKeyed ? ['customer.erased'] : []),
    ...(method === 'PATCH' ? ['patch.empty'] : []),
    ...(fields.has('from') && fields.has('to') ? ['days.reversed'] : []),
    ...(method === 'PATCH' || method === 'DELETE' ? ['if_match.missing', 'if_match.invalid', `${changed}.version_differs`] : []),
    ...(isKeyed ? ['idempotency.key_invalid', 'idempotency.key_reused'] : []),
    ...(fields.has('cursor') ? ['cursor.invalid', 'field.unknown', 'filter.unsupported', 'scope.outside'] : []),
  ]
}

/** What an id of a schema's pattern begins with: `cus` of `^cus_[0-9A-Za-z]{20,40}$`. */
const prefixIn = (schema: JsonSchema | undefined): string | undefined => /^\^([a-z]+)_\[/.exec(String(schema?.['pattern']))?.[1]

const issue: JsonSchema = {
  type: 'object',
  required: ['path', 'code', 'message'],
  properties: {
    path: { type: 'string', description: 'Where, in dots: `emails.0.address`' },
    code: { type: 'string' },
    message: { type: 'string' },
  },
}

/** The problem document of RFC 9457 with the product's own members. */
export const problemSchema: JsonSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
  properties: {
    type: { type: 'string', format: 'uri', description: '`urn:crm:problem:` and the code' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'For people' },
    code: { type: 'string', description: 'For machines: `noun.problem`' },
    requestId: { type: 'string', description: 'Say this when asking for help' },
    errors: { type: 'array', items: issue, description: 'For invalid input: every thing wrong with it' },
    existingId: { type: 'string', description: 'For a conflict: the record that is there' },
    currentVersion: { type: 'integer', description: 'For a version that differs: the version that is there' },
    conflicts: {
      type: 'array',
      description: 'For a version that differs: the fields you would have overwritten',
      items: {
        type: 'object',
        required: ['field', 'yours', 'theirs'],
        properties: { field: { type: 'string' }, yours: {}, theirs: {}, original: { description: 'What you saw, where it may be told' } },
      },
    },
  },
}

const told: Readonly<Record<number, string>> = {
  400: 'The input is not valid',
  401: 'No token, or one that does not count',
  403: 'Not permitted to you',
  404: 'Not there, or not yours to know of',
  409: 'In conflict with what is there',
  410: 'Erased',
  412: 'Changed meanwhile',
  413: 'Too large',
  415: 'Not a media type the product takes',
  422: 'The key was used for something else',
  428: 'Say which version you change',
  429: 'Too many requests',
  503: 'Try again in a moment',
}

/** What API Gateway says by itself. */
const gatewaySchema: JsonSchema = { type: 'object', properties: { message: { type: 'string' } } }

/**
 * What any request may meet before or beyond the product's own rules. Too many of one caller or of the workspace are the
 * product's own refusal; too many of all together API Gateway refuses itself, in its own short form.
 */
export const outerResponses: Readonly<Record<string, JsonSchema>> = {
  TooMany: {
    description: 'Too many requests: `request.over_budget`, `workspace.over_budget`. Wait and send it again.',
    headers: {
      'Retry-After': { $ref: '#/components/headers/RetryAfter' },
      RateLimit: { $ref: '#/components/headers/RateLimit' },
      'RateLimit-Policy': { $ref: '#/components/headers/RateLimitPolicy' },
    },
    content: {
      'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
      'application/json': { schema: gatewaySchema },
    },
  },
  Internal: {
    description: 'A defect of ours, logged under the request id: `internal`',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  },
}

/** A refusal as an OpenAPI response with its closed list of codes. */
export function refusalResponse(status: number, codes: readonly string[]): JsonSchema {
  const retry = status === 429 || status === 503
  // API Gateway refuses a token that does not verify before the product is asked, in its own short form.
  const short = status === 401 && { 'application/json': { schema: gatewaySchema } }
  return {
    description: `${told[status] ?? 'Refused'}: ${codes.map((code) => `\`${code}\``).join(', ')}`,
    ...(retry && { headers: { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } } }),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [
            { $ref: '#/components/schemas/Problem' },
            { type: 'object', properties: { status: { const: status }, code: { enum: [...codes] } } },
          ],
        },
      },
      ...short,
    },
  }
}
