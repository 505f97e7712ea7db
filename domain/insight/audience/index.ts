import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { fault, missing } from '../../kernel/fault.ts'
import type { Id } from '../../kernel/id.ts'
import { facet, page } from '../../kernel/page.ts'
import { scopeOf } from '../../kernel/permission.ts'
import { tier } from '../tier/index.ts'

/** Customers by tier and by segment, page by page: who is invited, and whose loyalty is measured together. */

/** Segments as their items tell of them: their area lies above this one, which only knows where the members are listed. */
export const SEGMENT = {
  noun: 'segment',
  prefix: 'seg',
  home: 'workspace',
  is: (text: string): text is Id<'segment'> => text.startsWith('seg_'),
} as const
const SEGMENT_MEMBER = { noun: 'segment_member' } as const

/** Ids of a page, and where the next one begins. */
export interface Audience {
  ids: string[]
  nextCursor?: string
}
interface Paging {
  limit: number
  cursor?: string
}

/** A page of a tier's customers, who came last first. */
export function inTier(ctx: Ctx, name: string, paging: Paging): Promise<Audience> {
  return listed(ctx, tier, name, paging)
}

/** A page of a segment's members, who came last first. */
export function inSegment(ctx: Ctx, segmentId: string, paging: Paging): Promise<Audience> {
  return listed(ctx, SEGMENT_MEMBER, segmentId, paging)
}

async function listed(ctx: Ctx, kind: { readonly noun: string }, name: string, paging: Paging): Promise<Audience> {
  const { items, nextCursor } = await page(ctx, facet(kind, name), paging, { descending: true })
  const ids = items.map((one) => String((one['row'] as { customerId: string }).customerId))
  return { ids, ...(nextCursor !== undefined && { nextCursor }) }
}

/**
 * The name of a segment whose members are known, for who may see segments.
 * @throws Fault `missing` for one that is not there, `conflict` for one whose members are still being found
 */
export async function mustBeReady(ctx: Ctx, segmentId: string): Promise<string> {
  const item = await ctx.table.get(placeOf(SEGMENT, segmentId))
  const closed = (item?.['walk'] as { mode?: string } | undefined)?.mode === 'close'
  if (!item || item['deletedAt'] || closed || !scopeOf(ctx.actor, 'segment:read')) throw missing('segment', segmentId)
  if (item['kind'] === 'rule' && item['lookedAt'] === undefined)
    throw fault('conflict', 'segment.building', 'Its members are still being found. Try again in a few minutes.')
  return String(item['name'])
}
