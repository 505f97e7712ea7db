import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheFolder } from '../../infra/local/engine.ts'
import { startDynoxide } from '../../infra/local/engine/dynoxide.ts'
import { startOfficial } from '../../infra/local/engine/official.ts'
import { findBinary } from '../../infra/local/engine/prepare.ts'

/** Starts a table engine for tests, with nothing in it. */
export async function startEngine(which: 'embedded' | 'official'): Promise<{ endpoint: string; stop(): Promise<void> }> {
  const dir = mkdtempSync(join(tmpdir(), 'crm-test-'))
  const logFile = join(dir, 'engine.log')
  const binary = findBinary()
  const engine = which === 'embedded' && binary
    ? await startDynoxide({ binary, file: join(dir, 'table.db'), logFile, cache: cacheFolder, expiry: false })
    : await startOfficial({ logFile } as never)
  return {
    endpoint: engine.endpoint,
    async stop() {
      await engine.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
