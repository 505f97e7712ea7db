import {
  DeleteTableCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  ResourceNotFoundException,
  RestoreTableToPointInTimeCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { command, rateIn, say } from './upkeep/command.ts'
import { drill, type Restorer } from './upkeep/drill.ts'
import { openTarget, TARGETS, targetOptions, type Named } from './upkeep/target.ts'

/** Tries the backups: `npm run drill`. Costs a restore by its gigabytes, two reads of the table, and minutes to hours. */

const USAGE = `npm run drill -- ${TARGETS} [--dry-run] [--rate UNITS]`

/** The real thing. The copy is on demand and has no indexes: fsck reads items only, and a restore without them is faster. */
function dynamo(client: DynamoDBClient, named: Named): Restorer {
  return {
    async latest(TableName) {
      const { ContinuousBackupsDescription: facts } = await client.send(new DescribeContinuousBackupsCommand({ TableName }))
      return facts?.PointInTimeRecoveryDescription?.LatestRestorableDateTime?.toISOString()
    },
    async restore(SourceTableName, TargetTableName) {
      const settings = { UseLatestRestorableTime: true, BillingModeOverride: 'PAY_PER_REQUEST' } as const
      await client.send(
        new RestoreTableToPointInTimeCommand({ SourceTableName, TargetTableName, ...settings, GlobalSecondaryIndexOverride: [] }),
      )
    },
    async describe(TableName) {
      try {
        const { Table } = await client.send(new DescribeTableCommand({ TableName }))
        return Table && { status: Table.TableStatus ?? '', items: Table.ItemCount ?? 0, bytes: Table.TableSizeBytes ?? 0 }
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return undefined
        throw error
      }
    },
    open: (table) => openTarget({ ...named, table, stage: undefined }),
    async remove(TableName) {
      await client.send(new DeleteTableCommand({ TableName }))
    },
  }
}

const CALLS = [
  'dynamodb:DescribeContinuousBackups, for the latest moment that can be restored',
  'dynamodb:RestoreTableToPointInTime to a new table, without indexes, on demand',
  'dynamodb:DescribeTable of it every 30 s until it is active',
  'dynamodb:Scan of both tables to count records by kind; Scan, Query, BatchGetItem and GetItem of the copy for fsck',
  'dynamodb:DeleteTable of the copy',
]

await command('drill', async () => {
  const { values } = parseArgs({
    options: {
      ...targetOptions,
      'dry-run': { type: 'boolean', default: false },
      rate: { type: 'string', default: '500' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help || values['dry-run']) {
    say(USAGE)
    for (const call of CALLS) say(`  ${call}`)
    return 0
  }
  const rate = rateIn(values.rate)
  const target = await openTarget(values)
  try {
    const copy = `${target.name}-drill`
    const now = () => new Date().toISOString()
    const facts = { table: target.name, copy, rate, say, now, wait: () => wait(30_000) }
    const { good, restoredTo, items, found, why } = await drill(dynamo(target.client, values), facts)
    for (const one of why) say(one)
    say(`${good ? 'GOOD' : 'BAD'}: ${target.name} as of ${restoredTo}: ${items} items, ${JSON.stringify(found)} found`)
    return good ? 0 : 1
  } finally {
    await target.close()
  }
})
