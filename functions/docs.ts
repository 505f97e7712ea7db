import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { fault } from '../domain/kernel/fault.ts'
import { problem, type Answer } from './problem.ts'
import type { HttpEvent } from './request.ts'

/** Paths anyone may read, without the `/v1` prefix. */
export const publicPaths = ['/openapi.json', '/docs', '/docs/{file}', '/health'] as const

/** Stands in the document for where tokens are given out: known only once the stack is deployed. */
export const SIGN_IN_PLACE = 'https://sign-in.invalid'

/** What is served where: the file as it lies, compressed, in the function's folder, and how long a browser may keep it. Seconds. */
const served: Readonly<Record<string, { file: string; type: string; keepSeconds: number }>> = {
  '/openapi.json': { file: 'openapi.json', type: 'application/json', keepSeconds: 300 },
  '/docs': { file: 'index.html', type: 'text/html; charset=utf-8', keepSeconds: 300 },
  '/docs/page.js': { file: 'page.js', type: 'text/javascript; charset=utf-8', keepSeconds: 300 },
  '/docs/swagger-ui-bundle.js': { file: 'swagger-ui-bundle.js', type: 'text/javascript; charset=utf-8', keepSeconds: 86_400 },
  '/docs/swagger-ui.css': { file: 'swagger-ui.css', type: 'text/css; charset=utf-8', keepSeconds: 86_400 },
  '/docs/favicon.png': { file: 'favicon.png', type: 'image/png', keepSeconds: 86_400 },
}
/** Names of the files the function's folder must hold, each with `.gz`. */
export const docsFiles: readonly string[] = Object.values(served).map(({ file }) => file)

export interface DocsFacts {
  /** The folder with the compressed files. */
  folder: string
  /** Where tokens are given out, `https://….amazoncognito.com`. */
  signIn: string
}

interface Loaded {
  zipped: Buffer
  etag: string
}

/** Answers the public paths from files that were made when the stack was: nothing is computed, nothing is read but these. */
export function docsHandler(facts: () => DocsFacts): (event: HttpEvent) => Promise<Answer & { isBase64Encoded?: boolean }> {
  const kept = new Map<string, Loaded>()
  return async (event) => {
    const path = event.rawPath.replace(/^\/v1/, '')
    if (path === '/health')
      return { statusCode: 200, headers: { 'content-type': 'application/json', 'cache-control': 'no-store' }, body: '{"status":"ok"}' }
    const place = Object.hasOwn(served, path) ? served[path] : undefined
    if (!place) return problem(fault('missing', 'file.not_found', `There is no ${event.rawPath}.`), event.requestContext.requestId)
    const content = kept.get(path) ?? load(facts(), place.file)
    kept.set(path, content)
    return answerWith(event, content, {
      'content-type': place.type,
      'cache-control': `public, max-age=${place.keepSeconds}`,
      ...guards(facts().signIn),
    })
  }
}

function load({ folder, signIn }: DocsFacts, name: string): Loaded {
  const stored = readFileSync(join(folder, `${name}.gz`))
  const zipped = name === 'openapi.json' ? gzipSync(gunzipSync(stored).toString('utf8').replaceAll(SIGN_IN_PLACE, signIn)) : stored
  return { zipped, etag: `"${createHash('sha256').update(zipped).digest('base64url').slice(0, 22)}"` }
}

function answerWith(event: HttpEvent, { zipped, etag }: Loaded, headers: Record<string, string>): Answer & { isBase64Encoded?: boolean } {
  const all = { ...headers, etag, vary: 'accept-encoding' }
  if ((event.headers['if-none-match'] ?? '').split(',').some((one) => one.trim().replace(/^W\//, '') === etag))
    return { statusCode: 304, headers: all, body: '' }
  const takesZip = /\bgzip\b/.test(event.headers['accept-encoding'] ?? '')
  const body = takesZip ? zipped : gunzipSync(zipped)
  return {
    statusCode: 200,
    headers: { ...all, ...(takesZip && { 'content-encoding': 'gzip' }) },
    body: body.toString('base64'),
    isBase64Encoded: true,
  }
}

/** The page runs its own files alone, speaks to this API and to the sign-in alone, and stands in no frame. Swagger UI styles elements in place. */
function guards(signIn: string): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    `connect-src 'self'${signIn && ` ${signIn}`}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]
  return {
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'strict-transport-security': 'max-age=31536000',
  }
}

/** The Lambda entry of the public paths. */
export const handler = docsHandler(() => ({
  folder: join(process.env['LAMBDA_TASK_ROOT'] ?? '.', 'docs'),
  signIn: process.env['SIGN_IN_URL'] ?? '',
}))
