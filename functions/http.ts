import middy from '@middy/core'
import { createHash } from 'node:crypto'
import { once } from '../domain/kernel/action.ts'
import { newMemo, type Ctx, type Log, type Memo } from '../domain/kernel/context.ts'
import { fault } from '../domain/kernel/fault.ts'
import { noFiles, type Files } from '../domain/kernel/files.ts'
import type { RandomBytes } from '../domain/kernel/id.ts'
import { invoke } from '../domain/kernel/invoke.ts'
import { NOBODY_KNOWN, scopeOf } from '../domain/kernel/permission.ts'
import { permissionOf, type Route } from '../domain/kernel/route.ts'
import type { Table } from '../domain/kernel/table/table.ts'
import { actorFrom } from './actor.ts'
import { catalogue } from './catalogue.ts'
import type { Budgets } from './budget.ts'
import { unfolded } from './folding.ts'
import { limiter, type Passage } from './limit.ts'
import { errorFacts, observed, requestLog, type Invocation } from './observe.ts'
import { problem, type Answer } from './problem.ts'
import { fromSupply } from './random.ts'
import { idempotencyOf, ifMatchOf, inputOf, type HttpEvent } from './request.ts'
import { inTime, leftOf } from './time.ts'

/** All routes live under this. */
export const VERSION_PREFIX = '/v1'

/** What the edge needs from outside; the Lambda entry makes it once, tests make their own. */
export interface Edge {
  table: Table
  now(): string
  memo?: Memo
  /** Where files are kept; none when the function has no bucket. */
  files?: Files
  /** Where ids get their randomness and where to log, when not as usual: a simulation draws from a seed and reads along. */
  random?: RandomBytes
  log?: Log
  /** Receivers of webhooks on this very machine may be called. */
  loopback?: true
  /** How many requests callers may send; any number when the stack says nothing. */
  budgets?: Budgets
}

/** The Lambda handler of a set of routes: one chain for all of them. */
export function httpHandler(routes: readonly Route[], edge: () => Edge) {
  const byKey = new Map(routes.map((route) => [`${route.method} ${VERSION_PREFIX}${route.path}`, route]))
  const memo = newMemo()
  let made: Edge | undefined
  const limits = once(() => made?.budgets && limiter(made.budgets))
  return middy<HttpEvent, Answer>()
    .use(observed())
    .handler(async (event, invocation) => {
      let passage: Passage | undefined
      let answer: Answer
      try {
        Object.assign(
          event,
          unfolded(event, (key) => byKey.has(key)),
        )
        const route = byKey.get(event.routeKey)
        if (!route) throw fault('missing', 'route.unknown', `There is no ${event.requestContext.http.method} ${event.rawPath}.`)
        made ??= edge()
        passage = limits()?.admit(route, event, made.table, Date.parse(made.now()))
        if (passage?.refused) throw passage.refused
        answer = await serve(route, event, { memo, ...made }, invocation)
      } catch (error) {
        answer = refused(error, event, made?.log ?? requestLog)
      }
      Object.assign(answer.headers, GUARDS, passage?.headers)
      await passage?.telling
      return answer
    })
}

/** On every answer: what is JSON stays JSON, stands in no frame, and is asked for over TLS alone (OWASP REST Security Cheat Sheet). */
const GUARDS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'strict-transport-security': 'max-age=31536000',
  'referrer-policy': 'no-referrer',
}

function refused(error: unknown, event: HttpEvent, log: Log): Answer {
  const { requestId } = event.requestContext
  const answer = problem(error, requestId)
  if (answer.statusCode >= 500) log.error('request failed', { route: event.routeKey, requestId, error: errorFacts(error) })
  return answer
}

