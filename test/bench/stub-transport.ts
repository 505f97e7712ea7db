import { Readable } from 'node:stream'
import { HttpResponse } from '@smithy/core/protocols'

export interface StubRequest {
  headers: Record<string, string>
  body?: unknown
}

/** A transport that answers in this process: what a request costs is then the code around it. */
export interface StubTransport {
  handle(request: StubRequest): Promise<{ response: HttpResponse }>
  updateHttpClientConfig(): void
  httpHandlerConfigs(): Record<string, never>
  destroy(): void
}

/** @param answer the body DynamoDB would send for an operation and its request */
export function stubTransport(answer: (operation: string, request: string) => string): StubTransport {
  return {
    async handle(request) {
      const operation = (request.headers['x-amz-target'] ?? '').split('.')[1] ?? ''
      const body = Readable.from([
        Buffer.from(
          answer(operation, typeof request.body === 'string' ? request.body : new TextDecoder().decode(request.body as Uint8Array)),
        ),
      ])
      return { response: new HttpResponse({ statusCode: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body }) }
    },
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
    destroy: () => {},
  }
}
