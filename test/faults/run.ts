/**
 * `node test/faults/run.ts [--seeds 500] [--from 1] [--steps 300] [--seed N] [--minutes M] [--whole]`: the product on a
 * simulated cloud in which everything goes wrong that can. Prints how often each fault struck, and for each broken
 * promise the seed and a short story. `--seed N` runs that one again, exactly; `--whole` leaves its story as long as it is.
 */
import './quiet.ts'
import { parseArgs } from 'node:util'
import { siteNames, sites, type Site } from './cloud/faults.ts'
import { runSeed, type Ran } from './seed.ts'
import { kindOf, shrunk, told } from './shrink.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '500' },
    from: { type: 'string', default: '1' },
    steps: { type: 'string', default: '300' },
    seed: { type: 'string' },
    minutes: { type: 'string' },
    whole: { type: 'boolean', default: false },
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
let [passed, failed, requests, changes] = [0, 0, 0, 0]

for (let seed = first; seed <= last && performance.now() < until; seed++) {
  const ran = await once(seed)
  for (const [site, times] of ran.fired) fired.set(site, (fired.get(site) ?? 0) + times)
  requests += ran.requests
  changes += ran.changes
  if (ran.findings.length === 0) passed++
  else {
    failed++
    await report(seed, ran)
  }
}

console.log('\nfaults that struck:')
for (const site of siteNames) console.log(`  ${sites[site]} ${site}: ${fired.get(site) ?? 0}`)
if (stories.size > 0) console.log('\nbroken promises by seed:')
for (const [kind, seeds] of stories) console.log(`  ${kind}: ${seeds.join(' ')}`)
console.log(`\n${requests} requests, ${changes} changes of the table in ${Math.round(performance.now() / 1000)} s`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0

/** A run that comes apart is a broken promise like any other. */
async function once(seed: number): Promise<Ran> {
  try {
    return await runSeed({ seed, steps })
  } catch (error) {
    const words = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { findings: [{ invariant: 'run', words }], fired: new Map(), requests: 0, changes: 0, story: [], print: '' }
  }
}

async function report(seed: number, ran: Ran): Promise<void> {
  const kinds = [...new Set(ran.findings.map(kindOf))]
  const known = kinds.every((kind) => stories.has(kind))
  for (const kind of kinds) stories.set(kind, [...(stories.get(kind) ?? []), seed])
  console.log(`\nseed ${seed}: ${ran.findings.length} broken`)
  for (const { invariant, words } of ran.findings.slice(0, known ? 1 : 4)) console.log(`  ${invariant}: ${words.slice(0, 600)}`)
  if (values.whole) console.log(ran.story.join('\n'))
  else if (!known && stories.size <= STORIES && ran.findings[0]?.invariant !== 'run') console.log(told(await shrunk(seed, steps, ran)))
}
