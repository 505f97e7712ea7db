/**
 * Runs inside a worker thread: loads one function's bundle as Lambda's Node runtime does and calls its handler, one
 * event at a time.
 */
import { openSync, readFileSync, writeSync } from 'node:fs'
import Module from 'node:module'
import { dirname, extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import type { Boot, Call, Failure, Report } from './message.ts'

type Handler = (event: unknown, context: object) => unknown

/** The parts of Node's module loader that load a file as CommonJS whatever the package.json above it says. */
interface Loaded {
  filename: string
  paths: string[]
  exports: Record<string, unknown>
  _compile(source: string, file: string): void
}
const Loader = Module as unknown as { new (id: string): Loaded; _nodeModulePaths(folder: string): string[] }

const boot = workerData as Boot

/** Straight to the file: the default way would send each line through the thread that serves the API. */
const redirectOutput = (): void => {
  const log = openSync(boot.logFile, 'a')
  const write = (chunk: string | Uint8Array): boolean => {
    writeSync(log, typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString())
    return true
  }
  Object.assign(process.stdout, { write })
  Object.assign(process.stderr, { write })
}

/** On Lambda an index.js without a package.json is CommonJS; here the project's package.json above it says otherwise. */
const loadCommonJs = (): Record<string, unknown> => {
  const loaded = new Loader(boot.file)
  loaded.filename = boot.file
  loaded.paths = Loader._nodeModulePaths(dirname(boot.file))
  loaded._compile(readFileSync(boot.file, 'utf8'), boot.file)
  return loaded.exports
}

const load = async (): Promise<Handler> => {
  const isModule = extname(boot.file) === '.mjs'
  const exports = isModule ? ((await import(pathToFileURL(boot.file).href)) as Record<string, unknown>) : loadCommonJs()
  const handler = boot.handler.split('.').reduce<unknown>((found, part) => (found as Record<string, unknown> | undefined)?.[part], exports)
  if (typeof handler !== 'function') throw new Error(`${boot.handler} is undefined or not exported`)
  if (handler.length >= 3) throw new Error('nodejs24.x has no callback handlers: return a promise')
  return handler as Handler
}

const failureOf = (thrown: unknown): Failure => {
  if (!(thrown instanceof Error)) return { errorType: typeof thrown, errorMessage: String(thrown) }
  return { errorType: thrown.name, errorMessage: thrown.message, trace: (thrown.stack ?? '').split('\n') }
}

const contextOf = (call: Call): object => ({
  callbackWaitsForEmptyEventLoop: true,
  functionName: boot.name,
  functionVersion: '$LATEST',
  invokedFunctionArn: boot.arn,
  memoryLimitInMB: String(boot.memoryMb),
  awsRequestId: call.requestId,
  logGroupName: `/aws/lambda/${boot.name}`,
  logStreamName: process.env['AWS_LAMBDA_LOG_STREAM_NAME'],
  getRemainingTimeInMillis: () => Math.max(0, call.deadline - Date.now()),
})

const run = async (handler: Handler, call: Call): Promise<Report> => {
  process.env['_X_AMZN_TRACE_ID'] = call.trace
  try {
    return { body: JSON.stringify(await handler(JSON.parse(call.event), contextOf(call))) ?? 'null' }
  } catch (thrown) {
    const error = failureOf(thrown)
    process.stdout.write(`${new Date().toISOString()}\t${call.requestId}\tERROR\tInvoke Error\t${JSON.stringify(error)}\n`)
    return { error }
  }
}

const start = async (): Promise<void> => {
  redirectOutput()
  const port = parentPort
  if (port === null) throw new Error('This file runs only as a worker thread.')
  const report = (message: Report): void => port.postMessage(message)
  let handler: Handler
  try {
    handler = await load()
  } catch (thrown) {
    report({ error: failureOf(thrown) })
    return
  }
  port.on('message', (call: Call) => void run(handler, call).then(report))
  report({ ready: true })
}

await start()
