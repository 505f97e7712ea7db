import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { awsCall } from '../aws-json.ts'
import { matches } from '../bus/pattern.ts'
import { messageOf } from '../complaint.ts'
import type { Pool } from '../function/pool.ts'
import { type JsonObject, object, same, text } from '../json.ts'
import type { State } from '../state.ts'
import type { MappingSpec, TableSpec } from '../template.ts'
import { region } from '../template/physical.ts'
import { giveWay } from '../way.ts'
import { giveUpNote, judge, retryDelayMs } from './attempt.ts'
import { createStreamReader, type Position, type StreamReader, type StreamRecord } from './shard.ts'

/** A running mapping of a table's stream to a function. */
export interface Consumer {
  readonly id: string
  /** Whether every record written before the call is done with. */
  drained(): Promise<boolean>
  stop(): Promise<void>
}

export interface StreamOptions {
  readonly mapping: MappingSpec
  readonly table: TableSpec
  readonly endpoint: string
  readonly pool: Pool
  readonly state: State
  readonly send: (queueArn: string, body: string) => void
  readonly log: (line: string) => void
  /** Whether requests are being answered, which go first. */
  readonly requested: () => boolean
}

/** How long a batch waits for requests at most. */
const patienceMs = 2_000

/** How long to wait for new records: short after a batch, longer while nothing happens. */
const idleMs = { least: 10, most: 100 }

const streamOf = async (endpoint: string, table: string): Promise<string> => {
  const described = await awsCall(endpoint, 'DynamoDB_20120810')('DescribeTable', { TableName: table })
  return text(object(described['Table'])['LatestStreamArn'])
}

/** Positions are kept per stream: a table made anew has a new stream and begins at its start. */
const positionIn = (state: State, mapping: string, stream: string): Position => ({
  get: (shard) => {
    const held = state.get('stream', `${mapping}|${stream}|${shard}`)
    return held === undefined ? undefined : text(held)
  },
  set: (shard, sequence) => state.set('stream', `${mapping}|${stream}|${shard}`, sequence),
})

/** The embedded engine records a write that changes nothing; DynamoDB does not. */
const isNoChange = ({ event }: StreamRecord): boolean => {
  const { NewImage, OldImage } = object(event['dynamodb'])
  return event['eventName'] === 'MODIFY' && NewImage !== undefined && same(NewImage, OldImage)
}

class StreamConsumer implements Consumer {
  readonly id: string
  readonly #options: StreamOptions
  readonly #reader: StreamReader
  readonly #arn: string
  readonly #stopping = new AbortController()
  readonly #running: Promise<void>
  /** Rounds that found nothing new and left nothing undone; `drained` waits for one that began after it was asked. */
  #rounds = 0
  #wake: (() => void) | undefined
  #working = false

  constructor(options: StreamOptions, reader: StreamReader, arn: string) {
    this.id = options.mapping.id
    this.#options = options
    this.#reader = reader
    this.#arn = arn
    this.#running = this.#run()
  }

  async drained(): Promise<boolean> {
    const before = this.#rounds
    for (let tries = 0; tries < 50 && !this.#stopping.signal.aborted; tries += 1) {
      this.#wake?.()
      // The first empty round may have begun before the last write, so two are awaited.
      if (this.#rounds >= before + 2) return true
      await wait(2)
    }
    return !this.#working && this.#rounds >= before + 2
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#wake?.()
    await this.#running
  }

  async #sleep(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, ms)
    this.#wake = resolve
    await promise
    clearTimeout(timer)
    this.#wake = undefined
  }

  async #run(): Promise<void> {
    const { mapping, log } = this.#options
    let pause = idleMs.least
    while (!this.#stopping.signal.aborted) {
      try {
        const worked = await this.#round()
        pause = worked ? 0 : Math.min(Math.max(pause * 2, idleMs.least), idleMs.most)
      } catch (thrown) {
        if (this.#stopping.signal.aborted) return
        log(`Stream to ${mapping.functionArn.split(':').at(-1)}: ${messageOf(thrown)}`)
        pause = 1_000
      }
      if (pause > 0) await this.#sleep(pause)
    }
  }

