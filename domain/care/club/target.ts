import * as z from 'zod'
import { customer } from '../../customer/customer/index.ts'
import { tier } from '../../insight/tier/index.ts'
import { mustStand } from '../../kernel/absorbed.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import type { Id } from '../../kernel/id.ts'
import { fault, invalid, missing as notThere } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { facet, list, page as pageIn } from '../../kernel/page.ts'
import { scopeOf } from '../../kernel/permission.ts'
import { idOf, mayTouch } from '../../kernel/record.ts'
import { club, clubFacet, clubMember } from './club.store.ts'

/** Customers of one call. */
const MOST = 100

/** Segments as their items tell of them: their area lies above this one, which only knows where the members are listed. */
const SEGMENT = {
  noun: 'segment',
  prefix: 'seg',
  home: 'workspace',
  is: (text: string): text is Id<'segment'> => text.startsWith('seg_'),
} as const
const SEGMENT_MEMBER = { noun: 'segment_member' } as const

/** Whom an invitation is for: customers by id, those of a tier, of a segment, or the members of a club, a page a call. */
export const targetShape = () => ({
  customerIds: z.array(idOf(customer)).min(1).max(MOST).optional(),
  tier: f.slug().optional(),
  segmentId: idOf(SEGMENT).optional(),
  clubId: idOf(club).optional(),
  cursor: z.string().max(2_000).optional().describe('`nextCursor` of the answer before, of a tier, a segment or a club'),
})
type Target = z.output<z.ZodObject<ReturnType<typeof targetShape>>>

export interface Targets {
  /** Those who are there and the caller's to know. */
  ids: string[]
  /** Those named who are not. */
  missing: string[]
  nextCursor?: string
}

/** The customers that are meant. One read for their files, one more for the page of a tier, a segment or a club. */
export async function targetsOf(ctx: Ctx, target: Target): Promise<Targets> {
  const ways = [target.customerIds, target.tier, target.segmentId, target.clubId].filter((way) => way !== undefined)
  if (ways.length !== 1)
    throw invalid('invitation.name_one', 'customerIds', 'Name whom to invite in exactly one way: customerIds, tier, segmentId, or clubId.')
  const { ids, nextCursor } = await named(ctx, target)
  const files = await ctx.table.getAll(ids.map((id) => placeOf(customer, id)))
  if (target.customerIds) for (const file of files) mustStand(file)
  const here = ids.filter((_, at) => {
    const file = files[at]
    return file !== undefined && !file['deletedAt'] && mayTouch(ctx, customer, file)
  })
  const asked = new Set<string>(target.customerIds)
  return { ids: here, missing: ids.filter((id) => asked.has(id) && !here.includes(id)), ...(nextCursor !== undefined && { nextCursor }) }
}

async function named(ctx: Ctx, target: Target): Promise<{ ids: string[]; nextCursor?: string }> {
  const { customerIds, tier: inTier, segmentId, clubId, cursor } = target
  if (customerIds) return { ids: [...new Set<string>(customerIds)] }
  const input = { limit: MOST, ...(cursor !== undefined && { cursor }) }
  if (segmentId !== undefined) return inSegment(ctx, segmentId, input)
  const page =
    inTier !== undefined
      ? await list(ctx, tier, facet(tier, inTier), input, { descending: true })
      : await list(ctx, clubMember, facet(clubMember, clubFacet(clubId ?? ''), 'member#'), input, { descending: true })
  const ids = page.items.flatMap(({ customerId }) => (customerId === undefined ? [] : [customerId]))
  return { ids, ...(page.nextCursor !== undefined && { nextCursor: page.nextCursor }) }
}

/** A page of a segment's members, for who may see segments. @throws Fault for a segment that is not there, or not ready */
async function inSegment(
  ctx: Ctx,
  segmentId: string,
  input: { limit: number; cursor?: string },
): Promise<{ ids: string[]; nextCursor?: string }> {
  const [item, { items, nextCursor }] = await Promise.all([
    ctx.table.get(placeOf(SEGMENT, segmentId)),
    pageIn(ctx, facet(SEGMENT_MEMBER, segmentId), input, { descending: true }),
  ])
  const closed = (item?.['walk'] as { mode?: string } | undefined)?.mode === 'close'
  if (!item || item['deletedAt'] || closed || !scopeOf(ctx.actor, 'segment:read')) throw notThere('segment', segmentId)
  if (item['kind'] === 'rule' && item['lookedAt'] === undefined)
    throw fault('conflict', 'segment.building', 'Its members are still being found. Invite them in a few minutes.')
  const ids = items.map((one) => String((one['row'] as { customerId: string }).customerId))
  return { ids, ...(nextCursor !== undefined && { nextCursor }) }
}
