/**
 * The time and reaction edge for tests: what the cloud does between a write and its last consequence.
 *
 *   const { published, reacted } = await settle(crm)        everything that follows from what was written, to the end
 *   await replay(crm)                                       all of the past told once more: must change nothing
 *   const { seen, done } = await runJob(crm, 'warnings')    one run of a schedule at crm.clock.now; settle() after it
 *
 * settle pumps the table's real stream through the real project and publish handlers, a bus in memory and the real react
 * handler until nothing new comes. Batches are retried, cut and given up as Lambda does. What is given up in the end
 * throws, with the errors that caused it, unless `{ failing: true }`; `failures` has them all. What is done counts in
 * `crm.spent` too. Other lists than the product's own: `{ reactions, projections, entities }`, and `{ schedules }` for runJob.
 */
import { randomUUID } from 'node:crypto'
import { entities as allEntities } from '../../domain/index.ts'
import type { Entity } from '../../domain/kernel/entity.ts'
import type { Projection, Reaction, Schedule } from '../../domain/kernel/event.ts'
import type { CloudEvent } from '../../domain/kernel/cloud-event.ts'
import type { Surroundings } from '../../events/context.ts'
import { projectHandler } from '../../events/project.ts'
import { projections as allProjections } from '../../events/projections.ts'
import { publishHandler } from '../../events/publish.ts'
import { eventPattern, reactHandler } from '../../events/reacting.ts'
import { reactions as allReactions } from '../../events/reactions.ts'
import { hauls } from '../../events/hauls.ts'
import { schedules } from '../../events/schedules.ts'
import { sweepHandler, type Swept, type SweepMessage } from '../../events/sweeping.ts'
import type { Invocation } from '../../functions/observe.ts'
import type { StreamRecord } from '../../events/stream.ts'
import type { Crm } from './crm.ts'
import { deliver, memoryBus, messageOf, redeliver, unhurried } from './delivery.ts'
import { readStream, type StreamReader } from './stream-reader.ts'

/** Other lists than the product's own. */
export interface Lists {
  entities?: ReadonlyMap<string, Entity>
  projections?: readonly Projection[]
  reactions?: readonly Reaction[]
}

export interface Settled {
  /** What was put on the bus, in order. */
  published: CloudEvent[]
  /** The reactions that were called, by name, in order. */
  reacted: string[]
  /** Errors on the way, also of what succeeded when it was tried again. */
  failures: string[]
}

const readers = new WeakMap<Crm, StreamReader>()

/** The records written to the table's stream since they were last read, as Lambda would receive them. */
export async function newRecords(crm: Crm): Promise<StreamRecord[]> {
  const reader = readers.get(crm) ?? (await readStream(crm.place))
  readers.set(crm, reader)
  return reader.next()
}

/** Carries everything that was written to its last consequence. */
export async function settle(crm: Crm, how: Lists & { failing?: boolean } = {}): Promise<Settled> {
  return pump(crm, how, [])
}

/** Tells the whole past once more, from the stream's beginning, then settles. */
export async function replay(crm: Crm, how: Lists & { failing?: boolean } = {}): Promise<Settled> {
  const past = await readStream(crm.place)
  return pump(crm, how, await past.next())
}

/** More rounds than any chain of consequences has: beyond it, two reactions answer each other for ever. */
const ROUNDS = 50

async function pump(crm: Crm, how: Lists & { failing?: boolean }, first: StreamRecord[]): Promise<Settled> {
  const settled: Settled = { published: [], reacted: [], failures: [] }
  const edge = surroundings(crm, settled.failures)
  const { entities = allEntities, projections = allProjections, reactions = allReactions } = how
  const bus = memoryBus()
  const project = projectHandler({ edge, entities, projections })
  const publish = publishHandler({ entities, bus: () => bus, log: logInto(settled.failures) })
  const react = reactHandler({ edge, reactions })
  const wanted = eventPattern(reactions)['detail-type']
  let records = [...first, ...(await newRecords(crm))]
  for (let rounds = 0; records.length > 0; rounds++) {
    if (rounds === ROUNDS) throw new Error('It does not settle: reactions go on answering each other.')
    const unworked = [...(await deliver(project, records)), ...(await deliver(publish, records))]
    const lost = unworked.map(({ dynamodb }) => `record ${dynamodb?.SequenceNumber} of the stream was given up`)
    for (const entry of bus.taken.splice(0)) {
      const event = JSON.parse(entry.Detail) as CloudEvent
      settled.published.push(event)
      if (wanted && !wanted.includes(event.type)) continue
      settled.reacted.push(...reactions.filter((one) => one.on.some(({ type }) => type === event.type)).map((one) => one.name))
      if (!(await redeliver(react, messageOf(entry)))) lost.push(`${event.id} ${event.type} ended as a dead letter`)
    }
    if (lost.length > 0 && !how.failing) throw new Error([...new Set([...lost, ...settled.failures])].join('\n'))
    records = await newRecords(crm)
  }
  return settled
}

/**
 * One run of a schedule, with what it handed over to itself. Throws when an item failed, unless `failing`.
 * @param how.paused takes the seconds that each message to itself was to wait, of those that were
 */
export async function runJob(
  crm: Crm,
  job: string,
  how: { schedules?: readonly Schedule[]; failing?: boolean; invocation?: Invocation; paused?: number[] } = {},
): Promise<Omit<Swept, 'handedOver'> & { runs: number }> {
  const total = { job, seen: 0, done: 0, failed: 0, runs: 0 }
  const failures: string[] = []
  const waiting: SweepMessage[] = [{ job }]
  const log = logInto(failures)
  const info = (message: string, facts?: Record<string, unknown>) => void (message === 'swept' && add(total, facts))
  const edge = (): Surroundings => ({ ...surroundings(crm, failures)(), log: { ...log, info } })
  const queue = {
    send: async (message: object, pause?: number) => {
      waiting.push(message as SweepMessage)
      if (pause !== undefined) how.paused?.push(pause)
    },
  }
  const sweep = sweepHandler({ edge, schedules: how.schedules ?? [...schedules, ...hauls], queue: () => queue })
  for (let message = waiting.shift(); message; message = waiting.shift()) {
    total.runs++
    const event = { Records: [{ messageId: randomUUID(), body: JSON.stringify(message) }] }
    await sweep(event, how.invocation ?? unhurried)
  }
  if (failures.length > 0 && !how.failing) throw new Error(failures.join('\n'))
  return total
}

function add(total: { seen: number; done: number; failed: number }, facts: Record<string, unknown> = {}): void {
  for (const name of ['seen', 'done', 'failed'] as const) total[name] += Number(facts[name])
}

/** The world of a test's background work. Errors that are logged are collected. */
export function surroundings(crm: Crm, failures: string[] = []): () => Surroundings {
  return () => ({ table: crm.table, files: crm.files, now: () => crm.clock.now, memo: crm.ctx().memo, log: logInto(failures) })
}

function logInto(failures: string[]) {
  return {
    info: () => {},
    warn: () => {},
    error: (message: string, facts: Record<string, unknown> = {}) => {
      const { error, ...rest } = facts as { error?: { stack?: string; name: string } }
      failures.push(`${message} ${JSON.stringify(rest)}\n${error?.stack ?? error?.name ?? ''}`)
    },
  }
}
