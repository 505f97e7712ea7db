import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import type { FieldsOf } from '../../kernel/entity.ts'
import { event, type EventType } from '../../kernel/event.ts'
import { fault, invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { bin, facet, few, list as listPage, pageInput, pageOf, rowView } from '../../kernel/page.ts'
import { find, idOf, mustMatch, viewOf } from '../../kernel/record.ts'
import { builtInRole } from './role.ts'
import { builtIn, MOST_ROLES, role, roleKey, roleShape, type RoleRecord } from './role.store.ts'

export const roleCreated = event('role.created', 'A role was defined')
export const roleChanged = event('role.changed', 'What a role may do changed')
export const roleDeleted = event('role.deleted', 'A role was put in the bin; who had it no longer holds what it granted')
export const roleRestored = event('role.restored', 'A role was taken out of the bin')

const view = () => viewOf(role)
const byId = () => ({ id: idOf(role) })

/** Defines a role. Its name is its identity: it cannot be changed, and a deleted role of that name is restored instead. */
export const define = action(
  'role.create',
  () => ({ input: z.strictObject(roleShape()), output: view() }),
  async (ctx, input) => {
    if (builtInRole(input.name)) throw isBuiltIn(input.name)
    const { items } = await listPage(ctx, role, facet(role, 'all'), { limit: MOST_ROLES })
    if (items.length >= MOST_ROLES) throw fault('conflict', 'role.too_many', `A workspace has at most ${MOST_ROLES} roles of its own.`)
    const { record, change } = create(ctx, role, input, roleCreated, { own: roleKey(input.name) })
    await commit(ctx, [change], record)
    ctx.memo.drop(`role ${input.name}`)
    return record
  },
)

/** A role; version 0 is built in. */
export const show = action(
  'role.show',
  () => ({ input: z.strictObject(byId()), output: view() }),
  (ctx, { id }) => Promise.resolve(builtIn().find((one) => one.id === id) ?? find(ctx, role, id)),
)

export const change = action(
  'role.change',
  () => {
    const { description, grants } = roleShape()
    return { input: z.strictObject({ ...byId(), ...f.patchOf({ description, grants }) }), output: view() }
  },
  async (ctx, { id, ...patch }) => {
    if (Object.keys(patch).length === 0) throw invalid('patch.empty', '', 'Nothing to change was given.')
    const before = await own(ctx, id)
    await mustMatch(ctx, role, before, patch)
    return step(ctx, before, patch, roleChanged)
  },
)

export const bin_ = action(
  'role.delete',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await own(ctx, id)
    await mustMatch(ctx, role, before, {})
    return step(ctx, before, { deletedAt: ctx.now }, roleDeleted)
  },
)

export const restore = action(
  'role.restore',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => {
    const before = await own(ctx, id, { deleted: true })
    if (!before.deletedAt) throw fault('conflict', 'role.not_deleted', 'This role is not in the bin.')
    return step(ctx, before, { deletedAt: null }, roleRestored)
  },
)

const listInput = () => z.strictObject({ ...pageInput(), deleted: z.enum(['true', 'false']).optional().describe('what is in the bin') })

/** Every role by name, the built-in ones included, or those in the bin, latest first. */
export const list = action(
  'role.list',
  () => ({ input: listInput(), output: pageOf(rowView(role)) }),
  async (ctx, input) => {
    if (input.deleted === 'true') return listPage(ctx, role, bin(role), input, { descending: true })
    const { items } = await listPage(ctx, role, facet(role, 'all'), { limit: 2 * MOST_ROLES })
    return few(ctx, role, [...builtIn(), ...items], 'name', input)
  },
)

/** A role of the workspace's own. @throws Fault `conflict` for a built-in one */
function own(ctx: Ctx, id: string, how: { deleted?: boolean } = {}): Promise<RoleRecord> {
  const shipped = builtIn().find((one) => one.id === id)
  if (shipped) throw isBuiltIn(shipped.name)
  return find(ctx, role, id, how)
}

type Patch = { [K in keyof FieldsOf<typeof role>]?: FieldsOf<typeof role>[K] | undefined } & { deletedAt?: string | null }

async function step(ctx: Ctx, before: RoleRecord, patch: Patch, told: EventType): Promise<RoleRecord> {
  const { record, change } = alter(ctx, role, before, patch, told)
  await commit(ctx, [change], record)
  ctx.memo.drop(`role ${record.name}`)
  return record
}

const isBuiltIn = (name: string) => fault('conflict', 'role.built_in', `The role ${name} is built in. Define one of your own beside it.`)
