import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, startChild } from '../child.ts'
import { Complaint } from '../complaint.ts'
import { answers, type Engine } from './ready.ts'

/** Where test/support/fetch-dynamodb-local.ts puts the jars: an ignored folder, since their licence forbids passing them on. */
export const officialFolder = join(import.meta.dirname, '../../../.cache/dynamodb-local')

/** Whether DynamoDB Local can be started here: its jars are fetched and Java is installed. */
export const hasOfficial = (folder = officialFolder): boolean =>
  existsSync(folder) &&
  readdirSync(folder).some((name) => name.startsWith('DynamoDBLocal-')) &&
  spawnSync('java', ['-version'], { stdio: 'ignore' }).status === 0

export interface OfficialOptions {
  /** A folder for its files; without it everything is held in memory. */
  readonly files?: string
  readonly logFile: string
  readonly folder?: string
}

/** Starts DynamoDB Local on a free port of 127.0.0.1. */
export const startOfficial = async ({ files, logFile, folder = officialFolder }: OfficialOptions): Promise<Engine> => {
  const port = await freePort()
  if (files !== undefined) mkdirSync(files, { recursive: true })
  const memory = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx256m']
  const main = 'com.amazonaws.services.dynamodbv2.local.main.ServerRunner'
  const store = files === undefined ? ['-inMemory'] : ['-dbPath', files]
  const args = [...memory, '-cp', join(folder, '*'), main, '-port', String(port), '-sharedDb', '-disableTelemetry', ...store]
  const child = startChild('java', args, logFile)
  const endpoint = `http://127.0.0.1:${port}`
  if (!(await answers(endpoint, child, 60))) {
    await child.stop()
    throw new Complaint(`DynamoDB Local did not start (see ${logFile}).`)
  }
  return { name: 'DynamoDB Local', endpoint, exited: child.exited, stop: () => child.stop() }
}
