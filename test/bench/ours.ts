import { modules } from '../../domain/daily.ts'
import { tableClient } from '../../domain/kernel/table/client.ts'
import { dynamoTable } from '../../domain/kernel/table/table.ts'
import { httpHandler } from '../../functions/http.ts'
import { credentials, transport, type Handler } from './fixture.ts'

/** The product's own handler of daily work, over the table that answers in this process. */
export function ourHandler(): Handler {
  const table = dynamoTable(tableClient({ region: 'eu-west-1', credentials, requestHandler: transport() }), 'crm')
  const handler = httpHandler(
    modules.flatMap(({ routes }) => routes),
    // Budgets that nobody meets, so that their upkeep is part of the cost.
    () => ({
      table,
      now: () => new Date().toISOString(),
      budgets: { windowSeconds: 10, person: 1_000_000, machine: 1_000_000, open: 1_000_000, workspace: 1_000_000 },
    }),
  )
  const invocation = { getRemainingTimeInMillis: () => 20_000 }
  return (event) => handler(event, invocation as never)
}
