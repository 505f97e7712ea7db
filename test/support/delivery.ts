/** How the cloud hands things over: stream batches that are retried, cut and given up; queue messages; a bus. */
import type { Bus, BusEntry } from '../../events/bus.ts'
import type { CloudEvent } from '../../domain/kernel/cloud-event.ts'
import type { StreamEvent, StreamRecord } from '../../events/stream.ts'
import type { BatchAnswer, Invocation } from '../../functions/observe.ts'

export const unhurried: Invocation = { getRemainingTimeInMillis: () => 900_000 }

export type Handler<E> = (event: E, invocation: Invocation) => Promise<BatchAnswer>

/**
 * Hands stream records to a function as an event source mapping does that reports items and bisects: begins again with
 * the record reported, cuts a batch in two that failed as a whole, gives up a lone record after some tries.
 * @returns the records given up
 */
export async function deliver(
  handler: Handler<StreamEvent>,
  records: readonly StreamRecord[],
  how: { batchSize?: number; tries?: number } = {},
): Promise<StreamRecord[]> {
  const { batchSize = 100, tries = 3 } = how
  const lost: StreamRecord[] = []
  for (let from = 0; from < records.length; from += batchSize) {
    lost.push(...(await deliverBatch(handler, records.slice(from, from + batchSize), tries)))
  }
  return lost
}

async function deliverBatch(handler: Handler<StreamEvent>, batch: readonly StreamRecord[], tries: number): Promise<StreamRecord[]> {
  if (batch.length === 0) return []
  let begin = 0
  try {
    const { batchItemFailures } = await handler({ Records: batch }, unhurried)
    const [reported] = batchItemFailures
    if (!reported) return []
    begin = batch.findIndex((one) => one.dynamodb?.SequenceNumber === reported.itemIdentifier)
  } catch {
    begin = 0
  }
  if (begin > 0) return deliverBatch(handler, batch.slice(begin), tries)
  if (batch.length === 1) return tries > 1 ? deliverBatch(handler, batch, tries - 1) : [...batch]
  const middle = Math.ceil(batch.length / 2)
  const lost = await deliverBatch(handler, batch.slice(0, middle), tries)
  return [...lost, ...(await deliverBatch(handler, batch.slice(middle), tries))]
}

/** Hands over a message until it is done with, three times at most. @returns whether it was done */
export async function redeliver(react: Handler<{ Records: readonly Message[] }>, message: Message): Promise<boolean> {
  for (let tries = 0; tries < 3; tries++) {
    const { batchItemFailures } = await react({ Records: [message] }, unhurried)
    if (batchItemFailures.length === 0) return true
  }
  return false
}

export interface Message {
  messageId: string
  body: string
}

let messages = 0

/** A bus entry as EventBridge puts it on a queue. */
export function messageOf(entry: BusEntry): Message {
  const messageId = `message-${++messages}`
  const envelope = {
    version: '0',
    id: messageId,
    'detail-type': entry.DetailType,
    source: entry.Source,
    account: '000000000000',
    time: entry.Time.toISOString(),
    region: 'local',
    resources: [],
    detail: JSON.parse(entry.Detail) as CloudEvent,
  }
  return { messageId, body: JSON.stringify(envelope) }
}

/** A bus that keeps what it is given, in order. */
export function memoryBus(): Bus & { taken: BusEntry[] } {
  const taken: BusEntry[] = []
  return {
    taken,
    put: async (entries) => {
      taken.push(...entries)
      return entries.map(() => undefined)
    },
  }
}
