import { Fault, fault } from '../domain/kernel/fault.ts'
import { Busy } from '../domain/kernel/table/refusal.ts'

export interface Answer {
  statusCode: number
  headers: Record<string, string>
  body: string
}

/** What `type` of a problem begins with; the code completes it. */
export const PROBLEM_TYPE = 'urn:crm:problem:'

const titles: Readonly<Record<number, string>> = {
  400: 'Invalid request',
  401: 'Not signed in',
  403: 'Not permitted',
  404: 'Not found',
  409: 'Conflict',
  410: 'Gone',
  412: 'Changed meanwhile',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Key reused',
  428: 'If-Match required',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Try again',
}

/** What AWS answers, or the SDK says, when the table turns a call away or does not answer, after every try there was time for. */
const OUTAGES = new Set([
  'InternalServerError',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ServiceUnavailable',
  'ThrottlingException',
  'TimeoutError',
  'TransactionInProgressException',
])

/** That the table is out of reach is no defect: it passes, so the caller is to come again. */
function outage(error: unknown): Fault | undefined {
  if (!(error instanceof Busy) && !(error instanceof Error && OUTAGES.has(error.name))) return undefined
  const words = 'The records are out of reach for the moment. Send it again; with the same Idempotency-Key it happens once at most.'
  return fault('unavailable', 'records.unavailable', words, { retryAfter: 2 })
}

/** An error as RFC 9457 `application/problem+json`. What is not a fault says nothing but its request's id. */
export function problem(error: unknown, requestId: string): Answer {
  const known = error instanceof Fault ? error : outage(error)
  const status = known?.status ?? 500
  const code = known?.code ?? 'internal'
  const headers: Record<string, string> = { 'content-type': 'application/problem+json', 'cache-control': 'no-store' }
  const { retryAfter, ...facts } = (known?.facts ?? {}) as Record<string, unknown>
  if (status === 429 || status === 503) headers['retry-after'] = typeof retryAfter === 'number' ? String(retryAfter) : '1'
  if (known?.replayed) headers['idempotent-replayed'] = 'true'
  if (status === 401) headers['www-authenticate'] = 'Bearer'
  if (typeof facts['currentVersion'] === 'number') headers['etag'] = `"${facts['currentVersion']}"`
  const body = {
    type: PROBLEM_TYPE + code,
    title: titles[status] ?? 'Error',
    status,
    detail: known?.message ?? 'Something went wrong on our side. It has been logged under this request id.',
    code,
    requestId,
    ...facts,
  }
  return { statusCode: status, headers, body: JSON.stringify(body) }
}
