import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { noFiles, type Files } from '../../domain/kernel/files.ts'
import { dynamoTable, type Table } from '../../domain/kernel/table/table.ts'
import { bucketFiles } from '../../functions/files.ts'
import { outputsIn } from '../deploy.ts'
import { Refusal } from '../insight/refusal.ts'
import { startEngine } from '../local/engine.ts'
import { startQueueServer } from '../local/queue/server.ts'
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
  /** Where a local run that is on answers. */
  url?: string | undefined
}

export const targetOptions = {
  stage: { type: 'string' },
  table: { type: 'string' },
  bucket: { type: 'string' },
  endpoint: { type: 'string' },
  local: { type: 'boolean' },
  data: { type: 'string' },
  url: { type: 'string' },
} as const

export const TARGETS = '--stage S | --table NAME [--bucket NAME] [--endpoint URL] | --local [--data DIR | --url URL]'

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
/** Whether files are at hand; without a bucket each call for one throws. @throws Refusal saying what is missing, and why it is needed */
export function mustHaveFiles({ files }: Pick<Target, 'files'>, why: string): void {
  if (files === noFiles) throw new Refusal(`which bucket? --bucket NAME: ${why}`)
}

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

/** Where the table and the files of the local run answer, and what ends them when it is on for this command alone. */
interface LocalRun {
  table: string
  objects: string
  stop(): Promise<void>
}

/** The local run: by the address it printed while it is on, by its data while it is stopped. */
async function openLocal({ data = '.local', url }: Named): Promise<Target> {
  const run = url === undefined ? await ownRun(resolve(data)) : await running(url)
  const client = new DynamoDBClient({ region: 'local', endpoint: run.table, credentials: localKeys })
  const { TableNames: [name] = [] } = await client.send(new ListTablesCommand({}))
  const bucket = await bucketOf(run.objects)
  const close = async () => {
    client.destroy()
    await run.stop()
  }
  if (name === undefined) {
    await close()
    throw new Refusal('the local run has no table')
  }
  return opened(client, name, bucket === undefined ? noFiles : awsFiles(client, bucket, 'local', run.objects), close)
}

async function running(url: string): Promise<LocalRun> {
  const answer = await fetch(new URL('/_local/endpoints', url)).catch(() => undefined)
  if (!answer?.ok) throw new Refusal(`no local run answers at ${url}`)
  const { table, queue } = (await answer.json()) as { table: string; queue: string }
  return { table, objects: queue, stop: async () => {} }
}

async function ownRun(dataDir: string): Promise<LocalRun> {
  if (!existsSync(join(dataDir, 'state.db'))) throw new Refusal(`there is no local data in ${dataDir}`)
  if (inUse(dataDir)) throw new Refusal('the local run is on: stop it first, or give the address it printed, --url http://127.0.0.1:4000')
  const engine = await startEngine({ dataDir, logDir: dataDir })
  const objects = await startQueueServer(join(dataDir, 'queue'))
  const stop = async () => {
    await objects.stop()
    await engine.stop()
  }
  return { table: engine.endpoint, objects: objects.url, stop }
}

/** The bucket of a local run, of which there is one. */
async function bucketOf(endpoint: string): Promise<string | undefined> {
  const client = new S3Client({ region: 'local', endpoint, forcePathStyle: true, credentials: localKeys })
  const { Buckets: [bucket] = [] } = await client.send(new ListBucketsCommand({}))
  client.destroy()
  return bucket?.Name
}

function opened(client: DynamoDBClient, name: string, files: Files, close: () => Promise<void>): Target {
  let units = 0
  const table = dynamoTable(client, name, (cost) => {
    units += cost.readUnits + cost.writeUnits
  })
  return { table, name, client, files, units: () => units, close }
}
