import { randomBytes } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Child, freePort, startChild } from '../child.ts'
import { Complaint } from '../complaint.ts'
import { answers, type Engine } from './ready.ts'
import { type Binary, preparedFile } from './prepare.ts'

export interface DynoxideOptions {
  readonly binary: Binary
  /** The database file; made from the prepared one when it is not there. */
  readonly file: string
  readonly logFile: string
  /** Where prepared files are kept. */
  readonly cache: string
  /** Whether expired items are to be removed: opens the engine's second port. */
  readonly expiry: boolean
}

/** The engine's only way to remove expired items is a tool of its MCP server. */
const sweeper = (port: number, token: string) => async (): Promise<void> => {
  const answer = await fetch(`http://127.0.0.1:${port}/mcp`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'sweep_ttl', arguments: {} } }),
  })
  await answer.text()
  if (!answer.ok) throw new Error(`The engine's expiry sweep answered ${answer.status}.`)
}

/** Another process may take the port between our asking for it and the engine's opening it, so this is tried again. */
const tries = 3

/** Starts dynoxide on a free port of 127.0.0.1. @throws Complaint when it will not start. */
export const startDynoxide = async (options: DynoxideOptions): Promise<Engine> => {
  const { binary, file, logFile } = options
  mkdirSync(dirname(file), { recursive: true })
  if (!existsSync(file)) copyFileSync(await preparedFile(binary, options.cache), file)
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const [port, toolPort] = [await freePort(), await freePort()]
    const token = randomBytes(16).toString('hex')
    const tools = options.expiry ? ['--mcp', '--mcp-port', String(toolPort)] : []
    const args = ['serve', '--host', '127.0.0.1', '--port', String(port), '--db-path', file, ...tools]
    const child: Child = startChild(binary.path, args, logFile, { DYNOXIDE_MCP_AUTH_TOKEN: token })
    const endpoint = `http://127.0.0.1:${port}`
    if (await answers(endpoint, child)) {
      const sweep = options.expiry ? { expire: sweeper(toolPort, token) } : {}
      return { name: `dynoxide ${binary.version}`, endpoint, exited: child.exited, stop: () => child.stop(), ...sweep }
    }
    await child.stop()
  }
  throw new Complaint(`The table engine did not start with ${file} (see ${logFile}): begin anew with --fresh if the file is broken.`)
}
