/**
 * `node test/faults/run.ts [--seeds 500] [--from 1] [--steps 300] [--seed N] [--minutes M] [--workers 2] [--whole] [--every]`:
 * the product on a simulated cloud in which everything goes wrong that can. Prints how often each fault struck, and for
 * each broken promise the seed and a short story. `--seed N` runs that one again, exactly; `--whole` leaves its story as
 * long as it is, `--every` tells each change of the table and each event in it too.
 */
import './quiet.ts'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { siteNames, sites, type Site } from './cloud/faults.ts'
import type { Ran, SeedFacts } from './seed.ts'
import { kindOf, shrunk, told } from './shrink.ts'
import { once } from './worker.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '500' },
    from: { type: 'string', default: '1' },
    steps: { type: 'string', default: '300' },
    seed: { type: 'string' },
    minutes: { type: 'string' },
    workers: { type: 'string', default: '2' },
    whole: { type: 'boolean', default: false },
    every: { type: 'boolean', default: false },
  },
})
const steps = Number(values.steps)
const first = Number(values.seed ?? values.from)
const last = values.seed === undefined ? first + Number(values.seeds) - 1 : first
const until = performance.now() + Number(values.minutes ?? Infinity) * 60_000

/** Most of what a run makes is forgotten within it: with room for it, little is ever moved. */
const YOUNG_MB = 384
/** Stories told in full; of further seeds that break the same promise only the number. */
const STORIES = 3
const untold: { seed: number; ran: Ran }[] = []

const fired = new Map<Site, number>()
const stories = new Map<string, number[]>()
let [next, passed, failed, requests, changes] = [first, 0, 0, 0, 0]

const workers = values.seed === undefined ? Number(values.workers) : 1
await Promise.all(Array.from({ length: workers }, () => lane(workers > 1 ? inThread() : once)))
// One after the other, here: two runs in one thread would share the clock they simulate.
for (const { seed, ran } of untold) console.log(`\nseed ${seed}, as short as it could be made:\n${told(await shrunk(seed, steps, ran))}`)

console.log('\nfaults that struck:')
for (const site of siteNames) console.log(`  ${sites[site]} ${site}: ${fired.get(site) ?? 0}`)
if (stories.size > 0) console.log('\nbroken promises by seed:')
for (const [kind, seeds] of stories) console.log(`  ${kind}: ${seeds.join(' ')}`)
console.log(`\n${requests} requests, ${changes} changes of the table in ${Math.round(performance.now() / 1000)} s`)
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)

/** Takes one seed after the other until none is left or the time is over. */
async function lane(run: (facts: SeedFacts) => Promise<Ran>): Promise<void> {
  while (next <= last && performance.now() < until) {
    const seed = next++
    const ran = await run({ seed, steps, printed: values.seed !== undefined, every: values.every })
    for (const [site, times] of ran.fired) fired.set(site, (fired.get(site) ?? 0) + times)
    requests += ran.requests
    changes += ran.changes
    if (ran.findings.length === 0) passed++
    else {
      failed++
      report(seed, ran)
    }
    if (values.whole) console.log(ran.story.join('\n'))
    if (values.seed !== undefined) console.log(`seed ${seed}: ${ran.story.length} lines of story, fingerprint ${ran.print}`)
  }
}

/** A thread that runs seeds: two at once never share the clock they simulate. */
function inThread(): (facts: SeedFacts) => Promise<Ran> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } })
  let [done, failed]: [(ran: Ran) => void, (error: unknown) => void] = [() => {}, () => {}]
  worker.on('message', (ran: Ran) => done(ran))
  worker.on('error', (error: unknown) => failed(error))
  return (facts) =>
    new Promise((resolve, reject) => {
      ;[done, failed] = [resolve, reject]
      worker.postMessage(facts)
    })
}

function report(seed: number, ran: Ran): void {
  const kinds = [...new Set(ran.findings.map(kindOf))]
  const known = kinds.every((kind) => stories.has(kind))
  for (const kind of kinds) stories.set(kind, [...(stories.get(kind) ?? []), seed])
  console.log(`\nseed ${seed}: ${ran.findings.length} broken`)
  for (const { invariant, words } of ran.findings.slice(0, known ? 1 : 4)) console.log(`  ${invariant}: ${words.slice(0, 600)}`)
  if (!values.whole && !known && untold.length < STORIES && ran.findings[0]?.invariant !== 'run') untold.push({ seed, ran })
}
