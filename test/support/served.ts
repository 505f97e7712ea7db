import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A running product in a process of its own. */
export interface Served {
  url: string
  /** Access tokens by role. */
  tokens: Readonly<Record<string, string>>
}

export interface Process {
  /** Where it is; undefined when it ended before it was up. */
  up: Promise<Served | undefined>
  /** How it ended, once it has: status or signal. */
  ended: Promise<string>
  /** Kills it and everything it started, with SIGKILL and at once. */
  kill(): Promise<void>
}

/** Starts the product of an assembly on a folder and a port. */
export function serve(folder: string, port: number, assembly: string, budgets = ''): Process {
  const args = [join(import.meta.dirname, 'product.ts'), folder, String(port), assembly, budgets]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  const ended = once(child, 'exit').then(([status, signal]: unknown[]) => `status ${String(status)}, signal ${String(signal)}`)
  const line = once(createInterface(child.stdout), 'line').then(([text]: string[]) => JSON.parse(text ?? '') as Served)
  return {
    ended,
    up: Promise.race([line, ended.then(() => undefined)]),
    async kill() {
      // The table engine is in a group of its own, so that Ctrl-C reaches the runner alone; here it is to die with it.
      for (const pid of [...groupOf(child), ...descendants(child.pid ?? 0)]) end(pid)
      await ended
    },
  }
}

const groupOf = ({ pid }: ChildProcess): number[] => (pid === undefined ? [] : [-pid])

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It had ended already.
  }
}

/** Processes that this one started, and those started, as Linux lists them. */
function descendants(pid: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
    } catch {
      // It ended while the list was read.
    }
  }
  const below = (of: number): number[] => [...parents].filter(([, parent]) => parent === of).flatMap(([one]) => [one, ...below(one)])
  return below(pid)
}