async function serve(route: Route, event: HttpEvent, edge: Edge & { memo: Memo }, invocation: Partial<Invocation>): Promise<Answer> {
  const base = { table: edge.table, memo: edge.memo, now: edge.now() }
  const { actor, scope } = await callerOf(route, event, base)
  const { input, body } = inputOf(route, event)
  const ifMatch = ifMatchOf(route, event)
  // Keys belong to who sends them, and nobody is known here.
  const idempotency = route.public ? undefined : idempotencyOf(route, event, body)
  const left = leftOf(invocation)
  const ctx: Ctx = {
    ...base,
    actor,
    scope,
    files: edge.files ?? noFiles,
    random: edge.random ?? fromSupply,
    log: edge.log ?? requestLog,
    catalogue,
    ...(edge.loopback && { loopback: true }),
    request: {
      id: event.requestContext.requestId,
      action: route.action.name,
      ...(event.pathParameters && { inPath: Object.keys(event.pathParameters) }),
      ...(ifMatch !== undefined && { ifMatch }),
      ...(idempotency && { idempotency }),
      ...(left && { left }),
    },
  }
  const { output, replayed } = await inTime(invoke(route.action, ctx, input), left)
  return answerOf(ctx.request.existing ? { ...route, status: 200 } : route, event, output, replayed)
}

/** Who asks, and on whose records they may act. @throws Fault `unauthenticated`, `forbidden` */
async function callerOf(route: Route, event: HttpEvent, base: Pick<Ctx, 'table' | 'memo' | 'now'>): Promise<Pick<Ctx, 'actor' | 'scope'>> {
  if (route.public) return { actor: NOBODY_KNOWN, scope: 'own' }
  const actor = await actorFrom(base, event.requestContext.authorizer?.jwt?.claims ?? {})
  const scope = scopeOf(actor, permissionOf(route))
  if (!scope) throw fault('forbidden', 'permission.missing', `This needs the permission ${route.can}.`)
  return { actor, scope }
}

/** The answer to a request that succeeded, with its ETag, Location and Link. */
function answerOf(route: Route, event: HttpEvent, output: unknown, replayed: boolean): Answer {
  const facts = (typeof output === 'object' && output !== null ? output : {}) as { id?: unknown; version?: unknown; nextCursor?: unknown }
  const headers: Record<string, string> = { 'content-type': route.type ?? 'application/json', 'cache-control': 'no-store' }
  if (route.type !== undefined) return textAnswer(route, event, headers, String(output))
  if (replayed) headers['idempotent-replayed'] = 'true'
  if (typeof facts.nextCursor === 'string') headers['link'] = `<${nextUrl(event, facts.nextCursor)}>; rel="next"`
  if (typeof facts.version === 'number') {
    const etag = `"${facts.version}"`
    headers['etag'] = etag
    if (
      route.method === 'GET' &&
      (event.headers['if-none-match'] ?? '').split(',').some((one) => one.trim().replace(/^W\//, '') === etag)
    ) {
      return withoutBody(304, headers)
    }
  }
  if (route.status === 201 && typeof facts.id === 'string')
    headers['location'] = `${VERSION_PREFIX}/${collectionOf(route.path)}/${facts.id}`
  if (route.status === 204) return withoutBody(204, headers)
  return { statusCode: route.status, headers, body: JSON.stringify(output) }
}

/** An answer that has no body says nothing of its type (RFC 9110 §8.3). */
function withoutBody(statusCode: 204 | 304, { 'content-type': _, ...headers }: Record<string, string>): Answer {
  return { statusCode, headers, body: '' }
}

/** An answer that is not JSON, with the hash of its text for an ETag: who polls it gets it anew only when it changed. */
function textAnswer(route: Route, event: HttpEvent, headers: Record<string, string>, body: string): Answer {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  const same = (event.headers['if-none-match'] ?? '').split(',').some((one) => one.trim().replace(/^W\//, '') === etag)
  return same ? withoutBody(304, { ...headers, etag }) : { statusCode: route.status, headers: { ...headers, etag }, body }
}

/** The last collection a path names: `/customers/{id}/deals` makes `deals`, `/customers/by/{system}/{externalId}` `customers`. */
const collectionOf = (path: string): string => path.split('/').findLast((part) => part.endsWith('s')) ?? ''

function nextUrl(event: HttpEvent, cursor: string): string {
  const query = new URLSearchParams(event.rawQueryString)
  query.set('cursor', cursor)
  return `${event.rawPath}?${query.toString()}`
}
