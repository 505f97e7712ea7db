import type { Catalogue } from './catalogue.ts'
import type { Instant } from './clock.ts'
import type { Files } from './files.ts'
import type { Actor, Scope } from './permission.ts'
import type { RandomBytes } from './id.ts'
import type { Table } from './table/table.ts'

/** Where an action writes what an operator may want to know. Never personal data. */
export interface Log {
  info(message: string, facts?: Record<string, unknown>): void
  warn(message: string, facts?: Record<string, unknown>): void
  error(message: string, facts?: Record<string, unknown>): void
}

/** What asked for this action. `id` is stamped on every item it writes, so an unclear outcome can be read back. */
export interface RequestFacts {
  id: string
  /** The action's name, `deal.win`. */
  action: string
  /** Names of the input's fields that the path says. */
  inPath?: readonly string[]
  /** The version that If-Match names. */
  ifMatch?: number
  /** The idempotency key, with the hash of method, path and body it was sent with. */
  idempotency?: { key: string; hash: string }
  /** Writes so far, so that one of them can be told from the next when its outcome is unclear. */
  writes?: number
  /** Milliseconds until the answer has to be given; past them nothing is written any more. Absent where nothing ends the work. */
  left?: () => number
  /** Set by an action that answers with what was there already instead of making it: a 200 in place of the 201. */
  existing?: true
}

/** Small values that change seldom (policies, pipelines, roles), kept by a warm function for a short time. */
export interface Memo {
  get<T>(name: string, now: Instant, load: () => Promise<T>): Promise<T>
  drop(name: string): void
}

/** All that an action may use. Clock, ids and storage come from here and nowhere else, so tests are exact. */
export interface Ctx {
  actor: Actor
  /** Whose records this call may touch, from the route's permission. */
  scope: Scope
  now: Instant
  random: RandomBytes
  table: Table
  /** Uploads, imports, exports. Each call throws in a function that the stack gave no bucket. */
  files: Files
  memo: Memo
  log: Log
  /** Receivers of webhooks on this very machine may be called: on a laptop and in tests, never in a stack. */
  loopback?: true
  /** All kinds of record and types of event there are. */
  catalogue: () => Catalogue
  request: RequestFacts
}

const MEMO_SECONDS = 30

/** A memo for one function instance. */
export function newMemo(): Memo {
  const kept = new Map<string, { until: number; value: Promise<unknown> }>()
  return {
    get<T>(name: string, now: Instant, load: () => Promise<T>): Promise<T> {
      const at = Date.parse(now)
      const hit = kept.get(name)
      if (hit && hit.until > at) return hit.value as Promise<T>
      const value = load()
      kept.set(name, { until: at + MEMO_SECONDS * 1000, value })
      value.catch(() => kept.delete(name))
      return value
    },
    drop: (name) => void kept.delete(name),
  }
}
