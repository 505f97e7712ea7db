/**
 * `node test/faults/run.ts [--seeds 500] [--from 1] [--steps 300] [--seed N] [--minutes M] [--workers 1] [--whole] [--every]`:
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
    workers: { type: 'string', default: '1' },
    whole: { type: 'boolean', default: false },
    every: { type: 'boolean', default: false },
  },
})
const steps = Number(values.steps)
const first = Number(values.seed ?? values.from)
const last = values.seed === undefined ? first + Number(values.seeds) - 1 : first
const until = performance.now() + Number(values.minutes ?? Infinity) * 60_000

/** Stories told in full; of further seeds that break the same promise only the number. */
const STORIES = 5

const fired = new Map<Site, number>()
const stories = new Map<string, number[]>()
let [next, passed, failed, requests, changes] = [first, 0, 0, 0, 0]

const workers = values.seed === undefined ? Number(values.workers) : 1
await Promise.all(Array.from({ length: workers }, () => lane(workers > 1 ? inThread() : once)))

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
    const ran = await run({ seed, steps, ...(values.every && { every: true }) })
    for (const [site, times] of ran.fired) fired.set(site, (fired.get(site) ?? 0) + times)
    requests += ran.requests
    changes += ran.changes
    if (ran.findings.length === 0) passed++
    else {
      failed++
      await report(seed, ran)
    }
    if (values.whole) console.log(ran.story.join('\n'))
  }
}

/** A thread that runs seeds: two at once never share the clock they simulate. */
function inThread(): (facts: SeedFacts) => Promise<Ran> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url))
  return (facts) =>
    new Promise((done, failed) => {
      worker.once('message', done)
      worker.once('error', failed)
      worker.postMessage(facts)
    })
}

async function report(seed: number, ran: Ran): Promise<void> {
  const kinds = [...new Set(ran.findings.map(kindOf))]
  const known = kinds.every((kind) => stories.has(kind))
  for (const kind of kinds) stories.set(kind, [...(stories.get(kind) ?? []), seed])
  console.log(`\nseed ${seed}: ${ran.findings.length} broken`)
  for (const { invariant, words } of ran.findings.slice(0, known ? 1 : 4)) console.log(`  ${invariant}: ${words.slice(0, 600)}`)
  const tell = !values.whole && !known && stories.size <= STORIES && ran.findings[0]?.invariant !== 'run'
  if (tell && workers === 1) console.log(told(await shrunk(seed, steps, ran)))
}
