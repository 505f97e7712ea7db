import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf, type Entity, type Stamp } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import { recordIn } from '../../kernel/place.ts'
import { keepAnew } from '../search/index.ts'
import type { Finding, Kinds } from './finding.ts'
import { kindOf } from './sentinel-check.ts'

export const recordMended = event('record.mended', 'Sums of a record that had drifted were put right', { published: false })

/**
 * Puts right what a finding says can be. Every write has a condition, so what changed meanwhile stays as it is and is found again.
 * @returns whether it was put right
 */
export async function mend(ctx: Ctx, kinds: Kinds, { id, mend: how }: Finding): Promise<boolean> {
  if (!how) return false
  if ('writes' in how) {
    const outcomes = await Promise.all(how.writes.map((write) => ctx.table.write(write)))
    return outcomes.every(({ ok }) => ok)
  }
  if ('indexed' in how) {
    await keepAnew(ctx, [{ id, place: how.indexed }])
    return true
  }
  if ('single' in how) {
    const { kind, customerId, version, fields } = how.single
    const { change } = create(ctx, kind, fields, recordMended, { customer: customerId, own: '' })
    await commit(ctx, [{ ...change, after: { ...change.after, version } }])
    return true
  }
  const kind = kindOf(kinds, id) as Entity<string, Record<string, unknown>> | undefined
  const item = kind && (await ctx.table.get(placeOf(kind, id)))
  if (!kind || !item) return false
  const record = recordIn<string, Record<string, unknown>>(item) as Record<string, unknown> & Stamp<string>
  const { change } = alter(ctx, kind, record, how.fields, recordMended)
  await commit(ctx, [{ ...change, after: { ...change.after, version: Math.max(change.after.version, how.version ?? 0) } }])
  return true
}
