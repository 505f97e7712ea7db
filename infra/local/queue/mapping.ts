import { setTimeout as wait } from 'node:timers/promises'
import { matches } from '../bus/pattern.ts'
import { messageOf } from '../complaint.ts'
import type { Outcome, Pool } from '../function/pool.ts'
import { isObject, type Json, type JsonObject, list, object, parse, text } from '../json.ts'
import type { Consumer } from '../stream/mapping.ts'
import type { MappingSpec, QueueSpec } from '../template.ts'
import { region } from '../template/physical.ts'
import { giveWay } from '../way.ts'
import type { Message, QueueAccess } from './access.ts'

export interface QueueMappingOptions {
  readonly mapping: MappingSpec
  readonly queue: QueueSpec
  readonly server: QueueAccess
  readonly pool: Pool
  readonly log: (line: string) => void
  /** Whether requests are being answered, which go first. */
  readonly requested: () => boolean
}

/** How long messages wait for requests at most. */
const patienceMs = 500

/** SQS gives at most this many messages in one call. */
const perCall = 10

/** How long one look at an empty queue waits for a message. */
const waitSeconds = 20

const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)

/** A message attribute as a function sees it: the same fields in camel case. */
const attribute = (value: Json | undefined): JsonObject =>
  Object.fromEntries(Object.entries(object(value)).map(([key, item]) => [lowerFirst(key), item]))

const recordOf = (message: Message, sourceArn: string): JsonObject => ({
  messageId: message.id,
  receiptHandle: message.handle,
  body: message.body,
  attributes: message.attributes,
  messageAttributes: Object.fromEntries(Object.entries(message.messageAttributes).map(([key, item]) => [key, attribute(item)])),
  md5OfBody: message.md5,
  eventSource: 'aws:sqs',
  eventSourceARN: sourceArn,
  awsRegion: region,
})

/** A filter sees a JSON body as JSON. */
const filterView = ({ body }: Message): JsonObject => {
  try {
    return { body: parse(body) }
  } catch {
    return { body }
  }
}

/** The messages that are done; those that are not come back when their visibility time is over. */
const doneOf = (messages: readonly Message[], outcome: Outcome, reportsItems: boolean): readonly Message[] => {
  if ('error' in outcome) return []
  if (!reportsItems) return messages
  const answer: Json = parse(outcome.body)
  const items = isObject(answer) ? list(answer['batchItemFailures']) : []
  const failed = items.map((item) => text(object(item)['itemIdentifier']))
  const known = new Set(messages.map(({ id }) => id))
  // An unknown or empty identifier fails the whole batch, as it does in the cloud.
  if (failed.some((id) => !known.has(id))) return []
  return messages.filter(({ id }) => !failed.includes(id))
}

class QueueConsumer implements Consumer {
  readonly id: string
  readonly #options: QueueMappingOptions
  readonly #stopping = new AbortController()
  readonly #running: Promise<unknown>

  constructor(options: QueueMappingOptions) {
    this.id = options.mapping.id
    this.#options = options
    this.#running = Promise.all(Array.from({ length: options.mapping.concurrency > 1 ? 2 : 1 }, () => this.#run()))
  }

  drained(): Promise<boolean> {
    return Promise.resolve(this.#options.server.backlog(this.#options.queue.arn) === 0)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#options.server.wake(this.#options.queue.arn)
    await this.#running
  }

  async #run(): Promise<void> {
    const { queue, log } = this.#options
    while (!this.#stopping.signal.aborted) {
      try {
        const messages = await this.#collect()
        if (messages.length === 0) continue
        await giveWay(this.#options.requested, patienceMs, this.#stopping.signal)
        await this.#process(messages)
      } catch (thrown) {
        log(`Queue ${queue.name}: ${messageOf(thrown)}`)
        await wait(1_000)
      }
    }
  }

  /** A batch: full, or what has come when the window is over. */
  async #collect(): Promise<Message[]> {
    const { mapping, queue, server } = this.#options
    const { batchSize, windowSeconds } = mapping
    const messages = await server.receive(queue.arn, Math.min(batchSize, perCall), waitSeconds)
    const until = Date.now() + windowSeconds * 1000
    while (messages.length > 0 && messages.length < batchSize) {
      const more = await server.receive(queue.arn, Math.min(batchSize - messages.length, perCall), 0)
      messages.push(...more)
      if (more.length > 0) continue
      if (Date.now() >= until || this.#stopping.signal.aborted) break
      await wait(20)
    }
    return messages
  }

  async #process(messages: readonly Message[]): Promise<void> {
    const { mapping, queue, server, pool } = this.#options
    const wanted = (message: Message): boolean =>
      mapping.patterns.length === 0 || mapping.patterns.some((pattern) => matches(pattern, filterView(message)))
    const remove = (done: readonly Message[]): void =>
      server.remove(
        queue.arn,
        done.map(({ handle }) => handle),
      )
    const batch = messages.filter(wanted)
    // What no filter wants is deleted unread, as in the cloud.
    remove(messages.filter((message) => !wanted(message)))
    if (batch.length === 0) return
    const records = batch.map((message) => recordOf(message, mapping.sourceArn))
    const outcome = await pool.invoke(JSON.stringify({ Records: records }))
    remove(doneOf(batch, outcome, mapping.reportsItems))
  }
}

/** Starts feeding a queue's messages to a function. */
export const startQueueMapping = (options: QueueMappingOptions): Consumer => new QueueConsumer(options)
