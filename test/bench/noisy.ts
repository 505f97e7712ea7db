import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { budgetsAsText } from '../../functions/budget.ts'
import { configOf } from '../../infra/config.ts'
import { freePort } from '../../infra/local/child.ts'
import { ownAssembly } from '../support/assembly.ts'
import { serve, type Served } from '../support/served.ts'

/**
 * `npm run bench -- --noisy`: five callers go about their work, then one more sends a hundred times what each of them does. What
 * the five wait for an answer, before and beside it, with the budgets of production and with none.
 *
 * Over HTTP, on the running product with its real table engine, in a process of its own. Requests go out at their times whether
 * the ones before were answered or not, so that waiting is measured and not avoided.
 */
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '15' } } })
const seconds = Number(values.seconds)
/** Requests a second of one caller, and of the noisy one. */
const RATE = 3
const NOISE = 100
/** The target: p99 of the others beside the noise, to that before it. */
const MOST_RATIO = 2
const QUIET = ['sales', 'manager', 'service', 'viewer', 'integration'] as const

interface Phase {
  p50: number
  p99: number
  answers: number
  failed: number
  noise: Record<number, number>
}

/** Sends at a pace for a while. @returns milliseconds of each answer, and statuses */
async function caller(served: Served, role: string, rate: number, forMs: number, pathOf: (n: number) => string) {
  const took: number[] = []
  const statuses: Record<number, number> = {}
  const under: Promise<void>[] = []
  const began = performance.now()
  for (let n = 0; performance.now() - began < forMs; n++) {
    await wait(Math.max(0, began + (n * 1000) / rate - performance.now()))
    const sent = performance.now()
    under.push(
      fetch(served.url + pathOf(n), { headers: { authorization: `Bearer ${served.tokens[role]}` } })
        .then(async (answer) => {
          await answer.arrayBuffer()
          took.push(performance.now() - sent)
          statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
        })
        .catch(() => void (statuses[0] = (statuses[0] ?? 0) + 1)),
    )
  }
  await Promise.all(under)
  return { took, statuses }
}

async function phase(served: Served, ids: readonly string[], noisy: boolean): Promise<Phase> {
  const path = (n: number): string => (n % 4 === 0 ? '/v1/customers?limit=25' : `/v1/customers/${ids[n % ids.length]}`)
  const noise = noisy ? caller(served, 'admin', RATE * NOISE, seconds * 1000, path) : undefined
  const all = await Promise.all(QUIET.map((role) => caller(served, role, RATE, seconds * 1000, path)))
  const took = all.flatMap((one) => one.took).sort((a, b) => a - b)
  const at = (share: number): number => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? NaN
  // An account manager's 404 for a customer of somebody else is an answer like any other.
  const answered = ({ statuses }: { statuses: Record<number, number> }): number => (statuses[200] ?? 0) + (statuses[404] ?? 0)
  const failed = all.reduce((sum, one) => sum + Object.values(one.statuses).reduce((a, b) => a + b, 0) - answered(one), 0)
  return { p50: at(0.5), p99: at(0.99), answers: took.length, failed, noise: (await noise)?.statuses ?? {} }
}

async function filled(served: Served): Promise<string[]> {
  const headers = { authorization: `Bearer ${served.tokens['admin']}`, 'content-type': 'application/json' }
  const ids: string[] = []
  for (let n = 0; n < 40; n++) {
    const answer = await fetch(`${served.url}/v1/customers`, { method: 'POST', headers, body: JSON.stringify({ name: `Customer ${n}` }) })
    ids.push(((await answer.json()) as { id: string }).id)
  }
  return ids
}

/** Both phases on a product of its own. */
async function measured(assembly: string, budgets: string): Promise<{ quiet: Phase; beside: Phase }> {
  const folder = mkdtempSync(join(tmpdir(), 'crm-noisy-'))
  const running = serve(folder, await freePort(), assembly, budgets)
  try {
    const served = await running.up
    if (!served) throw new Error('The product did not start.')
    const ids = await filled(served)
    // Both instances of the function warm, the table's pages read.
    await phase(served, ids, false)
    return { quiet: await phase(served, ids, false), beside: await phase(served, ids, true) }
  } finally {
    await running.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

const assembly = ownAssembly()
try {
  const limits = configOf('prod').api.budgets
  const wide = budgetsAsText({ windowSeconds: 10, person: 1_000_000, machine: 1_000_000, open: 1_000_000, workspace: 1_000_000 })
  const rows = []
  let ratio = 0
  for (const [name, budgets] of [
    ['none', wide],
    ['of production', budgetsAsText(limits)],
  ] as const) {
    const { quiet, beside } = await measured(assembly.folder, budgets)
    ratio = beside.p99 / quiet.p99
    for (const [when, one] of [
      ['before', quiet],
      ['beside the noise', beside],
    ] as const)
      rows.push({
        budgets: name,
        'the others': when,
        'p50 ms': one.p50.toFixed(1),
        'p99 ms': one.p99.toFixed(1),
        answers: one.answers,
        'no answer': one.failed,
        'noise let through': one.noise[200] ?? 0,
        'noise refused': one.noise[429] ?? 0,
        ratio: when === 'before' ? '' : ratio.toFixed(2),
      })
  }
  console.log(`${QUIET.length} callers at ${RATE} requests a second each; one more at ${RATE * NOISE}; ${seconds} s each`)
  console.table(rows)
  console.log(`p99 of the others beside a ${NOISE}× noisy caller: ${ratio.toFixed(2)} times the quiet one (target: at most ${MOST_RATIO})`)
  process.exitCode = ratio <= MOST_RATIO ? 0 : 1
} finally {
  assembly.remove()
}
