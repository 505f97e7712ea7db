import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { Alike } from '../../customer/likeness/index.ts'
import { alter, create, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { event } from '../../kernel/event.ts'
import * as f from '../../kernel/fields.ts'
import { keyOf } from '../../kernel/id.ts'
import { recordIn } from '../../kernel/place.ts'

export const duplicateFound = event('duplicate.found', 'Two customer files were found that are probably one')
export const duplicateDismissed = event('duplicate.dismissed', 'Two customer files that look alike were said not to be one')
export const duplicateSettled = event('duplicate.settled', 'Two customer files that look alike were merged, or parted again')
/** Housekeeping: the files of a pair changed, and with them how alike they are. */
export const duplicateWeighed = event('duplicate.weighed', 'How alike two files are changed', { published: false })

export const states = ['open', 'dismissed', 'merged'] as const
export type State = (typeof states)[number]

export const duplicateShape = () => ({
  /** The two files, the older first. */
  customerIds: z.array(z.string()).length(2),
  state: z.enum(states),
  /** Probability that both are one customer. */
  score: z.number().min(0).max(1),
  /** What speaks for it and against, by weight in bits; without the values. */
  reasons: z.array(z.object({ field: z.string(), weight: z.number(), words: z.string() })).max(10),
  foundAt: f.instant(),
  decidedBy: z.string().optional(),
  decidedAt: f.instant().optional(),
  why: f.line(300).optional(),
})

/** Two files that may be of one customer. The pair makes its id, so one that was dismissed is never found anew. */
export const duplicate = entity({
  noun: 'duplicate',
  prefix: 'dup',
  home: 'workspace',
  fields: () => z.object(duplicateShape()),
  row: ['customerIds', 'state', 'score', 'reasons', 'foundAt', 'decidedBy', 'decidedAt', 'why'],
  list: {
    on: ['state', 'score'],
    key: ({ state, score }) => ({ facet: state, order: String(1000 - Math.round(score * 1000)).padStart(4, '0') }),
  },
  personal: ['why'],
})
export type DuplicateRecord = RecordOf<typeof duplicate>

/** The id of a pair, whichever of the two is named first. */
export function pairId(one: string, other: string): DuplicateRecord['id'] {
  return duplicate.id(keyOf(0, createHash('sha256').update([one, other].sort().join(' ')).digest()))
}

/** Records of pairs as they are, in the order asked; undefined for a pair never found. */
export async function pairsOf(ctx: Ctx, ids: readonly string[]): Promise<(DuplicateRecord | undefined)[]> {
  const parts = Array.from({ length: Math.ceil(ids.length / 100) }, (_, part) => ids.slice(part * 100, part * 100 + 100))
  const items = (await Promise.all(parts.map((part) => ctx.table.getAll(part.map((id) => placeOf(duplicate, id)))))).flat()
  return items.map((item) => item && recordIn<'duplicate', DuplicateRecord>(item))
}

/** The change of a pair whose files were merged, or parted again; none for a pair never found. */
export async function pairSettled(ctx: Ctx, one: string, other: string, state: 'merged' | 'open'): Promise<Change[]> {
  const [known] = await pairsOf(ctx, [pairId(one, other)])
  if (!known || known.state === state || (state === 'open' && known.state === 'dismissed')) return []
  const decided = state === 'merged' ? { decidedBy: ctx.actor.id, decidedAt: ctx.now } : { decidedBy: null, decidedAt: null }
  return [alter(ctx, duplicate, known, { state, ...decided }, duplicateSettled).change]
}

/** What becomes of a pair's record when it is met: made, weighed anew, or left as it was decided. */
export function pairChange(
  ctx: Ctx,
  known: DuplicateRecord | undefined,
  customerId: string,
  { id, score, reasons }: Alike,
): Change | undefined {
  if (!known) {
    const customerIds = [customerId, id].sort()
    const fields = { customerIds, state: 'open' as const, score, reasons, foundAt: ctx.now }
    return create(ctx, duplicate, fields, duplicateFound, { own: pairId(customerId, id).slice('dup_'.length) }).change
  }
  if (known.state !== 'open' || known.score === score) return undefined
  return alter(ctx, duplicate, known, { score, reasons }, duplicateWeighed).change
}
