import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Complaint, messageOf } from './complaint.ts'
import { type Json, parse } from './json.ts'

/** What the runner itself must remember: signing key, users, secrets, stream positions, next runs of schedules. */
export interface State {
  get(kind: string, key: string): Json | undefined
  set(kind: string, key: string, value: Json): void
  delete(kind: string, key: string): void
  all(kind: string): { readonly key: string; readonly value: Json }[]
  close(): void
}

/** Raised when the files of a data folder change their meaning. */
const format = 1

const open = (folder: string): DatabaseSync => {
  mkdirSync(folder, { recursive: true })
  const database = new DatabaseSync(join(folder, 'state.db'))
  // The exclusive lock is also the guard against two runs on one folder; the kernel drops it when a process dies.
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  database.exec('CREATE TABLE IF NOT EXISTS state (kind TEXT, key TEXT, value TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID')
  return database
}

const isLocked = (thrown: unknown): boolean => /locked|busy/i.test(messageOf(thrown))

/** Whether a run uses the data folder now. */
export const inUse = (folder: string): boolean => {
  if (!existsSync(join(folder, 'state.db'))) return false
  try {
    open(folder).close()
    return false
  } catch (thrown) {
    return isLocked(thrown)
  }
}

/** What to tell someone whose data folder is taken. */
export const usedElsewhere = (folder: string): Complaint =>
  new Complaint(`Another run uses the data in ${folder}: stop it, or choose another folder with --data DIR.`)

const openOrSay = (folder: string): DatabaseSync => {
  try {
    return open(folder)
  } catch (thrown) {
    if (isLocked(thrown)) throw usedElsewhere(folder)
    throw new Complaint(
      `The data in ${folder} cannot be read (${messageOf(thrown)}): begin anew with --fresh, or choose another folder with --data DIR.`,
    )
  }
}

/** Opens (or begins) the state of a data folder. @throws Complaint when it is in use, broken, or of another version. */
export const openState = (folder: string): State => {
  const database = openOrSay(folder)
  const get = database.prepare('SELECT value FROM state WHERE kind = ? AND key = ?')
  const put = database.prepare('INSERT INTO state VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value')
  const remove = database.prepare('DELETE FROM state WHERE kind = ? AND key = ?')
  const all = database.prepare('SELECT key, value FROM state WHERE kind = ? ORDER BY key')
  const read = (value: unknown): Json => parse(String(value))
  const state: State = {
    get: (kind, key) => {
      const row = get.get(kind, key)
      return row === undefined ? undefined : read(row['value'])
    },
    set: (kind, key, value) => void put.run(kind, key, JSON.stringify(value)),
    delete: (kind, key) => void remove.run(kind, key),
    all: (kind) => all.all(kind).map((row) => ({ key: String(row['key']), value: read(row['value']) })),
    close: () => database.close(),
  }
  const found = state.get('meta', 'format') ?? format
  if (found !== format) {
    state.close()
    throw new Complaint(
      `The data in ${folder} was written by another version: begin anew with --fresh, or choose another folder with --data DIR.`,
    )
  }
  state.set('meta', 'format', format)
  return state
}
