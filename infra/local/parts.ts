import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type ApiServer, startApiServer } from './api/server.ts'
import { messageOf } from './complaint.ts'
import { type Engine, startEngine } from './engine.ts'
import type { Endpoints } from './function/environment.ts'
import { text } from './json.ts'
import { type QueueServer, startQueueServer } from './queue/server.ts'
import { type Operations, startServiceServer } from './service.ts'
import type { Shutdown } from './shutdown.ts'
import { openState, type State } from './state.ts'

type Log = (line: string) => void

/** What every stack runs on, whatever it holds. */
export interface Parts {
  readonly state: State
  readonly api: ApiServer
  readonly engine: Engine
  readonly queues: QueueServer
  readonly serve: (operations: Operations) => void
  readonly endpoints: Endpoints
}

/** Logs of one run only: the folder begins empty. */
const freshLogs = (dataDir: string): string => {
  const folder = join(dataDir, 'log')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  return folder
}

/** Starts the parts in the order in which one needs another; the first that cannot start ends it. */
export const startParts = async (port: number, dataDir: string, log: Log, shutdown: Shutdown): Promise<Parts> => {
  const state = openState(dataDir)
  shutdown.add(() => state.close())
  const api = await startApiServer(port, log)
  shutdown.add(() => api.stop())
  const engine = await startEngine({ dataDir, logDir: freshLogs(dataDir) })
  shutdown.add(() => engine.stop())
  const queues = await startQueueServer(join(dataDir, 'queue'))
  shutdown.add(() => queues.stop())
  const services = await startServiceServer(log)
  shutdown.add(() => services.stop())
  const endpoints = { table: engine.endpoint, queue: queues.url, other: services.url }
  return { state, api, engine, queues, serve: (operations) => services.serve(operations), endpoints }
}

/** A secret that is made up once and then kept with the data. */
export const keptSecret =
  (state: State) =>
  (name: string): string => {
    const kept = state.get('secret', name)
    if (kept !== undefined) return text(kept)
    const made = randomBytes(30).toString('base64url')
    state.set('secret', name, made)
    return made
  }

/** The run is of no use without its table, so this is told at once and not with the first failing request. */
export const watchEngine = (engine: Engine, dataDir: string, shutdown: Shutdown): Promise<string> => {
  let stopping = false
  shutdown.add(() => void (stopping = true))
  return new Promise((tell) => {
    const line = `The table engine ended by itself (see ${join(dataDir, 'log', 'engine.log')}).`
    void engine.exited?.then(() => (stopping ? undefined : tell(line)))
  })
}

const expiryMs = 60_000

/** The embedded engine removes expired items only when told. */
export const keepExpiring = (engine: Engine, shutdown: Shutdown, log: Log): void => {
  const sweep = (): void => void engine.expire?.().catch((thrown: unknown) => log(`Expiry: ${messageOf(thrown)}`))
  const timer = setInterval(sweep, expiryMs)
  shutdown.add(() => clearInterval(timer))
}
