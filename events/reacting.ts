import * as z from 'zod'
import { once } from '../domain/kernel/action.ts'
import { happenedSchema, type Reaction } from '../domain/kernel/event.ts'
import { Fault } from '../domain/kernel/fault.ts'
import { invoke } from '../domain/kernel/invoke.ts'
import type { Table } from '../domain/kernel/table/table.ts'
import { count, errorFacts, observedBatch } from '../functions/observe.ts'
import { EVENT_SOURCE } from '../domain/kernel/cloud-event.ts'
import { backgroundOf, systemCtx, type Background, type Surroundings } from './context.ts'
import type { QueueEvent } from './queue.ts'
import { sharedReads } from './shared-reads.ts'

/**
 * With less time left no further message is begun; the rest goes back to the queue. One at least is always begun, so five
 * receives of a message are not all spent on waiting. Milliseconds.
 */
const ENOUGH_MS = 10_000

/** Characters a rule's pattern may have ("Amazon EventBridge quotas"). */
const PATTERN_LIMIT = 2048

/** What the bus's rule lets through to the reactions' queue; beyond the quota everything, since others are ignored anyway. */
export function eventPattern(all: readonly Reaction[]): { source: string[]; 'detail-type'?: string[] } {
  const types = [...new Set(all.flatMap((one) => one.on.map(({ type }) => type)))].sort()
  const pattern = { source: [EVENT_SOURCE], ...(types.length > 0 && { 'detail-type': types }) }
  return JSON.stringify(pattern).length <= PATTERN_LIMIT ? pattern : { source: [EVENT_SOURCE] }
}

/** What EventBridge puts on the queue, as far as it is read: the event is a CloudEvent under `detail`. */
const envelope = once(() => z.object({ detail: z.object({ data: happenedSchema() }) }))
type Told = z.output<ReturnType<typeof envelope>>['detail']['data']

/** What the reactions to a batch share: each has a table of its own, over reads that serve all. */
type Shared = Background & { tableOf: () => Table }

/** The Lambda handler that carries out the consequences of what happened. */
export function reactHandler(facts: { edge: () => Surroundings; reactions: readonly Reaction[] }) {
  const background = backgroundOf(facts.edge)
  return observedBatch<QueueEvent>('react', async ({ Records }, invocation) => {
    const around = { ...background(), tableOf: sharedReads(background().table) }
    const undone = new Set(Records)
    let begun = 0
    const work = async (message: QueueEvent['Records'][number]): Promise<void> => {
      if (begun > 0 && invocation.getRemainingTimeInMillis() < ENOUGH_MS) return
      begun += 1
      try {
        await react(around, facts.reactions, message.body)
        undone.delete(message)
      } catch (error) {
        around.log.error('message failed', { messageId: message.messageId, error: errorFacts(error) })
      }
    }
    // Side by side the messages of one customer would overtake each other, and each look anew.
    const oneByOne = async (messages: QueueEvent['Records']): Promise<void> => {
      for (const message of messages) await work(message)
    }
    await Promise.all([...Map.groupBy(Records, ({ body }) => aboutIn(body)).values()].map(oneByOne))
    if (begun < Records.length) around.log.warn('messages given back', { messages: Records.length - begun })
    return { batchItemFailures: [...undone].map(({ messageId }) => ({ itemIdentifier: messageId })) }
  })
}

/** Whom a message is about, as far as can be told without reading it whole: only a group to keep in line. */
const aboutIn = (body: string): string => /"customerId":"([^"]+)"/.exec(body)?.[1] ?? body

/**
 * Runs the reactions to one message of the bus, all of them even when one fails. An event nobody reacts to is ignored.
 * @throws Error naming the reactions that failed, or when the message is not one of ours
 */
async function react(background: Shared, all: readonly Reaction[], body: string): Promise<void> {
  const { data } = envelope().parse(JSON.parse(body)).detail
  const failed: string[] = []
  for (const reaction of all) {
    if (!reaction.on.some(({ type }) => type === data.type)) continue
    if (!(await carriedOut(background, reaction, data))) failed.push(reaction.name)
  }
  if (failed.length > 0) throw new Error(`${data.id} ${data.type}: ${failed.join(', ')} failed`)
}

async function carriedOut(background: Shared, reaction: Reaction, told: Told): Promise<boolean> {
  const facts = { reaction: reaction.name, event: told.id, type: told.type }
  // Not the message's id: the bus gives a replayed event a new one, and the second run must know the first one's writes.
  const ctx = systemCtx(
    { ...background, table: background.tableOf() },
    `reaction:${reaction.name}`,
    reaction.action.name,
    `${told.id}/${reaction.name}`,
  )
  try {
    await invoke(reaction.action, ctx, told)
  } catch (error) {
    if (isMoot(error)) {
      background.log.info('reaction moot', { ...facts, code: error.code })
      return true
    }
    background.log.error('reaction failed', { ...facts, error: errorFacts(error) })
    count('ReactionFailed')
    return false
  }
  return true
}

/** Whether work has lost its object: reads are strong, so a record that is missing after it was told of has been deleted. */
export function isMoot(error: unknown): error is Fault {
  return error instanceof Fault && (error.kind === 'missing' || error.kind === 'gone')
}
