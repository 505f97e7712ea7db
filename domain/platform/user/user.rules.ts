import type { Ctx } from '../../kernel/context.ts'
import { placeOf } from '../../kernel/entity.ts'
import { fault, type Issue } from '../../kernel/fault.ts'
import { recordIn } from '../../kernel/place.ts'
import type { Write } from '../../kernel/table/expression.ts'
import { roleOf } from '../role/index.ts'
import { membersOf, TEAM_LIMIT, user, type User } from './user.store.ts'

/** What must hold of people beyond one record. */

/** Holds that the roles and the team exist. @throws Fault `invalid` with each that does not */
export async function mustExist(
  ctx: Ctx,
  { roles = [], teamId }: { roles?: readonly string[] | undefined; teamId?: string | null | undefined },
): Promise<void> {
  const [found, team] = await Promise.all([
    Promise.all(roles.map((name) => roleOf(ctx, name))),
    teamId ? ctx.table.get(placeOf({ noun: 'team', home: 'workspace' }, teamId)) : undefined,
  ])
  const errors: Issue[] = roles.flatMap((name, at) =>
    found[at] ? [] : [{ path: `roles.${at}`, code: 'role.unknown', message: `There is no role ${name}.` }],
  )
  if (teamId && (!team || team['deletedAt'])) errors.push({ path: 'teamId', code: 'team.unknown', message: 'There is no such team.' })
  if (errors.length > 0) throw fault('invalid', 'input.invalid', 'The input is not valid.', { errors })
}

/** Holds that one more fits in a team: its records are read as one, so it has a size. @throws Fault `conflict` */
export async function mustHaveRoom(ctx: Ctx, teamId: string | undefined): Promise<void> {
  if (teamId === undefined) return
  const { items } = await ctx.table.query({ ...membersOf(teamId), limit: TEAM_LIMIT })
  if (items.length >= TEAM_LIMIT) throw fault('conflict', 'team.full', `A team has at most ${TEAM_LIMIT} people.`)
}

const isActiveAdmin = (person: User | undefined): boolean =>
  person !== undefined && person.roles.includes('admin') && !person.disabled && !person.deletedAt

/**
 * Keeps the workspace from losing its last admin, without counting them: only an admin gives or takes the role of an
 * admin, and none takes it from themself, so the one who acts remains. Two who do it to each other at once cannot both
 * succeed: the change goes into the table together with a check that its author's own record is still the same.
 * @returns what to write along with the change
 * @throws Fault `conflict` for one's own power, `forbidden` for those who are not admins
 */
export async function adminsStay(ctx: Ctx, before: User | undefined, after: User): Promise<Write[]> {
  if (isActiveAdmin(before) === isActiveAdmin(after) || ctx.actor.kind === 'system') return []
  if (!ctx.actor.roles.some(({ name }) => name === 'admin')) throw adminOnly()
  if (isActiveAdmin(before) && after.id === ctx.actor.id)
    throw fault('conflict', 'user.own_admin_role', 'You cannot take your own power as an admin away. Another admin can.')
  const place = placeOf(user, ctx.actor.id)
  const item = ctx.actor.kind === 'user' && isActiveAdmin(before) ? await ctx.table.get(place) : undefined
  if (!item) return []
  const author = recordIn<'user', User>(item)
  if (!isActiveAdmin(author)) throw adminOnly()
  return [{ check: place, if: { equals: { version: author.version } } }]
}

const adminOnly = () => fault('forbidden', 'user.admin_only', 'Only an admin gives or takes the role of an admin.')
