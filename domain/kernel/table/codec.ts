/**
 * The JSON of DynamoDB's protocol, for values that are in its form already (`{ S: 'text' }`), as all of the store's are.
 *
 * The SDK's own codec walks every attribute by schema, out and in. Marshalled values need none of that but for bytes,
 * which are base64 in JSON; the store keeps no bytes, so JSON as the runtime has it is the protocol. Held against the
 * SDK's codec in the tests.
 */
export class TableCodec {
  setSerdeContext(): void {}
  createSerializer() {
    let text = ''
    return {
      setSerdeContext(): void {},
      write(_schema: unknown, value: unknown): void {
        text = JSON.stringify(value)
      },
      flush: (): string => text,
    }
  }
  createDeserializer() {
    return {
      setSerdeContext(): void {},
      async read(_schema: unknown, body: Uint8Array | string): Promise<unknown> {
        const text = typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
        return JSON.parse(text)
      },
      readObject: (_schema: unknown, value: unknown): unknown => value,
    }
  }
}
