import type * as z from 'zod'
import type { Action } from './action.ts'
import type { Permission } from './permission.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** The names between braces in a path. */
type PathNames<P extends string> = P extends `${string}{${infer Name}}${infer Rest}` ? Name | PathNames<Rest> : never

export interface RouteFacts<C extends string> {
  /** The permission a caller needs, `noun:verb`; the module must declare it. */
  can: C
  /** One line for people, in the OpenAPI document. */
  summary: string
  /** Longer explanation, where one is needed. */
  description?: string
  /** Status of success where it is not the method's usual one (201 for a POST that ends in a plural, 204 for DELETE, else 200). */
  status?: 200 | 201 | 202 | 204 | 207
  /** It may find there what it was to make: answered with 200, written nothing. */
  existing?: true
  /** A body or query that works, for the documentation. */
  example?: Readonly<Record<string, unknown>>
  /** Codes of the faults a caller may meet beyond the usual ones. */
  faults?: readonly string[]
  /**
   * Anyone may call it, without a token: what the path holds is the key, and the action finds out whose. `can` then names what
   * is shown.
   */
  public?: true
  /** Media type of an answer that is not JSON; the action's output is then its text. */
  type?: string
}

/** A way to call an action over HTTP. Plain data: dispatch, API Gateway, OpenAPI, client and tests read it. */
export interface Route<C extends string = string> extends RouteFacts<C> {
  readonly method: Method
  /** Without the `/v1` prefix: `/deals/{id}/win`. */
  readonly path: string
  readonly status: 200 | 201 | 202 | 204 | 207
  readonly action: Action
}

/** A route's permission as a checked value. */
export function permissionOf(route: Route): Permission {
  return route.can as Permission
}

/**
 * Declares a route. A path parameter that the action's input lacks is a compile error.
 * @example route('POST /deals/{id}/win', win, { can: 'deal:write', summary: 'Close a deal as won' })
 */
export function route<const P extends `${Method} /${string}`, I extends z.ZodType, O extends z.ZodType, const C extends string>(
  path: P & (PathNames<P> extends keyof z.input<I> ? unknown : never),
  does: Action<I, O>,
  facts: RouteFacts<C>,
): Route<C> {
  const [method = '', where = ''] = path.split(' ')
  const creates = method === 'POST' && where.endsWith('s')
  const usual = method === 'DELETE' ? 204 : creates ? 201 : 200
  return { ...facts, method: method as Method, path: where, status: facts.status ?? usual, action: does }
}
