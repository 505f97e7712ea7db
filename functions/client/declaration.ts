import type { OpenApi } from '../openapi.ts'
import type { JsonSchema } from '../openapi/json-schema.ts'
import type { Operations } from './caller.ts'

interface Operation {
  operationId: string
  summary: string
  description?: string
  parameters?: { name?: string; in?: string; required?: boolean; description?: string; schema?: JsonSchema }[]
  requestBody?: { required?: boolean; content: Record<string, { schema: JsonSchema }> }
  responses: Record<string, { content?: Record<string, { schema: JsonSchema }> }>
}
interface Described {
  name: string
  method: string
  path: string
  operation: Operation
}

function described(api: OpenApi): Described[] {
  return Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => {
      const operation = one as unknown as Operation
      return { name: operation.operationId, method: method.toUpperCase(), path, operation }
    }),
  )
}

/** What the client must know of each operation to send it. */
export function operationsOf(api: OpenApi): Operations {
  const entries = described(api).map(
    ({ name, method, path, operation }) => [name, `${method}${rowOf(operation) ? '*' : ''} ${path}`] as const,
  )
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/**
 * The declarations of the client: types of all records, and of each operation what it takes and gives, from the description
 * of the API alone. @param common the types that no operation decides, as TypeScript
 */
export function declarationOf(api: OpenApi, common: string): string {
  const schemas = Object.entries((api.components['schemas'] ?? {}) as Record<string, JsonSchema>)
  const types = schemas.filter(([name]) => name !== 'Problem').map(([name, schema]) => `export type ${name} = ${typeOf(schema)}`)
  const nouns = Object.entries(Object.groupBy(described(api), ({ name }) => name.split('.')[0] ?? ''))
  const methods = nouns.map(([noun, all = []]) => `  readonly ${noun}: {\n${all.map(methodOf).join('\n')}\n  }`)
  return [common, ...types, codesOf(api), classes, `export interface Crm extends AnyCrm {\n${methods.join('\n')}\n}`, entry].join('\n\n')
}

const classes = `/** The product refused. */
export interface CrmProblem extends Error, Problem {}
export declare const CrmProblem: new (facts: Problem) => CrmProblem
/** The product could not be reached, however often it was tried. */
export declare class CrmUnreachable extends Error {}

export interface AnyCrm {
  /** Any operation by its name: \`call('deal.win', { id })\`. */
  call(name: string, input?: object, options?: CreateOptions & { ifMatch?: number }): PromiseLike<unknown>
  /** Events as they come, for ever, each with the place to go on from once it is dealt with. */
  follow(options?: FollowOptions): AsyncIterable<{ event: EventOfFeed; after: string }>
  /** Operations by name: method and path. */
  readonly operations: Readonly<Record<string, string>>
}
type EventOfFeed = Awaited<ReturnType<Crm['event']['feed']>>['items'][number]`

const entry = `/** A client of the CRM, for browsers and Node. */
export declare function createCrm(facts: ClientFacts): Crm
`

/** Every code a refusal may have. */
function codesOf(api: OpenApi): string {
  const codes = [...JSON.stringify(api.components['responses']).matchAll(/"code":\{"enum":(\[[^\]]*\])/g)].flatMap(
    ([, list = '[]']) => JSON.parse(list) as string[],
  )
  return `/** Codes the product's refusals may have; \`http.<status>\` for those of a gateway on the way. */\nexport type ProblemCode =\n${[
    ...new Set(codes),
  ]
    .sort()
    .map((code) => `  | '${code}'`)
    .join('\n')}`
}

function methodOf({ name, method, operation }: Described): string {
  const verb = name.split('.')[1] ?? ''
  const { text, required } = inputOf(operation)
  const options =
    method === 'PATCH' || method === 'DELETE'
      ? 'options: ChangeOptions'
      : `options?: ${method === 'POST' ? 'CreateOptions' : 'CallOptions'}`
  const row = rowOf(operation)
  const gives = row ? `Paged<${typeOf(row)}>` : `Promise<${answerOf(operation)}>`
  return `    /** ${operation.summary}. */\n    ${verb}(input${required || options.startsWith('options:') ? '' : '?'}: ${text}, ${options}): ${gives}`
}

/** The flat input: path, query and body together. */
function inputOf({ parameters = [], requestBody }: Operation): { text: string; required: boolean } {
  const named = parameters.filter((one) => one.in === 'path' || one.in === 'query')
  const fields = named.map((one) => `${comment(one.description)}${one.name}${one.required ? '' : '?'}: ${typeOf(one.schema ?? {})}`)
  const body = requestBody?.content['application/json']?.schema
  const parts = [...(fields.length > 0 ? [`{ ${fields.join('; ')} }`] : []), ...(body ? [typeOf(body)] : [])]
  const required = named.some((one) => one.required) || requestBody?.required === true
  return { text: parts.length > 0 ? parts.join(' & ') : 'Record<string, never>', required }
}

function schemaOf({ responses }: Operation): JsonSchema | 'text' | undefined {
  const [, success] = Object.entries(responses).find(([status]) => status.startsWith('2')) ?? []
  const content = Object.entries(success?.content ?? {})[0]
  return content && (content[0] === 'application/json' ? content[1].schema : 'text')
}

function answerOf(operation: Operation): string {
  const schema = schemaOf(operation)
  return schema === undefined ? 'void' : schema === 'text' ? 'string' : typeOf(schema)
}

/** The rows of a list that goes on by a cursor; undefined for any other answer. */
function rowOf(operation: Operation): JsonSchema | undefined {
  const schema = schemaOf(operation)
  if (schema === undefined || schema === 'text' || !operation.parameters?.some(({ name }) => name === 'cursor')) return undefined
  const { items, nextCursor } = (schema['properties'] ?? {}) as Record<string, JsonSchema>
  return nextCursor && (items?.['items'] as JsonSchema | undefined)
}

/** A JSON Schema as a TypeScript type. What a type cannot say (patterns, bounds) the product says. */
export function typeOf(schema: JsonSchema): string {
  const { $ref, type } = schema
  if (typeof $ref === 'string') return $ref.split('/').at(-1) ?? 'unknown'
  if ('const' in schema) return JSON.stringify(schema['const'])
  if (Array.isArray(schema['enum'])) return schema['enum'].map((one) => JSON.stringify(one)).join(' | ') || 'never'
  for (const [keyword, join] of [
    ['anyOf', ' | '],
    ['oneOf', ' | '],
    ['allOf', ' & '],
  ] as const) {
    const all = schema[keyword]
    if (!Array.isArray(all)) continue
    const { [keyword]: _, ...rest } = schema
    const joined = `(${[...new Set(all.map((one: JsonSchema) => typeOf(one)))].join(join)})`
    return rest['properties'] ? `(${objectOf(rest)} & ${joined})` : joined
  }
  if (Array.isArray(type)) return `(${type.map((one: string) => typeOf({ ...schema, type: one })).join(' | ')})`
  return plain(schema, type)
}

function plain(schema: JsonSchema, type: unknown): string {
  switch (type) {
    case 'string':
      return 'string'
    case 'number':
    case 'integer':
      return 'number'
    case 'boolean':
      return 'boolean'
    case 'null':
      return 'null'
    case 'array':
      return Array.isArray(schema['prefixItems'])
        ? `[${schema['prefixItems'].map((one: JsonSchema) => typeOf(one)).join(', ')}]`
        : `${wrapped(typeOf((schema['items'] ?? {}) as JsonSchema))}[]`
    case 'object':
      return objectOf(schema)
    default:
      return schema['properties'] ? objectOf(schema) : 'unknown'
  }
}

const wrapped = (text: string): string => (/[|&]/.test(text) && !/^[({]/.test(text) ? `(${text})` : text)

function objectOf(schema: JsonSchema): string {
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : [])
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>)
  const fields = properties.map(
    ([name, one]) => `${comment(one['description'])}${keyOf(name)}${required.has(name) ? '' : '?'}: ${typeOf(one)}`,
  )
  const others = schema['additionalProperties']
  const open = typeof others === 'object' && others !== null
  if (fields.length === 0) return open ? `Record<string, ${typeOf(others as JsonSchema)}>` : 'Record<string, unknown>'
  return `{ ${fields.join('; ')}${open ? '; [other: string]: unknown' : ''} }`
}

const keyOf = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name))
const comment = (text: unknown): string => (typeof text === 'string' ? `/** ${text.replaceAll('*/', '*\\/')} */ ` : '')
