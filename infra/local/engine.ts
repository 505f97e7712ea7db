import { join } from 'node:path'
import { Complaint } from './complaint.ts'
import { startDynoxide } from './engine/dynoxide.ts'
import { hasOfficial, startOfficial } from './engine/official.ts'
import { findBinary } from './engine/prepare.ts'
import { answers, type Engine } from './engine/ready.ts'

export type { Engine } from './engine/ready.ts'

/** The project's ignored folder for what can be made again. */
export const cacheFolder = join(import.meta.dirname, '../../.cache')

const choices =
  `No table engine for ${process.platform}-${process.arch}. Either install the embedded one: npm install --no-save @dynoxide/${process.platform}-${process.arch}@1.2.1; ` +
  'or install Java 17 and run: node test/support/fetch-dynamodb-local.ts; or start any DynamoDB-compatible engine and set AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:PORT.'

const loopback = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** Uses the engine someone else runs. Only on this machine: a local run must never write to a real table. */
const useRunning = async (endpoint: string): Promise<Engine> => {
  const host = URL.canParse(endpoint) ? new URL(endpoint).hostname : ''
  if (!loopback.has(host)) {
    throw new Complaint(`AWS_ENDPOINT_URL_DYNAMODB is ${endpoint}, which is not on this machine: unset it, or point it at 127.0.0.1.`)
  }
  if (!(await answers(endpoint, undefined, 3))) {
    throw new Complaint(`No table engine answers at AWS_ENDPOINT_URL_DYNAMODB=${endpoint}: start it, or unset the variable.`)
  }
  return { name: `the engine at ${endpoint}`, endpoint, stop: () => Promise.resolve() }
}

export interface EngineOptions {
  readonly dataDir: string
  readonly logDir: string
  readonly environment?: NodeJS.ProcessEnv
}

/**
 * Starts the best table engine there is: one already running, else the embedded one, else DynamoDB Local.
 * @throws Complaint with these choices when there is none.
 */
export const startEngine = async ({ dataDir, logDir, environment = process.env }: EngineOptions): Promise<Engine> => {
  const running = environment['AWS_ENDPOINT_URL_DYNAMODB']
  if (running !== undefined && running !== '') return useRunning(running)
  const logFile = join(logDir, 'engine.log')
  const binary = findBinary()
  if (binary !== undefined) return startDynoxide({ binary, file: join(dataDir, 'table.db'), logFile, cache: cacheFolder, expiry: true })
  if (hasOfficial()) return startOfficial({ files: join(dataDir, 'dynamodb-local'), logFile })
  throw new Complaint(choices)
}
