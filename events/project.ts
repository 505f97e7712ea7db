import type { Ctx } from '../domain/kernel/context.ts'
import type { Change, Kind, Projection } from '../domain/kernel/event.ts'
import type { Item } from '../domain/kernel/table/table.ts'
import { erasedLately } from '../domain/data/privacy/index.ts'
import { isSearched } from '../domain/data/search/index.ts'
import { catalogue } from '../functions/catalogue.ts'
import { lambdaEdge } from '../functions/edge.ts'
import { observedBatch } from '../functions/observe.ts'
import { backgroundOf, systemCtx, type Background, type Surroundings } from './context.ts'
import { writeLog } from './log.ts'
import { projections } from './projections.ts'
import { earlier, streamAnswer, tell, type Halt, type StreamEvent, type StreamRecord, type Told } from './stream.ts'

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

export const handler = projectHandler({ edge: lambdaEdge, entities: catalogue().kinds, projections })

/** Projects a batch, up to the first record that fails. */
export async function project(background: Background, facts: Projecting, records: readonly StreamRecord[]): Promise<Halt | undefined> {
  const { told, halt: unread } = tell(facts.entities, records)
  const ctx = systemCtx(background, 'projection', 'project', `stream/${told[0]?.sequence ?? ''}`)
  const halt = earlier(unread, await writeLog(ctx, told))
  const logged = halt ? told.filter((one) => one.at < halt.at) : told
  const shown = await withoutErased(ctx, logged)
  const failed = await runProjections(ctx, facts.projections, shown)
  return earlier(halt, failed && { at: shown[failed.at]?.at ?? 0, error: failed.error })
}

/**
 * What the stream tells, again or late, of people erased meanwhile is projected no more as it was: it would bring them back.
 * Of a file, and of a record by whose words search may still find it, it is told that it has gone, so that what was kept of it
 * before is taken away: also what no register names, of a run that broke off.
 */
async function withoutErased(ctx: Ctx, told: readonly Told[]): Promise<readonly Told[]> {
  if (!told.some(({ place }) => place.pk.startsWith('customer#'))) return told
  const erased = await erasedLately(ctx)
  if (erased.size === 0) return told
  return told.flatMap((one) => {
    if (!erased.has(one.place.pk) || one.after?.['erasedAt'] !== undefined) return [one]
    return one.after && (one.place.sk === CUSTOMER || (one.before && isSearched([one.after]))) ? [{ ...one, after: gone(one.after) }] : []
  })
}

const CUSTOMER = '!customer'

function gone({ pk, sk, id, noun, updatedAt }: Item): Item {
  return { pk, sk, id, noun, deletedAt: updatedAt, erasedAt: updatedAt }
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
