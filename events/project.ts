import type { Ctx } from '../domain/kernel/context.ts'
import type { Change, Happened, Kind, Projection } from '../domain/kernel/event.ts'
import { logKey } from '../domain/kernel/place.ts'
import type { Item, Key, Table } from '../domain/kernel/table/table.ts'
import { kinds } from './kinds.ts'
import { lambdaEdge } from '../functions/edge.ts'
import { observedBatch } from '../functions/observe.ts'
import { abreast } from './abreast.ts'
import { backgroundOf, systemCtx, type Background, type Surroundings } from './context.ts'
import { projections } from './projections.ts'
import { earlier, streamAnswer, tell, type Halt, type StreamEvent, type StreamRecord, type Told } from './stream.ts'

/** Log items written at once; each has its own key, so their order does not matter. */
const WRITES_ABREAST = 8

interface Projecting {
  entities: ReadonlyMap<string, Kind>
  projections: readonly Projection[]
}

/**
 * The Lambda handler that keeps the log and every projection up to date from the table's stream.
 *
 * A loop of our own, not Powertools' batch processor: that hands over one record at a time and goes on past a failed
 * one, while projections take a batch at once and a customer's changes must not overtake each other.
 */
export function projectHandler(facts: Projecting & { edge: () => Surroundings }) {
  const background = backgroundOf(facts.edge)
  return observedBatch<StreamEvent>('project', async ({ Records }) => {
    const around = background()
    return streamAnswer('project', around.log, Records, await project(around, facts, Records))
  })
}

export const handler = projectHandler({ edge: lambdaEdge, entities: kinds, projections })

/** Projects a batch, up to the first record that fails. */
export async function project(background: Background, facts: Projecting, records: readonly StreamRecord[]): Promise<Halt | undefined> {
  const { told, halt: unread } = tell(facts.entities, records)
  const halt = earlier(unread, await writeLog(background.table, told))
  const logged = halt ? told.filter((one) => one.at < halt.at) : told
  const ctx = systemCtx(background, 'projection', 'project', `stream/${logged[0]?.sequence ?? ''}`)
  const failed = await runProjections(ctx, facts.projections, logged)
  return earlier(halt, failed && { at: logged[failed.at]?.at ?? 0, error: failed.error })
}

/** The log's item of an event: beside its record, one a version, the same however often it is written. */
export function logItem(place: Key, event: Happened): Item {
  return { ...logKey(place, event.version), ...event }
}

/** Writes the log of what is told. Halts at the first that could not be written; later ones may be written all the same. */
export async function writeLog(table: Table, told: readonly Told[]): Promise<Halt | undefined> {
  const items = told.flatMap(({ at, place, event }) => (event ? [{ at, item: logItem(place, event) }] : []))
  const { errors } = await abreast(items, WRITES_ABREAST, ({ item }) => table.write({ put: item }))
  const first = Math.min(...errors.keys())
  return errors.size > 0 ? { at: items[first]?.at ?? 0, error: errors.get(first) } : undefined
}

/**
 * Runs every projection over changes; when one fails, over halves of them, until the first change that fails is known.
 * Projections are idempotent, so what was projected before the cut may be projected again.
 */
export async function runProjections(ctx: Ctx, all: readonly Projection[], changes: readonly Change[]): Promise<Halt | undefined> {
  if (all.length === 0 || changes.length === 0) return undefined
  const outcomes = await Promise.allSettled(all.map((one) => one.project(ctx, changes)))
  const failed = outcomes.find((one) => one.status === 'rejected')
  if (!failed) return undefined
  if (changes.length === 1) return { at: 0, error: failed.reason }
  const middle = Math.ceil(changes.length / 2)
  const halt = await runProjections(ctx, all, changes.slice(0, middle))
  if (halt) return halt
  const later = await runProjections(ctx, all, changes.slice(middle))
  return later && { at: middle + later.at, error: later.error }
}
