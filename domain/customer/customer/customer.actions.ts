import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { event } from '../../kernel/event.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { bin, facet, list as listPage, pageInput, pageOf, rowView, work, type Stretch } from '../../kernel/page.ts'
import { amend, find, idOf, mustMatch, viewOf } from '../../kernel/record.ts'
import { knownUser } from '../../platform/user/index.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { filesLike, type Alike } from '../likeness/index.ts'
import { fileShape, foldName, lifecycles, mayBecome, type Lifecycle, type SomeFields } from './customer.ts'
import { customer, type CustomerRecord } from './customer.store.ts'
import { normalised } from './normalise.ts'

export const customerCreated = event('customer.created', 'A customer file was opened')
export const customerChanged = event('customer.changed', 'A customer file changed')
export const customerAssigned = event('customer.assigned', 'A customer was given to an account manager or team')
export const lifecycleChanged = event('customer.lifecycle_changed', 'A customer went from one lifecycle to another')
export const customerDeleted = event('customer.deleted', 'A customer file was put in the bin')
export const customerRestored = event('customer.restored', 'A customer file was taken out of the bin')

const view = () => viewOf(customer)
const byId = () => ({ id: idOf(customer) })

/** What may be left out when a file is opened. */
const createInput = () => {
  const shape = fileShape()
  return z.strictObject({
    ...shape,
    kind: z.enum(['person', 'company']).default('person'),
    emails: shape.emails.default([]),
    phones: shape.phones.default([]),
    messaging: shape.messaging.default([]),
    externalIds: shape.externalIds.default([]),
    addresses: shape.addresses.default([]),
    interests: shape.interests.default([]),
    tags: shape.tags.default([]),
    custom: shape.custom.default({}),
    parentId: idOf(customer).optional(),
    lifecycle: z.enum(lifecycles).default('lead'),
    ownerId: z.string().max(64).optional(),
    allowDuplicate: z.boolean().default(false).describe('opens the file even where the workspace refuses one like another'),
  })
}

/** Opens a file. 8 write units with two identities and an idempotency key: record, two sentinels, key, each transactional. */
export const open = action(
  'customer.create',
  () => ({ input: createInput(), output: z.intersection(view(), z.object({ duplicates: z.array(alikeView()).optional() })) }),
  (ctx, input) => openFile(ctx, input),
)

const alikeView = () =>
  z.object({
    id: z.string(),
    score: z.number().describe('probability that both are one customer'),
    reasons: z.array(z.object({ field: z.string(), weight: z.number(), words: z.string() })),
  })

/**
 * @throws Fault `conflict` `customer.duplicate` where the workspace refuses a file like another. Looking costs half a read unit for
 * each of the file's blocks and of at most ten files compared; nothing where the workspace does not look.
 */
export async function openFile(
  ctx: Ctx,
  { allowDuplicate, ...input }: z.output<ReturnType<typeof createInput>>,
): Promise<CustomerRecord & { duplicates?: Alike[] }> {
  const file = await normalised(ctx, input, input.kind)
  const [alike] = await Promise.all([
    filesLikeNew(ctx, file, allowDuplicate),
    file.parentId === undefined ? undefined : find(ctx, customer, file.parentId),
  ])
  const owner = await ownership(ctx, input.ownerId ?? (ctx.scope === 'own' ? ctx.actor.id : undefined))
  const { record, change: opened } = create(ctx, customer, { ...file, lifecycleSince: ctx.now, ...owner }, customerCreated)
  return commit(ctx, [opened], { ...record, ...(alike.length > 0 && { duplicates: alike }) })
}

const WARN_AT = 0.8
const REFUSE_AT = 0.95

/** Files like a new one, by the workspace's policy; refused when one is too much so. */
async function filesLikeNew(ctx: Ctx, file: SomeFields, allowed: boolean): Promise<Alike[]> {
  const { duplicates: policy } = await workspaceOf(ctx)
  if (!policy || policy.onCreate === 'off') return []
  const { onCreate, warnAt = WARN_AT, refuseAt = REFUSE_AT } = policy
  const alike = await filesLike(ctx, file, { least: onCreate === 'refuse' ? Math.min(warnAt, refuseAt) : warnAt })
  const [nearest] = alike
  if (onCreate !== 'refuse' || allowed || !nearest || nearest.score < refuseAt) return alike
  const detail = `This is probably ${nearest.id}: ${nearest.reasons[0]?.words.toLowerCase() ?? 'much is alike'}. Send allowDuplicate to open it all the same.`
  throw fault('conflict', 'customer.duplicate', detail, { existingId: nearest.id, duplicates: alike })
}

export const show = action(
  'customer.show',
  () => ({ input: z.strictObject(byId()), output: view() }),
  (ctx, { id }) => find(ctx, customer, id),
)

const filePatch = () => f.patchOf(fileShape())
/** Changes of a file as people give them: `null` clears. */
export type FilePatch = z.output<z.ZodObject<ReturnType<typeof filePatch>>>

export const change = action(
  'customer.change',
  () => ({ input: z.strictObject({ ...byId(), ...filePatch() }), output: view() }),
  async (ctx, { id, ...patch }) => {
    if (Object.keys(patch).length === 0) throw invalid('patch.empty', '', 'Nothing to change was given.')
    const plain = PLAIN.every((field) => !(field in patch))
    if (plain) return amend(ctx, customer, id, patch, customerChanged)
    return amend(ctx, customer, id, await cleanPatch(ctx, await find(ctx, customer, id), patch), customerChanged)
  },
)
/** A patch made uniform by the rules of the whole file; custom fields given are laid over those there. */
export async function cleanPatch(ctx: Ctx, before: CustomerRecord, { custom, ...rest }: FilePatch): Promise<FilePatch> {
  const merged = custom === undefined ? rest : { ...rest, custom: mergedCustom(before.custom, custom) }
  return { ...merged, ...(await normalised(ctx, withoutNulls(merged), before.kind)) }
}

