/**
 * `npm run planted [-- --only 'dedupe|sentinel'] [--seeds 40] [--steps 300]`: plants one known bug after the other in a copy of the
 * tree and lets the simulation run until the promise it breaks is seen broken. Ends with `N of N caught`.
 */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import type { Hunted } from './hunt.ts'
import { planted, type Planted } from './index.ts'

const exec = promisify(execFile)
const root = join(import.meta.dirname, '../../..')
/** What the simulation runs on. */
const TREE = ['domain', 'events', 'functions', 'infra', 'test', 'package.json', 'tsconfig.json']
/** Copies worked on at a time, one a core. */
const COPIES = 2
/** A bug may send the product round in circles: no hunt takes longer. Milliseconds. */
const LONGEST = 1_200_000

const { values } = parseArgs({
  options: { only: { type: 'string' }, seeds: { type: 'string', default: '40' }, steps: { type: 'string', default: '300' } },
})
const wanted = planted.filter(({ name }) => new RegExp(values.only ?? '').test(name))
const waiting = [...wanted]
let caught = 0
await Promise.all(Array.from({ length: COPIES }, lane))
console.log(`${caught} of ${wanted.length} caught`)
process.exit(caught === wanted.length && caught > 0 ? 0 : 1)

async function lane(): Promise<void> {
  const copy = await mkdtemp(join(tmpdir(), 'crm-planted-'))
  try {
    await Promise.all(TREE.map((part) => cp(join(root, part), join(copy, part), { recursive: true })))
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
    for (let one = waiting.shift(); one; one = waiting.shift()) if (await isCaught(copy, one)) caught++
  } finally {
    await rm(copy, { recursive: true })
  }
}

async function isCaught(copy: string, { name, invariant, words }: Planted): Promise<boolean> {
  const patch = join('test/faults/planted', `${name}.patch`)
  const began = performance.now()
  try {
    await exec('git', ['apply', patch], { cwd: copy })
    const hunted = await hunt(copy, invariant)
    await exec('git', ['apply', '--reverse', patch], { cwd: copy })
    const seconds = Math.round((performance.now() - began) / 1000)
    const others = hunted.others.length > 0 ? `; others broken on the way: ${hunted.others.join(', ')}` : ''
    console.log(`${hunted.seed === undefined ? 'MISSED' : 'caught'} ${name}: ${words}`)
    console.log(
      hunted.seed === undefined
        ? `  ${invariant} held in ${hunted.seeds} seeds, ${seconds} s${others}`
        : `  by ${invariant} in seed ${hunted.seed}, ${seconds} s${others}: ${(hunted.words ?? '').slice(0, 200)}`,
    )
    return hunted.seed !== undefined
  } catch (error) {
    console.log(`MISSED ${name}: ${error instanceof Error ? error.message.slice(0, 600) : String(error)}`)
    await exec('git', ['apply', '--reverse', patch], { cwd: copy }).catch(() => {})
    return false
  }
}

async function hunt(copy: string, invariant: string): Promise<Hunted> {
  const args = ['test/faults/planted/hunt.ts', '--invariant', invariant, '--seeds', values.seeds, '--steps', values.steps]
  const { stdout } = await exec(process.execPath, args, { cwd: copy, timeout: LONGEST, maxBuffer: 64 * 1024 * 1024 })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Hunted
}
