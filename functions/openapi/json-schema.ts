import * as z from 'zod'

/** A JSON Schema of draft 2020-12, as OpenAPI 3.1 takes it. */
export type JsonSchema = { [keyword: string]: unknown }

/** The schema of what a caller sends (`input`) or gets (`output`). @throws Error when zod cannot say it in JSON Schema */
export function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, '~standard': __, ...made } = z.toJSONSchema(schema, { io, reused: 'inline' }) as JsonSchema
  return io === 'output' ? (opened(made) as JsonSchema) : made
}

/**
 * What an answer promises. It may gain fields in a later release, so its objects do not promise to have no others; and a text
 * that was held against a pattern when it came in is a text when it leaves. Ids keep theirs: it says of what they are.
 */
function opened(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(opened)
  if (typeof value !== 'object' || value === null) return value
  const said = value as JsonSchema
  const isRule = (keyword: string): boolean =>
    (keyword === 'additionalProperties' && said[keyword] === false) ||
    (keyword === 'pattern' && typeof said[keyword] === 'string' && sampleOf(said) === undefined)
  const entries = Object.entries(said).filter(([keyword]) => !isRule(keyword))
  return Object.fromEntries(entries.map(([keyword, inner]) => [keyword, opened(inner)]))
}

/** The properties of an object schema, each with whether it must be given. */
export function propertiesOf(schema: JsonSchema): { name: string; schema: JsonSchema; required: boolean }[] {
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : [])
  return Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>).map(([name, one]) => ({
    name,
    schema: one,
    required: required.has(name),
  }))
}

/** The schema without some properties, in every alternative of it: what remains for the body once the path has taken its part. */
export function without(schema: JsonSchema, names: ReadonlySet<string>): JsonSchema {
  const rest = { ...schema }
  for (const keyword of ['anyOf', 'oneOf', 'allOf']) {
    const alternatives = rest[keyword]
    if (Array.isArray(alternatives)) rest[keyword] = alternatives.map((one: JsonSchema) => without(one, names))
  }
  if (rest['properties']) rest['properties'] = Object.fromEntries(Object.entries(rest['properties']).filter(([name]) => !names.has(name)))
  if (Array.isArray(rest['required'])) {
    const left = rest['required'].filter((name) => !names.has(String(name)))
    if (left.length > 0) rest['required'] = left
    else delete rest['required']
  }
  return rest
}

/** Whether there is anything to send. */
export function isEmpty(schema: JsonSchema): boolean {
  const alternatives = [schema['anyOf'], schema['oneOf'], schema['allOf']].some(Array.isArray)
  const open = schema['additionalProperties'] !== undefined && schema['additionalProperties'] !== false
  return !alternatives && !open && propertiesOf(schema).length === 0
}

/** A value for an id's pattern, `^cus_[0-9A-Za-z]{20}$`; undefined for any other schema. */
export function sampleOf(schema: JsonSchema): string | undefined {
  const { pattern } = schema
  const found = typeof pattern === 'string' && /^\^([a-z]{2,4}_)\[[^\]]+\]\{(\d+)(?:,\d+)?\}\$$/.exec(pattern)
  return found ? `${found[1]}${'0'.repeat(Number(found[2]) - 1)}1` : undefined
}
