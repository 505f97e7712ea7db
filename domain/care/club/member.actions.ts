import * as z from 'zod'
import { customer } from '../../customer/customer/index.ts'
import { tier } from '../../insight/tier/index.ts'
import { action } from '../../kernel/action.ts'
import { collection, partialView, records } from '../../kernel/collection.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { event, happenedSchema } from '../../kernel/event.ts'
import { fault } from '../../kernel/fault.ts'
import { untilFresh } from '../../kernel/invoke.ts'
import { facet, list as listPage, pageInput, pageOf, rowView } from '../../kernel/page.ts'
import { find, idOf, viewOf } from '../../kernel/record.ts'
import { creating } from '../creating.ts'
import { afterAnswer, afterTier, answers, memberStates, type Club, type Member, type MemberState } from './club.ts'
import { club, clubFacet, clubMember, clubsOf, memberIn, memberKey, memberPlace, type ClubRecord, type MemberRecord } from './club.store.ts'
import { targetShape, targetsOf, visibleOf } from './target.ts'

export const memberInvited = event('club.invited', 'A customer was invited to a club')
export const memberJoined = event('club.joined', 'A customer became a member of a club')
export const memberDeclined = event('club.declined', 'A customer declined the invitation to a club')
export const memberLeft = event('club.left', 'A customer left a club')
export const memberEnded = event('club.ended', 'A membership ended with the tier it came from')

const eventOf: Readonly<Record<MemberState, ReturnType<typeof event>>> = {
  invited: memberInvited,
  member: memberJoined,
  declined: memberDeclined,
  left: memberLeft,
  ended: memberEnded,
}

const view = () => viewOf(clubMember)

/** The change of a customer's standing in a club. */
function standing(ctx: Ctx, clubId: string, customerId: string, before: MemberRecord | undefined, state: MemberState, via: Member['via']) {
  if (before) return alter(ctx, clubMember, before, { state, via, since: ctx.now, byId: ctx.actor.id }, eventOf[state])
  const fields = { clubId, customerId, state, via, since: ctx.now, byId: ctx.actor.id }
  return create(ctx, clubMember, fields, eventOf[state], { customer: customerId, own: memberKey(clubId) })
}

/** Takes a customer into a club by hand. Who is a member already is answered with that. */
export const add = action(
  'club.add_member',
  () => ({ input: z.strictObject({ id: idOf(customer), clubId: idOf(club) }), output: view() }),
  async (ctx, { id, clubId }) => {
    const [, , item] = await Promise.all([find(ctx, customer, id), find(ctx, club, clubId), ctx.table.get(memberPlace(clubId, id))])
    const before = memberIn(item)
    if (before?.state === 'member') {
      ctx.request.existing = true
      return before
    }
    const { record, change } = standing(ctx, clubId, id, before, 'member', 'manual')
    return creating('club_member.exists', () => commit(ctx, [change], record))
  },
)

const invitedView = () => z.object({ done: z.int(), there: z.int(), missing: z.array(z.string()), nextCursor: z.string().optional() })

/**
 * Invites customers, or takes those of a club by tier in: up to 100 a call; call again with `nextCursor` for the rest.
 * Who was asked before is left as they are. 3 write units each.
 */
export const invite = action(
  'club.invite',
  () => ({ input: z.strictObject({ id: idOf(club), ...targetShape() }), output: invitedView() }),
  async (ctx, { id, ...target }) => {
    const [group, { ids, missing, nextCursor }] = await Promise.all([find(ctx, club, id), targetsOf(ctx, target)])
    const wanted = group.joining === 'tier' ? await eligible(ctx, group, ids) : ids
    let done = 0
    for (const customerId of wanted) if (await untilFresh(() => inviteOne(ctx, group, customerId))) done += 1
    return { done, there: wanted.length - done, missing, ...(nextCursor !== undefined && { nextCursor }) }
  },
)

/** Those who have a tier of a club by tier. */
async function eligible(ctx: Ctx, { tiers = [] }: Club, ids: readonly string[]): Promise<string[]> {
  const members = await ctx.table.getAll(ids.map((id) => placeOf(tier, tier.id('', id))))
  return ids.filter((_, at) => tiers.includes(String(members[at]?.['tier'])))
}

async function inviteOne(ctx: Ctx, { id, joining }: ClubRecord, customerId: string): Promise<boolean> {
  const before = memberIn(await ctx.table.get(memberPlace(id, customerId)))
  const state = joining === 'tier' ? afterTier(before, true) : before ? undefined : 'invited'
  if (!state) return false
  await creating('club_member.exists', () => commit(ctx, [standing(ctx, id, customerId, before, state, joining).change]))
  return true
}

export const show = action(
  'club.show_member',
  () => ({ input: z.strictObject({ id: idOf(clubMember) }), output: view() }),
  (ctx, { id }) => find(ctx, clubMember, id),
)

/** Records what a customer answered, or that they left. */
export const answer = action(
  'club.answer',
  () => ({ input: z.strictObject({ id: idOf(clubMember), answer: z.enum(answers) }), output: view() }),
  async (ctx, { id, answer: said }) => {
    const before = await find(ctx, clubMember, id)
    const state = afterAnswer(before.state, said)
    if (!state) throw fault('conflict', 'club.answer_not_possible', `Who is ${before.state} cannot ${said}.`, { state: before.state })
    const { record, change } = alter(ctx, clubMember, before, { state, since: ctx.now, byId: ctx.actor.id }, eventOf[state])
    return commit(ctx, [change], record)
  },
)

/** The members of a club, or those invited, declined, gone: who came last first. */
export const listOfClub = action(
  'club.list_members',
  () => ({
    input: z.strictObject({ id: idOf(club), state: z.enum(memberStates).default('member'), ...pageInput() }),
    output: pageOf(rowView(clubMember)),
  }),
  async (ctx, { id, state, ...input }) => {
    const [, page] = await Promise.all([
      find(ctx, club, id),
      listPage(ctx, clubMember, facet(clubMember, clubFacet(id), `${state}#`), input, { descending: true }),
    ])
    return visibleOf(ctx, page)
  },
)

/** A customer's clubs, the newest club first. */
export const listOfCustomer = action(
  'club.list_of_customer',
  () => ({ input: z.strictObject({ id: idOf(customer), ...pageInput() }), output: pageOf(partialView(clubMember)) }),
  async (ctx, { id, ...input }) => {
    const [, page] = await Promise.all([find(ctx, customer, id), records(ctx, clubMember, collection(clubMember, id), input)])
    return page
  },
)

/**
 * After a change of tier: takes the customer into the clubs of the tier they have now, and out of the others. 2 read units
 * and 1 for each club by tier.
 */
export const followTier = action(
  'club.follow_tier',
  () => ({ input: happenedSchema(), output: z.object({}) }),
  async (ctx, { customerId }) => {
    const clubs = customerId === undefined ? [] : (await clubsOf(ctx)).filter(({ joining }) => joining === 'tier')
    if (customerId === undefined || clubs.length === 0) return {}
    const [member, ...there] = await ctx.table.getAll([
      placeOf(tier, tier.id('', customerId)),
      ...clubs.map(({ id }) => memberPlace(id, customerId)),
    ])
    const has = member?.['tier']
    const changes = clubs.flatMap(({ id, tiers = [] }, at) => {
      const before = memberIn(there[at])
      const state = afterTier(before, typeof has === 'string' && tiers.includes(has))
      return state ? [standing(ctx, id, customerId, before, state, 'tier').change] : []
    })
    if (changes.length > 0) await creating('club_member.exists', () => commit(ctx, changes))
    return {}
  },
)
