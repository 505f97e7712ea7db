import * as z from 'zod'
import { customer } from '../../customer/customer/index.ts'
import { inSegment, inTier, mustBeReady, SEGMENT, type Audience } from '../../insight/audience/index.ts'
import { mustStand, survivorOf } from '../../kernel/absorbed.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { customerIdIn } from '../../kernel/id.ts'
import { facet, list, type Page } from '../../kernel/page.ts'
import { idOf, mayTouch } from '../../kernel/record.ts'
import { club, clubFacet, clubMember } from './club.store.ts'

/** Customers of one call. */
const MOST = 100

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

/**
 * Of a page of guests or members those whose customers the caller may see: for who may see all, all of them; else one read of the
 * page's files more, and a page may be short, or empty with a cursor.
 */
export async function visibleOf<R extends { id: string }>(ctx: Ctx, page: Page<R>): Promise<Page<R>> {
  if (ctx.scope === 'all' || page.items.length === 0) return page
  const read = await ctx.table.getAll(page.items.map(({ id }) => placeOf(customer, customerIdIn(id))))
  const files = await Promise.all(read.map((file) => survivorOf(ctx, file)))
  const items = page.items.filter((_, at) => {
    const file = files[at]
    return file !== undefined && !file['deletedAt'] && mayTouch(ctx, customer, file)
  })
  return { ...page, items }
}

async function named(ctx: Ctx, target: Target): Promise<Audience> {
  const { customerIds, tier, segmentId, clubId, cursor } = target
  if (customerIds) return { ids: [...new Set<string>(customerIds)] }
  const paging = { limit: MOST, ...(cursor !== undefined && { cursor }) }
  if (tier !== undefined) return inTier(ctx, tier, paging)
  if (segmentId !== undefined) {
    const [audience] = await Promise.all([inSegment(ctx, segmentId, paging), mustBeReady(ctx, segmentId)])
    return audience
  }
  const page = await list(ctx, clubMember, facet(clubMember, clubFacet(clubId ?? ''), 'member#'), paging, { descending: true })
  const ids = page.items.flatMap(({ customerId }) => (customerId === undefined ? [] : [customerId]))
  return { ids, ...(page.nextCursor !== undefined && { nextCursor: page.nextCursor }) }
}
