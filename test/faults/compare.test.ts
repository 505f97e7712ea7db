import { describe, expect, test } from 'vitest'
import { tableClient } from '../../domain/kernel/table/client.ts'
import { engineEndpoint } from '../support/engine-endpoint.ts'
import { readStream } from '../support/stream-reader.ts'
import { createTable, dropTable, engineClient } from '../support/table.ts'
import { compareTable, type Tally } from './compare/table.ts'

/** A slice of what compare.ts does at length; only the official engine is worth being held against. */
describe.runIf(process.env['CRM_ENGINE'] === 'official')('the simulated table', () => {
  test.each([101, 102])('answers as DynamoDB Local does, seed %i', async (seed) => {
    const [endpoint, name] = [engineEndpoint(), `compare-${seed}`]
    const makes = engineClient(endpoint)
    await createTable(makes, name)
    const tally: Tally = { operations: 0, refused: 0, known: 0, units: { same: 0, different: 0, examples: [] } }
    const client = tableClient({ region: 'local', endpoint, credentials: async () => ({ accessKeyId: 'local', secretAccessKey: 'local' }) })
    const stream = await readStream({ endpoint, name })
    const difference = await compareTable(client, name, stream, { seed: String(seed), operations: 800, tally })
    await dropTable(makes, name)
    expect(difference).toBeUndefined()
    expect(tally.operations).toBeGreaterThanOrEqual(800)
  })
})