/** Fields whose rules look beyond the patch: at the workspace's settings or at the kind of the customer. */
const PLAIN = [
  'phones',
  'custom',
  'emails',
  'messaging',
  'addresses',
  'externalIds',
  'givenName',
  'familyName',
  'birthday',
  'birthdayCalendar',
  'familyStatus',
  'occupation',
  'incomeBand',
  'industry',
  'employees',
] as const

function mergedCustom(before: CustomerRecord['custom'], patch: CustomerRecord['custom']): CustomerRecord['custom'] {
  return Object.fromEntries(Object.entries({ ...before, ...patch }).filter(([, value]) => value !== ''))
}

/** A patch without what it clears. */
export function withoutNulls<T extends object>(patch: T): { [K in keyof T]: Exclude<T[K], null> } {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== null && value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], null>
  }
}

/** Puts a file in the bin; its identities are free again. */
export const bin_ = action(
  'customer.delete',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, customer, id)
    await mustMatch(ctx, customer, before, {})
    const { record, change } = alter(ctx, customer, before, { deletedAt: ctx.now }, customerDeleted)
    return commit(ctx, [change], record)
  },
)

/** Takes a file out of the bin, unless someone else holds one of its identities by now. */
export const restore = action(
  'customer.restore',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, customer, id, { deleted: true })
    if (!before.deletedAt) throw fault('conflict', 'customer.not_deleted', 'This customer is not in the bin.')
    const { record, change } = alter(ctx, customer, before, { deletedAt: null }, customerRestored)
    return commit(ctx, [change], record)
  },
)

const listInput = () =>
  z.strictObject({
    ...pageInput(),
    name: f.line(60).optional().describe('names that begin so'),
    ownerId: z.string().max(64).optional(),
    lifecycle: z.enum(lifecycles).optional().describe('together with ownerId'),
    deleted: z.enum(['true', 'false']).optional().describe('what is in the bin'),
  })

/** Customers by name, an account manager's by lifecycle and name, or those in the bin, latest first. */
export const list = action(
  'customer.list',
  () => ({ input: listInput(), output: pageOf(rowView(customer)) }),
  (ctx, input) => listPage(ctx, customer, stretchesOf(ctx, input), input, { descending: input.deleted === 'true' }),
)

function stretchesOf(ctx: Ctx, input: z.output<ReturnType<typeof listInput>>): Stretch[] {
  if (input.deleted === 'true') {
    if (ctx.scope !== 'all') throw fault('forbidden', 'scope.outside', 'Only who may read all customers sees the bin.')
    return bin(customer)
  }
  if (ctx.scope === 'all' && !input.ownerId) {
    if (input.lifecycle)
      throw invalid(
        'filter.unsupported',
        'lifecycle',
        'lifecycle filters together with ownerId. Supported: name; ownerId; ownerId and lifecycle; deleted.',
      )
    return facet(customer, 'name', input.name ? foldName(input.name) : '')
  }
  if (input.name && !input.lifecycle) throw invalid('filter.unsupported', 'name', 'With an owner, name filters together with lifecycle.')
  return work(ctx, customer, input.lifecycle ? `${input.lifecycle}#${input.name ? foldName(input.name) : ''}` : '', input.ownerId)
}

/** Gives a customer to an account manager; the team follows the manager unless named. */
export const assign = action(
  'customer.assign',
  () => ({
    input: z.strictObject({ ...byId(), ownerId: z.string().max(64).nullable(), teamId: z.string().max(64).optional() }),
    output: view(),
  }),
  async (ctx, { id, ownerId, teamId }) => {
    const before = await find(ctx, customer, id)
    const owner = ownerId === null ? { ownerId: null, teamId: teamId ?? null } : await ownership(ctx, ownerId, teamId)
    const { record, change } = alter(ctx, customer, before, owner, customerAssigned)
    return commit(ctx, [change], record)
  },
)

/** Moves a customer to another lifecycle, with the reason. */
export const become = action(
  'customer.become',
  () => ({ input: z.strictObject({ ...byId(), lifecycle: z.enum(lifecycles), reason: f.line(300) }), output: view() }),
  async (ctx, { id, lifecycle, reason }) => {
    const before = await find(ctx, customer, id)
    const { record, change } = alter(ctx, customer, before, lifecyclePatch(ctx, before.lifecycle, lifecycle, reason), lifecycleChanged)
    return commit(ctx, [change], record)
  },
)

function lifecyclePatch(ctx: Ctx, from: Lifecycle, to: Lifecycle, reason: string) {
  if (!mayBecome(from, to)) throw fault('conflict', 'customer.lifecycle_not_possible', `A ${from} does not become a ${to}.`)
  return { lifecycle: to, lifecycleSince: ctx.now, lifecycleReason: reason }
}

async function ownership(ctx: Ctx, ownerId: string | undefined, teamId?: string): Promise<{ ownerId?: string; teamId?: string }> {
  if (ownerId === undefined) return teamId ? { teamId } : {}
  const person = await knownUser(ctx, ownerId)
  if (person?.disabled || (!person && ownerId !== ctx.actor.id)) throw invalid('user.unknown', 'ownerId', 'There is no such active person.')
  const team = teamId ?? person?.teamId
  return { ownerId, ...(team && { teamId: team }) }
}
