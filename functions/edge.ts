import { lambdaCredentials, tableClient } from '../domain/kernel/table/client.ts'
import { dynamoTable } from '../domain/kernel/table/table.ts'
import { budgetsIn } from './budget.ts'
import { bucketFiles } from './files.ts'
import type { Edge } from './http.ts'

/** What a function of this deployment works with: the table its environment names, the bucket and the budgets if it names them, and the system's clock. */
export function lambdaEdge(): Edge {
  const region = setting('AWS_REGION')
  const client = tableClient({ region, credentials: lambdaCredentials })
  const bucket = process.env['FILES_BUCKET']
  const budgets = process.env['REQUEST_BUDGETS']
  return {
    table: dynamoTable(client, setting('TABLE_NAME')),
    ...(bucket && { files: bucketFiles({ bucket, region }) }),
    ...(budgets && { budgets: budgetsIn(budgets) }),
    ...(allowsLoopback() && { loopback: true }),
    now: () => new Date().toISOString(),
  }
}

/** Whether webhooks may be sent to this very machine: said by whoever runs the product on a laptop, never by the stack. */
export const allowsLoopback = (): boolean => process.env['WEBHOOK_ALLOW_LOOPBACK'] === '1'

/** A variable of the function's environment. @throws Error when the stack did not set it */
export function setting(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`The environment has no ${name}.`)
  return value
}
