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

const search = <T>(node: Node<T>, method: string, segments: readonly string[], values: readonly string[]): Found<T> | undefined => {
  const [segment, ...after] = segments
  if (segment === undefined) {
    const route = byMethod(node.ends, method)
    return route === undefined ? undefined : { route, values }
  }
  const fixed = node.fixed.get(segment)
  const found = fixed === undefined ? undefined : search(fixed, method, after, values)
  if (found !== undefined || segment === '') return found
  const inside = node.variable === undefined ? undefined : search(node.variable, method, after, [...values, segment])
  if (inside !== undefined) return inside
  const greedy = byMethod(node.greedy, method)
  return greedy === undefined ? undefined : { route: greedy.route, values, rest: [greedy.name, segments.join('/')] }
}

/**
 * Finds the most specific route, as API Gateway does: fixed segments before variables, those before `{rest+}`, a named
 * method before ANY, and `$default` last.
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
    const found = search(root, method, path.split('/').slice(1), [])
    if (found === undefined) return fallback === undefined ? undefined : { route: fallback, parameters: undefined }
    const { route, values, rest } = found
    const named = namesOf(keyOf(route)).map((name, i) => [name, values[i] ?? ''] as const)
    const parameters = Object.fromEntries(rest === undefined ? named : [...named, rest])
    return { route, parameters: Object.keys(parameters).length === 0 ? undefined : parameters }
  }
}
