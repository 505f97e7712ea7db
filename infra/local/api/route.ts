/** A route found for a request: the route itself and its path parameters as they stand in the path. */
export interface Match<T> {
  readonly route: T
  readonly parameters: Readonly<Record<string, string>> | undefined
}

interface Node<T> {
  readonly fixed: Map<string, Node<T>>
  /** `{id}`: any one segment. */
  variable: Node<T> | undefined
  /** `{rest+}`: all that is left. */
  readonly greedy: Map<string, { readonly route: T; readonly name: string }>
  /** By method; `ANY` stands for all. */
  readonly ends: Map<string, T>
}

const newNode = <T>(): Node<T> => ({ fixed: new Map(), variable: undefined, greedy: new Map(), ends: new Map() })

const byMethod = <V>(ends: ReadonlyMap<string, V>, method: string): V | undefined => ends.get(method) ?? ends.get('ANY')

const namesOf = (key: string): string[] => [...key.matchAll(/\{([^+}]+)\}/g)].map((found) => found[1] ?? '')

/** Puts a route into the tree. */
const insert = <T>(root: Node<T>, route: T, method: string, path: string): void => {
  let node = root
  for (const segment of path.split('/').slice(1)) {
    const name = /^\{([^+}]+)(\+?)\}$/.exec(segment)
    if (name?.[2] === '+') {
      node.greedy.set(method, { route, name: name[1] ?? '' })
      return
    }
    if (name !== null) {
      node.variable ??= newNode()
      node = node.variable
    } else {
      const next = node.fixed.get(segment) ?? newNode<T>()
      node.fixed.set(segment, next)
      node = next
    }
  }
  node.ends.set(method, route)
}

/** A route found, with the values of the variables passed on the way and what `{rest+}` took. */
interface Found<T> {
  readonly route: T
  readonly values: readonly string[]
  readonly rest?: readonly [name: string, value: string]
}

/** What takes the whole path, segment for segment. */
const whole = <T>(node: Node<T>, method: string, segments: readonly string[], values: readonly string[]): Found<T> | undefined => {
  const [segment, ...after] = segments
  if (segment === undefined) {
    const route = byMethod(node.ends, method)
    return route === undefined ? undefined : { route, values }
  }
  const fixed = node.fixed.get(segment)
  const found = fixed === undefined ? undefined : whole(fixed, method, after, values)
  if (found !== undefined || segment === '') return found
  return node.variable === undefined ? undefined : whole(node.variable, method, after, [...values, segment])
}

/** The longest beginning of the path after which something takes all the rest. */
const rest = <T>(node: Node<T>, method: string, segments: readonly string[], values: readonly string[]): Found<T> | undefined => {
  const [segment, ...after] = segments
  if (segment === undefined) return undefined
  const fixed = node.fixed.get(segment)
  const found = fixed === undefined ? undefined : rest(fixed, method, after, values)
  if (found !== undefined || segment === '') return found
  const inside = node.variable === undefined ? undefined : rest(node.variable, method, after, [...values, segment])
  if (inside !== undefined) return inside
  const greedy = byMethod(node.greedy, method)
  return greedy === undefined ? undefined : { route: greedy.route, values, rest: [greedy.name, segments.join('/')] }
}

/**
 * Finds the most specific route, as API Gateway does: what takes the whole path before `{rest+}`, fixed segments before variables, a
 * named method before ANY, and `$default` last.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 * @param keyOf gives a route's key, for example `GET /v1/deals/{id}`
 */
export const createRouter = <T extends object>(routes: readonly T[], keyOf: (route: T) => string) => {
  const root = newNode<T>()
  const fallback = routes.find((route) => keyOf(route) === '$default')
  for (const route of routes) {
    const [method = '', path] = keyOf(route).split(' ')
    if (path !== undefined) insert(root, route, method, path)
  }
  return (method: string, path: string): Match<T> | undefined => {
    const segments = path.split('/').slice(1)
    const found = whole(root, method, segments, []) ?? rest(root, method, segments, [])
    if (found === undefined) return fallback === undefined ? undefined : { route: fallback, parameters: undefined }
    const { route, values, rest: left } = found
    const named = namesOf(keyOf(route)).map((name, i) => [name, values[i] ?? ''] as const)
    const parameters = Object.fromEntries(left === undefined ? named : [...named, left])
    return { route, parameters: Object.keys(parameters).length === 0 ? undefined : parameters }
  }
}
