import type { Route } from '../../domain/kernel/route.ts'
import { isEmpty, propertiesOf, sampleOf, schemaOf, without, type JsonSchema } from './json-schema.ts'
import { refusalResponse, refusalsOf, type Known } from './refusals.ts'

/** Gives a part used in several places a name, and a reference in its place. */
export type Share = (name: string, part: JsonSchema) => JsonSchema
export interface Shares {
  schema: Share
  response: Share
}

/** One route as an OpenAPI operation. The flat input is taken apart again: path, then query or body. */
export function operationOf(route: Route, known: Known, share: Shares): JsonSchema {
  const { input, output } = route.action.schemas()
  const given = schemaOf(input, 'input')
  const path = new Set([...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ''))
  const hasBody = route.method === 'POST' || route.method === 'PUT' || route.method === 'PATCH'
  const fields = fieldsOf(given)
  const rest = without(given, path)
  return {
    operationId: route.action.name,
    summary: route.summary,
    ...(route.description && { description: route.description }),
    tags: [route.can.split(':')[0]],
    ...(route.public ? { security: [] } : { 'x-permission': route.can }),
    parameters: [
      ...[...path].map((name) => pathParameter(name, fields.get(name) ?? { type: 'string' })),
      ...(hasBody ? [] : propertiesOf(rest).map((one) => queryParameter(one, route.example?.[one.name]))),
      ...headersOf(route),
    ],
    ...(hasBody && !isEmpty(rest) && { requestBody: bodyOf(rest, route) }),
    responses: {
      ...(route.existing && { 200: success({ ...route, status: 200 }, schemaOf(output, 'output'), share.schema) }),
      [route.status]: success(route, schemaOf(output, 'output'), share.schema),
      ...(route.method === 'GET' && { 304: { description: 'As you have it' } }),
      ...Object.fromEntries(
        [...refusalsOf(route, fields, known)].map(([status, codes]) => [
          status,
          share.response(`Refused${status}`, refusalResponse(status, codes)),
        ]),
      ),
      429: { $ref: '#/components/responses/TooMany' },
      500: { $ref: '#/components/responses/Internal' },
    },
  }
}

/** The fields of an input, those of every alternative included. */
export function fieldsOf(schema: JsonSchema): Map<string, JsonSchema> {
  const alternatives = [schema['anyOf'], schema['oneOf'], schema['allOf']].filter(Array.isArray).flat() as JsonSchema[]
  const all = [schema, ...alternatives].flatMap(propertiesOf)
  return new Map(all.map(({ name, schema: one }) => [name, one]))
}

function pathParameter(name: string, schema: JsonSchema): JsonSchema {
  const example = sampleOf(schema)
  return { name, in: 'path', required: true, schema, ...(example && { example }) }
}

function queryParameter({ name, schema, required }: { name: string; schema: JsonSchema; required: boolean }, example: unknown): JsonSchema {
  const { description, ...rest } = schema
  return {
    name,
    in: 'query',
    required,
    ...(typeof description === 'string' && { description }),
    schema: rest,
    ...(example !== undefined && { example }),
  }
}

function headersOf({ method }: Route): JsonSchema[] {
  if (method === 'POST') return [{ $ref: '#/components/parameters/IdempotencyKey' }]
  if (method === 'PATCH' || method === 'DELETE') return [{ $ref: '#/components/parameters/IfMatch' }]
  return method === 'GET' ? [{ $ref: '#/components/parameters/IfNoneMatch' }] : []
}

function bodyOf(schema: JsonSchema, { method, example }: Route): JsonSchema {
  const required =
    method !== 'POST' || Array.isArray(schema['required']) || Array.isArray(schema['anyOf']) || Array.isArray(schema['oneOf'])
  return { required, content: { 'application/json': { schema, ...(example !== undefined && { example }) } } }
}

/** The answer: a record with its ETag, a page with the link to the next, or nothing. */
function success({ method, status, can, path, type }: Route, schema: JsonSchema, share: Share): JsonSchema {
  if (status === 204) return { description: 'Done' }
  if (type !== undefined) return { description: 'Done', content: { [type]: { schema } } }
  const noun = can.split(':')[0] ?? ''
  const named = new Map(propertiesOf(schema).map((one) => [one.name, one]))
  const items = named.get('items')?.schema['items'] as JsonSchema | undefined
  const isPage = items !== undefined && named.has('nextCursor')
  const headers = {
    ...(named.has('version') && { ETag: { $ref: '#/components/headers/ETag' } }),
    ...(isPage && { Link: { $ref: '#/components/headers/Link' } }),
    ...(status === 201 && named.has('id') && { Location: { $ref: '#/components/headers/Location' } }),
    ...(method === 'POST' && { 'Idempotent-Replayed': { $ref: '#/components/headers/IdempotentReplayed' } }),
  }
  const name = pascal(noun)
  const last = path.split('/').findLast((part) => !part.startsWith('{')) ?? ''
  const body = isPage
    ? { ...schema, properties: { ...(schema['properties'] as object), items: { type: 'array', items: share(`${name}Row`, items) } } }
    : share(named.has('version') || last === noun ? name : name + pascal(last), schema)
  return {
    description: status === 201 ? 'Created' : 'Done',
    ...(Object.keys(headers).length > 0 && { headers }),
    content: { 'application/json': { schema: body } },
  }
}

const pascal = (text: string): string =>
  text
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
