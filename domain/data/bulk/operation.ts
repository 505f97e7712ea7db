import { createHash } from 'node:crypto'
import * as z from 'zod'
import { work } from '../../care/index.ts'
import { modules as customer } from '../../customer/index.ts'
import { once } from '../../kernel/action.ts'
import type { Ctx } from '../../kernel/context.ts'
import { fault, type Fault } from '../../kernel/fault.ts'
import { scopeOf } from '../../kernel/permission.ts'
import { permissionOf, type Route } from '../../kernel/route.ts'
import { modules as platform } from '../../platform/index.ts'
import { modules as sales } from '../../sales/index.ts'
import { modules as service } from '../../service/index.ts'

const methods = ['POST', 'PUT', 'PATCH', 'DELETE'] as const

/** One operation of a call: a request of the API as it would be sent alone. */
export const operationShape = () =>
  z.strictObject({
    method: z.enum(methods),
    path: z
      .string()
      .max(500)
      .regex(/^\/[!-~]+$/, 'a path of the API, /customers/{id}')
      .describe('with or without /v1'),
    body: z.record(z.string(), z.unknown()).optional(),
    ifMatch: z.int().min(1).max(9e15).optional().describe('the version you change; needed for PATCH and DELETE'),
    idempotencyKey: z
      .string()
      .regex(/^[\x21-\x7e]{1,200}$/, '1 to 200 visible ASCII characters')
      .optional(),
  })
export type Operation = z.output<ReturnType<typeof operationShape>>

/** The routes an operation can name: those of daily work that change something and answer at once. */
const routes = once(() =>
  [platform, customer, sales, service, work]
    .flat()
    .flatMap((one) => one.routes)
    .filter(isOperation),
)

function isOperation({ method, status, type, ...route }: Route): boolean {
  return method !== 'GET' && !route.public && type === undefined && status !== 207 && status !== 202
}

/** An operation with the route it names and the route's one flat input. */
export interface Named {
  route: Route
  input: Record<string, unknown>
}

/** Finds the route of an operation. @throws Fault when there is none, or its body is no body of it */
export function named({ method, path, body = {} }: Operation): Named {
  const [bare = '', query] = path.replace(/^\/v1(?=\/)/, '').split('?')
  const parts = bare.split('/')
  const fits = routes().filter((route) => route.method === method && sameShape(route.path.split('/'), parts))
  const [route] = fits.sort((a, b) => a.path.split('{').length - b.path.split('{').length)
  if (!route)
    throw fault('missing', 'bulk.route_unsupported', `${method} ${bare} is no operation: name a POST, PUT, PATCH or DELETE of daily work.`)
  const wrong = [
    ...(query === undefined ? [] : [{ path: 'path', code: 'unknown_field', message: 'An operation takes no query.' }]),
    ...(method === 'DELETE' && Object.keys(body).length > 0
      ? [{ path: 'body', code: 'unknown_field', message: 'DELETE has no body.' }]
      : []),
  ]
  const names = inPath(route.path.split('/'), parts)
  for (const name of Object.keys(body)) {
    if (name in names || name === '__proto__')
      wrong.push({ path: `body.${name}`, code: 'unknown_field', message: 'The path says this already.' })
  }
  if (wrong.length > 0) throw fault('invalid', 'input.invalid', 'The operation is not valid.', { errors: wrong })
  return { route, input: { ...body, ...names } }
}

const sameShape = (pattern: readonly string[], parts: readonly string[]): boolean =>
  pattern.length === parts.length && pattern.every((part, at) => (part.startsWith('{') ? parts[at] !== '' : part === parts[at]))

function inPath(pattern: readonly string[], parts: readonly string[]): Record<string, string> {
  const found = pattern.flatMap((part, at) => (part.startsWith('{') ? [[part.slice(1, -1), decoded(parts[at] ?? '')] as const] : []))
  return Object.fromEntries(found)
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw fault('invalid', 'input.invalid', 'The path is not well encoded.', {
      errors: [{ path: 'path', code: 'not_encoded', message: 'Percent signs begin two hexadecimal digits.' }],
    })
  }
}

/**
 * The context in which an operation runs: the caller's own rights for its route, a request of its own, and, where the whole
 * call has an idempotency key, one made of it, so that a call cut short goes on where it stopped.
 * @throws Fault `forbidden`, `preconditionRequired`
 */
export function ownCtx(ctx: Ctx, operation: Operation, index: number, { route, input }: Named): Ctx {
  const scope = scopeOf(ctx.actor, permissionOf(route))
  if (!scope) throw fault('forbidden', 'permission.missing', `This needs the permission ${route.can}.`)
  const { method, ifMatch } = operation
  if (ifMatch === undefined && (method === 'PATCH' || method === 'DELETE'))
    throw fault('preconditionRequired', 'if_match.missing', 'Give ifMatch, the version you read.')
  const key = keyFor(ctx, operation, index)
  const hash = createHash('sha256')
    .update(JSON.stringify([method, route.path, input, ifMatch ?? null]))
    .digest('base64url')
  const { left } = ctx.request
  return {
    ...ctx,
    scope,
    request: {
      id: `${ctx.request.id}/${index}`,
      action: route.action.name,
      ...(ifMatch !== undefined && { ifMatch }),
      ...(key !== undefined && { idempotency: { key, hash } }),
      ...(left && { left }),
    },
  }
}

function keyFor({ request }: Ctx, { idempotencyKey }: Operation, index: number): string | undefined {
  if (idempotencyKey !== undefined) return idempotencyKey
  return request.idempotency && `bulk ${request.idempotency.key} ${index}`
}

const issueShape = () => z.object({ path: z.string(), code: z.string(), message: z.string() })

export const resultShape = () =>
  z.object({
    index: z.int().describe('the operation’s place in the call, from 0'),
    status: z.int().describe('as the operation alone would be answered; 424 where another one stopped it'),
    id: z.string().optional(),
    version: z.int().optional(),
    body: z.record(z.string(), z.unknown()).optional().describe('the whole answer, when asked for'),
    code: z.string().optional(),
    detail: z.string().optional(),
    existingId: z.string().optional(),
    currentVersion: z.int().optional(),
    conflicts: z.array(z.record(z.string(), z.unknown())).optional(),
    errors: z.array(issueShape()).optional(),
  })
export type Result = z.output<ReturnType<typeof resultShape>>

/** An operation's answer. */
export function answered(index: number, { status }: Pick<Route, 'status'>, output: unknown, full: boolean): Result {
  const facts = (typeof output === 'object' && output !== null ? output : {}) as Record<string, unknown>
  const { id, version } = facts
  return {
    index,
    status,
    ...(typeof id === 'string' && { id }),
    ...(typeof version === 'number' && { version }),
    ...(full && status !== 204 && { body: facts }),
  }
}

/** An operation's refusal. */
export function refused(index: number, { status, code, message, facts }: Fault): Result {
  const { existingId, currentVersion, conflicts, errors } = facts
  return {
    index,
    status,
    code,
    detail: message,
    ...(typeof existingId === 'string' && { existingId }),
    ...(typeof currentVersion === 'number' && { currentVersion }),
    ...(Array.isArray(conflicts) && { conflicts: conflicts as Record<string, unknown>[] }),
    ...(errors && { errors: [...errors] }),
  }
}
