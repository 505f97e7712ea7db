import * as z from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import { invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import type { Stretch } from '../../kernel/page.ts'
import { recordIn } from '../../kernel/place.ts'

export const userShape = () => ({
  name: f.line(120),
  email: z.email().max(254).toLowerCase(),
  /** Names of roles, built in or the workspace's own. */
  roles: z.array(f.slug()).min(1).max(10),
  teamId: z
    .string()
    .regex(/^tea_[0-9A-Za-z]{20}$/, 'an id of a team, tea_…')
    .optional(),
  language: f.language().optional(),
  timeZone: f.timeZone().optional(),
  /** A disabled person cannot act, whatever token they still hold. */
  disabled: z.boolean(),
})

/** A person of the workspace's staff. The id is the user name in the user pool, so a token leads to it. */
export const user = entity({
  noun: 'user',
  prefix: 'usr',
  home: 'workspace',
  fields: () => z.object(userShape()),
  row: ['name', 'email', 'roles', 'teamId', 'disabled'],
  list: { on: ['name'], key: ({ name }) => ({ facet: 'all', order: name.toLowerCase() }) },
  owner: {
    on: ['teamId', 'name'],
    key: ({ teamId, name }) => (teamId ? { user: teamId, state: 'member', at: name.toLowerCase() } : undefined),
  },
  unique: { on: ['email'], values: ({ email }) => [`user:${email}`], fault: 'user.email_taken' },
  personal: ['name', 'email'],
})
export type User = RecordOf<typeof user>

type Reader = Pick<Ctx, 'memo' | 'now' | 'table'>

/** A person by id, kept for half a minute; undefined when unknown. Who was deleted is known as disabled, so no token of theirs is good. */
export function knownUser(ctx: Reader, id: string): Promise<User | undefined> {
  return ctx.memo.get(`user ${id}`, ctx.now, async () => {
    if (!user.is(id)) return undefined
    const item = await ctx.table.get(placeOf(user, id))
    if (!item) return undefined
    const found = recordIn<'user', User>(item)
    return found.deletedAt ? { ...found, disabled: true } : found
  })
}

/**
 * Holds that a person can be made responsible for something: known and not disabled. The caller may always take it on,
 * even before the directory knows them. Nobody, given as `null` or not at all, is no person to look for.
 * @param path of the field that names the person
 * @throws Fault `invalid`
 */
export async function mustBeActive(ctx: Reader & Pick<Ctx, 'actor'>, id: string | null | undefined, path: string): Promise<void> {
  if (id === undefined || id === null) return
  const person = await knownUser(ctx, id)
  const self = ctx.actor.kind === 'user' && id === ctx.actor.id
  if (person ? person.disabled : !self) throw invalid('user.unknown', path, 'There is no such active person.')
}

/** Largest team whose records are read as one. */
export const TEAM_LIMIT = 50

/** Where a team's people are, by name. */
export function membersOf(teamId: string): Stretch {
  return { index: 'owner', pk: teamId, begins: `${user.noun}#member#` }
}

/** Ids of a team's people, kept for half a minute. */
export function peopleOfTeam(ctx: Reader, teamId: string): Promise<string[]> {
  return ctx.memo.get(`team ${teamId}`, ctx.now, async () => {
    const { items } = await ctx.table.query({ ...membersOf(teamId), limit: TEAM_LIMIT })
    return items.map((item) => String((item['row'] as { id: string }).id))
  })
}
