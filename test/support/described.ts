import { modules, routes } from '../../domain/index.ts'
import { once } from '../../domain/kernel/action.ts'
import { kindsIn } from '../../functions/openapi.ts'
import { schemaOf } from '../../functions/openapi/json-schema.ts'
import { fieldsOf } from '../../functions/openapi/operation.ts'
import { refusalsOf } from '../../functions/openapi/refusals.ts'
import type { Answer } from '../../functions/problem.ts'
import { faultKinds } from '../../infra/fault-kinds.ts'

const known = once(() => ({ kindOf: faultKinds(), kindWith: kindsIn(modules) }))
const described = new Map<string, Map<number, string[]>>()

/**
 * Holds an answer against the description of the API. Every test that speaks to the product over HTTP comes through here, so
 * whatever refusal a test can provoke is one that the API's page lists.
 * @throws Error for a status or a code that the route's description does not have
 */
export function mustBeDescribed(routeKey: string, { statusCode, body }: Answer): void {
  const route = routes.find(({ method, path }) => routeKey === `${method} /v1${path}`)
  // 429 and 500 stand at every route and have no list of codes.
  if (!route || statusCode === route.status || statusCode === 304 || statusCode === 429 || statusCode === 500) return
  if (statusCode === 200 && route.existing) return
  const allowed = described.get(routeKey) ?? refusalsOf(route, fieldsOf(schemaOf(route.action.schemas().input, 'input')), known())
  described.set(routeKey, allowed)
  const code = statusCode < 400 ? 'success' : String((JSON.parse(body) as { code?: unknown }).code)
  if (!allowed.get(statusCode)?.includes(code))
    throw new Error(`${routeKey} answers ${statusCode} ${code}, which its description does not have: add it to the route’s faults.`)
}
