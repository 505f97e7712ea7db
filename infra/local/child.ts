import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { createServer } from 'node:net'

/**
 * Runs a command that ends when this process ends, however it ends: the shell waits for its standard input to
 * close, which the kernel does even after kill -9, and then sends SIGTERM. Without it a killed run would leave an
 * engine behind that holds the data file.
 */
const tether = 'exec 3<&0; "$@" </dev/null 3<&- & child=$!; (cat <&3 >/dev/null; kill -TERM $child) 2>/dev/null & exec 3<&-; wait $child'

export interface Child {
  /** Resolves with the exit code once the command has ended. */
  readonly exited: Promise<number | null>
  readonly ended: () => boolean
  /** SIGTERM, then SIGKILL after five seconds. */
  stop(): Promise<void>
}

const killGroup = (child: ChildProcess): void => {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // The group has already ended, which is what was wanted.
  }
}

/** Starts `command` in a process group of its own, so that Ctrl-C reaches only the runner, which stops parts in order. */
export const startChild = (command: string, args: readonly string[], logFile: string, env: NodeJS.ProcessEnv = {}): Child => {
  const out = openSync(logFile, 'a')
  const child = spawn('/bin/sh', ['-c', tether, 'tether', command, ...args], {
    stdio: ['pipe', out, out],
    detached: true,
    env: { ...process.env, ...env },
  })
  closeSync(out)
  child.stdin?.on('error', () => undefined)
  let ended = false
  const exited = new Promise<number | null>((resolve) => {
    const end = (code: number | null): void => {
      ended = true
      child.stdin?.end()
      resolve(code)
    }
    child.once('exit', end)
    child.once('error', () => end(127))
  })
  return {
    exited,
    ended: () => ended,
    stop: async () => {
      child.stdin?.end()
      const late = setTimeout(() => killGroup(child), 5_000)
      await exited
      clearTimeout(late)
    },
  }
}

/** A port of 127.0.0.1 that was free a moment ago. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
