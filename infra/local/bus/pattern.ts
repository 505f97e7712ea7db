import { isObject, type Json, type JsonObject, list, object, text } from '../json.ts'

/**
 * EventBridge's event patterns, as rules and event-source filters use them: every field named must match; a field's
 * list is of alternatives; an event's list matches when one of its items does.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export const matches = (pattern: Json, event: Json | undefined): boolean => {
  if (!isObject(pattern)) return false
  return Object.entries(pattern).every(([field, wanted]) => {
    if (field === '$or') return list(wanted).some((alternative) => matches(alternative, event))
    if (isObject(wanted)) return branch(wanted, object(event)[field])
    return field_(list(wanted), object(event)[field], isObject(event) && field in event)
  })
}

/** Below a list of objects, one of them must match. */
const branch = (wanted: JsonObject, value: Json | undefined): boolean =>
  Array.isArray(value) ? (value as Json[]).some((item) => matches(wanted, item)) : matches(wanted, value ?? {})

const field_ = (alternatives: readonly Json[], value: Json | undefined, present: boolean): boolean => {
  const values = Array.isArray(value) ? (value as Json[]) : [value]
  return alternatives.some((alternative) => {
    // A field counts as absent also when it holds an object: `exists` looks at leaves only.
    if (isObject(alternative) && 'exists' in alternative) return (present && !isObject(value)) === alternative['exists']
    return present && values.some((item) => item !== undefined && leaf(alternative, item))
  })
}

const fold = (value: Json | undefined): string => text(value).toLowerCase()

/** `*` stands for any characters; everything else for itself. */
const wildcard = (pattern: string, value: string): boolean =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
      .join('.*')}$`,
    's',
  ).test(value)

const compare: Record<string, (a: number, b: number) => boolean> = {
  '=': (a, b) => a === b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
}

/** `["numeric": [">", 0, "<=", 5]]`: pairs, all of which must hold. */
const numeric = (terms: readonly Json[], value: Json): boolean =>
  typeof value === 'number' && terms.every((operator, i) => i % 2 === 1 || compare[text(operator)]?.(value, Number(terms[i + 1])) === true)

const end = (kind: 'startsWith' | 'endsWith', wanted: Json | undefined, value: Json): boolean => {
  if (typeof value !== 'string') return false
  if (!isObject(wanted)) return value[kind](text(wanted))
  return value.toLowerCase()[kind](fold(wanted['equals-ignore-case']))
}

/** `anything-but` takes a value, a list of values, or one other operator with a value or a list. */
const anythingBut = (refused: Json | undefined, value: Json): boolean => {
  if (isObject(refused)) {
    return Object.entries(refused).every(([operator, operand]) =>
      (Array.isArray(operand) ? (operand as Json[]) : [operand ?? null]).every((item) => !leaf({ [operator]: item }, value)),
    )
  }
  return Array.isArray(refused) ? !(refused as Json[]).includes(value) : refused !== value
}

const leaf = (wanted: Json, value: Json): boolean => {
  if (!isObject(wanted)) return wanted === value
  if ('prefix' in wanted) return end('startsWith', wanted['prefix'], value)
  if ('suffix' in wanted) return end('endsWith', wanted['suffix'], value)
  if ('equals-ignore-case' in wanted) return typeof value === 'string' && fold(value) === fold(wanted['equals-ignore-case'])
  if ('wildcard' in wanted) return typeof value === 'string' && wildcard(text(wanted['wildcard']), value)
  if ('numeric' in wanted) return numeric(list(wanted['numeric']), value)
  if ('anything-but' in wanted) return anythingBut(wanted['anything-but'], value)
  return false
}
