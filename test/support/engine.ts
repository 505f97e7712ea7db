import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheFolder, type Engine } from '../../infra/local/engine.ts'
import { startDynoxide } from '../../infra/local/engine/dynoxide.ts'
import { startOfficial } from '../../infra/local/engine/official.ts'
import { findBinary } from '../../infra/local/engine/prepare.ts'
import { fetchDynamoDbLocal } from './dynamodb-local.ts'

export interface TestEngine {
  readonly endpoint: string
  /** Removes expired items now; absent where the engine does it by itself. */
  expire?(): Promise<void>
  stop(): Promise<void>
}

/** Memory where there is a file system for it: the engine waits for the disk at each write. */
const scratch = (): string => mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'crm-test-'))

function start(which: 'embedded' | 'official', folder: string): Promise<Engine> {
  const logFile = join(folder, 'engine.log')
  const binary = which === 'embedded' ? findBinary() : undefined
  if (binary !== undefined) return startDynoxide({ binary, file: join(folder, 'table.db'), logFile, cache: cacheFolder, expiry: true })
  fetchDynamoDbLocal()
  return startOfficial({ logFile })
}

/** Starts a table engine for tests, with nothing in it; the official one where the embedded one has no build. */
export async function startEngine(which: 'embedded' | 'official'): Promise<TestEngine> {
  const folder = scratch()
  const engine = await start(which, folder)
  return {
    ...engine,
    async stop() {
      await engine.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
