import { startEngine } from '../support/engine.ts'

/** Asks 500 questions about so many customers, and prints what they cost and found beside a plain scan. */
export async function reportSearch({ customers, json }: { customers: number; json: boolean }): Promise<void> {
  process.env['POWERTOOLS_LOG_LEVEL'] = 'SILENT'
  const engine = await startEngine('embedded')
  process.env['CRM_TEST_ENGINE'] = engine.endpoint
  try {
    // Loaded here, since it asks for the engine.
    const { measureSearch } = await import('./search.ts')
    const { rowsEach, scopes } = await measureSearch(customers)
    if (json) return console.log(JSON.stringify({ customers, rowsEach, scopes }))
    for (const { scope, found } of scopes) {
      console.log(
        `\nSearch in ${customers} customers by someone who sees ${scope === 'all' ? 'all' : 'a team’s'}: beside a plain scan of the same`,
      )
      console.table(
        found.map(({ sort, queries, recall, precision, order, readUnits, rounds }) => ({
          'asked for by': sort,
          questions: queries,
          recall: recall.toFixed(3),
          precision: precision.toFixed(3),
          'in order': order.toFixed(3),
          'read units': readUnits.mean.toFixed(2),
          p99: readUnits.p99,
          most: readUnits.most,
          rounds,
        })),
      )
    }
    console.log(`Token rows a customer: ${rowsEach.toFixed(1)}, a write unit each, and one for their register`)
  } finally {
    await engine.stop()
  }
}
