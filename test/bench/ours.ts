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
    () => ({ table, now: () => new Date().toISOString() }),
  )
  return (event) => handler(event, {} as never)
}
