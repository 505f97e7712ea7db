import type * as z from 'zod'
import type { Issue } from './fault.ts'

/** Issues told of one input; who sends more wrong fields than this learns of the rest with the next try. */
const MOST_ISSUES = 100

/**
 * Every issue of a refused input, each with its path, up to a number that no form reaches: a refusal must not outgrow what it
 * refuses. The first unknown field of an object is told with those there are.
 * @param schema of the input
 * @param inPath names of fields that the path says, so that nobody is told to send them
 */
export function issuesOf(error: z.core.$ZodError, schema?: z.core.$ZodType, inPath: readonly string[] = []): Issue[] {
  return error.issues.flatMap((issue) => issuesIn(issue, [], schema, inPath)).slice(0, MOST_ISSUES)
}

type Path = readonly PropertyKey[]

function issuesIn(issue: z.core.$ZodIssue, above: Path, schema: z.core.$ZodType | undefined, inPath: readonly string[]): Issue[] {
  const path = [...above, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    const known = (schema ? fieldsAt(schema, path) : []).filter((name) => path.length > 0 || !inPath.includes(name))
    return issue.keys.map((key, at) => ({
      path: [...path, key].join('.'),
      code: 'unknown_field',
      message: at === 0 && known.length > 0 ? `There is no such field. There are: ${known.join(', ')}.` : 'There is no such field.',
    }))
  }
  if (issue.code === 'invalid_union') {
    const inner = issue.errors.flat()
    if (inner.length > 0) return inner.flatMap((one) => issuesIn(one, path, schema, inPath))
  }
  return [{ path: path.join('.'), code: issue.code, message: issue.message }]
}

/** What a missing value is called; any other issue has zod's own words or those of its schema. */
export const wording = (issue: z.core.$ZodRawIssue): string | undefined => {
  if (issue.code !== 'invalid_type') return undefined
  if (issue.input === undefined) return 'This is needed.'
  return Number.isNaN(issue.input) ? `This is to be ${issue.expected === 'int' ? 'a whole number' : 'a number'}.` : undefined
}

/** The names of the fields that an object has at a place in an input. */
function fieldsAt(schema: z.core.$ZodType, path: Path): string[] {
  const at = path.reduce<z.core.$ZodType[]>((found, step) => found.flatMap((one) => below(one, step)), [schema])
  return [...new Set(at.flatMap(plain).flatMap((one) => (one.type === 'object' ? Object.keys(one.shape) : [])))]
}

function below(schema: z.core.$ZodType, step: PropertyKey): z.core.$ZodType[] {
  return plain(schema).flatMap((one): z.core.$ZodType[] => {
    if (one.type === 'object') return Object.hasOwn(one.shape, step) ? [one.shape[String(step)] as z.core.$ZodType] : []
    if (one.type === 'array') return [one.element]
    return one.type === 'record' ? [one.valueType] : []
  })
}

/** A schema without what is wrapped around it; each of a choice. */
function plain(schema: z.core.$ZodType): z.core.$ZodTypes['_zod']['def'][] {
  const { def } = (schema as z.core.$ZodTypes)._zod
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
    case 'catch':
      return plain(def.innerType)
    case 'pipe':
      return plain(def.in)
    case 'lazy':
      return plain(def.getter())
    case 'union':
      return def.options.flatMap(plain)
    case 'intersection':
      return [...plain(def.left), ...plain(def.right)]
    default:
      return [def]
  }
}
