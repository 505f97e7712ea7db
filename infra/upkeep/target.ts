import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { noFiles, type Files } from '../../domain/kernel/files.ts'
import { dynamoTable, type Table } from '../../domain/kernel/table/table.ts'
import { bucketFiles } from '../../functions/files.ts'
import { outputsIn } from '../deploy.ts'
import { Refusal } from '../insight/refusal.ts'
import { startEngine } from '../local/engine.ts'
import { inUse } from '../local/state.ts'

/** Which table a command works on. */
export interface Named {
  stage?: string | undefined
  table?: string | undefined
  bucket?: string | undefined
  /** Of an engine that is not AWS. */
  endpoint?: string | undefined
  local?: boolean | undefined
  data?: string | undefined
}

export const targetOptions = {
  stage: { type: 'string' },
  table: { type: 'string' },
  bucket: { type: 'string' },
  endpoint: { type: 'string' },
  local: { type: 'boolean' },
  data: { type: 'string' },
} as const

export const TARGETS = '--stage S | --table NAME [--bucket NAME] [--endpoint URL] | --local [--data DIR]'

export interface Target {
  table: Table
  name: string
  client: DynamoDBClient
  files: Files
  /** Read and write units so far. */
  units(): number
  close(): Promise<void>
}

const outputsFile = resolve(import.meta.dirname, '../../cdk.out/outputs.json')
const localKeys = { accessKeyId: 'local', secretAccessKey: 'local' }

/** Opens the table that the command line names. @throws Refusal for one that cannot be found */
export async function openTarget(named: Named): Promise<Target> {
  if (named.local) return openLocal(named)
  const { stage } = named
  const outputs = stage === undefined ? {} : outputsOf(stage)
  const name = named.table ?? outputs['TableName']
  if (name === undefined) throw new Refusal(`which table? ${TARGETS}`)
  const region = process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? (named.endpoint ? 'local' : undefined)
  if (region === undefined) throw new Refusal('set AWS_REGION to the region of the deployment')
  const client = new DynamoDBClient({ region, ...(named.endpoint && { endpoint: named.endpoint, credentials: localKeys }) })
  const bucket = named.bucket ?? outputs['FilesBucket']
  return opened(client, name, bucket === undefined ? noFiles : awsFiles(client, bucket, region, named.endpoint), async () =>
    client.destroy(),
  )
}

function awsFiles(client: DynamoDBClient, bucket: string, region: string, endpoint: string | undefined): Files {
  return bucketFiles({ bucket, region, credentials: client.config.credentials, ...(endpoint !== undefined && { endpoint }) })
}

function outputsOf(stage: string): Record<string, string> {
  const all = existsSync(outputsFile) ? outputsIn(readFileSync(outputsFile, 'utf8')) : {}
  if (!all['TableName']?.startsWith(`${stage}-`))
    throw new Refusal(
      `stage ${stage} was not deployed from here last: name its table with --table, as \`aws cloudformation describe-stacks --stack-name ${stage}-crm-state\` has it`,
    )
  return all
}

/** The table of the local run, while that is stopped. */
async function openLocal({ data = '.local', endpoint }: Named): Promise<Target> {
  const dataDir = resolve(data)
  if (!existsSync(join(dataDir, 'state.db'))) throw new Refusal(`there is no local data in ${dataDir}`)
  if (endpoint === undefined && inUse(dataDir)) throw new Refusal('the local run is on: stop it first, or name its engine with --endpoint')
  const engine = endpoint === undefined ? await startEngine({ dataDir, logDir: dataDir }) : { endpoint, stop: async () => {} }
  const client = new DynamoDBClient({ region: 'local', endpoint: engine.endpoint, credentials: localKeys })
  const { TableNames: [name] = [] } = await client.send(new ListTablesCommand({}))
  if (name === undefined) throw new Refusal(`there is no table in ${dataDir}`)
  return opened(client, name, noFiles, async () => {
    client.destroy()
    await engine.stop()
  })
}

function opened(client: DynamoDBClient, name: string, files: Files, close: () => Promise<void>): Target {
  let units = 0
  const table = dynamoTable(client, name, (cost) => {
    units += cost.readUnits + cost.writeUnits
  })
  return { table, name, client, files, units: () => units, close }
}