  /** One batch; false when there was nothing to do. */
  async #round(): Promise<boolean> {
    const { mapping } = this.#options
    const records = await this.#reader.next(mapping.batchSize)
    const last = records.at(-1)
    if (last === undefined) {
      this.#rounds += 1
      return false
    }
    this.#working = true
    try {
      const batch = records.filter((record) => this.#wanted(record))
      if (batch.length > 0) {
        await giveWay(this.#options.requested, patienceMs, this.#stopping.signal)
        await this.#process(batch, 0)
      }
      if (!this.#stopping.signal.aborted) this.#reader.done(last)
    } finally {
      this.#working = false
    }
    return true
  }

  #wanted(record: StreamRecord): boolean {
    const { patterns } = this.#options.mapping
    return !isNoChange(record) && (patterns.length === 0 || patterns.some((pattern) => matches(pattern, record.event)))
  }

  /** Invokes until the batch is done with or given up; halves it where the mapping says so. */
  async #process(batch: readonly StreamRecord[], attempt: number): Promise<void> {
    const { mapping, pool } = this.#options
    if (this.#stopping.signal.aborted) return
    const outcome = await pool.invoke(JSON.stringify({ Records: batch.map(({ event }) => event) }))
    const verdict = judge(batch, outcome, mapping.reportsItems)
    const reached = batch[verdict.done - 1]
    // What is done is not done again after a restart, even while its neighbour is being retried.
    if (reached !== undefined) this.#reader.done(reached)
    if (!verdict.failed || this.#stopping.signal.aborted) return
    const rest = batch.slice(verdict.done)
    if (this.#isTooOld(rest)) return this.#giveUp(rest, attempt + 1, verdict.reason)
    if (verdict.done > 0) return this.#again(rest, 0)
    // Halving does not count as a retry, so one bad record ends alone on the destination.
    if (mapping.bisects && rest.length > 1) {
      const middle = Math.ceil(rest.length / 2)
      await this.#again(rest.slice(0, middle), attempt)
      return this.#process(rest.slice(middle), attempt)
    }
    if (mapping.retryAttempts >= 0 && attempt >= mapping.retryAttempts) return this.#giveUp(rest, attempt + 1, verdict.reason)
    return this.#again(rest, attempt + 1)
  }

  async #again(rest: readonly StreamRecord[], attempt: number): Promise<void> {
    await wait(retryDelayMs(attempt), undefined, { signal: this.#stopping.signal }).catch(() => undefined)
    return this.#process(rest, attempt)
  }

  #isTooOld(batch: readonly StreamRecord[]): boolean {
    const { maxAgeSeconds } = this.#options.mapping
    const written = Number(object(batch[0]?.event['dynamodb'])['ApproximateCreationDateTime'] ?? 0)
    return maxAgeSeconds > 0 && Date.now() / 1000 - written > maxAgeSeconds
  }

  #giveUp(batch: readonly StreamRecord[], attempts: number, reason: string): void {
    const { mapping, send, log } = this.#options
    const name = mapping.functionArn.split(':').at(-1)
    log(`${name} gave up ${batch.length} stream record(s) after ${attempts} attempt(s): ${reason}`)
    if (mapping.failureArn !== undefined) {
      send(mapping.failureArn, giveUpNote(batch, mapping, this.#arn, attempts, randomUUID()))
    }
    const last = batch.at(-1)
    if (last !== undefined) this.#reader.done(last)
  }
}

/** Starts reading a table's stream into a function, from where the last run of this data folder stood. */
export const startStreamMapping = async (options: StreamOptions): Promise<Consumer> => {
  const { mapping, table, endpoint, state } = options
  const arn = await streamOf(endpoint, table.name)
  const shape = (record: JsonObject): JsonObject => ({ ...record, awsRegion: region, eventSourceARN: mapping.sourceArn })
  const call = awsCall(endpoint, 'DynamoDBStreams_20120810')
  const reader = createStreamReader({ call, arn, position: positionIn(state, mapping.id, arn), fromStart: mapping.fromStart, shape })
  return new StreamConsumer(options, reader, mapping.sourceArn)
}
