import { randomUUID } from 'node:crypto'
import type { Route } from '../../domain/kernel/route.ts'
import { VERSION_PREFIX } from '../../functions/http.ts'
import type { HttpEvent } from '../../functions/request.ts'
import type { Asking } from './crm.ts'

/** The payload 2.0 event API Gateway would send for a call. */
export function eventFor(routes: readonly Route[], method: string, path: string, asking: Asking): HttpEvent {
  const [bare = '', query = ''] = path.split('?')
  const match = matchRoute(routes, method, bare)
  const headers: Record<string, string> = { 'content-type': 'application/json', ...asking.headers }
  if (asking.ifMatch !== undefined) headers['if-match'] = typeof asking.ifMatch === 'number' ? `"${asking.ifMatch}"` : asking.ifMatch
  if (asking.key !== undefined) headers['idempotency-key'] = asking.key
  return {
    routeKey: match ? `${method} ${VERSION_PREFIX}${match.route.path}` : '$default',
    rawPath: VERSION_PREFIX + bare,
    rawQueryString: query,
    headers,
    ...(match && { pathParameters: match.parameters }),
    ...(asking.body !== undefined && { body: typeof asking.body === 'string' ? asking.body : JSON.stringify(asking.body) }),
    requestContext: {
      requestId: randomUUID(),
      http: { method, path: VERSION_PREFIX + bare },
      authorizer: { jwt: { claims: claimsFor(asking.as ?? 'admin') } },
    },
  }
}

/** Claims of an access token: of a machine client for `integration`, of a person otherwise. `usr_x:sales` is usr_x as sales. */
export function claimsFor(as: string): Record<string, string> {
  if (as === 'integration') return { token_use: 'access', client_id: 'shop', scope: 'crm/integration' }
  const [first = '', role = first] = as.split(':')
  const username = first === role ? userIdOf(role) : first
  return { token_use: 'access', client_id: 'app', username, 'cognito:groups': `[${role}]` }
}

/** A stable user id for a role in tests. */
export function userIdOf(name: string): string {
  return `usr_${name
    .replace(/[^A-Za-z0-9]/g, '')
    .padEnd(20, '0')
    .slice(0, 20)}`
}

function matchRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): { route: Route; parameters: Record<string, string> } | undefined {
  const parts = path.split('/')
  const fits = routes.filter((route) => route.method === method && sameShape(route.path.split('/'), parts))
  const route = fits.sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0]
  if (!route) return undefined
  const parameters = route.path
    .split('/')
    .flatMap((part, at): [string, string][] => (part.startsWith('{') ? [[part.slice(1, -1), decodeURIComponent(parts[at] ?? '')]] : []))
  return { route, parameters: Object.fromEntries(parameters) }
}

function sameShape(pattern: readonly string[], parts: readonly string[]): boolean {
  return pattern.length === parts.length && pattern.every((part, at) => part.startsWith('{') || part === parts[at])
}
