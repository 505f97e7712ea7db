import { itemIn, type Stored } from './attribute.ts'
import type { Item } from './table.ts'

/** What DynamoDB says when a write's condition does not hold, and when it should be tried again. */

interface Reason {
  Code?: string
  Item?: Stored
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '')
const reasonsOf = (error: unknown): Reason[] =>
  error instanceof Error && 'CancellationReasons' in error && Array.isArray(error.CancellationReasons) ? error.CancellationReasons : []

/** Whether a single write was refused by its condition. */
export function isRefused(error: unknown): boolean {
  return nameOf(error) === 'ConditionalCheckFailedException'
}

/** What stood in the way of a single write, when DynamoDB sent it along. */
export function obstacleIn(error: unknown): { item?: Item } {
  if (!(error instanceof Error) || !('Item' in error) || !error.Item) return {}
  return { item: itemIn(error.Item as Stored) }
}

/** The writes of a transaction whose conditions did not hold; undefined when that is not why it failed. */
export function refusalsOf(error: unknown): { index: number; item?: Item }[] | undefined {
  if (nameOf(error) !== 'TransactionCanceledException') return undefined
  const refused = reasonsOf(error).flatMap((reason, index) =>
    reason.Code === 'ConditionalCheckFailed' ? [{ index, ...(reason.Item && { item: itemIn(reason.Item) }) }] : [],
  )
  return refused.length > 0 ? refused : undefined
}

/** The table asked for patience more often than a request can wait for: nothing was written. */
export class Busy extends Error {
  constructor() {
    super('the item is being written by many at once')
    this.name = 'Busy'
  }
}

/** Whether two transactions met, or the table asked for patience: nothing was written, try again. */
export function isConflict(error: unknown): boolean {
  const name = nameOf(error)
  if (name === 'TransactionConflictException' || name === 'TransactionInProgressException') return true
  return name === 'TransactionCanceledException' && reasonsOf(error).some((reason) => RETRYABLE.has(reason.Code ?? ''))
}

const RETRYABLE = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'])

/**
 * Does a write, again after a pause while it meets another transaction.
 * @throws Busy when it still does at the last try
 */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (!isConflict(error)) throw error
      if (tries >= CONFLICT_TRIES) throw new Busy()
      await pause(tries)
    }
  }
}
export const CONFLICT_TRIES = 6

/** A request has seconds to live, so no wait takes longer. */
const LONGEST_PAUSE_MS = 800

/** Waits before try number `tries`: full jitter over 25 ms doubled each time (AWS Architecture Blog, "Exponential backoff and jitter"). */
export function pause(tries: number): Promise<void> {
  return new Promise((done) => setTimeout(done, Math.random() * Math.min(LONGEST_PAUSE_MS, 25 * 2 ** tries)))
}
