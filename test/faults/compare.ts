/**
 * `node test/faults/compare.ts [--operations 5000] [--seed 1]`: asks DynamoDB Local and the simulated table the same
 * things by chance and holds the answers against each other, so that what the simulation finds can be believed.
 */
import { parseArgs } from 'node:util'
import { tableClient } from '../../domain/kernel/table/client.ts'
import { startEngine } from '../support/engine.ts'
import { readStream } from '../support/stream-reader.ts'
import { createTable, dropTable, engineClient } from '../support/table.ts'
import { compareTable, type Difference, type Tally } from './compare/table.ts'

/** Operations on one table before a new one is begun. */
const OPERATIONS_A_TABLE = 2_500

const { values } = parseArgs({ options: { operations: { type: 'string', default: '5000' }, seed: { type: 'string', default: '1' } } })

async function run(endpoint: string, wanted: number): Promise<{ tally: Tally; differences: Difference[] }> {
  const tally: Tally = { operations: 0, refused: 0, known: 0, units: { same: 0, different: 0, examples: [] } }
  const differences: Difference[] = []
  const makes = engineClient(endpoint)
  const client = tableClient({ region: 'local', endpoint, credentials: async () => ({ accessKeyId: 'local', secretAccessKey: 'local' }) })
  for (let table = 0; tally.operations < wanted && differences.length < 3; table++) {
    const name = `compare-${table}`
    await createTable(makes, name)
    const stream = await readStream({ endpoint, name })
    const operations = Math.min(OPERATIONS_A_TABLE, wanted - tally.operations)
    const found = await compareTable(client, name, stream, { seed: `${values.seed}/${table}`, operations, tally })
    if (found) differences.push(found)
    await dropTable(makes, name)
  }
  return { tally, differences }
}

const began = performance.now()
const engine = await startEngine('official')
try {
  const { tally, differences } = await run(engine.endpoint, Number(values.operations))
  for (const one of differences) console.log(JSON.stringify(one, null, 1).slice(0, 4_000))
  const { units } = tally
  for (const example of units.examples) console.log(example)
  const seconds = Math.round((performance.now() - began) / 1000)
  console.log(
    `${tally.operations} operations in ${seconds} s, ${tally.refused} of them refused, ${tally.known} as is known to differ; units the same in ${units.same}, different in ${units.different}`,
  )
  console.log(`${tally.operations - differences.length} passed, ${differences.length} failed`)
  process.exitCode = differences.length > 0 ? 1 : 0
} finally {
  await engine.stop()
}
