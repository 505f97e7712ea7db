import { kinds, type FaultKind } from '../../domain/kernel/fault.ts'
import type { Route } from '../../domain/kernel/route.ts'
import type { JsonSchema } from './json-schema.ts'

/** The kind a code is thrown with; undefined when nothing throws it. */
export type KindOfCode = (code: string) => FaultKind | undefined

/** Codes every route may answer with. */
const always: readonly string[] = ['input.invalid', 'record.busy', 'request.out_of_time']

/** Codes of every route that asks for a token. */
const signedIn: readonly string[] = ['token.not_access', 'token.nobody', 'user.disabled', 'permission.missing']

/** The codes a caller of a route may meet, by status: a closed list. @param fields names of the route's input */
export function refusalsOf(route: Route, fields: readonly string[], kindOf: KindOfCode): Map<number, string[]> {
  const byStatus = new Map<number, string[]>()
  for (const code of new Set([...always, ...(route.public ? [] : signedIn), ...usual(route, fields), ...(route.faults ?? [])])) {
    const status = kinds[kindOf(code) ?? 'conflict']
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return new Map([...byStatus].sort(([a], [b]) => a - b))
}

/** What follows from the form of a route. */
function usual({ method, path, can }: Route, fields: readonly string[]): string[] {
  const noun = can.split(':')[0] ?? ''
  const hasBody = method === 'POST' || method === 'PUT' || method === 'PATCH'
  return [
    ...(hasBody ? ['body.not_json', 'body.not_object', 'body.too_deep', 'body.too_large'] : []),
    ...(path.includes('{') ? [`${noun}.not_found`] : []),
    ...(method === 'PATCH' || method === 'DELETE' ? ['if_match.missing', 'if_match.invalid', `${noun}.version_differs`] : []),
    ...(method === 'POST' ? ['idempotency.key_invalid', 'idempotency.key_reused'] : []),
    ...(fields.includes('cursor') ? ['cursor.invalid', 'field.unknown', 'scope.outside'] : []),
  ]
}

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
      'application/json': { schema: { type: 'object', properties: { message: { type: 'string' } } } },
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
    },
  }
}
