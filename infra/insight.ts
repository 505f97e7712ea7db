import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { analyse, silentTail } from './insight/analysis.ts'
import { USAGE, asksForHelp, readArguments } from './insight/arguments.ts'
import { jsonPieces } from './insight/json.ts'
import { readPurchases } from './insight/purchases.ts'
import { Refusal } from './insight/refusal.ts'
import { textOf } from './insight/text.ts'

/** Tries the product's models on a file of purchases: `npm run insight`. */
async function main(): Promise<void> {
  if (asksForHelp(process.argv.slice(2))) {
    process.stdout.write(`${USAGE}\n`)
    return
  }
  const { purchases, cutDay, horizonDays, json, backTest } = readArguments(process.argv.slice(2))
  const { customers, rowsWithoutCustomer } = await readPurchases(purchases)
  if (rowsWithoutCustomer > 0) process.stderr.write(`${rowsWithoutCustomer} rows without customer_id are left out\n`)
  const note = silentTail(customers, cutDay, horizonDays)
  if (note !== undefined) process.stderr.write(`${note}\n`)
  const analysis = analyse(customers, cutDay, horizonDays)
  const output = json ? jsonPieces(analysis, backTest) : [textOf(analysis, backTest)]
  await pipeline(Readable.from(output), process.stdout)
}

try {
  await main()
} catch (error) {
  // A reader such as `head` that has seen enough closes the pipe.
  const closed = error instanceof Error && 'code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_PREMATURE_CLOSE')
  if (!closed) {
    process.stderr.write(error instanceof Refusal ? `insight: ${error.message}\n` : `insight: ${String(error)}\n`)
    process.exitCode = 1
  }
}
