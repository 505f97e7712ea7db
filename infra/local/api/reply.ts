import type { OutgoingHttpHeaders } from 'node:http'
import type { Outcome } from '../function/pool.ts'
import { isObject, type Json, list, object, parse, text } from '../json.ts'

/** An answer ready to be written. */
export interface Reply {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly body: string | Buffer
}

/** An answer of the gateway itself. */
export const gatewayReply = (status: number, message: string, headers: OutgoingHttpHeaders = {}): Reply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify({ message }),
})

/** Lambda's limit on an answer. */
const mostBytes = 6_291_556

const broken = (): Reply => gatewayReply(500, 'Internal Server Error')

/** An answer with a status code is taken as it says; its header names become lower case. */
const structured = (answer: Record<string, Json | undefined>): Reply => {
  const status = Number(answer['statusCode'])
  if (!Number.isInteger(status) || status < 100 || status > 599) return broken()
  const headers: OutgoingHttpHeaders = {}
  for (const [name, value] of Object.entries(object(answer['headers']))) {
    headers[name.toLowerCase()] = Array.isArray(value) ? value.map((item) => text(item as Json)).join(',') : text(value)
  }
  const cookies = list(answer['cookies']).map(text)
  if (cookies.length > 0) headers['set-cookie'] = cookies
  const source = text(answer['body'])
  const body = answer['isBase64Encoded'] === true ? Buffer.from(source, 'base64') : source
  if (body.length > 0) headers['content-type'] ??= 'text/plain;charset=UTF-8'
  return { status, headers, body }
}

/**
 * The answer to a function's outcome: a thrown error, a time-out or a malformed answer is a 500 without detail; an
 * answer without a status code is a 200 with the answer as its body.
 */
export const replyOf = (outcome: Outcome): Reply => {
  if ('error' in outcome || outcome.body.length > mostBytes) return broken()
  const answer = parse(outcome.body)
  if (isObject(answer) && answer['statusCode'] !== undefined) return structured(answer)
  const body = typeof answer === 'string' ? answer : outcome.body
  return { status: 200, headers: { 'content-type': 'application/json' }, body }
}
