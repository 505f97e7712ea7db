import type { Method } from '../domain/kernel/route.ts'
import type { HttpEvent } from './request.ts'

/**
 * API Gateway takes 300 routes an API, the product has more. Where all that begins alike is one function's, one route with a greedy
 * end stands for it, and the function tells by the path which was meant; so who asks for what is nowhere hears it from the product.
 */

/** A route and what answers it. */
export interface Answered<F> {
  readonly method: Method
  /** As API Gateway takes it. */
  readonly path: string
  readonly by: F
}

const REST = '{proxy+}'

/** Only ids are told apart by the path as a function gets it, decoded: other parameters may hold a slash, and stay routes of their own. */
const isPlain = ({ path }: Answered<unknown>): boolean => !path.replaceAll('{id}', '').includes('{')

/**
 * The routes to deploy for those that are declared: the same answers with as few as possible.
 * @param root what answers where nothing more special does
 */
export function folded<F>(declared: readonly Answered<F>[], root: F, prefix: string): Answered<F>[] {
  const plain = Map.groupBy(declared.filter(isPlain), ({ method }) => method)
  return [
    ...declared.filter((one) => !isPlain(one)),
    ...[...plain].flatMap(([method, all]) => [{ method, path: `${prefix}/${REST}`, by: root }, ...below(prefix, all, root)]),
  ]
}

/** What is needed below a path in addition to the greedy route above it, which leads to `above`. */
function below<F>(prefix: string, all: readonly Answered<F>[], above: F): Answered<F>[] {
  const bySegment = Map.groupBy(all, ({ path }) => path.slice(prefix.length + 1).split('/')[0] ?? '')
  return [...bySegment].flatMap(([segment, some]) => {
    // A whole path goes before a folded one: what an id would take as well must stay whole.
    if (bySegment.has('{id}') && segment !== '{id}') return some
    const here = `${prefix}/${segment}`
    const [own, deeper] = [some.filter(({ path }) => path === here), some.filter(({ path }) => path !== here)]
    const [first, ...others] = new Set(some.map(({ by }) => by))
    if (first === undefined || others.length > 0) return [...own.filter(({ by }) => by !== above), ...below(here, deeper, above)]
    if (first === above) return []
    const [one, ...more] = deeper
    return [...own, ...(one && more.length > 0 ? [{ ...one, path: `${here}/${REST}` }] : deeper)]
  })
}

/** The declared route that a request means when it came by a folded one: its key, and its path's parameters. */
export function unfolded(event: HttpEvent, isDeclared: (key: string) => boolean): Pick<HttpEvent, 'routeKey' | 'pathParameters'> {
  const { routeKey, rawPath, requestContext } = event
  if (!routeKey.endsWith(REST)) return event
  const { method } = requestContext.http
  const whole = `${method} ${rawPath}`
  if (isDeclared(whole)) return { routeKey: whole, pathParameters: {} }
  const parts = rawPath.split('/')
  for (const [at, id] of parts.entries()) {
    const key = `${method} ${parts.with(at, '{id}').join('/')}`
    if (id !== '' && isDeclared(key)) return { routeKey: key, pathParameters: { id } }
  }
  return event
}
