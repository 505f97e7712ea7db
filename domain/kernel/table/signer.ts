import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto'
import type { AwsCredentialIdentity, HttpRequest, RequestSigner } from '@smithy/types'

/**
 * AWS Signature Version 4 for one service, with the day's signing key kept.
 *
 * The SDK's signer derives and formats everything anew for each request (about 120 µs of 310, see the bench); a
 * DynamoDB call has no query string and a handful of headers, so the canonical request is short. Follows
 * "Create a signed AWS API request", AWS IAM User Guide; checked against the SDK's own signer in the tests.
 */
export function dynamoSigner(facts: {
  region: string
  credentials: () => Promise<AwsCredentialIdentity>
  now?: () => Date
}): RequestSigner {
  const keys = new Map<string, KeyObject>()
  const now = facts.now ?? (() => new Date())

  function keyFor(day: string, secret: string): KeyObject {
    const name = `${day}/${secret}`
    let key = keys.get(name)
    if (!key) {
      const date = hmac(createSecretKey(`AWS4${secret}`, 'utf8'), day)
      const region = hmac(createSecretKey(date), facts.region)
      const service = hmac(createSecretKey(region), 'dynamodb')
      key = createSecretKey(hmac(createSecretKey(service), 'aws4_request'))
      keys.clear()
      keys.set(name, key)
    }
    return key
  }

  return {
    async sign<R>(request: R): Promise<R> {
      const http = request as R & HttpRequest
      const { accessKeyId, secretAccessKey, sessionToken } = await facts.credentials()
      const stamp = now()
        .toISOString()
        .replace(/[-:]|\.\d{3}/g, '')
      const day = stamp.slice(0, 8)
      const headers: Record<string, string> = { ...http.headers, 'x-amz-date': stamp }
      if (sessionToken) headers['x-amz-security-token'] = sessionToken
      const names = Object.keys(headers)
        .filter((name) => !UNSIGNED.has(name.toLowerCase()))
        .sort(byLowerCase)
      const signed = names.map((name) => name.toLowerCase()).join(';')
      const lines = names.map((name) => `${name.toLowerCase()}:${(headers[name] ?? '').trim()}\n`).join('')
      const body = typeof http.body === 'string' || http.body instanceof Uint8Array ? http.body : ''
      const canonical = `${http.method}\n${http.path}\n\n${lines}\n${signed}\n${sha256(body)}`
      const credential = `${day}/${facts.region}/dynamodb/aws4_request`
      const signature = createHmac('sha256', keyFor(day, secretAccessKey))
        .update(`AWS4-HMAC-SHA256\n${stamp}\n${credential}\n${sha256(canonical)}`)
        .digest('hex')
      headers['authorization'] = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${credential}, SignedHeaders=${signed}, Signature=${signature}`
      http.headers = headers
      return http
    },
  }
}

/** Headers that proxies or the transport may change, or that say nothing of the request. */
const UNSIGNED = new Set([
  'authorization',
  'connection',
  'user-agent',
  'x-amz-user-agent',
  'amz-sdk-request',
  'amz-sdk-invocation-id',
  'expect',
  'x-amzn-trace-id',
])

const byLowerCase = (a: string, b: string): number => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)
const hmac = (key: KeyObject, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const sha256 = (body: string | Uint8Array): string => hash('sha256', body, 'hex')
