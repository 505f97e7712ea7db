import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { functionNames } from '../../infra/config.ts'
import { crmApp } from '../../infra/crm-stack.ts'
import { startEngine } from '../support/engine.ts'
import { measureCpu } from './cpu.ts'
import { priceAtRest, pricePerThousand, together, type Price } from './price.ts'
import { measureStart } from './start.ts'

/**
 * `npm run bench`: what the product costs, counted. `--json` prints one JSON object, `--quick` takes smaller tables and
 * fewer rounds, `--insight` judges the models on the shipped purchase history beside simple rules and fits a
 * million customers, `--import` carries a file of
 * 100,000 rows (10,000 with `--quick`) in and out again, `--search` asks 500 questions about as many customers,
 * `--noisy` has one caller send a hundred times what each other does and tells what the others notice of it.
 *
 * Units and calls are the engine's own figures and exact. CPU and start-up are ratios to the plain handler (plain.ts),
 * both measured in turn on this machine, since absolute times on shared machines say little.
 */
const root = resolve(import.meta.dirname, '../..')
const flags = new Set(process.argv.slice(2))
const known = ['--json', '--quick', '--insight', '--search', '--import', '--noisy']
const unknown = [...flags].find((flag) => !known.includes(flag))
if (unknown !== undefined) {
  console.error(`There is no ${unknown}; the bench knows ${known.join(', ')}.`)
  process.exit(1)
}

if (flags.has('--insight')) {
  const { reportInsight } = await import('./insight-report.ts')
  reportInsight({ customers: flags.has('--quick') ? 100_000 : 1_000_000, json: flags.has('--json') })
  process.exit(0)
}

if (flags.has('--noisy')) process.exit(spawnSync(process.execPath, ['test/bench/noisy.ts'], { cwd: root, stdio: 'inherit' }).status ?? 1)

const quick = flags.has('--quick')
if (flags.has('--search')) {
  const { reportSearch } = await import('./search-report.ts')
  await reportSearch({ customers: quick ? 10_000 : 100_000, json: flags.has('--json') })
  process.exit(0)
}

if (flags.has('--import')) {
  await carried()
  process.exit(0)
}
process.env['POWERTOOLS_METRICS_DISABLED'] = 'true'
const say = console.log.bind(console)
process.env['POWERTOOLS_LOG_LEVEL'] = 'INFO'
// First, in a process that has done nothing else, as a function's instance has not.
const cpu = await unheard(() => measureCpu(quick ? 25 : 75))
const operations = await unheard(counted)
const { schedules } = operations
const start = measureStart(quick ? 5 : 15)
const { bundles, atRest } = await unheard(async () => stack())
const prices = { perThousandCustomers: pricePerThousand(operations.operations), atRest }

if (flags.has('--json')) say(JSON.stringify({ operations: operations.operations, cpu, start, bundles, schedules, prices }))
else report()

/** A file of rows in and out again; how far it is, on standard error. */
async function carried(): Promise<void> {
  const engine = await startEngine('embedded')
  process.env['CRM_TEST_ENGINE'] = engine.endpoint
  try {
    const { measureImport } = await import('./imports.ts')
    const results = await unheard(() => measureImport(quick ? 10_000 : 100_000, (line) => console.error(line)))
    const { measureAfter, onPaper } = await import('./on-paper.ts')
    const { fileOf } = await import('./imports.ts')
    const sample = 1_000
    const after = await unheard(() => measureAfter(fileOf(sample), sample))
    const paper = results[0] && onPaper(1_000_000, results[0], after)
    if (flags.has('--json')) return console.log(JSON.stringify({ imports: results, after, paper }))
    console.table(results)
    console.log('What the stream keeps of a row afterwards, and a million rows on paper:')
    console.table([{ ...after, ...paper }])
  } finally {
    await engine.stop()
  }
}

/** Everything that is counted on the table engine. */
async function counted() {
  process.env['POWERTOOLS_LOG_LEVEL'] = 'SILENT'
  const engine = await startEngine('embedded')
  process.env['CRM_TEST_ENGINE'] = engine.endpoint
  try {
    // Loaded here, since the log level is read when the functions are.
    const { measureOperations } = await import('./operations.ts')
    const { measureSchedules } = await import('./schedules.ts')
    return { operations: await measureOperations(), schedules: await measureSchedules(quick ? [1_000, 10_000] : [1_000, 10_000, 100_000]) }
  } finally {
    await engine.stop()
  }
}

/** Runs work whose log lines are part of its cost, without showing them. */
async function unheard<T>(work: () => Promise<T>): Promise<T> {
  const write = process.stdout.write.bind(process.stdout)
  process.stdout.write = () => true
  try {
    return await work()
  } finally {
    process.stdout.write = write
  }
}

/** The stack as it would be deployed: how large its functions are and what it costs to have it. */
function stack(): { bundles: { name: string; kb: number }[]; atRest: Price[] } {
  const out = mkdtempSync(join(tmpdir(), 'crm-stack-'))
  try {
    const { app, crm, bundles: made } = crmApp({ stage: 'prod', outdir: out })
    const { Resources } = app.synth().getStackByName(crm.stackName).template as { Resources: Parameters<typeof priceAtRest>[0] }
    const kb = functionNames.map((name) => ({ name, kb: Math.round(made.bytes(name) / 1024) }))
    return { bundles: kb, atRest: priceAtRest(Object.values(Resources)) }
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

function report(): void {
  const of = ({ calls, rounds, readUnits, writeUnits }: { calls: number; rounds: number; readUnits: number; writeUnits: number }) =>
    `${calls} / ${rounds} / ${readUnits} / ${writeUnits}`
  say('\nOperations: calls / rounds in sequence / read units / write units, the floor beside them')
  console.table(
    operations.operations.map((one) => ({ operation: one.name, cost: of(one), floor: of(one.floor), 'what the floor needs': one.why })),
  )
  say('Warm CPU of a request and start-up with the first request, as ratios to the plain handler (target: at most 0.8 and 1.2)')
  console.table([
    ...cpu.map(({ name, ratio, oursMicros, plainMicros }) => ({
      what: name,
      ratio: ratio.toFixed(2),
      ours: `${oursMicros.toFixed(0)} µs`,
      plain: `${plainMicros.toFixed(0)} µs`,
    })),
    { what: 'start', ratio: start.ratio.toFixed(2), ours: `${start.oursMs.toFixed(0)} ms`, plain: `${start.plainMs.toFixed(0)} ms` },
  ])
  say('Bundles, minified')
  console.table(bundles)
  say('Schedules: one run in a table of so many customers, with nothing due and with the same work due')
  console.table(schedules.map((one) => ({ ...one, 'read units per due': one.due > 0 ? (one.readUnits / one.due).toFixed(2) : '' })))
  say('A month in us-east-1 at on-demand prices without free tiers (assumptions in test/bench/price.ts): a thousand customers')
  bill(prices.perThousandCustomers)
  say('and the stack itself, however many they are')
  bill(prices.atRest)
}

function bill(causes: readonly Price[]): void {
  const lines = [...causes, { what: 'together', dollars: together(causes) }]
  console.table(lines.map(({ what, dollars }) => ({ what, dollars: dollars.toFixed(3) })))
}
