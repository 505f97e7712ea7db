import { alter, commit } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf, type Entity, type Stamp } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import { recordIn } from '../../kernel/place.ts'
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
  const kind = kindOf(kinds, id) as Entity<string, Record<string, unknown>> | undefined
  const item = kind && (await ctx.table.get(placeOf(kind, id)))
  if (!kind || !item) return false
  const record = recordIn<string, Record<string, unknown>>(item) as Record<string, unknown> & Stamp<string>
  await commit(ctx, [alter(ctx, kind, record, how.fields, recordMended).change])
  return true
}
