import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { collection, daysInput, partialView, records } from '../../kernel/collection.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { event } from '../../kernel/event.ts'
import { Fault, fault, invalid } from '../../kernel/fault.ts'
import { patchOf } from '../../kernel/fields.ts'
import { customerIdIn, newKey } from '../../kernel/id.ts'
import { pageInput, pageOf } from '../../kernel/page.ts'
import { amend, find, idOf, mustMatch, viewOf } from '../../kernel/record.ts'
import { knownUser } from '../../platform/user/index.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { contact } from '../contact/index.ts'
import { customer } from '../customer/index.ts'
import { interactionFileShape, interactionShape, isContact, isYetToCome } from './interaction.ts'
import { interaction } from './interaction.store.ts'

export const interactionRecorded = event('interaction.recorded', 'A customer and the company were in touch')
export const interactionChanged = event('interaction.changed', 'What is kept of an interaction changed')
export const interactionDeleted = event('interaction.deleted', 'An interaction was put in the bin')
export const interactionRestored = event('interaction.restored', 'An interaction was taken out of the bin')

const view = () => viewOf(interaction)
const byId = () => ({ id: idOf(interaction) })

/** Records an interaction. One read beside it, one write unit. */
export const record = action(
  'interaction.record',
  () => {
    const { kind, occurredAt } = interactionShape()
    const when = occurredAt.optional().describe('now, unless given')
    return { input: z.strictObject({ id: idOf(customer), kind, occurredAt: when, ...interactionFileShape() }), output: view() }
  },
  async (ctx, { id, occurredAt = ctx.now, ...said }) => {
    const at = Date.parse(occurredAt)
    if (isYetToCome(occurredAt, ctx.now)) throw invalid('in_the_future', 'occurredAt', 'This has not happened yet.')
    if (at < 0) throw invalid('too_early', 'occurredAt', 'An interaction lies in 1970 at the earliest.')
    await Promise.all([find(ctx, customer, id), tookPart(ctx, id, said)])
    const fields = { ...said, occurredAt: new Date(at).toISOString(), contact: isContact(said.kind, said.outcome), byId: ctx.actor.id }
    const { record: made, change: making } = create(ctx, interaction, fields, interactionRecorded, {
      customer: id,
      own: newKey(at, ctx.random),
    })
    return commit(ctx, [making], made)
  },
)

/** Whether those who took part are known: a contact of this very customer, and our own people. */
async function tookPart(
  ctx: Ctx,
  customerId: string,
  said: { contactId?: string | null | undefined; withUserIds?: readonly string[] | null | undefined },
): Promise<void> {
  const people = said.withUserIds ?? []
  const [, ...known] = await Promise.all([
    said.contactId ? knownContact(ctx, customerId, said.contactId) : undefined,
    ...people.map(async (id) => id === ctx.actor.id || (await knownUser(ctx, id)) !== undefined),
  ])
  const stranger = known.indexOf(false)
  if (stranger >= 0) throw invalid('user.unknown', `withUserIds.${stranger}`, 'There is no such person.')
}

async function knownContact(ctx: Ctx, customerId: string, id: string): Promise<void> {
  const unknown = invalid('contact.unknown', 'contactId', 'This customer has no such contact.')
  if (!contact.is(id) || customerIdIn(id) !== customerId) throw unknown
  try {
    await find(ctx, contact, id)
  } catch (error) {
    throw error instanceof Fault && error.kind === 'missing' ? unknown : error
  }
}

export const show = action(
  'interaction.show',
  () => ({ input: z.strictObject(byId()), output: view() }),
  (ctx, { id }) => find(ctx, interaction, id),
)

/** A customer's interactions, newest first. */
export const list = action(
  'interaction.list',
  () => ({ input: z.strictObject({ id: idOf(customer), ...pageInput(), ...daysInput() }), output: pageOf(partialView(interaction)) }),
  async (ctx, { id, ...input }) => {
    const { timeZone } = await workspaceOf(ctx)
    const stretch = collection(interaction, id, input, timeZone)
    const [, page] = await Promise.all([find(ctx, customer, id), records(ctx, interaction, stretch, input)])
    return page
  },
)

/** Changes what is kept of an interaction. Its kind and time stand. */
export const change = action(
  'interaction.change',
  () => ({ input: z.strictObject({ ...byId(), ...patchOf(interactionFileShape()) }), output: view() }),
  async (ctx, { id, ...patch }) => {
    if (Object.keys(patch).length === 0) throw invalid('patch.empty', '', 'Nothing to change was given.')
    await tookPart(ctx, customerIdIn(id), patch)
    if (patch.outcome === undefined) return amend(ctx, interaction, id, patch, interactionChanged)
    const before = await find(ctx, interaction, id)
    await mustMatch(ctx, interaction, before, patch)
    const weighed = { ...patch, contact: isContact(before.kind, patch.outcome) }
    const { record: after, change: made } = alter(ctx, interaction, before, weighed, interactionChanged)
    return commit(ctx, [made], after)
  },
)

export const bin = action(
  'interaction.delete',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, interaction, id)
    await mustMatch(ctx, interaction, before, {})
    const { record: after, change: made } = alter(ctx, interaction, before, { deletedAt: ctx.now }, interactionDeleted)
    return commit(ctx, [made], after)
  },
)

export const restore = action(
  'interaction.restore',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, interaction, id, { deleted: true })
    if (!before.deletedAt) throw fault('conflict', 'interaction.not_deleted', 'This interaction is not in the bin.')
    const { record: after, change: made } = alter(ctx, interaction, before, { deletedAt: null }, interactionRestored)
    return commit(ctx, [made], after)
  },
)
