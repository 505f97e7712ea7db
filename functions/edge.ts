import { lambdaCredentials, tableClient } from '../domain/kernel/table/client.ts'
import { dynamoTable } from '../domain/kernel/table/table.ts'
import type { Edge } from './http.ts'

/** What a function of this deployment works with: the table its environment names and the system's clock. */
export function lambdaEdge(): Edge {
  const client = tableClient({ region: setting('AWS_REGION'), credentials: lambdaCredentials })
  return { table: dynamoTable(client, setting('TABLE_NAME')), now: () => new Date().toISOString() }
}

/** A variable of the function's environment. @throws Error when the stack did not set it */
export function setting(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`The environment has no ${name}.`)
  return value
}
