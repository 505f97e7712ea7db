import { allKinds, look, step } from '../../../domain/data/upkeep/index.ts'
import { dynamoTable } from '../../../domain/kernel/table/table.ts'
import type { Cloud } from '../cloud/cloud.ts'
import { carryOut, clientOver } from '../sim/client.ts'
import type { Finding } from './snapshot.ts'

/** Items of one step of the walk. */
const STEP = 500

/** I17: the product’s own inspection finds nothing where nothing is wrong. What is wrong the other checks must find too. */
export async function inspected({ dynamo, world }: Cloud): Promise<Finding[]> {
  const client = clientOver((command) => Promise.resolve(carryOut(dynamo, command)))
  const table = dynamoTable(client, dynamo.name)
  const findings: Finding[] = []
  let after: Record<string, unknown> | undefined
  do {
    const read = await step(table, STEP, after)
    for (const piece of read.pieces) {
      for (const { invariant, id, words } of await look(table, allKinds(), piece, world.instant()))
        findings.push({ invariant: 'I17', words: `the inspection says (${invariant}) of ${id}: ${words}` })
    }
    after = read.after
  } while (after)
  return findings
}
