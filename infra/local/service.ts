import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AwsError } from './aws-json.ts'
import { messageOf } from './complaint.ts'
import { type JsonObject, object, parse, text } from './json.ts'
import type { SecretSpec } from './template.ts'

export type Operation = (input: JsonObject) => JsonObject | Promise<JsonObject>

/** By the `x-amz-target` of AWS's JSON protocol, for example `AWSEvents.PutEvents`. */
export type Operations = Readonly<Record<string, Operation>>

export interface ServiceServer {
  readonly url: string
  /** What is served; set once the parts are up. */
  serve(operations: Operations): void
  stop(): Promise<void>
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** Secrets and parameters of the template. */
export const secretOperations = (secrets: readonly SecretSpec[], parameters: Readonly<Record<string, string>>): Operations => ({
  'secretsmanager.GetSecretValue': (input) => {
    const id = text(input['SecretId'])
    const found = secrets.find(({ arn, name }) => arn === id || name === id)
    if (found === undefined) throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")
    return {
      ARN: found.arn,
      Name: found.name,
      SecretString: found.value,
      VersionId: 'local',
      VersionStages: ['AWSCURRENT'],
      CreatedDate: 0,
    }
  },
  'AmazonSSM.GetParameter': (input) => {
    const name = text(input['Name'])
    const value = parameters[name]
    if (value === undefined) throw new AwsError('ParameterNotFound', '')
    return { Parameter: { Name: name, Value: value, Type: 'String', Version: 1 } }
  },
})

/**
 * The stand-ins of AWS's smaller services. Every service that has none is answered here too, with an error that names
 * it, so that no call of a local run ever leaves the machine.
 */
export const startServiceServer = async (log: (line: string) => void): Promise<ServiceServer> => {
  let operations: Operations = {}
  const answer = async (request: IncomingMessage): Promise<{ readonly status: number; readonly body: JsonObject }> => {
    const target = String(request.headers['x-amz-target'] ?? `${request.method ?? ''} ${request.url ?? ''}`)
    const source = await bodyOf(request)
    const operation = operations[target]
    try {
      if (operation === undefined) {
        log(`A function called ${target}, which has no local stand-in.`)
        throw new AwsError('UnknownOperationException', `The local run has no stand-in for ${target}.`, 501)
      }
      return { status: 200, body: await operation(object(parse(source === '' ? '{}' : source))) }
    } catch (thrown) {
      if (thrown instanceof AwsError) return { status: thrown.status, body: { __type: thrown.name, message: thrown.message } }
      log(`${target}: ${messageOf(thrown)}`)
      return { status: 500, body: { __type: 'InternalFailure', message: messageOf(thrown) } }
    }
  }
  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
        response.end(JSON.stringify(body))
      },
      () => response.destroy(),
    )
  })
  server.keepAliveTimeout = 65_000
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve: (served) => (operations = served),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
