import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import type { FieldsOf } from '../../kernel/entity.ts'
import { event, type EventType } from '../../kernel/event.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { bin, facet, list as listPage, pageInput, pageOf, rowView, standsAlone, type Stretch } from '../../kernel/page.ts'
import type { Grants, Scope } from '../../kernel/permission.ts'
import { find, idOf, mustMatch, viewOf } from '../../kernel/record.ts'
import { adminsStay, mustExist, mustHaveRoom } from './user.rules.ts'
import { knownUser, membersOf, user, userShape, type User } from './user.store.ts'

export const userCreated = event('user.created', 'A person joined the staff')
export const userChanged = event('user.changed', 'A person’s details, roles or team changed')
export const userDisabled = event('user.disabled', 'A person can no longer act')
export const userEnabled = event('user.enabled', 'A person can act again')
export const userDeleted = event('user.deleted', 'A person was put in the bin and can no longer act')
export const userRestored = event('user.restored', 'A person was taken out of the bin')

const view = () => viewOf(user)
const byId = () => ({ id: idOf(user) })

/** What people write of a person; whether they may act has routes of its own. */
const writtenShape = () => {
  const { name, email, roles, teamId, language, timeZone } = userShape()
  return { name, email, roles, teamId, language, timeZone }
}

/** Takes a person on. The account to sign in with follows from the event. */
export const join = action(
  'user.create',
  () => ({ input: z.strictObject(writtenShape()), output: view() }),
  async (ctx, input) => {
    await Promise.all([mustExist(ctx, input), mustHaveRoom(ctx, input.teamId)])
    const { record, change } = create(ctx, user, { ...input, disabled: false }, userCreated)
    await commit(ctx, [change], record, await adminsStay(ctx, undefined, record))
    forget(ctx, record)
    return record
  },
)

export const show = action(
  'user.show',
  () => ({ input: z.strictObject(byId()), output: view() }),
  (ctx, { id }) => find(ctx, user, id),
)

export const change = action(
  'user.change',
  () => ({ input: z.strictObject({ ...byId(), ...f.patchOf(writtenShape()) }), output: view() }),
  async (ctx, { id, ...patch }) => {
    if (Object.keys(patch).length === 0) throw invalid('patch.empty', '', 'Nothing to change was given.')
    const [before] = await Promise.all([find(ctx, user, id), mustExist(ctx, patch)])
    await mustMatch(ctx, user, before, patch)
    if (patch.teamId !== before.teamId) await mustHaveRoom(ctx, patch.teamId ?? undefined)
    return step(ctx, before, patch, userChanged)
  },
)

/** Puts a person in the bin; what they own stays theirs until it is given to others. */
export const bin_ = action(
  'user.delete',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, user, id)
    await mustMatch(ctx, user, before, {})
    return step(ctx, before, { deletedAt: ctx.now }, userDeleted)
  },
)

export const restore = action(
  'user.restore',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, user, id, { deleted: true })
    if (!before.deletedAt) throw fault('conflict', 'user.not_deleted', 'This person is not in the bin.')
    await mustHaveRoom(ctx, before.teamId)
    return step(ctx, before, { deletedAt: null }, userRestored)
  },
)

/** Takes from a person the power to act, at once, whatever token they hold. */
export const disable = action(
  'user.disable',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, user, id)
    return before.disabled ? before : step(ctx, before, { disabled: true }, userDisabled)
  },
)

export const enable = action(
  'user.enable',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await find(ctx, user, id)
    return before.disabled ? step(ctx, before, { disabled: false }, userEnabled) : before
  },
)

type Fields = FieldsOf<typeof user>
type Patch = { [K in keyof Fields]?: Fields[K] | null | undefined } & { deletedAt?: string | null }

async function step(ctx: Ctx, before: User, patch: Patch, told: EventType): Promise<User> {
  const { record, change } = alter(ctx, user, before, patch, told)
  await commit(ctx, [change], record, await adminsStay(ctx, before, record))
  forget(ctx, before)
  forget(ctx, record)
  return record
}

/** What this instance remembers of a person and their team; others forget within half a minute. */
function forget(ctx: Ctx, { id, teamId }: User): void {
  ctx.memo.drop(`user ${id}`)
  if (teamId) ctx.memo.drop(`team ${teamId}`)
}

const listInput = () =>
  z.strictObject({
    ...pageInput(),
    name: f.line(60).optional().describe('names that begin so'),
    teamId: z
      .string()
      .regex(/^tea_[0-9A-Za-z]{20}$/, 'an id of a team, tea_…')
      .optional()
      .describe('members of a team'),
    deleted: z.enum(['true', 'false']).optional().describe('what is in the bin'),
  })

/** People by name, of all or of a team, or those in the bin, latest first. */
export const list = action(
  'user.list',
  () => ({ input: listInput(), output: pageOf(rowView(user)) }),
  (ctx, input) => listPage(ctx, user, stretchesOf(input), input, { descending: input.deleted === 'true' }),
)

function stretchesOf({ name, teamId, deleted }: z.output<ReturnType<typeof listInput>>): Stretch[] {
  if (deleted === 'true') {
    standsAlone('deleted', { name, teamId })
    return bin(user)
  }
  const begins = name?.toLowerCase() ?? ''
  if (teamId === undefined) return facet(user, 'all', begins)
  const members = membersOf(teamId)
  return [{ ...members, begins: members.begins + begins }]
}

const role = () =>
  z.object({ name: z.string(), description: z.string(), grants: z.record(z.string(), z.enum(['own', 'team', 'all', 'none'])) })
const meView = () =>
  z.object({
    id: z.string(),
    kind: z.enum(['user', 'client', 'system']),
    name: z.string().optional(),
    email: z.string().optional(),
    language: z.string().optional(),
    timeZone: z.string().optional(),
    roles: z.array(role()),
    teamId: z.string().optional(),
    team: z.array(z.string()),
  })

/** Who the caller is and what they may do: of all their roles' grants for a permission, the widest holds. */
export const me = action(
  'user.me',
  () => ({ input: z.strictObject({}), output: meView() }),
  async (ctx) => {
    const { id, kind, team, teamId } = ctx.actor
    // Someone whose account was made in the user pool may not be in the directory yet.
    const person = kind === 'user' ? await knownUser(ctx, id) : undefined
    const roles = ctx.actor.roles.map((one) => ({ name: one.name, description: one.description, grants: definite(one.grants) }))
    return {
      id,
      kind,
      roles,
      team: [...team],
      ...(teamId && { teamId }),
      ...(person && { name: person.name, email: person.email }),
      ...(person?.language && { language: person.language }),
      ...(person?.timeZone && { timeZone: person.timeZone }),
    }
  },
)

function definite(grants: Grants): Record<string, Scope | 'none'> {
  return Object.fromEntries(Object.entries(grants).flatMap(([pattern, scope]) => (scope ? [[pattern, scope]] : [])))
}
