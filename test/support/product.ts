/** Runs the product in a process of its own, so that it can be killed: `node product.ts DATA PORT ASSEMBLY [BUDGETS]`. Tells in one line of JSON where it is. */
import { startLocal } from '../../infra/local/local.ts'

process.env['TZ'] = 'UTC'
const [dataDir = '', port = '0', assembly = '', budgets] = process.argv.slice(2)
const local = await startLocal({
  port: Number(port),
  dataDir,
  assembly,
  ...(budgets && { environment: { REQUEST_BUDGETS: budgets } }),
})
const tokens = Object.fromEntries(await Promise.all(local.roles.map(async (role) => [role, await local.token(role)])))
process.stdout.write(`${JSON.stringify({ url: local.url, tokens })}\n`)
