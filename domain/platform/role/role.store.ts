import * as z from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { entity, placeOf, type RecordOf } from '../../kernel/entity.ts'
import * as f from '../../kernel/fields.ts'
import { keyOf } from '../../kernel/id.ts'
import type { Role } from '../../kernel/permission.ts'
import { recordIn } from '../../kernel/place.ts'
import { builtInRole, builtInRoles } from './role.ts'
import { createHash } from 'node:crypto'

/** Patterns a role may have; more would name every permission there is. */
const MOST_GRANTS = 200

export const scopes = ['own', 'team', 'all', 'none'] as const

export const roleShape = () => ({
  name: f.slug(),
  description: f.line(300),
  /** Scope by permission pattern: `customer:read`, `deal:*`, `*:read`. */
  grants: z
    .record(z.string().regex(/^([a-z_]+|\*):([a-z_]+|\*)$|^\*$/, 'noun:verb, noun:*, *:verb or *'), z.enum(scopes))
    .refine((grants) => Object.keys(grants).length <= MOST_GRANTS, `at most ${MOST_GRANTS} patterns`),
})

/** A role the workspace made. Its id follows from its name, so the name is unique and leads to it in one read. */
export const role = entity({
  noun: 'role',
  prefix: 'rol',
  home: 'workspace',
  fields: () => z.object(roleShape()),
  row: ['name', 'description', 'grants'],
  list: { on: ['name'], key: ({ name }) => ({ facet: 'all', order: name }) },
})
export type RoleRecord = RecordOf<typeof role>

/** The key of the role with this name. */
export function roleKey(name: string): string {
  return keyOf(0, createHash('sha256').update(name).digest())
}

/** Roles a workspace may add, so that all of them are one small read. */
export const MOST_ROLES = 50

/** The built-in roles as records, version 0. */
export function builtIn(): RoleRecord[] {
  const start = '1970-01-01T00:00:00.000Z'
  return Object.entries(builtInRoles).map(([name, { description, grants }]) => ({
    id: role.id(roleKey(name)),
    name,
    description,
    grants: { ...grants },
    version: 0,
    createdAt: start,
    updatedAt: start,
  }))
}

/** A role by name: built in, or made by the workspace; undefined when there is none. */
export async function roleOf(ctx: Pick<Ctx, 'memo' | 'now' | 'table'>, name: string): Promise<Role | undefined> {
  const known = builtInRole(name)
  if (known) return known
  return ctx.memo.get(`role ${name}`, ctx.now, async () => {
    const item = await ctx.table.get(placeOf(role, role.id(roleKey(name))))
    return item && !item['deletedAt'] ? recordIn<'role', RoleRecord>(item) : undefined
  })
}
