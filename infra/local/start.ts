import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Arguments, readArguments } from './arguments.ts'
import { banner } from './banner.ts'
import { Complaint, messageOf } from './complaint.ts'
import { type Local, startLocal } from './local.ts'
import { inUse, usedElsewhere } from './state.ts'
import { synthesize } from './synthesis.ts'

/** The entry of `npm start`. */

const root = resolve(import.meta.dirname, '../..')

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const warn = (line: string): void => void process.stderr.write(`${line}\n`)

/** Removes a data folder, and nothing that is not one. */
const clear = (folder: string): void => {
  if (!existsSync(folder)) return
  if (!statSync(folder).isDirectory()) throw new Complaint(`${folder} is a file, not a folder: choose a folder with --data DIR.`)
  if (readdirSync(folder).length > 0 && !existsSync(join(folder, 'state.db'))) {
    throw new Complaint(
      `${folder} holds other things than this program's data, so it is not cleared: choose another folder with --data DIR.`,
    )
  }
  if (inUse(folder)) throw usedElsewhere(folder)
  rmSync(folder, { recursive: true, force: true })
}

const checkPlatform = (): void => {
  if (process.platform === 'win32')
    throw new Complaint('Windows itself is not supported: run this inside WSL (https://learn.microsoft.com/windows/wsl/install).')
}

/** Stops on Ctrl-C, on a polite kill, or when a part breaks; a second Ctrl-C does not wait. */
const stopOnRequest = (local: Local): void => {
  let asked = false
  const stop = async (code: number): Promise<void> => {
    if (asked) process.exit(130)
    asked = true
    say('\nStopping.')
    await local.stop()
    process.exit(code)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0))
  void local.broken.then((line) => {
    warn(line)
    return stop(1)
  })
}

const start = async ({ demo, port, dataDir, fresh }: Arguments): Promise<void> => {
  checkPlatform()
  // Functions in the cloud run in UTC, and threads share the process's zone.
  process.env['TZ'] = 'UTC'
  const folder = resolve(dataDir)
  if (fresh) clear(folder)
  say('Synthesizing the stack.')
  const { assembly, made } = synthesize(root)
  say(made ? 'Starting.' : 'Unchanged since the last time. Starting.')
  const local = await startLocal({ port, dataDir: folder, assembly, log: warn })
  stopOnRequest(local)
  const followUp = demo ? await loaded(local) : undefined
  say(await banner(local))
  await followUp?.().catch((thrown: unknown) => warn(`What follows from the demo could not be told: ${messageOf(thrown)}`))
}

/** The demo's data, with what tells later what came of it. */
const loaded = async (local: Local): Promise<() => Promise<void>> => {
  const { loadDemo } = await import('./demo.ts')
  try {
    return await loadDemo(local)
  } catch (thrown) {
    throw new Complaint(`The demo could not be loaded: ${messageOf(thrown)}`)
  }
}

try {
  await start(readArguments(process.argv.slice(2)))
} catch (thrown) {
  if (!(thrown instanceof Complaint)) throw thrown
  warn(thrown.message)
  process.exit(1)
}
