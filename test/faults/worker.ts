import './quiet.ts'
import { parentPort } from 'node:worker_threads'
import { runSeed, type Ran, type SeedFacts } from './seed.ts'

/** A run that comes apart is a broken promise like any other. */
export async function once(facts: SeedFacts): Promise<Ran> {
  try {
    return await runSeed(facts)
  } catch (error) {
    const words = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { findings: [{ invariant: 'run', words }], fired: new Map(), requests: 0, changes: 0, story: [], print: '' }
  }
}

/** In a thread of its own: runs what it is sent, one after the other. */
parentPort?.on('message', (facts: SeedFacts) => {
  void once(facts).then((ran) => parentPort?.postMessage(ran))
})
