import type { Ctx } from '../../kernel/context.ts'
import type { Write } from '../../kernel/table/expression.ts'
import { fieldOf, type Source, type Vocabulary } from './field.ts'
import { clausesOf, type Rule } from './rule.ts'
import type { Segment } from './segment.ts'
import { keyOfSegment } from './segment.store.ts'
import { movesByTime } from './truth.ts'

/**
 * What keeping members needs of a segment. All segments' lie in one partition, so whoever keeps them reads them in one query
 * and remembers them for half a minute.
 */
export interface Def {
  id: string
  key: string
  kind: 'rule' | 'static'
  rule?: Rule
  /** Changes that can change the rule's truth, `noun:field` or `noun:*`. */
  on: readonly string[]
  /** What has to be read to know the truth, and how many days of it. */
  reads: Readonly<Partial<Record<Source, number>>>
  /** Time alone can change it. */
  timed: boolean
  shifts?: 'daily' | 'model'
  /** A changed rule is being looked at: what differs is marked, not done. */
  marking: boolean
  /** A walk is on its way, so a customer that changes places in the walk's order must be looked at. */
  walking: boolean
}

const PARTITION = 'segments'
export const SEGMENTS_MEMO = 'segments'

/** Most segments of a workspace. */
export const MOST_SEGMENTS = 200

/** The oldest a remembered registry can be, with room for clocks that differ and an index that lags. Milliseconds. */
export const SETTLED_MS = 65_000

/** What keeping a segment's members needs of it. */
export function defOf(id: string, { kind, rule, walk }: Pick<Segment, 'kind' | 'rule' | 'walk'>, words: Vocabulary): Def {
  const clauses = rule ? clausesOf(rule as unknown as Rule) : []
  const known = clauses.flatMap((clause) => {
    const field = fieldOf(clause.field, words)
    return field ? [{ clause, field }] : []
  })
  const reads: Partial<Record<Source, number>> = {}
  for (const { clause, field } of known) {
    // The history tells what is counted over all time.
    const source = field.source === 'purchases' && clause.withinDays === undefined ? 'head' : field.source
    reads[source] = Math.max(reads[source] ?? 0, clause.withinDays ?? 0)
  }
  const shifts = known.map(({ field }) => field.shifts)
  const shift = shifts.includes('daily') ? 'daily' : shifts.includes('model') ? 'model' : undefined
  return {
    id,
    key: keyOfSegment(id),
    kind,
    ...(rule && { rule: rule as unknown as Rule }),
    on: [...new Set(known.flatMap(({ field }) => field.on))],
    reads,
    timed: clauses.some(movesByTime),
    ...(shift && { shifts: shift }),
    marking: walk?.mode === 'changed' && walk.phase === 'look',
    walking: walk !== undefined,
  }
}

/** The writes that keep the registry in step with a segment, for the transaction that changes it. */
export function registered(def: Def): Write {
  return { put: { pk: PARTITION, sk: def.key, ...def } }
}
export function unregistered(id: string): Write {
  return { delete: { pk: PARTITION, sk: keyOfSegment(id) } }
}

/** All segments, as they are now. 1 unit for about 8 of them. */
export async function readRegistry(ctx: Ctx): Promise<Def[]> {
  const { items } = await ctx.table.query({ pk: PARTITION, limit: MOST_SEGMENTS + 50 })
  return items as unknown as Def[]
}

/** The same, remembered by a warm function for half a minute. */
export function segmentsOf(ctx: Ctx): Promise<readonly Def[]> {
  return ctx.memo.get(SEGMENTS_MEMO, ctx.now, () => readRegistry(ctx))
}
