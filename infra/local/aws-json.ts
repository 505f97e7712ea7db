import { Agent, request } from 'node:http'
import { isObject, type Json, type JsonObject, parse, text } from './json.ts'

/** An error as AWS's JSON protocols answer it; `name` is the part that programs test for. */
export class AwsError extends Error {
  override readonly name: string
  readonly status: number
  constructor(name: string, message: string, status = 400) {
    super(message)
    this.name = name
    this.status = status
  }
}

/** Calls one operation of one service; the runner needs five operations, so it loads no SDK (70 ms of start-up). */
export type AwsCall = (operation: string, input: JsonObject, signal?: AbortSignal) => Promise<JsonObject>

const agent = new Agent({ keepAlive: true })

/** The engines read region and key from this header and check no signature. */
const authorization = 'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/local/aws4_request, SignedHeaders=host;x-amz-date, Signature=0'

const answerOf = (status: number, body: string): JsonObject => {
  const answer: Json = body === '' ? {} : parse(body)
  if (!isObject(answer)) throw new AwsError('InvalidAnswer', body.slice(0, 200), 500)
  if (status < 300) return answer
  const type = text(answer['__type']).split('#').at(-1) ?? ''
  throw new AwsError(type || 'UnknownError', text(answer['message'] ?? answer['Message']) || body, status)
}

/**
 * A caller for `prefix` (for example `DynamoDB_20120810`) at a local endpoint.
 * @throws AwsError for what the service refuses; the socket's error when nothing listens.
 */
export const awsCall =
  (endpoint: string, prefix: string): AwsCall =>
  (operation, input, signal) =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify(input)
      const headers = {
        'content-type': 'application/x-amz-json-1.0',
        'content-length': Buffer.byteLength(body),
        'x-amz-target': `${prefix}.${operation}`,
        'x-amz-date': '20260101T000000Z',
        authorization,
      }
      const options = { method: 'POST', agent, headers, ...(signal ? { signal } : {}) }
      const call = request(endpoint, options, (answer) => {
        let received = ''
        answer.setEncoding('utf8')
        answer.on('data', (chunk: string) => (received += chunk))
        answer.on('error', reject)
        answer.on('end', () => {
          try {
            resolve(answerOf(answer.statusCode ?? 500, received))
          } catch (thrown) {
            reject(thrown)
          }
        })
      })
      call.on('error', reject)
      call.end(body)
    })
