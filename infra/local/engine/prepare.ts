import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '../child.ts'

/** Stream records kept: enough for a reader that was off during a long load, and about 200 MB at most. */
const keptRecords = 100_000

/**
 * dynoxide 1.2.1 finds a stream's next number by scanning its records, never trims them, and keeps those of a
 * dropped table. An index and two triggers cure all three; the newest record of each table always stays, because the
 * numbers continue from it.
 */
const cure = `
  CREATE INDEX local_stream_order ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
  CREATE TRIGGER local_stream_trim AFTER INSERT ON _stream_records WHEN NEW.id % 100 = 0 BEGIN
    DELETE FROM _stream_records
     WHERE id <= NEW.id - ${keptRecords}
       AND CAST(sequence_number AS INTEGER) <
           (SELECT MAX(CAST(newest.sequence_number AS INTEGER)) FROM _stream_records newest
             WHERE newest.table_name = _stream_records.table_name);
  END;
  CREATE TRIGGER local_stream_drop AFTER DELETE ON _tables BEGIN
    DELETE FROM _stream_records WHERE table_name = OLD.table_name;
  END;`

export interface Binary {
  readonly path: string
  readonly version: string
}

/** The engine's program for this platform, when its package is installed. */
export const findBinary = (): Binary | undefined => {
  const require = createRequire(import.meta.url)
  try {
    const manifest = require.resolve(`@dynoxide/${process.platform}-${process.arch}/package.json`)
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
    const path = join(dirname(manifest), process.platform === 'win32' ? 'dynoxide.exe' : 'dynoxide')
    return existsSync(path) ? { path, version } : undefined
  } catch {
    return undefined
  }
}

/** Lets the engine write its own empty file. */
const writeEmpty = async (binary: Binary, file: string): Promise<void> => {
  const port = await freePort()
  const engine = spawn(binary.path, ['serve', '--host', '127.0.0.1', '--port', String(port), '--db-path', file], { stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => {
    engine.once('exit', () => resolve())
    engine.once('error', () => resolve())
  })
  for (let tries = 0; tries < 400 && engine.exitCode === null; tries += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST' }).catch(() => undefined)
    if (answer !== undefined) break
    await wait(5)
  }
  engine.kill('SIGTERM')
  await ended
}

/** The prepared empty file for this engine and this cure; made once, then kept. */
export const preparedFile = async (binary: Binary, cache: string): Promise<string> => {
  const version = createHash('sha256').update(cure).digest('hex').slice(0, 8)
  const prepared = join(cache, `dynoxide-${binary.version}-${version}.db`)
  if (existsSync(prepared)) return prepared
  mkdirSync(cache, { recursive: true })
  const draft = join(cache, `draft-${process.pid}-${Date.now()}.db`)
  await writeEmpty(binary, draft)
  const database = new DatabaseSync(draft)
  database.exec(cure)
  // One plain file, without a write-ahead log beside it, so that a copy of it is whole.
  database.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE')
  database.close()
  for (const rest of ['-wal', '-shm']) rmSync(draft + rest, { force: true })
  renameSync(draft, prepared)
  return prepared
}
