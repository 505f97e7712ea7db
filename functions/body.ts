import { fault, type Issue } from '../domain/kernel/fault.ts'

/** Levels of objects and lists in a body. No input has a tenth of it, and checks that go down level by level must not run out of stack. */
const DEEPEST = 32
/** Repeated fields told of one body. */
const MOST_TOLD = 100

/**
 * The object a body is. Where JSON leaves it to each reader what a text means (RFC 8259, section 4: a name given twice), it is
 * refused: what one reader checked is not what another would take.
 * @throws Fault `invalid`
 */
export function objectIn(body: string): Record<string, unknown> {
  if (body.trim() === '') return {}
  const pairs = pairsIn(body)
  if (pairs === undefined) throw fault('invalid', 'body.too_deep', `A body may have ${DEEPEST} levels of objects and lists.`)
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    throw fault('invalid', 'body.not_json', 'The body is not JSON.')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw fault('invalid', 'body.not_object', 'The body is not a JSON object.')
  if (fieldsIn(value) !== pairs) throw refused(repeatedIn(body), 'repeated', 'Given more than once.')
  // Any other unknown field is found by the action's schema, which cannot see this one.
  if (body.includes('__proto__') || body.includes('\\u')) {
    const hidden = protosIn(value, '')
    if (hidden.length > 0) throw refused(hidden, 'unknown_field', 'There is no such field.')
  }
  return value as Record<string, unknown>
}

function refused(paths: readonly string[], code: string, message: string) {
  const errors: Issue[] = paths.slice(0, MOST_TOLD).map((path) => ({ path, code, message }))
  return fault('invalid', 'input.invalid', 'The input is not valid.', { errors })
}

/** How many `name: value` pairs a text of JSON has; undefined when it has too many levels. Reads each character once. */
function pairsIn(json: string): number | undefined {
  let [depth, pairs, within] = [0, 0, false]
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at)
    if (within) {
      if (code === 0x5c) at++
      else if (code === 0x22) within = false
    } else if (code === 0x22) within = true
    else if (code === 0x3a) pairs++
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > DEEPEST) return undefined
    } else if (code === 0x7d || code === 0x5d) depth--
  }
  return pairs
}

/** How many fields the objects of a value have, all together. */
function fieldsIn(value: object): number {
  let sum = 0
  if (Array.isArray(value)) {
    for (const inner of value) if (typeof inner === 'object' && inner !== null) sum += fieldsIn(inner as object)
    return sum
  }
  for (const inner of Object.values(value) as unknown[]) {
    sum += 1
    if (typeof inner === 'object' && inner !== null) sum += fieldsIn(inner)
  }
  return sum
}

/** Paths of fields that stand twice in a text that is JSON. Only read once some do. */
function repeatedIn(json: string): string[] {
  const repeated = new Set<string>()
  const levels: { path: string; names?: Set<string>; at: number }[] = []
  const here = (): string => levels.at(-1)?.path ?? ''
  const below = (name: string | number): string => (here() === '' ? String(name) : `${here()}.${name}`)
  let [place, isName] = ['', false]
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],]/g)) {
    const level = levels.at(-1)
    if (token === '{' || token === '[') {
      levels.push({ path: place, at: 0, ...(token === '{' && { names: new Set() }) })
      isName = token === '{'
      if (token === '[') place = below(0)
    } else if (token === '}' || token === ']') {
      levels.pop()
      isName = false
    } else if (token === ',' && level) {
      isName = level.names !== undefined
      if (!isName) place = below(++level.at)
    } else if (isName && level?.names) {
      const name = JSON.parse(token) as string
      place = below(name)
      if (level.names.has(name)) repeated.add(place)
      level.names.add(name)
      isName = false
    }
  }
  return [...repeated]
}

/** Paths of fields named `__proto__`. */
function protosIn(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => {
    const place = path === '' ? name : `${path}.${name}`
    return [...(name === '__proto__' ? [place] : []), ...protosIn(inner, place)]
  })
}
