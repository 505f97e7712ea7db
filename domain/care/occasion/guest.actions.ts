import { createHash } from 'node:crypto'
import * as z from 'zod'
import { customer } from '../../customer/customer/index.ts'
import {
  interaction,
  interactionDeleted,
  interactionRecorded,
  interactionRestored,
  isContact,
  type Interaction,
  type InteractionRecord,
} from '../../customer/interaction/index.ts'
import { creating } from '../creating.ts'
import { action } from '../../kernel/action.ts'
import { collection, partialView, records } from '../../kernel/collection.ts'
import { alter, commit, create, type Change } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { fault } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { keyOf } from '../../kernel/id.ts'
import { untilFresh } from '../../kernel/invoke.ts'
import { facet, list as listPage, pageInput, pageOf, rowView } from '../../kernel/page.ts'
import { recordIn } from '../../kernel/place.ts'
import { find, idOf, viewOf } from '../../kernel/record.ts'
import { targetShape, targetsOf, visibleOf } from '../club/index.ts'
import { guestAttended, guestInvited } from './guest.events.ts'
import { guestStates, takesAttendance } from './occasion.ts'
import { guest, guestFacet, guestKey, guestPlace, occasion, type GuestRecord, type OccasionRecord } from './occasion.store.ts'

const view = () => viewOf(guest)

/** Invites customers: up to 100 a call; call again with `nextCursor` for the rest. Who was invited before is left as they are. 2 write units each. */
export const invite = action(
  'occasion.invite',
  () => ({
    input: z.strictObject({ id: idOf(occasion), ...targetShape() }),
    output: z.object({ done: z.int(), there: z.int(), missing: z.array(z.string()), nextCursor: z.string().optional() }),
  }),
  async (ctx, { id, ...target }) => {
    const [party, { ids, missing, nextCursor }] = await Promise.all([find(ctx, occasion, id), targetsOf(ctx, target)])
    if (party.state === 'cancelled') throw fault('conflict', 'occasion.is_cancelled', 'This is cancelled.')
    const there = await ctx.table.getAll(ids.map((customerId) => guestPlace(id, customerId)))
    const fresh = ids.filter((_, at) => there[at] === undefined)
    for (const customerId of fresh) await untilFresh(() => inviteOne(ctx, id, customerId))
    return { done: fresh.length, there: ids.length - fresh.length, missing, ...(nextCursor !== undefined && { nextCursor }) }
  },
)

async function inviteOne(ctx: Ctx, occasionId: string, customerId: string): Promise<void> {
  if (await ctx.table.get(guestPlace(occasionId, customerId))) return
  const fields = { occasionId, customerId, state: 'invited', since: ctx.now, byId: ctx.actor.id } as const
  const { change } = create(ctx, guest, fields, guestInvited, { customer: customerId, own: guestKey(occasionId) })
  await creating('guest.exists', () => commit(ctx, [change]))
}

export const show = action(
  'occasion.show_guest',
  () => ({ input: z.strictObject({ id: idOf(guest) }), output: view() }),
  (ctx, { id }) => find(ctx, guest, id),
)

/** An occasion's guests by their answer, who answered first first. */
export const listOfOccasion = action(
  'occasion.list_guests',
  () => ({
    input: z.strictObject({ id: idOf(occasion), state: z.enum(guestStates).default('yes'), ...pageInput() }),
    output: pageOf(rowView(guest)),
  }),
  async (ctx, { id, state, ...input }) => {
    const [, page] = await Promise.all([find(ctx, occasion, id), listPage(ctx, guest, facet(guest, guestFacet(id), `${state}#`), input)])
    return visibleOf(ctx, page)
  },
)

/** What a customer was invited to, what was planned last first. One read for the occasions of a page. */
export const listOfCustomer = action(
  'occasion.list_of_customer',
  () => ({
    input: z.strictObject({ id: idOf(customer), ...pageInput() }),
    output: pageOf(partialView(guest, { title: f.line(200).optional(), startsAt: f.instant().optional() })),
  }),
  async (ctx, { id, ...input }) => {
    const [, page] = await Promise.all([find(ctx, customer, id), records(ctx, guest, collection(guest, id), input)])
    const ids = page.items.map(({ occasionId }) => occasionId).filter((one) => one !== undefined)
    const parties = ids.length > 0 ? await ctx.table.getAll(ids.map((one) => placeOf(occasion, one))) : []
    const known = new Map(parties.flatMap((item) => (item ? [[String(item['id']), recordIn<'occasion', OccasionRecord>(item)]] : [])))
    const items = page.items.map((row) => {
      const party = known.get(row.occasionId ?? '')
      return { ...row, ...(party && { title: party.title, startsAt: party.startsAt }) }
    })
    return { ...page, items }
  },
)

/** Records whether a guest came. Who came has it on their timeline, in the same transaction; taken back, it goes from there. */
export const attend = action(
  'occasion.attend',
  () => ({ input: z.strictObject({ id: idOf(guest), attended: z.boolean() }), output: view() }),
  async (ctx, { id, attended }) => {
    const before = await find(ctx, guest, id)
    if (before.attended === attended) return before
    const party = await find(ctx, occasion, before.occasionId)
    if (!takesAttendance(party, ctx.now))
      throw fault('conflict', 'occasion.not_begun', 'Attendance is taken from a day before the start on.')
    const told = await telling(ctx, party, before, attended)
    const patch = { attended, ...(told && { interactionId: told.after.id }) }
    const { record, change } = alter(ctx, guest, before, patch, guestAttended)
    return commit(ctx, [change, ...(told ? [told] : [])], record)
  },
)

/** The change of the timeline: a new interaction, or the one there was into the bin and out of it. */
async function telling(ctx: Ctx, party: OccasionRecord, before: GuestRecord, attended: boolean): Promise<Change | undefined> {
  const item = before.interactionId === undefined ? undefined : await ctx.table.get(placeOf(interaction, before.interactionId))
  if (item) {
    const known = recordIn<'interaction', InteractionRecord>(item)
    if ((known.deletedAt === undefined) === attended) return undefined
    return alter(ctx, interaction, known, { deletedAt: attended ? null : ctx.now }, attended ? interactionRestored : interactionDeleted)
      .change
  }
  if (!attended) return undefined
  const occurredAt = party.startsAt < ctx.now ? party.startsAt : ctx.now
  const fields: Interaction = {
    kind: 'event',
    subject: party.title,
    outcome: 'attended',
    occurredAt,
    contact: isContact('event', undefined),
    byId: ctx.actor.id,
  }
  const own = keyOf(Date.parse(occurredAt), createHash('sha256').update(`attended ${before.id}`).digest())
  return create(ctx, interaction, fields, interactionRecorded, { customer: before.customerId, own }).change
}
