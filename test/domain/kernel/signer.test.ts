import { createHash, createHmac } from 'node:crypto'
import { HttpRequest } from '@smithy/core/protocols'
import { SignatureV4 } from '@smithy/signature-v4'
import type { HashConstructor, SourceData } from '@smithy/types'
import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import { dynamoSigner } from '../../../domain/kernel/table/signer.ts'

const bytes = (data: SourceData): string | Uint8Array => (typeof data === 'string' ? data : new Uint8Array(data as ArrayBuffer))

/** The hash the SDK's signer wants. */
class Sha256 {
  #hash
  constructor(secret?: SourceData) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytes(secret))
  }
  update(data: SourceData): void {
    this.#hash.update(bytes(data))
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }
  reset(): void {}
}

const hash: HashConstructor = Sha256

const request = (body: string, target: string): HttpRequest =>
  new HttpRequest({
    method: 'POST',
    protocol: 'https:',
    hostname: 'dynamodb.eu-west-1.amazonaws.com',
    path: '/',
    body,
    headers: {
      host: 'dynamodb.eu-west-1.amazonaws.com',
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': target,
      'content-length': String(Buffer.byteLength(body)),
    },
  })

describe('the request signer', () => {
  test('signs exactly as the SDK signs, whatever the body, the day and the credentials', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom('GetItem', 'Query'),
        fc.date({ min: new Date('2020-01-01'), max: new Date('2035-01-01'), noInvalidDate: true }),
        fc.string({ minLength: 20, maxLength: 40, unit: fc.constantFrom(...'abcXYZ019/+') }),
        fc.boolean(),
        async (body, call, now, secretAccessKey, temporary) => {
          const identity = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey, ...(temporary && { sessionToken: 'token==' }) }
          const facts = { region: 'eu-west-1', credentials: async () => identity }
          const ours = await dynamoSigner({ ...facts, now: () => now }).sign(request(body, `DynamoDB_20120810.${call}`))
          const sdk = new SignatureV4({ ...facts, service: 'dynamodb', sha256: hash, applyChecksum: false })
          const theirs = await sdk.sign(request(body, `DynamoDB_20120810.${call}`), { signingDate: now })
          expect(ours.headers['authorization']).toBe(theirs.headers['authorization'])
        },
      ),
      { numRuns: 60 },
    )
  })
})
