import { isDeepStrictEqual } from 'node:util'
import { normalNumber } from '../sim/number.ts'
import type { Reason } from '../sim/refusal.ts'

/** An answer as two engines can be held against each other: what was said, not how it was worded. */
export type Plain = { answer: Record<string, unknown> } | { refusal: string; reasons?: string[]; items?: unknown[]; item?: unknown }

const SAID = ['Item', 'Attributes', 'Items', 'Count', 'ScannedCount', 'LastEvaluatedKey', 'UnprocessedKeys'] as const

export async function plainly(work: () => Promise<object>): Promise<Plain> {
  try {
    return { answer: answerIn(await work()) }
  } catch (error) {
    if (!(error instanceof Error) || !/Exception$|^ValidationError$/.test(error.name)) throw error
    return refusalIn(error)
  }
}

function answerIn(raw: object): Record<string, unknown> {
  const said: Record<string, unknown> = {}
  for (const name of SAID) {
    const value = plain(Reflect.get(raw, name))
    if (value !== undefined && !isDeepStrictEqual(value, {})) said[name] = value
  }
  const responses = Object.values((Reflect.get(raw, 'Responses') ?? {}) as Record<string, unknown[]>)
  if (responses.length > 0)
    said['found'] = responses
      .flat()
      .map((one) => JSON.stringify(plain(one)))
      .sort()
  return said
}

function refusalIn(error: Error): Plain {
  const reasons = 'CancellationReasons' in error ? (error.CancellationReasons as Reason[] | undefined) : undefined
  const item = 'Item' in error ? error.Item : undefined
  return {
    refusal: error.name,
    ...(reasons && { reasons: reasons.map(({ Code }) => Code), items: reasons.map(({ Item }) => plain(Item)) }),
    ...(item !== undefined && { item: plain(item) }),
  }
}

/** Units a single answer says it cost; undefined where it was refused. */
export function unitsIn(raw: object): number | undefined {
  const consumed: unknown = Reflect.get(raw, 'ConsumedCapacity')
  const one: unknown = Array.isArray(consumed) ? consumed[0] : consumed
  return typeof one === 'object' && one !== null && 'CapacityUnits' in one ? Number(one.CapacityUnits) : undefined
}

/**
 * A value to be compared: maps in the order of their names, numbers in their usual form, which the service gives them
 * and DynamoDB Local leaves as they came.
 */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  const [only] = entries
  if (only?.[0] === 'N' && typeof only[1] === 'string' && entries.length === 1) return { N: normalNumber(only[1]) }
  return Object.fromEntries(entries.map(([key, inner]) => [key, plain(inner)]))
}

/**
 * Where DynamoDB Local is known to differ from the service, by the service's documents, the simulation follows those. A
 * write of a transaction that no item could take is one reason of its cancellation (API reference, TransactWriteItems,
 * `ValidationError`); DynamoDB Local refuses the request as a whole, or leaves that reason out when another is there.
 */
export function isKnownDifference(official: Plain, simulated: Plain): boolean {
  if ('answer' in official || 'answer' in simulated) return false
  return [official, simulated].some(({ reasons }) => reasons?.includes('ValidationError') === true)
}

export function sameAnswer(one: Plain, other: Plain): boolean {
  return isDeepStrictEqual(one, other)
}
