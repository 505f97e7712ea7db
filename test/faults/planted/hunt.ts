/**
 * `node test/faults/planted/hunt.ts --invariant I3 [--seeds 40] [--steps 300]`: runs seeds until one breaks a promise of
 * that number. Prints one line of JSON: the seed and what it found, or what else broke.
 */
import '../quiet.ts'
import { parseArgs } from 'node:util'
import { once } from '../worker.ts'

/** What came of a hunt. */
export interface Hunted {
  /** The seed that broke the promise, and how; absent when none did. */
  seed?: number
  words?: string
  seeds: number
  /** Other promises that broke on the way. */
  others: string[]
}

const { values } = parseArgs({
  options: { invariant: { type: 'string' }, seeds: { type: 'string', default: '40' }, steps: { type: 'string', default: '300' } },
})
const others = new Set<string>()
const hunted: Hunted = { seeds: 0, others: [] }
for (let seed = 1; seed <= Number(values.seeds) && hunted.seed === undefined; seed++) {
  const { findings } = await once({ seed, steps: Number(values.steps) })
  const found = findings.find(({ invariant }) => invariant === values.invariant)
  hunted.seeds = seed
  if (found) Object.assign(hunted, { seed, words: found.words })
  for (const { invariant } of findings) if (invariant !== values.invariant) others.add(invariant)
}
console.log(JSON.stringify({ ...hunted, others: [...others] } satisfies Hunted))
process.exit(0)
